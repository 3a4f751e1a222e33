import type { ConferenceView, EndpointLive, LiveView, SiteLive, SiteView, SpeechClock, StageView } from '$lib/wire';
import { flushSync } from 'svelte';
import { describe, expect, it } from 'vitest';
import { ConferenceStore, MAX_MESSAGES } from './conference.svelte';
import { readClock } from './speechClock';
import { tallies } from './tally';

const source = (site: string) => ({ site, kind: 'camera' as const });
const stage = (program: string[], preview: string[] = [], pending: string[] = []): StageView => ({
  program: {
    layout: 'single',
    sources: program.map((site, slot) => ({ source: source(site), slot })),
    microphones: [],
    take: null,
    since: 0,
  },
  preview: preview.length ? { id: 1, layout: 'single', sources: preview.map(source) } : null,
  pending: pending.length ? { take: 2, sources: pending.map(source), ordered_at: 0 } : null,
  can_undo: false,
});
const request = (site: string) => ({ site, kind: 'request' as const, requested_at: 0, invited: false });
const FLOOR = { mode: 'queue' as const, queue: [request('a'), request('b'), request('c')], cued: ['b'], holder: null };

describe('tally', () => {
  it('is the strongest thing that is true of a site', () => {
    const map = tallies(stage(['hall'], ['c']), FLOOR);

    expect(map.get('hall')).toEqual({ name: 'program' });
    expect(map.get('c')).toEqual({ name: 'preview' });
    expect(map.get('b')).toEqual({ name: 'cued' });
    expect(map.get('a')).toEqual({ name: 'requested', place: 1 });
    expect(map.get('z')).toBeUndefined();
  });

  it('is red for the old and the new source while a take is under way', () => {
    const map = tallies(stage(['hall'], ['c'], ['c']), FLOOR);

    expect(map.get('hall')).toEqual({ name: 'program' });
    expect(map.get('c')).toEqual({ name: 'program' });
  });
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
});

const siteView = (slug: string): SiteView => ({
  slug,
  code: '01',
  name: slug,
  full_name: slug,
  region: 'r',
  carrier: 'c',
  contact: { name: '', phone: '' },
  column: 0,
  row: 0,
  hall: slug === 'hall',
  muted: false,
  presence: { state: 'unknown' },
  spoken_ms: 0,
});
const snapshot = (slugs: string[]): ConferenceView => ({
  conference: {
    id: 'x',
    title: 't',
    phase: 'live',
    opened_at: 0,
    ended_at: null,
    codec: 'h264',
    hall: 'hall',
    support_phone: '',
  },
  sites: slugs.map(siteView),
  agenda: { items: [], current: null },
  floor: { mode: 'closed', queue: [], cued: [], holder: null },
  stage: stage(['hall']),
  messages: [],
});
const siteLive = (level: number): SiteLive => ({
  endpoints: [],
  quality: 'good',
  reason: null,
  lost_since: null,
  level_dbfs: level,
  ready: { state: 'ready' },
});
const ENDPOINT: EndpointLive = {
  role: 'main',
  control: true,
  media: true,
  camera: 'live',
  microphone: 'live',
  sound_playing: true,
  content: false,
  kbps: 0,
  fps: 0,
  layer: null,
  loss: 0,
  rtt_ms: 0,
  since: 0,
  second_device_at: null,
};
const live = (level: number): LiveView => ({
  sites: { a: siteLive(level) },
  operators: [],
  lease: null,
  journal_ok: true,
  relay_keeps_up: true,
  now: 0,
});

describe('conference store', () => {
  it('replaces sections as they change', () => {
    const store = new ConferenceStore();
    store.applySnapshot(snapshot(['hall', 'a']));
    store.applyChanges([
      { section: 'site', value: { ...siteView('a'), muted: true } },
      { section: 'stage', value: stage(['a']) },
      { section: 'site', value: siteView('nobody') },
    ]);

    expect(store.site('a')?.view.muted).toBe(true);
    expect(store.site('nobody')).toBeUndefined();
    expect(store.stage?.program.sources[0]?.source.site).toBe('a');
    expect(store.hall?.view.slug).toBe('hall');
  });

  it('keeps the wall’s order and its models across a snapshot, so that no tile moves or is rebuilt', () => {
    const store = new ConferenceStore();
    store.applySnapshot(snapshot(['hall', 'a', 'b']));
    const before = store.sites;
    store.applySnapshot(snapshot(['hall', 'a', 'b']));

    expect(store.sites).toBe(before);
  });

  it('knows which site shares content: one of its senders that is here, never its screen', () => {
    const store = new ConferenceStore();
    store.applySnapshot(snapshot(['hall', 'a']));
    const shares = (changes: Partial<EndpointLive>) => {
      const endpoints = [{ ...ENDPOINT, ...changes }];
      store.applyLive({ ...live(-30), sites: { a: { ...siteLive(-30), endpoints } } });
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
    store.applySnapshot(snapshot(['hall', 'a']));
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

  it('adds messages, replaces those of the same id, and keeps a bounded number', () => {
    const store = new ConferenceStore();
    store.applySnapshot(snapshot(['hall']));
    const message = (id: number, text: string) => ({
      section: 'message' as const,
      value: { id, from: null, sender: 's', to: [], text, sent_at: 0, acknowledged: [] },
    });
    for (let id = 0; id < MAX_MESSAGES + 5; id += 1) store.applyChanges([message(id, 'x')]);
    store.applyChanges([message(100, 'y')]);

    expect(store.messages).toHaveLength(MAX_MESSAGES);
    expect(store.messages.find((one) => one.id === 100)?.text).toBe('y');
  });
});
