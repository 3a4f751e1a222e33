import type { EndpointLive, SpeechClock } from '$lib/wire';
import { flushSync } from 'svelte';
import { describe, expect, it } from 'vitest';
import { ConferenceStore, MAX_MESSAGES } from './conference.svelte';
import {
  conferenceView,
  deskView,
  endpointLive,
  floorView,
  holderView,
  liveView,
  messageView,
  queueEntry,
  siteLive,
  siteView,
  stageView,
} from './samples';
import { heldOver, readClock, spokenInAll } from './speechClock';
import { tallies } from './tally';

const FLOOR = floorView({ queue: ['a', 'b', 'c'].map((site) => queueEntry(site)), cued: ['b'] });

describe('tally', () => {
  it('is the strongest thing that is true of a site', () => {
    const map = tallies(stageView(['hall'], ['c']), FLOOR, 'live');

    expect(map.get('hall')).toEqual({ name: 'program' });
    expect(map.get('c')).toEqual({ name: 'preview' });
    expect(map.get('b')).toEqual({ name: 'cued' });
    expect(map.get('a')).toEqual({ name: 'requested', place: 1 });
    expect(map.get('z')).toBeUndefined();
  });

  it('is red for the old and the new source while a take is under way', () => {
    const map = tallies(stageView(['hall'], ['c'], ['c']), FLOOR, 'rehearsal');

    expect(map.get('hall')).toEqual({ name: 'program' });
    expect(map.get('c')).toEqual({ name: 'program' });
  });
});

it('no site has a tally after the end, whatever was last on air', () => {
  expect(tallies(stageView(['hall'], ['c'], ['c']), FLOOR, 'ended').size).toBe(0);
});

describe('speech clock', () => {
  const clock: SpeechClock = { allowed_ms: 300_000, warning_ms: 120_000, spoken_ms: 60_000, running_since: 1_000_000 };

  it('counts while it runs, and stands while it is paused', () => {
    expect(readClock(clock, 1_030_000)).toMatchObject({ spokenMs: 90_000, remainingMs: 210_000, phase: 'normal' });
    expect(readClock({ ...clock, running_since: null }, 9_999_999)).toMatchObject({ spokenMs: 60_000, running: false });
  });

  it('warns from the warning time on, and counts the overrun up', () => {
    expect(readClock(clock, 1_120_000)).toMatchObject({ phase: 'warning', remainingMs: 120_000 });
    expect(readClock(clock, 1_240_000)).toMatchObject({ phase: 'warning', remainingMs: 0 });
    expect(readClock(clock, 1_245_000)).toMatchObject({ phase: 'overrun', overrunMs: 5_000, remainingMs: 0, share: 1 });
  });

  it('has no end where no time was set, and does not run backwards', () => {
    expect(readClock({ ...clock, allowed_ms: 0 }, 9_000_000)).toMatchObject({ phase: 'normal', remainingMs: null });
    expect(readClock(clock, 900_000).spokenMs).toBe(60_000);
  });

  it('of a speech that was cut off stands where it was, with what is left', () => {
    expect(heldOver(queueEntry('a'))).toBeNull();
    expect(heldOver(queueEntry('a', { spoken_ms: 120_000, allowed_ms: 300_000 }))).toMatchObject({
      running: false,
      remainingMs: 180_000,
    });
    expect(heldOver(queueEntry('a', { spoken_ms: 320_000, allowed_ms: 300_000 }))?.overrunMs).toBe(20_000);
    expect(heldOver(queueEntry('a', { spoken_ms: 60_000 }))).toMatchObject({ remainingMs: null, spokenMs: 60_000 });
  });

  it('is added to what the site has spoken before, for the holder alone', () => {
    const holder = holderView('a', { clock });
    expect(spokenInAll(siteView('a', { spoken_ms: 600_000 }), holder, 1_030_000)).toBe(690_000);
    expect(spokenInAll(siteView('b', { spoken_ms: 600_000 }), holder, 1_030_000)).toBe(600_000);
    expect(spokenInAll(siteView('a'), null, 1_030_000)).toBe(0);
  });
});

const live = (level: number) => liveView({ a: siteLive({ level_dbfs: level }) });

