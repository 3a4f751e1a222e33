/** Sparklines as numbers: which height each column of pixels has. Pure. */
import { SERIES, type Recent, type Series, type SiteRecent } from './recent';

/** The least that the top of a scale stands for: a flat line near nothing must look like one. */
const LEAST_TOP: Record<Series, number> = { kbps: 500, loss: 0.05, rtt: 200 };
/** Above it a line is cut off: beyond this it is as bad as it gets, and the others would lie flat. */
const MOST_TOP: Record<Series, number> = { kbps: 20_000, loss: 0.3, rtt: 1_600 };

/** What the top of each lane stands for; the same for all sites, so that they can be compared. */
export type Tops = Record<Series, number>;

/** A round number that is not less: 1, 2 or 5 with zeros. */
export function niceCeil(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((one) => one * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** Tops that hold what was measured of these sites. */
export function topsOf(recent: Recent, sites: readonly SiteRecent[]): Tops {
  const top = (series: Series) => {
    const most = sites.reduce((most, site) => site.most(series, recent.last, most), LEAST_TOP[series]);
    return Math.min(MOST_TOP[series], niceCeil(most));
  };
  return Object.fromEntries(SERIES.map((series) => [series, top(series)])) as Tops;
}

/**
 * Heights of `columns` columns, 0 at the bottom to 1 at the top, NaN where nothing was measured. The worst of a column's seconds
 * counts: the most for loss and round trip, the least for what arrives. Written into `heights`.
 */
export function columnHeights(
  site: SiteRecent,
  series: Series,
  last: number,
  top: number,
  heights: Float32Array,
): void {
  site.worst(series, last, series === 'kbps', heights);
  for (let column = 0; column < heights.length; column++)
    heights[column] = Math.min(1, Math.max(0, heights[column]! / top));
}
