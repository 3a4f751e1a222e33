import { describe, expect, it } from 'vitest';
import { curve, healthView, lineHealth, NOON, siteHealth } from '$lib/health/samples';
import { Recent, RECENT_S } from './recent';
import { columnHeights, niceCeil, topsOf } from './spark';

const LAST = NOON / 1_000;

function seeded(values: (number | null)[]): Recent {
  const recent = new Recent();
  const at = values.map((_, place) => LAST - values.length + 1 + place);
  recent.seed([curve(at, values)]);
  return recent;
}

describe('the last five minutes of a site', () => {
  it('are what was measured before the page was opened, and each second since', () => {
    const recent = seeded([1, 2, null]);
    recent.note(healthView({ 'cao-bang': siteHealth({ up: lineHealth({ kbps: 9 }) }) }, { at: NOON + 1_500 }));
    const site = recent.of('cao-bang');
    expect([-2, -1, 0, 1].map((second) => site.read('kbps', LAST + second))).toEqual([1, 2, Number.NaN, 9]);
    expect(recent.last).toBe(LAST + 1);
  });

  it('have gaps where nothing was measured, and forget what is older', () => {
    const recent = seeded([7]);
    recent.note(healthView({ 'cao-bang': siteHealth({ up: null }) }, { at: NOON + RECENT_S * 1_000 }));
    const site = recent.of('cao-bang');
    expect(site.read('kbps', LAST + RECENT_S)).toBeNaN();
    expect(site.read('kbps', LAST - RECENT_S)).toBeNaN();
  });

  it('are not overwritten by an answer that was asked for before', () => {
    const recent = new Recent();
    recent.note(healthView({ 'cao-bang': siteHealth({ up: lineHealth({ kbps: 9 }) }) }, { at: NOON }));
    recent.seed([curve([LAST - RECENT_S], [1])]);
    expect(recent.of('cao-bang').read('kbps', LAST)).toBe(9);
  });
});

describe('the scale of sparklines', () => {
  it.each([
    [0, 1],
    [Number.NaN, 1],
    [0.03, 0.05],
    [1, 1],
    [1.1, 2],
    [700, 1_000],
    [5_000, 5_000],
  ])('%d is below a round %d', (value, top) => {
    expect(niceCeil(value)).toBeCloseTo(top, 9);
  });

  it('is the same for all sites, never so small that nothing looks like much, and cut off above', () => {
    const recent = seeded([0.01]);
    const tops = (sites: string[]) =>
      topsOf(
        recent,
        sites.map((site) => recent.of(site)),
      );
    expect(tops(['cao-bang'])).toEqual({ kbps: 500, loss: 0.05, rtt: 200 });
    recent.seed([{ ...curve([LAST], [3_400]), site: 'ha-noi' }]);
    expect(tops(['cao-bang', 'ha-noi'])).toEqual({ kbps: 5_000, loss: 0.3, rtt: 1_600 });
  });
});

describe('a sparkline', () => {
  const heights = (recent: Recent, series: 'kbps' | 'loss', top: number, columns: number) => {
    const found = new Float32Array(columns);
    columnHeights(recent.of('cao-bang'), series, recent.last, top, found);
    return [...found];
  };

  it('shows the worst of the seconds that share a column', () => {
    const recent = seeded(Array.from({ length: RECENT_S }, (_, second) => (second === 299 ? 50 : 100)));
    expect(heights(recent, 'kbps', 100, 3)).toEqual([1, 1, 0.5]);
    expect(heights(recent, 'loss', 200, 3)).toEqual([0.5, 0.5, 0.5]);
  });

  it('has no line where nothing was measured, and none above its lane', () => {
    const recent = seeded(Array.from({ length: 100 }, () => 900));
    expect(heights(recent, 'kbps', 300, 3)).toEqual([Number.NaN, Number.NaN, 1]);
  });

  it('has a value for every column when there are more of them than seconds', () => {
    const recent = seeded(Array.from({ length: RECENT_S }, () => 1));
    expect(heights(recent, 'kbps', 1, 450).every((height) => height === 1)).toBe(true);
  });
});
