import type { HealthEntry } from '$lib/wire';
import { siteView } from '$lib/state/samples';
import { describe, expect, it } from 'vitest';
import { alarmOrder, clearsIn, QUIET_MS } from './alarms';
import { causeCount, closedIncidents, closedWithin, incidentOrder, sitesDown, sitesOf } from './incidents';
import { alarm, incident, NOON } from './samples';

const entry = (number: number, what: HealthEntry['what']): HealthEntry => ({ entry: number, at: NOON + number, what });

describe('open alarms', () => {
  it('begin with those that nobody has seen, of them those whose cause is there, the oldest first', () => {
    const alarms = [
      alarm(1, { acknowledged_by: 'An' }),
      alarm(2, { gone_at: NOON }),
      alarm(3, { raised_at: NOON }),
      alarm(4, { raised_at: NOON - 50_000 }),
    ];
    expect(alarmOrder(alarms).map(({ id }) => id)).toEqual([4, 3, 2, 1]);
  });

  it('are over a minute after their cause has gone', () => {
    expect(clearsIn(alarm(1), NOON)).toBeNull();
    expect(clearsIn(alarm(1, { gone_at: NOON }), NOON + 1_500)).toBe(59);
    expect(clearsIn(alarm(1, { gone_at: NOON }), NOON + 2 * QUIET_MS)).toBe(0);
  });
});

describe('incidents', () => {
  it('begin with those in which a site is down', () => {
    const incidents = [incident(1, { ended: NOON }), incident(2), incident(3, { began: NOON })];
    expect(incidentOrder(incidents).map(({ id }) => id)).toEqual([3, 2, 1]);
    expect(sitesDown(incident(1))).toBe(1);
  });

  it('count who dropped of those that the cause is about', () => {
    const views = [
      siteView('cao-bang', { carrier: 'Viettel', region: 'Bắc' }),
      siteView('ha-noi', { carrier: 'Viettel', region: 'Nam' }),
      siteView('son-la', { carrier: 'VNPT', region: 'Bắc' }),
    ];
    expect(causeCount(incident(1), views)).toEqual({ dropped: 1, all: 2 });
    expect(causeCount(incident(1, { cause: { kind: 'centre' } }), views)).toEqual({ dropped: 1, all: 3 });
    expect(causeCount(incident(1, { cause: { kind: 'relay', name: 'r' } }), views)).toBeNull();
  });

  it('knows incidents that are over, each as it was in the end', () => {
    const closed = (number: number, changes: object) =>
      entry(number, { type: 'closed', incident: incident(1, { closed_at: NOON, ...changes }) });
    const entries = [
      closed(9, { began: 7 }),
      closed(5, { began: 3 }),
      entry(4, { type: 'opened', incident: incident(2) }),
    ];
    expect(closedIncidents(entries).map(({ began }) => began)).toEqual([7, 3]);
  });

  it('that ended lately are those of the last minutes, but for what became a part of another one', () => {
    const closed = [
      incident(1, { closed_at: NOON - 60_000 }),
      incident(2, { closed_at: NOON - 60_000, merged_into: 1 }),
      incident(3, { closed_at: NOON - 61_000 }),
      incident(4),
    ];
    expect(closedWithin(closed, NOON, 60_000).map(({ id }) => id)).toEqual([1]);
  });

  it('name who is down first, in the order in which they dropped', () => {
    const site = (began: number, back: number | null) => ({ began, back, times: 1 });
    const sites = { a: site(1, 9), b: site(3, null), c: site(2, null) };
    expect(sitesOf(incident(1, { sites })).map(([slug]) => slug)).toEqual(['c', 'b', 'a']);
  });
});
