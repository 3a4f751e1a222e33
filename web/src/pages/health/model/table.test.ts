import { countStandings, standingOf, type Standing } from '$lib/health/standing';
import { siteView } from '$lib/state/samples';
import type { ContentFault } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { HeldOrder, REORDER_MS } from './heldOrder';
import { ALL, filtered, ordered, type RowFacts } from './table';

const row = (slug: string, standing: Standing, faults: ContentFault[] = [], changes = {}): RowFacts => ({
  view: siteView(slug, changes),
  standing,
  faults,
});
const ROWS = [
  row('an-giang', 'good', [], { name: 'An Giang', region: 'Nam', code: '89' }),
  row('cao-bang', 'weak', [], { name: 'Cao Bằng', region: 'Bắc', code: '04' }),
  row('dak-lak', 'absent', [], { name: 'Đắk Lắk', region: 'Tây Nguyên', code: '66' }),
  row('da-nang', 'good', ['echo'], { name: 'Đà Nẵng', region: 'Trung', code: '48' }),
  row('ha-noi', 'lost', [], { name: 'Hà Nội', region: 'Bắc', code: '01' }),
  row('lang-son', 'bad', [], { name: 'Lạng Sơn', region: 'Bắc', code: '20' }),
  row('son-la', 'weak', ['clipping'], { name: 'Sơn La', region: 'Bắc', code: '14', carrier: 'Viettel' }),
];

describe('the table of sites', () => {
  it('begins with the worst: lost, bad, weak, faults of a good line, absent, good', () => {
    expect(ordered(ROWS, 'trouble')).toEqual([
      'ha-noi',
      'lang-son',
      'son-la',
      'cao-bang',
      'da-nang',
      'dak-lak',
      'an-giang',
    ]);
  });

  it('leaves sites in equal trouble in the order of the wall', () => {
    const equal = ['c', 'a', 'b'].map((slug) => row(slug, 'lost'));
    expect(ordered(equal, 'trouble')).toEqual(['c', 'a', 'b']);
  });

  it('is in Vietnamese order by name', () => {
    expect(ordered(ROWS, 'name')).toEqual([
      'an-giang',
      'cao-bang',
      'da-nang',
      'dak-lak',
      'ha-noi',
      'lang-son',
      'son-la',
    ]);
  });

  it('is filtered by region, state and text, all at once', () => {
    const slugs = (changes: Partial<typeof ALL>) => [...filtered(ROWS, { ...ALL, ...changes })].sort();
    expect(slugs({})).toHaveLength(ROWS.length);
    expect(slugs({ region: 'Bắc' })).toEqual(['cao-bang', 'ha-noi', 'lang-son', 'son-la']);
    expect(slugs({ region: 'Bắc', standing: 'weak' })).toEqual(['cao-bang', 'son-la']);
    expect(slugs({ region: 'Bắc', text: 'cb' })).toEqual(['cao-bang']);
    expect(slugs({ text: 'viettel' })).toEqual(['son-la']);
    expect(slugs({ text: 'không có ở đâu' })).toEqual([]);
  });

  it('counts who stands how; without a verdict a site is absent', () => {
    expect(countStandings(ROWS.map(({ standing }) => standing))).toEqual({
      lost: 1,
      bad: 1,
      weak: 2,
      good: 2,
      absent: 1,
    });
    expect([standingOf(null), standingOf({ quality: null }), standingOf({ quality: 'bad' })]).toEqual([
      'absent',
      'absent',
      'bad',
    ]);
  });
});

describe('an order that somebody reads', () => {
  it('changes every five seconds at most', () => {
    const held = new HeldOrder<string>();
    expect(held.show(['a', 'b'], 0, false, false)).toEqual(['a', 'b']);
    expect(held.show(['b', 'a'], REORDER_MS - 1, false, false)).toEqual(['a', 'b']);
    expect(held.show(['b', 'a'], REORDER_MS, false, false)).toEqual(['b', 'a']);
  });

  it('does not change while the pointer or the focus is in it, however long', () => {
    const held = new HeldOrder<string>();
    held.show(['a', 'b'], 0, false, false);
    expect(held.show(['b', 'a'], 60_000, true, false)).toEqual(['a', 'b']);
    expect(held.show(['b', 'a'], 60_001, false, false)).toEqual(['b', 'a']);
  });

  it('changes at once when it was asked for, and when sites have come or gone', () => {
    const held = new HeldOrder<string>();
    held.show(['a', 'b'], 0, false, false);
    expect(held.show(['b', 'a'], 1, true, true)).toEqual(['b', 'a']);
    expect(held.show(['c', 'b', 'a'], 2, true, false)).toEqual(['c', 'b', 'a']);
  });

  it('stays the same list while nothing changes', () => {
    const held = new HeldOrder<string>();
    const first = held.show(['a', 'b'], 0, false, false);
    expect(held.show(['a', 'b'], REORDER_MS, false, false)).toBe(first);
  });
});
