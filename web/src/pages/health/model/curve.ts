/** The whole conference of one site as a curve: what is added, what is looked at, and the line of it. Pure. */
import { curveNumber } from '$lib/health/standing';
import type { HealthView, SiteCurve, SiteSlug } from '$lib/wire';

/** Columns that are drawn. */
export const COLUMNS = ['rtt_ms', 'loss', 'jitter_ms', 'kbps_up', 'kbps_down', 'fps', 'level_dbfs'] as const;
/** One of them. */
export type Column = (typeof COLUMNS)[number];

/** Points that are kept: five hours by the second. Beyond that the oldest quarter goes. */
export const MAX_POINTS = 18_000;
/** Points further apart than this are not connected, s: a stored point stands for ten seconds, and one may be late. */
export const MAX_GAP_S = 15;

/** A curve of nothing. */
export const emptyCurve = (site: SiteSlug): SiteCurve => ({
  site,
  at: [],
  quality: [],
  kbps_up: [],
  kbps_down: [],
  rtt_ms: [],
  loss: [],
  jitter_ms: [],
  fps: [],
  level_dbfs: [],
});

/** Adds the second that has just been told, in place; true: there was something to add. */
export function addSecond(curve: SiteCurve, view: HealthView): boolean {
  const second = Math.floor(view.at / 1_000);
  const health = curve.site === null ? undefined : view.sites[curve.site];
  if (!health || health.quality === null || second <= (curve.at.at(-1) ?? 0)) return false;
  const { up, down } = health;
  curve.at.push(second);
  curve.quality.push(curveNumber(health.quality));
  curve.kbps_up.push(up?.kbps ?? null);
  curve.kbps_down.push(down?.kbps ?? null);
  curve.rtt_ms.push(up?.rtt_ms ?? null);
  curve.loss.push(up?.loss ?? null);
  curve.jitter_ms.push(up?.jitter_ms ?? null);
  curve.fps.push(up?.fps ?? null);
  curve.level_dbfs.push(up?.level_dbfs ?? null);
  if (curve.at.length > MAX_POINTS) forgetOldest(curve, MAX_POINTS / 4);
  return true;
}

function forgetOldest(curve: SiteCurve, count: number): void {
  curve.at.splice(0, count);
  curve.quality.splice(0, count);
  for (const column of COLUMNS) curve[column].splice(0, count);
}

/** First point at or after a second, from 0; as many as there are points: none. */
export function firstAt(at: readonly number[], second: number): number {
  let [low, high] = [0, at.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle]! < second) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The point that stands for a second: the nearest, unless it is too far away. */
export function pointAt(at: readonly number[], second: number): number | null {
  const after = firstAt(at, second);
  const near = [after - 1, after].filter((place) => place >= 0 && place < at.length);
  near.sort((left, right) => Math.abs(at[left]! - second) - Math.abs(at[right]! - second));
  const [best] = near;
  return best !== undefined && Math.abs(at[best]! - second) <= MAX_GAP_S ? best : null;
}

/** Corners of a line: `x` in pixels, `value` as measured; a NaN ends a stroke. */
export type Trace = { x: number[]; value: number[] };

/**
 * The line of a column between two seconds on `width` pixels: of more points than pixels each pixel shows its least and its most, so
 * that no peak is lost and nothing is drawn twice.
 */
export function trace(
  at: readonly number[],
  values: readonly (number | null)[],
  from: number,
  to: number,
  width: number,
): Trace {
  const line: Trace = { x: [], value: [] };
  const put = (x: number, value: number) => {
    line.x.push(x);
    line.value.push(value);
  };
  let [pixel, least, most] = [-1, Number.NaN, Number.NaN];
  let before = Number.NEGATIVE_INFINITY;
  const close = () => {
    if (Number.isNaN(least)) return;
    put(pixel, least);
    if (most !== least) put(pixel, most);
    [least, most] = [Number.NaN, Number.NaN];
  };
  // One point beyond each edge, so that lines do not begin in the middle of nowhere.
  const [first, end] = [Math.max(0, firstAt(at, from) - 1), Math.min(at.length, firstAt(at, to) + 1)];
  for (let place = first; place < end; place++) {
    const [second, value] = [at[place]!, values[place] ?? Number.NaN];
    const x = Math.round(((second - from) / (to - from)) * width);
    if (x !== pixel) close();
    if (Number.isNaN(value) || second - before > MAX_GAP_S) {
      close();
      put(x, Number.NaN);
    }
    if (!Number.isNaN(value)) {
      least = Number.isNaN(least) ? value : Math.min(least, value);
      most = Number.isNaN(most) ? value : Math.max(most, value);
    }
    [pixel, before] = [x, second];
  }
  close();
  return line;
}

/** Least, most and latest of a column. */
export type Range = { least: number; most: number; latest: number };

/** Least and most of a column between two seconds; none: nothing was measured. */
export function rangeOf(
  at: readonly number[],
  values: readonly (number | null)[],
  from: number,
  to: number,
): Range | null {
  let [least, most, latest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  for (let place = firstAt(at, from); place < at.length && at[place]! <= to; place++) {
    const value = values[place] ?? null;
    if (value === null) continue;
    if (value < least) least = value;
    if (value > most) most = value;
    latest = value;
  }
  return Number.isNaN(latest) ? null : { least, most, latest };
}

/** The same of all columns. */
export const rangesOf = (curve: SiteCurve, from: number, to: number) =>
  new Map(COLUMNS.map((column) => [column, rangeOf(curve.at, curve[column], from, to)]));

/** Stretches of one verdict: from, to (s) and its number. */
export function bands(curve: SiteCurve, from: number, to: number): { from: number; to: number; quality: number }[] {
  const { at, quality } = curve;
  const found: { from: number; to: number; quality: number }[] = [];
  for (let place = Math.max(0, firstAt(at, from) - 1); place < at.length && at[place]! <= to; place++) {
    const begins = at[place]!;
    const next = at[place + 1];
    const ends = next !== undefined && next - begins <= MAX_GAP_S ? next : begins + 1;
    const last = found.at(-1);
    if (last && last.quality === quality[place] && last.to === begins) last.to = ends;
    else found.push({ from: begins, to: ends, quality: quality[place]! });
  }
  return found;
}
