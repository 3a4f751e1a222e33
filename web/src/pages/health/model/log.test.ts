import type { HealthEntry } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { alarm, mark, NOON } from '$lib/health/samples';
import { follows, mergeEntries, siteHistory } from './log';
import { readAddress, writeAddress } from './address';
import { scoreWord } from './score';
import { staleSeconds } from './staleness';

const entry = (number: number, what: HealthEntry['what']): HealthEntry => ({ entry: number, at: NOON + number, what });
const verdict = (number: number, site: string) =>
  entry(number, { type: 'verdict', site, quality: 'bad', reason: 'loss' });

describe('the health log', () => {
  it('is one list without doubles, the newest first', () => {
    const known = [verdict(5, 'a'), verdict(4, 'a')];
    const merged = mergeEntries(known, [verdict(4, 'a'), verdict(3, 'a')]);
    expect(merged.map(({ entry: number }) => number)).toEqual([5, 4, 3]);
  });

  it('has a gap when more has happened than one answer tells', () => {
    expect(follows([verdict(5, 'a')], [verdict(7, 'a'), verdict(6, 'a')])).toBe(true);
    expect(follows([verdict(5, 'a')], [verdict(9, 'a'), verdict(8, 'a')])).toBe(false);
    expect(follows([], [verdict(9, 'a')])).toBe(true);
  });

  it('with the time line is the history of one site, the latest first', () => {
    const entries = [
      entry(9, { type: 'raised', alarm: alarm(1) }),
      verdict(8, 'ha-noi'),
      verdict(7, 'cao-bang'),
      entry(1, { type: 'started' }),
    ];
    const marks = [
      mark(NOON + 8, 'endpoint_dropped', { site: 'cao-bang' }),
      mark(NOON + 7, 'alarm_raised', { site: 'cao-bang' }),
      mark(NOON + 6, 'endpoint_joined', { site: 'ha-noi' }),
    ];
    const told = siteHistory('cao-bang', entries, marks, 9).map((line) => line.mark?.kind ?? line.entry?.what.type);
    expect(told).toEqual(['raised', 'endpoint_dropped', 'verdict']);
    expect(siteHistory('cao-bang', entries, marks, 1)).toHaveLength(1);
  });
});

describe('small things', () => {
  it('the address names a site and a moment, and what is not understood is left out', () => {
    expect(readAddress('site=cao-bang&at=1700000000000')).toEqual({ site: 'cao-bang', at: NOON });
    expect(readAddress('site=&at=x')).toEqual({ site: null, at: null });
    expect(writeAddress({ site: 'cao-bang', at: 12.7 })).toBe('site=cao-bang&at=13');
    expect(writeAddress({ site: null, at: null })).toBe('');
  });

  it('a score has a word', () => {
    expect([4.4, 4, 3.7, 3, 1].map(scoreWord)).toEqual(['excellent', 'good', 'fair', 'poor', 'bad']);
  });

  it('figures are old after five seconds, and none are not old', () => {
    expect([staleSeconds(NOON, NOON + 5_000), staleSeconds(NOON, NOON + 6_700), staleSeconds(0, NOON)]).toEqual([
      null,
      6,
      null,
    ]);
  });
});
