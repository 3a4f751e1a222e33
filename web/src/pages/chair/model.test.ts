import { floorView, holderView, itemView, queueEntry } from '$lib/state/samples';
import type { ConferenceInfo } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { type ChairFacts, nextInQueue, placeOf, speechNow } from './model';

const NOW = 1_000_000;
const SPEAKER = { name: 'Nguyễn Văn An', title: 'Chủ tịch', organisation: 'UBND tỉnh Cao Bằng' };
const PERSON = { name: 'Nguyễn Văn An', detail: 'Chủ tịch, UBND tỉnh Cao Bằng' };

describe('who speaks now', () => {
  it('is nobody before the opening and after the end, whatever else is known', () => {
    const floor = floorView({ holder: holderView('cao-bang') });
    expect(speechNow(facts({ floor, info: info('preparing') }))).toEqual({ name: 'not_open', ended: false });
    expect(speechNow(facts({ floor, info: info('ended') }))).toEqual({ name: 'not_open', ended: true });
    expect(speechNow(facts({ floor, info: null }))).toEqual({ name: 'not_open', ended: false });
  });

  it('is the same in a rehearsal as live', () => {
    const floor = floorView({ holder: holderView('cao-bang') });
    expect(speechNow(facts({ floor, info: info('rehearsal') }))).toEqual(speechNow(facts({ floor })));
  });

  it('is the holder: called first, speaking once it is on air', () => {
    const holder = holderView('cao-bang', { on_air: false });
    expect(speechNow(facts({ floor: floorView({ holder }) }))).toMatchObject({ name: 'granted', site: 'cao-bang' });
    const clock = { allowed_ms: 300_000, warning_ms: 60_000, spoken_ms: 250_000, running_since: NOW - 60_000 };
    const speaking = speechNow(facts({ floor: floorView({ holder: holderView('cao-bang', { clock }) }) }));
    expect(speaking).toMatchObject({ name: 'speaking', clock: { phase: 'overrun', overrunMs: 10_000 } });
  });

  it('is named by the agenda while it is the turn of that site, and by the lower third once it is on air', () => {
    const items = [itemView('a', { site: 'cao-bang', speaker: SPEAKER, started_at: 1 })];
    const agenda = { items, current: 'a' };
    const holder = (site: string, on_air = true) => floorView({ holder: holderView(site, { on_air }) });
    expect(speechNow(facts({ agenda, floor: holder('cao-bang') }))).toMatchObject({ person: PERSON });
    expect(speechNow(facts({ agenda, floor: holder('ha-noi') }))).toMatchObject({ person: null });
    const lowerThird = { type: 'text', name: 'Trần Thị Bình', description: 'Giám đốc Sở' } as const;
    const named = { person: { name: 'Trần Thị Bình', detail: 'Giám đốc Sở' } };
    expect(speechNow(facts({ agenda, lowerThird, floor: holder('ha-noi') }))).toMatchObject(named);
    expect(speechNow(facts({ agenda, lowerThird, floor: holder('ha-noi', false) }))).toMatchObject({ person: null });
  });

  it('is whoever the running item names while nobody has the floor, on the item’s own clock', () => {
    const running = itemView('a', { site: 'hall', speaker: SPEAKER, planned_ms: 600_000, started_at: NOW - 570_000 });
    const speech = speechNow(facts({ agenda: { items: [running], current: 'a' } }));
    expect(speech).toMatchObject({ name: 'item', site: 'hall', person: PERSON });
    expect(speech).toMatchObject({ clock: { phase: 'warning', remainingMs: 30_000, running: true } });
    const finished = { ...running, finished_at: NOW };
    expect(speechNow(facts({ agenda: { items: [finished], current: 'a' } }))).toEqual({ name: 'free' });
    expect(speechNow(facts())).toEqual({ name: 'free' });
  });

  it('has dropped out: its place is held, and the first of the queue that sends could go on', () => {
    const holder = holderView('cao-bang', { grace_until: NOW + 42_000 });
    const queue = [queueEntry('son-la'), queueEntry('lang-son'), queueEntry('ha-giang')];
    const floor = floorView({ holder, queue });
    const online = (site: string) => site !== 'son-la';
    expect(speechNow(facts({ floor, online }))).toMatchObject({
      name: 'dropped',
      graceMs: 42_000,
      standby: 'lang-son',
    });
    expect(speechNow(facts({ floor, online: () => false }))).toMatchObject({ standby: null });
    expect(speechNow(facts({ floor, now: NOW + 50_000 }))).toMatchObject({ graceMs: 0 });
  });
});

describe('what comes next', () => {
  it('is the first of the queue', () => {
    expect(nextInQueue(floorView())).toBeNull();
    expect(nextInQueue(floorView({ queue: [queueEntry('a'), queueEntry('b')] }))?.site).toBe('a');
  });

  it('counts the items that are not left out', () => {
    const items = [itemView('a'), itemView('b', { skipped: true }), itemView('c')];
    expect(placeOf(items[2]!, { items, current: null })).toEqual({ place: 2, count: 2 });
    expect(placeOf(items[1]!, { items, current: null })).toEqual({ place: 2, count: 3 });
  });
});

function facts(changes: Partial<ChairFacts> = {}): ChairFacts {
  return {
    info: info('live'),
    floor: floorView(),
    agenda: { items: [], current: null },
    lowerThird: { type: 'automatic' },
    warningMs: 60_000,
    online: () => true,
    now: NOW,
    ...changes,
  };
}

function info(phase: ConferenceInfo['phase']): ConferenceInfo {
  const times = { opened_at: null, ended_at: null };
  return { id: 'c', title: 't', phase, ...times, codec: 'h264', hall: 'hall', support_phone: '' };
}
