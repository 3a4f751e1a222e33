import { describe, expect, it } from 'vitest';
import { mark } from '$lib/health/samples';
import { around, clusters, laneOf, nextMark } from './marks';

describe('a mark of the time line', () => {
  it.each([
    ['take_shown', 'air'],
    ['stage_cut', 'air'],
    ['floor_granted', 'floor'],
    ['speech_ended', 'floor'],
    ['holder_dropped', 'floor'],
    ['queue_reordered', 'floor'],
    ['floor_mode_set', 'order'],
    ['endpoint_dropped', 'line'],
    ['server_started', 'line'],
    ['alarm_raised', 'alarm'],
    ['incident_closed', 'alarm'],
    ['conference_opened', 'order'],
    ['what_a_newer_server_says', 'order'],
  ])('%s is in the lane %s', (kind, lane) => {
    expect(laneOf(kind)).toBe(lane);
  });
});

describe('marks on the line', () => {
  it('are one where they would lie on one another, lane by lane', () => {
    const marks = [
      mark(0, 'alarm_raised'),
      mark(10, 'alarm_raised'),
      mark(10, 'take_shown'),
      mark(500, 'alarm_raised'),
      mark(2_000, 'alarm_raised'),
    ];
    expect(clusters(marks, 0, 1_000, 100, 5)).toEqual([
      { lane: 'alarm', x: 0, at: 0, count: 2 },
      { lane: 'air', x: 1, at: 10, count: 1 },
      { lane: 'alarm', x: 50, at: 500, count: 1 },
    ]);
  });

  it('of no time at all are still drawn', () => {
    expect(clusters([mark(5, 'alarm_raised')], 5, 5, 100, 5)).toHaveLength(1);
  });

  it('are gone to one after the other', () => {
    const marks = [
      mark(10, 'alarm_raised'),
      mark(20, 'alarm_cleared'),
      mark(20, 'incident_closed'),
      mark(30, 'incident_opened'),
    ];
    expect([nextMark(marks, 10, 1)?.at, nextMark(marks, 20, 1)?.at, nextMark(marks, 30, 1)]).toEqual([20, 30, null]);
    expect([nextMark(marks, 30, -1)?.at, nextMark(marks, 10, -1)]).toEqual([20, null]);
  });
});

describe('what people did around a time', () => {
  it('is theirs alone, near, in order, and the nearest where it is much', () => {
    const marks = [
      mark(0, 'take_ordered', { actor: 'An' }),
      mark(90, 'alarm_raised'),
      mark(95, 'take_ordered', { actor: 'An' }),
      mark(120, 'floor_granted', { actor: 'Bình' }),
      mark(500, 'take_ordered', { actor: 'An' }),
    ];
    expect(around(marks, 100, 100, 9).map(({ at }) => at)).toEqual([0, 95, 120]);
    expect(around(marks, 100, 100, 2).map(({ at }) => at)).toEqual([95, 120]);
  });
});
