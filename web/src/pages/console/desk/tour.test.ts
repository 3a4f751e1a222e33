import { ConferenceStore } from '$lib/state/conference.svelte';
import type { Connection } from '$lib/state/connection.svelte';
import { conferenceView } from '$lib/state/samples';
import type { Command } from '$lib/wire';
import { expect, it, vi } from 'vitest';
import { CommandLine } from '$lib/state/commandLine.svelte';
import { HoldingDesk } from './holding.svelte';
import { MAX_DWELL_MS, TourDesk } from './tour.svelte';

function bench(filtered: string[] = []) {
  const conference = new ConferenceStore();
  conference.applySnapshot(conferenceView(['hall', 'a', 'b', 'c']));
  const command = vi.fn(async (_: Command) => ({ accepted: true, revision: 1 }));
  const line = new CommandLine({ ready: true, conference, command } as unknown as Connection);
  return { conference, command, line, tour: new TourDesk(line, () => filtered) };
}

it('a tour shows all sites but the hall, those that the filter leaves, or those that are picked, in the order of the wall', () => {
  const { tour } = bench(['c', 'hall', 'b']);
  expect(tour.sites).toEqual(['a', 'b', 'c']);
  tour.choice = 'filtered';
  expect(tour.sites).toEqual(['b', 'c']);
  tour.choice = 'picked';
  expect(tour.sites).toEqual([]);
  tour.picked.add('c').add('a');
  expect(tour.sites).toEqual(['a', 'c']);
});

it('a tour of nobody is refused here with its reason', () => {
  const { tour, command, line } = bench();
  tour.choice = 'picked';
  tour.start();
  expect(command).not.toHaveBeenCalled();
  expect(line.last).toMatchObject({ outcome: 'refused', reason: 'Không có điểm cầu nào để lướt.' });
});

it('one key starts a tour and stops it; the server bounds the time of each site and so does the desk', async () => {
  const { tour, command, conference, line } = bench();
  tour.dwellMs = 10 * MAX_DWELL_MS;
  tour.toggle();
  expect(command).toHaveBeenLastCalledWith({
    type: 'start_tour',
    sites: ['a', 'b', 'c'],
    dwell_ms: MAX_DWELL_MS,
    repeat: false,
  });
  const running = { sites: ['a'], place: 0, dwell_ms: 2_000, next_at: 0, repeat: false };
  conference.applyChanges([{ section: 'stage', value: { ...conference.stage!, tour: running } }]);
  await vi.waitFor(() => expect(line.pending.size).toBe(0));
  tour.toggle();
  expect(command).toHaveBeenLastCalledWith({ type: 'stop_tour' });
});

it('the holding slide always says something, and says next time what it said last', () => {
  const { line, command } = bench();
  const holding = new HoldingDesk(line);
  holding.draft = { title: '  ', text: ' Xin chờ ' };
  holding.show();
  expect(command).toHaveBeenLastCalledWith({ type: 'show_holding', title: 'Hội nghị tạm nghỉ', text: 'Xin chờ' });
  expect(new HoldingDesk(line).draft).toEqual({ title: 'Hội nghị tạm nghỉ', text: 'Xin chờ' });
});
