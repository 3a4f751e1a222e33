import { describe, expect, it } from 'vitest';
import { curve, healthView, lineHealth, siteHealth } from '$lib/health/samples';
import { addSecond, bands, emptyCurve, firstAt, MAX_POINTS, pointAt, rangeOf, trace } from './curve';
import { chosen, LEAST_S, stretchOf, timeTicks, WHOLE } from './lookout';
import { CHARTS, heightOf, scaleOf } from './chart';

const strokes = (line: { x: number[]; value: number[] }) =>
  line.x.map((x, place) => (Number.isNaN(line.value[place]) ? '|' : `${x}:${line.value[place]}`)).join(' ');

describe('the curve of a site', () => {
  it('grows by each second that is told, once, while the site is here', () => {
    const grows = emptyCurve('cao-bang');
    const view = (at: number, quality: 'weak' | null = 'weak') =>
      healthView({ 'cao-bang': siteHealth({ quality, up: lineHealth({ rtt_ms: 70 }) }) }, { at });
    expect(addSecond(grows, view(10_200))).toBe(true);
    expect(addSecond(grows, view(10_900)), 'the same second').toBe(false);
    expect(addSecond(grows, view(11_000, null)), 'absent').toBe(false);
    expect(addSecond(grows, healthView({}, { at: 12_000 })), 'another site').toBe(false);
    expect([grows.at, grows.quality, grows.rtt_ms]).toEqual([[10], [1], [70]]);
  });

  it('is bounded: the oldest quarter goes', () => {
    const at = Array.from({ length: MAX_POINTS }, (_, second) => second + 1);
    const full = curve(
      at,
      at.map(() => 1),
    );
    addSecond(full, healthView({ 'cao-bang': siteHealth() }, { at: (MAX_POINTS + 5) * 1_000 }));
    expect(full.at).toHaveLength(MAX_POINTS + 1 - MAX_POINTS / 4);
    expect(full.fps).toHaveLength(full.at.length);
    expect(full.quality).toHaveLength(full.at.length);
  });

  it('knows the point of a second, and none where nothing was measured for long', () => {
    const at = [100, 110, 120, 200];
    expect([firstAt(at, 105), firstAt(at, 110), firstAt(at, 999)]).toEqual([1, 1, 4]);
    expect([pointAt(at, 104), pointAt(at, 116), pointAt(at, 170), pointAt([], 5)]).toEqual([0, 2, null, null]);
  });

  it('is a line of its points, broken where there are none', () => {
    const at = [0, 10, 20, 60, 70];
    expect(strokes(trace(at, [1, 2, null, 4, 5], 0, 100, 100))).toBe('| 0:1 10:2 | | 60:4 70:5');
  });

  it('shows least and most of the points that share a pixel', () => {
    const at = Array.from({ length: 100 }, (_, second) => second);
    const values = at.map((second) => (second === 37 ? 9 : 1));
    const line = trace(at, values, 0, 100, 10);
    expect(line.value.filter((value) => value === 9)).toHaveLength(1);
    expect(line.x.length).toBeLessThan(30);
  });

  it('begins before its left edge, so that the first stroke is whole', () => {
    expect(trace([0, 10, 20], [1, 2, 3], 5, 20, 15).x.filter((x) => x < 0)).not.toEqual([]);
  });

  it('tells least, most and latest of what is looked at', () => {
    const at = [0, 10, 20, 30];
    expect(rangeOf(at, [9, 1, null, 4], 5, 30)).toEqual({ least: 1, most: 4, latest: 4 });
    expect(rangeOf(at, [null, null, null, null], 0, 30)).toBeNull();
  });

  it('has bands of one verdict each, apart where the site was absent', () => {
    const verdicts = curve([0, 1, 2, 3, 100], [], { quality: [0, 0, 3, 3, 0] });
    expect(bands(verdicts, 0, 200)).toEqual([
      { from: 0, to: 2, quality: 0 },
      { from: 2, to: 4, quality: 3 },
      { from: 100, to: 101, quality: 0 },
    ]);
  });
});

describe('the stretch of time that is looked at', () => {
  it('is the whole conference, a length up to now, or what was dragged over', () => {
    expect(stretchOf(WHOLE, 1_000, 5_000)).toEqual({ from: 1_000, to: 5_000 });
    expect(stretchOf({ kind: 'last', length: 300 }, 1_000, 5_000)).toEqual({ from: 4_700, to: 5_000 });
    expect(stretchOf(chosen(3_000, 2_000)!, 1_000, 5_000)).toEqual({ from: 2_000, to: 3_000 });
  });

  it('is never nothing: not at the start, and not by a slip of the hand', () => {
    expect(stretchOf(WHOLE, 5_000, 5_000)).toEqual({ from: 5_000 - LEAST_S, to: 5_000 });
    expect(chosen(1_000, 1_000 + LEAST_S - 1)).toBeNull();
  });

  it('is marked at round times, few enough to be written', () => {
    expect(timeTicks(3_590, 4_810, 5)).toEqual([3_600, 3_900, 4_200, 4_500, 4_800]);
    expect(timeTicks(0, 14_400, 8).length).toBeLessThanOrEqual(9);
  });
});

describe('a chart', () => {
  it('has a scale that holds its values; levels hang from full scale', () => {
    const [rtt] = CHARTS;
    expect(scaleOf(rtt!, 30)).toEqual({ bottom: 0, top: 100 });
    expect(scaleOf(rtt!, 430)).toEqual({ bottom: 0, top: 500 });
    const level = CHARTS.at(-1)!;
    expect(scaleOf(level, -10)).toEqual({ bottom: -60, top: 0 });
    expect([-127, -60, -30, 0].map((value) => heightOf(scaleOf(level, 0), value))).toEqual([0, 0, 0.5, 1]);
  });
});
