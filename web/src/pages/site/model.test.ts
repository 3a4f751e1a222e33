import {
  endpointLive,
  floorView,
  holderView,
  itemView,
  queueEntry,
  siteLive as siteLiveOf,
  stageView,
} from '$lib/state/samples';
import type { ConferenceInfo, SiteLive, StageView } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { interruptible, isHeard, reception, sharedScreenOnAir, type SiteFacts, siteStatus } from './model';

const NOW = 1_000_000;

describe('the status of a site page', () => {
  it('asks for the device check first', () => {
    expect(siteStatus(facts({ checked: false }))).toEqual({ name: 'check' });
  });

  it('puts a lost connection before being on air', () => {
    const link = { name: 'connecting', since: 5, retryAt: 9, problem: null } as const;
    expect(siteStatus(facts({ link, picture: onAir() }))).toEqual({
      name: 'lost',
      since: 5,
      retryAt: 9,
      problem: null,
    });
  });

  it('offers the floor only while it is not closed, and a response only while somebody speaks', () => {
    const connected = { name: 'connected', heard: false } as const;
    expect(siteStatus(facts())).toEqual({ ...connected, canRequest: true, canRespond: false });
    const holder = holderView('ha-noi');
    expect(siteStatus(facts({ floor: floorView({ holder }) }))).toMatchObject({ canRequest: true, canRespond: true });
    const closed = { ...connected, canRequest: false, canRespond: false };
    expect(siteStatus(facts({ floor: floorView({ mode: 'closed', holder }) }))).toEqual(closed);
  });

  it('never offers the floor to the hall, and says that the hall is heard while another site is seen', () => {
    const stage = heard('dien-hong', 'cao-bang');
    const status = siteStatus(
      facts({ slug: 'dien-hong', stage, floor: floorView({ holder: holderView('cao-bang') }) }),
    );
    expect(status).toEqual({ name: 'connected', canRequest: false, canRespond: false, heard: true });
  });

  it('says whether the site is heard: by the microphones that are open, and by a take that is under way', () => {
    const status = (stage: StageView, muted = false) => siteStatus(facts({ picture: onAir(), stage, muted }));
    const seen = stageView(['cao-bang']);
    const open = { ...seen, program: { ...seen.program, microphones: ['dien-hong', 'cao-bang'] } };
    expect(status(open)).toEqual({ name: 'on_air', clock: null, heard: true });
    expect(status(heard('dien-hong'))).toEqual({ name: 'on_air', clock: null, heard: false });
    const pending = { take: 2, sources: [{ site: 'cao-bang', kind: 'camera' as const }], ordered_at: 1 };
    expect(status({ ...heard('dien-hong'), pending })).toMatchObject({ heard: true });
    expect(status({ ...heard('dien-hong'), pending }, true)).toMatchObject({ heard: false });
  });

  it('waits for the opening, and is the same in a rehearsal as live', () => {
    expect(siteStatus(facts({ info: info('preparing') }))).toEqual({ name: 'waiting' });
    expect(siteStatus(facts({ info: info('rehearsal') }))).toEqual(siteStatus(facts()));
    expect(siteStatus(facts({ info: info('ended') }))).toEqual({ name: 'ended' });
  });

  it('tells the place in the queue and the minutes', () => {
    const queue = [queueEntry('ha-noi'), queueEntry('cao-bang')];
    const holder = holderView('son-la', { clock: { ...holderView('x').clock, allowed_ms: 300_000 } });
    const status = siteStatus(facts({ floor: floorView({ queue, holder }) }));
    expect(status).toEqual({ name: 'queued', place: 2, total: 2, response: false, minutes: 10, held: null });
  });

  it('says next by the floor, by cue, by invitation and by agenda', () => {
    const holder = holderView('cao-bang', { on_air: false });
    expect(siteStatus(facts({ floor: floorView({ holder }) }))).toEqual({ name: 'next', why: 'granted' });
    expect(siteStatus(facts({ floor: floorView({ cued: ['cao-bang'] }) }))).toEqual({ name: 'next', why: 'cued' });
    const queue = [queueEntry('cao-bang', { invited: true })];
    expect(siteStatus(facts({ floor: floorView({ queue }) }))).toEqual({ name: 'next', why: 'invited' });
    const items = [
      itemView('a', { site: 'dien-hong', started_at: 1 }),
      itemView('b', { site: 'son-la', skipped: true }),
      itemView('c', { site: 'cao-bang' }),
    ];
    const agenda = { items, current: 'a' };
    expect(siteStatus(facts({ agenda }))).toEqual({ name: 'next', why: 'agenda' });
    expect(siteStatus(facts({ agenda, info: info('rehearsal') }))).toEqual({ name: 'next', why: 'agenda' });
    expect(siteStatus(facts({ agenda: { items, current: null } }))).toMatchObject({ name: 'connected' });
  });

  it('counts the overrun up', () => {
    const clock = { allowed_ms: 60_000, warning_ms: 0, spoken_ms: 61_000, running_since: null };
    const status = siteStatus(
      facts({ floor: floorView({ holder: holderView('cao-bang', { clock }) }), picture: onAir() }),
    );
    expect(status).toMatchObject({ name: 'overtime', clock: { phase: 'overrun', overrunMs: 1_000 } });
  });
});

