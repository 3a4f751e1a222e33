import { floorView, holderView, itemView, queueEntry } from '$lib/state/samples';
import type { AgendaView, FloorView } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { dropoutOf, standbyFor, stepInQueue, type Waiting } from './standby';

const NO_AGENDA: AgendaView = { items: [], current: null };
const agenda = (...sites: (string | null)[]): AgendaView => ({
  items: sites.map((site, place) => itemView(`i${place}`, { site, started_at: place === 0 ? 1 : null })),
  current: 'i0',
});
const waits = (floor: FloorView, agenda: AgendaView, gone: string[] = []): Waiting => ({
  floor,
  agenda,
  online: (site) => !gone.includes(site),
});
const missing = holderView('cao-bang', { grace_until: 60_000 });

describe('who stands by for a holder that dropped out', () => {
  it('is the first of the queue, and never the holder itself', () => {
    const floor = floorView({ queue: [queueEntry('cao-bang'), queueEntry('lao-cai'), queueEntry('son-la')] });
    expect(standbyFor('cao-bang', waits(floor, agenda('cao-bang', 'ha-noi')))).toEqual({
      site: 'lao-cai',
      by: 'queue',
    });
  });

  it('is the site of the next item where nobody asks', () => {
    expect(standbyFor('cao-bang', waits(floorView(), agenda('cao-bang', 'ha-noi')))).toEqual({
      site: 'ha-noi',
      by: 'agenda',
    });
  });

  it('is somebody who can be shown', () => {
    const floor = floorView({ queue: [queueEntry('lao-cai'), queueEntry('son-la')] });
    const agreed = agenda('cao-bang', 'ha-noi');
    expect(standbyFor('cao-bang', waits(floor, agreed, ['lao-cai']))?.site).toBe('son-la');
    expect(standbyFor('cao-bang', waits(floor, agreed, ['lao-cai', 'son-la']))?.site).toBe('ha-noi');
    expect(standbyFor('cao-bang', waits(floor, agreed, ['lao-cai', 'son-la', 'ha-noi']))).toBeNull();
  });

  it('is nobody where nobody is next', () => {
    expect(standbyFor('cao-bang', waits(floorView(), NO_AGENDA))).toBeNull();
    expect(standbyFor('cao-bang', waits(floorView(), agenda('x', 'cao-bang')))).toBeNull();
    expect(standbyFor('cao-bang', waits(floorView(), agenda('x', null)))).toBeNull();
  });

  it('is offered while the place is held, and only then', () => {
    expect(dropoutOf(waits(floorView(), NO_AGENDA))).toBeNull();
    expect(dropoutOf(waits(floorView({ holder: holderView('cao-bang') }), NO_AGENDA))).toBeNull();
    expect(dropoutOf(waits(floorView({ holder: missing }), agenda('cao-bang', 'ha-noi')))).toEqual({
      holder: 'cao-bang',
      graceUntil: 60_000,
      standby: { site: 'ha-noi', by: 'agenda' },
    });
  });
});

describe('a step through the queue', () => {
  const floor = floorView({ queue: ['a', 'b', 'c'].map((site) => queueEntry(site)) });

  it('begins at an end and stops at the other', () => {
    expect(stepInQueue(1, undefined, waits(floor, NO_AGENDA))).toBe('a');
    expect(stepInQueue(-1, 'elsewhere', waits(floor, NO_AGENDA))).toBe('c');
    expect(stepInQueue(1, 'a', waits(floor, NO_AGENDA))).toBe('b');
    expect(stepInQueue(1, 'c', waits(floor, NO_AGENDA))).toBe('c');
    expect(stepInQueue(-1, 'a', waits(floor, NO_AGENDA))).toBe('a');
  });

  it('leads to the standby where nobody asks and the holder is missing, and nowhere else', () => {
    expect(stepInQueue(1, undefined, waits(floorView({ holder: missing }), agenda('cao-bang', 'ha-noi')))).toBe(
      'ha-noi',
    );
    expect(stepInQueue(1, undefined, waits(floorView(), agenda('cao-bang', 'ha-noi')))).toBeNull();
  });
});
