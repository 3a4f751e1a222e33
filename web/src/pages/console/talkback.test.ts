import { openMicrophone } from '$lib/media/devices';
import type { Connection } from '$lib/state/connection.svelte';
import { expect, it, vi } from 'vitest';
import { CommandLine } from '$lib/state/commandLine.svelte';
import { SoundDesk } from './desk/sound.svelte';

vi.mock('$lib/media/devices', () => ({ openMicrophone: vi.fn() }));
vi.mock('svelte-sonner', () => ({ toast: { error: vi.fn(), success: vi.fn() } }));

const track = { readyState: 'live' } as MediaStreamTrack;
const opens = (given: MediaStreamTrack | null) =>
  vi.mocked(openMicrophone).mockResolvedValue({ track: given } as Awaited<ReturnType<typeof openMicrophone>>);

function connection() {
  return { ready: true, send: vi.fn(() => true), setTrack: vi.fn(() => Promise.resolve()) };
}

it('nobody is said to speak, and nothing is routed, without a microphone', async () => {
  opens(null);
  const server = connection();
  const desk = new SoundDesk(new CommandLine(server as unknown as Connection));
  await desk.talk(['cao-bang']);
  expect(desk.talkingTo).toEqual([]);
  expect(server.send).not.toHaveBeenCalled();

  opens(track);
  await desk.talk(['cao-bang']);
  expect(desk.talkingTo).toEqual(['cao-bang']);
  expect(server.send).toHaveBeenLastCalledWith({ type: 'talkback', sites: ['cao-bang'] });
  desk.endTalk();
  expect(server.send).toHaveBeenLastCalledWith({ type: 'talkback', sites: [] });
  expect(server.setTrack).toHaveBeenLastCalledWith('microphone', null);
});

it('a key released while the browser asks for the microphone opens no line', async () => {
  let given: (microphone: Awaited<ReturnType<typeof openMicrophone>>) => void = () => {};
  vi.mocked(openMicrophone).mockReturnValue(new Promise((done) => (given = done)));
  const server = connection();
  const desk = new SoundDesk(new CommandLine(server as unknown as Connection));
  const talk = desk.talk(['cao-bang']);
  desk.endTalk();
  given({ track } as Awaited<ReturnType<typeof openMicrophone>>);
  await talk;
  expect(desk.talkingTo).toEqual([]);
  expect(server.send).not.toHaveBeenCalled();
});