describe('a tour', () => {
  const tour = { sites: ['cao-bang'], place: 0, dwell_ms: 5_000, next_at: NOW, repeat: false };
  const touring = (...microphones: string[]): StageView => {
    const stage = stageView(['cao-bang']);
    return { ...stage, tour, program: { ...stage.program, microphones, tour: true } };
  };

  it('shows a site and does not open its microphone', () => {
    expect(siteStatus(facts({ picture: onAir(), stage: touring('dien-hong') }))).toEqual({
      name: 'touring',
      heard: false,
    });
    // What was opened besides is open.
    const opened = touring('dien-hong', 'cao-bang');
    expect(siteStatus(facts({ picture: onAir(), stage: opened }))).toEqual({ name: 'touring', heard: true });
  });

  it('does not open the microphone of the site that comes next', () => {
    const pending = { take: 2, sources: [{ site: 'cao-bang', kind: 'camera' as const }], ordered_at: 1 };
    expect(isHeard({ slug: 'cao-bang', stage: { ...touring('dien-hong'), pending }, muted: false })).toBe(false);
    expect(isHeard({ slug: 'cao-bang', stage: { ...heard('dien-hong'), pending }, muted: false })).toBe(true);
  });
});

describe('a microphone without a picture', () => {
  it('is said to be open, unless the centre has muted it', () => {
    const stage = heard('dien-hong', 'cao-bang');
    expect(siteStatus(facts({ stage }))).toEqual({ name: 'microphone' });
    // The server says of a site that is heard that it is on air.
    expect(siteStatus(facts({ stage, picture: onAir() }))).toEqual({ name: 'microphone' });
    expect(siteStatus(facts({ stage, muted: true }))).toMatchObject({ name: 'connected' });
  });

  it('comes before waiting and being next', () => {
    const floor = floorView({ queue: [queueEntry('cao-bang')], cued: ['cao-bang'] });
    expect(siteStatus(facts({ stage: heard('dien-hong', 'cao-bang'), floor }))).toEqual({ name: 'microphone' });
  });
});

describe('a place that is held after a dropout', () => {
  it('counts down while the site is the holder, also if the stage still shows it', () => {
    const holder = holderView('cao-bang', { grace_until: NOW + 42_000 });
    const kept = { name: 'kept', graceMs: 42_000 };
    expect(siteStatus(facts({ floor: floorView({ holder }) }))).toEqual(kept);
    expect(siteStatus(facts({ floor: floorView({ holder }), picture: onAir() }))).toEqual(kept);
    expect(siteStatus(facts({ floor: floorView({ holder }), now: NOW + 60_000 }))).toMatchObject({ graceMs: 0 });
  });

  it('is in the queue once another site has gone on: called already, with the time that is left', () => {
    const entry = queueEntry('cao-bang', { invited: true, spoken_ms: 240_000, allowed_ms: 600_000 });
    const queue = [entry, queueEntry('ha-noi')];
    const floor = floorView({ queue });
    expect(siteStatus(facts({ floor }))).toMatchObject({ name: 'queued', place: 1, held: { remainingMs: 360_000 } });
    // A cue is news all the same.
    expect(siteStatus(facts({ floor: floorView({ queue, cued: ['cao-bang'] }) }))).toMatchObject({ name: 'next' });
  });
});

describe('the hall', () => {
  it('can interrupt another site that has the floor, and nobody else can', () => {
    const floor = floorView({ holder: holderView('cao-bang') });
    expect(interruptible('dien-hong', info('live'), floor)).toBe('cao-bang');
    expect(interruptible('ha-noi', info('live'), floor)).toBeNull();
    expect(interruptible('cao-bang', info('live'), floor)).toBeNull();
    expect(interruptible('dien-hong', info('live'), floorView())).toBeNull();
    expect(interruptible('dien-hong', null, floor)).toBeNull();
  });
});

describe('the shared screen', () => {
  it('is on air while the picture has it, not while another site’s or the camera is seen', () => {
    const cell = (site: string, kind: 'camera' | 'content') =>
      ({ slot: { name: 'program_content' }, site, kind }) as const;
    const picture = (...cells: ReturnType<typeof cell>[]) => ({ ...onAir(), cells });
    expect(sharedScreenOnAir(picture(cell('cao-bang', 'content')), 'cao-bang')).toBe(true);
    expect(sharedScreenOnAir(picture(cell('ha-noi', 'content'), cell('cao-bang', 'camera')), 'cao-bang')).toBe(false);
    expect(sharedScreenOnAir(null, 'cao-bang')).toBe(false);
  });
});

describe('reception', () => {
  it('is judged by what arrives', () => {
    expect(reception(null)).toBeNull();
    expect(reception(live(0, -127))).toBe('nothing');
    expect(reception(live(10, -127))).toBe('seen');
    expect(reception(live(10, -30))).toBe('seen_and_heard');
    expect(reception(live(0, -30))).toBe('heard');
  });
});

function facts(changes: Partial<SiteFacts> = {}): SiteFacts {
  return {
    slug: 'cao-bang',
    link: { name: 'ready' },
    checked: true,
    info: info('live'),
    floor: floorView(),
    agenda: { items: [], current: null },
    stage: heard('dien-hong'),
    picture: { ...onAir(), on_air: false },
    muted: false,
    now: NOW,
    ...changes,
  };
}

/** A stage on which these sites are heard. */
function heard(...microphones: string[]): StageView {
  const stage = stageView([]);
  return { ...stage, program: { ...stage.program, microphones } };
}

function onAir() {
  return { take: 1, layout: 'single' as const, cells: [], audio: [], plays_sound: true, on_air: true };
}

function info(phase: ConferenceInfo['phase']): ConferenceInfo {
  const times = { opened_at: null, ended_at: null };
  return { id: 'c', title: 't', phase, ...times, codec: 'h264', hall: 'dien-hong', support_phone: '' };
}

function live(fps: number, level_dbfs: number): SiteLive {
  return siteLiveOf({ endpoints: [endpointLive({ fps })], level_dbfs });
}
