import { ConferenceStore } from '$lib/state/conference.svelte';
import type { Connection } from '$lib/state/connection.svelte';
import { camera, conferenceView } from '$lib/state/samples';
import type { CommandOutcome } from '$lib/link/machine';
import type { Command, Layout } from '$lib/wire';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CommandLine } from '$lib/state/commandLine.svelte';
import { StageDesk } from './stage.svelte';

const ACCEPTED = { accepted: true, revision: 1 } as unknown as CommandOutcome;

/** A desk whose server is played by the test. */
class Bench {
  readonly conference = new ConferenceStore();
  readonly sent: Command[] = [];
  readonly command = vi.fn(async (command: Command) => {
    this.sent.push(command);
    const outcome = this.answer(command);
    if (outcome.accepted && command.type === 'set_preview')
      this.preview(command.layout, ...command.sources.map((one) => one.site));
    return outcome;
  });
  answer: (command: Command) => CommandOutcome = () => ACCEPTED;
  readonly desk: StageDesk;
  #previews = 0;

  constructor() {
    this.conference.applySnapshot(conferenceView(['hall', 'a', 'b', 'c']));
    const connection = { ready: true, conference: this.conference, command: this.command };
    this.desk = new StageDesk(new CommandLine(connection as unknown as Connection));
  }

  /** The server has this in preview now. */
  preview(layout: Layout, ...sites: string[]): void {
    const { stage } = this.conference;
    const preview = { id: (this.#previews += 1), layout, sources: sites.map(camera) };
    this.conference.applyChanges([{ section: 'stage', value: { ...stage!, preview } }]);
  }

  get last() {
    return this.sent.at(-1);
  }
}

let bench: Bench;
beforeEach(() => (bench = new Bench()));

describe('the preview', () => {
  it('is asked for in the layout that was chosen, with what was picked', async () => {
    await bench.desk.preview('a');
    await bench.desk.chooseLayout('side_by_side');
    expect(bench.last).toEqual({ type: 'set_preview', layout: 'side_by_side', sources: [camera('a'), camera('hall')] });
    await bench.desk.preview('b', true);
    expect(bench.last).toEqual({ type: 'set_preview', layout: 'side_by_side', sources: [camera('a'), camera('b')] });
  });

  it('keeps a layout that a site alone cannot fill', async () => {
    await bench.desk.preview('a');
    await bench.desk.chooseLayout('speaker_hall');
    await bench.desk.preview('hall');
    expect(bench.last).toEqual({ type: 'set_preview', layout: 'single', sources: [camera('hall')] });
    expect(bench.desk.layout).toBe('speaker_hall');
  });

  it('that something else has changed is what the next choice builds on', async () => {
    await bench.desk.preview('a');
    await bench.desk.chooseLayout('speaker_hall');
    bench.preview('side_by_side', 'b', 'c');
    expect(bench.desk.layout).toBe('side_by_side');
    expect(bench.desk.targets).toEqual(['b', 'c']);
    await bench.desk.chooseLayout('grid');
    expect(bench.last).toMatchObject({ layout: 'grid', sources: [camera('b'), camera('c')] });
  });

  it('that was refused leaves the desk with what is there', async () => {
    await bench.desk.preview('a');
    bench.answer = () => ({ accepted: false, reason: { code: 'busy' } });
    await bench.desk.preview('b');
    expect(bench.desk.picked).toEqual(['a']);
  });

  it('is the latest pick, also when picks come faster than answers', async () => {
    const first = bench.desk.preview('a');
    const second = bench.desk.preview('b');
    await Promise.all([first, second]);
    await vi.waitFor(() => expect(bench.last).toMatchObject({ sources: [camera('b')] }));
    expect(bench.sent).toHaveLength(2);
    expect(bench.desk.picked).toEqual(['b']);
  });
});

it('nothing is in preview, and nothing ready, once the conference is over', () => {
  bench.preview('single', 'a');
  expect(bench.desk.inPreview?.sources).toEqual([camera('a')]);
  bench.conference.applyChanges([{ section: 'conference', value: { ...bench.conference.info!, phase: 'ended' } }]);
  expect(bench.desk.inPreview).toBeNull();
  expect(bench.desk.verdict).toEqual({ state: 'empty' });
});

describe('a take', () => {
  it('names the preview that the operator saw, once for one press', async () => {
    await bench.desk.preview('a');
    bench.desk.take();
    bench.desk.take();
    bench.desk.take(true);
    await vi.waitFor(() => expect(bench.last).toEqual({ type: 'take', preview: 1 }));
    expect(bench.sent.filter(({ type }) => type === 'take')).toHaveLength(1);
  });

  it('without a preview is not even sent', () => {
    bench.desk.take();
    expect(bench.sent).toEqual([]);
  });
});
