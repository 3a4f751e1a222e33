import { describe, expect, it } from 'vitest';
import type { ConferenceInfo, FloorView, SiteLive, SpeechClock, StageView } from '$lib/wire';
import { reception, sharedScreenOnAir, type SiteFacts, siteStatus } from './model';

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

  it('offers the floor only while it is not closed', () => {
    const connected = { name: 'connected', heard: false } as const;
    expect(siteStatus(facts())).toEqual({ ...connected, canRequest: true });
    expect(siteStatus(facts({ floor: floor({ mode: 'closed' }) }))).toEqual({ ...connected, canRequest: false });
  });

  it('never offers the floor to the hall, and says that the hall is heard while another site is seen', () => {
    const status = siteStatus(facts({ slug: 'dien-hong', stage: stage(['dien-hong', 'cao-bang']) }));
    expect(status).toEqual({ name: 'connected', canRequest: false, heard: true });
  });

  it('says whether the site is heard: by the microphones that are open, and by a take that is under way', () => {
    const status = (stage: StageView, muted = false) => siteStatus(facts({ picture: onAir(), stage, muted }));
    expect(status(stage(['dien-hong', 'cao-bang']))).toEqual({ name: 'on_air', clock: null, heard: true });
    expect(status(stage(['dien-hong']))).toEqual({ name: 'on_air', clock: null, heard: false });
    const pending = { take: 2, sources: [{ site: 'cao-bang', kind: 'camera' as const }], ordered_at: 1 };
    expect(status({ ...stage(['dien-hong']), pending })).toMatchObject({ heard: true });
    expect(status({ ...stage(['dien-hong']), pending }, true)).toMatchObject({ heard: false });
  });

  it('waits for the opening', () => {
    expect(siteStatus(facts({ info: info('preparing') }))).toEqual({ name: 'waiting' });
    expect(siteStatus(facts({ info: info('ended') }))).toEqual({ name: 'ended' });
  });

  it('tells the place in the queue and the minutes', () => {
    const queue = ['ha-noi', 'cao-bang'].map((site) => ({
      site,
      kind: 'request' as const,
      requested_at: 1,
      invited: false,
    }));
    const holder = { site: 'son-la', clock: clock({ allowed_ms: 300_000 }), grace_until: null };
    const status = siteStatus(facts({ floor: floor({ queue, holder }) }));
    expect(status).toEqual({ name: 'queued', place: 2, total: 2, response: false, minutes: 10 });
  });

  it('says next by the floor, by cue, by invitation and by agenda', () => {
    const holder = { site: 'cao-bang', clock: clock({}), grace_until: null };
    expect(siteStatus(facts({ floor: floor({ holder }) }))).toEqual({ name: 'next', why: 'granted' });
    expect(siteStatus(facts({ floor: floor({ cued: ['cao-bang'] }) }))).toEqual({ name: 'next', why: 'cued' });
    const queue = [{ site: 'cao-bang', kind: 'request' as const, requested_at: 1, invited: true }];
    expect(siteStatus(facts({ floor: floor({ queue }) }))).toEqual({ name: 'next', why: 'invited' });
    const item = { title: 't', speaker: null, planned_ms: 1, started_at: null, finished_at: null };
    const items = [
      { ...item, id: 'a', site: 'dien-hong' },
      { ...item, id: 'b', site: 'cao-bang' },
    ];
    expect(siteStatus(facts({ agenda: { items, current: 'a' } }))).toEqual({ name: 'next', why: 'agenda' });
    expect(siteStatus(facts({ agenda: { items, current: null } }))).toMatchObject({ name: 'connected' });
  });

  it('counts the overrun up', () => {
    const holder = { site: 'cao-bang', clock: clock({ allowed_ms: 60_000, spoken_ms: 61_000 }), grace_until: null };
    const status = siteStatus(facts({ floor: floor({ holder }), picture: onAir() }));
    expect(status).toMatchObject({ name: 'overtime', clock: { phase: 'overrun', overrunMs: 1_000 } });
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
    floor: floor(),
    agenda: { items: [], current: null },
    stage: stage(['dien-hong']),
    picture: { ...onAir(), on_air: false },
    muted: false,
    now: NOW,
    ...changes,
  };
}

function stage(microphones: string[]): StageView {
  const program = { layout: 'single' as const, sources: [], microphones, take: 1, since: 0 };
  return { program, preview: null, pending: null, can_undo: false };
}

function onAir() {
  return { take: 1, layout: 'single' as const, cells: [], audio: [], plays_sound: true, on_air: true };
}

function clock(changes: Partial<SpeechClock>): SpeechClock {
  return { allowed_ms: 0, warning_ms: 0, spoken_ms: 0, running_since: null, ...changes };
}

function floor(changes: Partial<FloorView> = {}): FloorView {
  return { mode: 'queue', queue: [], cued: [], holder: null, ...changes };
}

function info(phase: ConferenceInfo['phase']): ConferenceInfo {
  const times = { opened_at: null, ended_at: null };
  return { id: 'c', title: 't', phase, ...times, codec: 'h264', hall: 'dien-hong', support_phone: '' };
}

function live(fps: number, level_dbfs: number): SiteLive {
  const device = { control: true, media: true, camera: 'live', microphone: 'live', sound_playing: true } as const;
  return {
    endpoints: [
      {
        role: 'main',
        ...device,
        content: false,
        kbps: 150,
        fps,
        layer: 'low',
        loss: 0,
        rtt_ms: 1,
        since: 0,
        second_device_at: null,
      },
    ],
    quality: 'good',
    reason: null,
    lost_since: null,
    level_dbfs,
    ready: { state: 'ready' },
  };
}