describe('conference store', () => {
  it('replaces sections as they change', () => {
    const store = new ConferenceStore();
    store.applySnapshot(conferenceView(['hall', 'a']));
    store.applyChanges([
      { section: 'site', value: siteView('a', { muted: true }) },
      { section: 'stage', value: stageView(['a']) },
      { section: 'site', value: siteView('nobody') },
    ]);

    expect(store.site('a')?.view.muted).toBe(true);
    expect(store.site('nobody')).toBeUndefined();
    expect(store.stage?.program.sources[0]?.source.site).toBe('a');
    expect(store.hall?.view.slug).toBe('hall');
  });

  it('keeps the wall’s order and its models across a snapshot, so that no tile moves or is rebuilt', () => {
    const store = new ConferenceStore();
    store.applySnapshot(conferenceView(['hall', 'a', 'b']));
    const before = store.sites;
    store.applySnapshot(conferenceView(['hall', 'a', 'b']));

    expect(store.sites).toBe(before);
  });

  it('knows which site shares content: one of its senders that is here, never its screen', () => {
    const store = new ConferenceStore();
    store.applySnapshot(conferenceView(['hall', 'a']));
    const shares = (changes: Partial<EndpointLive>) => {
      store.applyLive(liveView({ a: siteLive({ endpoints: [endpointLive(changes)] }) }));
      return store.site('a')?.sharing;
    };

    expect(shares({ content: true })).toBe(true);
    expect(shares({ content: true, role: 'backup' })).toBe(true);
    expect(shares({ content: false })).toBe(false);
    expect(shares({ content: true, media: false })).toBe(false);
    expect(shares({ content: true, role: 'screen' })).toBe(false);
  });

  it('does not wake readers of a site for a level alone', () => {
    const store = new ConferenceStore();
    store.applySnapshot(conferenceView(['hall', 'a']));
    let tiles = 0;
    let meters = 0;
    const stop = $effect.root(() => {
      $effect(() => {
        tiles += store.site('a')?.live ? 1 : 0;
      });
      $effect(() => {
        meters += Number.isFinite(store.site('a')?.level) ? 1 : 0;
      });
    });
    for (const level of [-30, -25, -20]) {
      store.applyLive(live(level));
      flushSync();
    }
    stop();

    expect(tiles).toBe(1);
    expect(meters).toBe(3);
  });

  it('does not wake a list of verdicts for figures alone, but for the verdict', () => {
    const store = new ConferenceStore();
    store.applySnapshot(conferenceView(['hall', 'a']));
    const seen: unknown[] = [];
    let figures = 0;
    const stop = $effect.root(() => {
      $effect(() => {
        const site = store.site('a')!;
        seen.push([site.online, site.quality, site.ready?.state, site.callingSince]);
      });
      $effect(() => {
        figures += store.site('a')?.live ? 1 : 0;
      });
    });
    const tell = (kbps: number, changes: object = {}) => {
      store.applyLive(liveView({ a: siteLive({ endpoints: [endpointLive({ kbps })], ...changes }) }));
      flushSync();
    };
    for (const kbps of [600, 610, 620]) tell(kbps);
    tell(630, { calling_since: 5_000 });
    tell(0, { quality: 'lost', ready: { state: 'offline' } });
    stop();

    expect(figures).toBe(5);
    expect(seen).toEqual([
      [true, 'good', 'ready', null],
      [true, 'good', 'ready', 5_000],
      [false, 'lost', 'offline', null],
    ]);
  });

  it('takes what the centre arranges as it changes, and knows since when the lease is without its holder', () => {
    const store = new ConferenceStore();
    expect(store.desk.templates).toEqual([]);
    store.applySnapshot(conferenceView(['hall'], { desk: deskView({ templates: ['a'] }) }));
    expect(store.desk.templates).toEqual(['a']);
    store.applyChanges([{ section: 'desk', value: deskView({ quorum: { sites: 42, delegates: 0 } }) }]);
    expect(store.desk.quorum.sites).toBe(42);
    store.applyLive(liveView({}, { lease: 'lan', lease_missing_since: 7_000 }));
    expect([store.lease, store.leaseMissingSince]).toEqual(['lan', 7_000]);
  });

  it('adds messages, replaces those of the same id, and keeps a bounded number', () => {
    const store = new ConferenceStore();
    store.applySnapshot(conferenceView(['hall']));
    const message = (id: number, text: string) => ({
      section: 'message' as const,
      value: messageView(id, { text }),
    });
    for (let id = 0; id < MAX_MESSAGES + 5; id += 1) store.applyChanges([message(id, 'x')]);
    store.applyChanges([message(100, 'y')]);

    expect(store.messages).toHaveLength(MAX_MESSAGES);
    expect(store.messages.find((one) => one.id === 100)?.text).toBe('y');
  });
});
