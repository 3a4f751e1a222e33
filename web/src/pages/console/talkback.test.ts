import { openMicrophone } from '$lib/media/devices';
import { ConferenceStore } from '$lib/state/conference.svelte';
import type { Connection } from '$lib/state/connection.svelte';
import { camera, conferenceView, endpointLive, liveView, siteLive, stageView } from '$lib/state/samples';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CommandLine } from '$lib/state/commandLine.svelte';
import { SoundDesk } from './desk/sound.svelte';

vi.mock('$lib/media/devices', () => ({ openMicrophone: vi.fn() }));
vi.mock('svelte-sonner', () => ({ toast: { error: vi.fn(), success: vi.fn() } }));

type Opened = Awaited<ReturnType<typeof openMicrophone>>;
const track = { readyState: 'live' } as MediaStreamTrack;
const opens = (given: MediaStreamTrack | null) =>
  vi.mocked(openMicrophone).mockResolvedValue({ track: given } as Opened);

/** A desk whose server is played by the test: four sites, all here. */
class Bench {
  readonly conference = new ConferenceStore();
  readonly send = vi.fn((_message: unknown) => true);
  readonly setTrack = vi.fn(() => Promise.resolve());
  readonly line: CommandLine;
  readonly desk: SoundDesk;

  constructor() {
    this.conference.applySnapshot(conferenceView(['hall', 'a', 'b', 'c']));
    const here = siteLive({ endpoints: [endpointLive()] });
    this.conference.applyLive(liveView({ hall: here, a: here, b: here, c: here }));
    const { conference, send, setTrack } = this;
    this.line = new CommandLine({ ready: true, conference, send, setTrack } as unknown as Connection);
    this.desk = new SoundDesk(this.line);
  }

  /** What the server puts on air; with their microphones, unless the sites are only shown. */
  air(sites: string[], changes: { silent?: boolean; taken?: string } = {}): void {
    const stage = stageView(sites);
    const pending = changes.taken === undefined ? null : { take: 1, sources: [camera(changes.taken)], ordered_at: 0 };
    const program = { ...stage.program, microphones: changes.silent ? [] : sites };
    this.conference.applyChanges([{ section: 'stage', value: { ...stage, program, pending } }]);
    this.desk.handleProgramme();
  }

  get routed(): unknown {
    return this.send.mock.lastCall?.[0];
  }
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
  opens(track);
});

it('nobody is said to speak, and nothing is routed, without a microphone', async () => {
  opens(null);
  await bench.desk.talk(['a']);
  expect(bench.desk.talkingTo).toEqual([]);
  expect(bench.send).not.toHaveBeenCalled();

  opens(track);
  await bench.desk.talk(['a']);
  expect(bench.desk.talkingTo).toEqual(['a']);
  expect(bench.routed).toEqual({ type: 'talkback', sites: ['a'] });
  bench.desk.endTalk();
  expect(bench.routed).toEqual({ type: 'talkback', sites: [] });
  expect(bench.setTrack).toHaveBeenLastCalledWith('microphone', null);
});

it('a key released while the browser asks for the microphone opens no line', async () => {
  let given: (microphone: Opened) => void = () => {};
  vi.mocked(openMicrophone).mockReturnValue(new Promise((done) => (given = done)));
  const talk = bench.desk.talk(['a']);
  bench.desk.endTalk();
  given({ track } as Opened);
  await talk;
  expect(bench.desk.talkingTo).toEqual([]);
  expect(bench.send).not.toHaveBeenCalled();
});

describe('a site whose microphone is on air', () => {
  it('is not spoken to, and that is said', async () => {
    bench.air(['a']);
    await bench.desk.talk(['a']);
    expect(bench.send).not.toHaveBeenCalled();
    expect(bench.line.last).toEqual({
      label: 'Nói riêng với a',
      outcome: 'refused',
      reason: 'đang lên hình – không nói riêng được',
    });
  });

  it('and which is not seen, as the hall often is, cannot be spoken to either', async () => {
    const stage = stageView(['a']);
    bench.conference.applyChanges([
      { section: 'stage', value: { ...stage, program: { ...stage.program, microphones: ['hall', 'a'] } } },
    ]);
    expect(['hall', 'a', 'b'].map(bench.desk.whyNotTalk)).toEqual(['micro đang mở', 'đang lên hình', '']);
    await bench.desk.talk(['hall']);
    expect(bench.line.last?.reason).toBe('micro đang mở – không nói riêng được');
  });

  it('is spoken to no longer once a take is about to bring it on air', async () => {
    await bench.desk.talk(['a']);
    bench.air(['hall'], { taken: 'a' });
    expect(bench.desk.talkingTo).toEqual([]);
    expect(bench.routed).toEqual({ type: 'talkback', sites: [] });
    expect(bench.setTrack).toHaveBeenLastCalledWith('microphone', null);
    expect(bench.line.last?.outcome).toBe('refused');
    // The key is still held; it has to be pressed anew.
    bench.air(['hall']);
    expect(bench.desk.talkingTo).toEqual([]);
  });

  it('that a take brought on air while the browser asked for the microphone is not spoken to either', async () => {
    let given: (microphone: Opened) => void = () => {};
    vi.mocked(openMicrophone).mockReturnValue(new Promise((done) => (given = done)));
    const talk = bench.desk.talk(['a']);
    bench.air(['a']);
    given({ track } as Opened);
    await talk;
    expect(bench.send).not.toHaveBeenCalled();
    expect(bench.line.last?.outcome).toBe('refused');
  });

  it('is left out of those that all are spoken to, for as long as it is on air', async () => {
    bench.air(['a']);
    await bench.desk.talkToAll();
    expect(bench.desk.talkingTo).toEqual(['b', 'c']);
    bench.air(['b']);
    expect(bench.desk.talkingTo).toEqual(['a', 'c']);
    expect(bench.routed).toEqual({ type: 'talkback', sites: ['a', 'c'] });
    bench.desk.endTalk();
    bench.air(['c']);
    expect(bench.desk.talkingTo).toEqual([]);
  });

  it('is not one that is shown and not heard: it can be spoken to alone', async () => {
    bench.air(['a'], { silent: true });
    await bench.desk.talk(['a']);
    expect(bench.desk.talkingTo).toEqual(['a']);
    bench.desk.endTalk();
    await bench.desk.talkToAll();
    expect(bench.desk.talkingTo).toEqual(['b', 'c']);
  });
});
