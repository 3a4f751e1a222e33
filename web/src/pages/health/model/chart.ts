/** What the curves of a site look like: which lines a chart has, and what its scale is. Pure. */
import type { Column } from './curve';
import { niceCeil } from './spark';

/** One chart: its lines, and the least that its top stands for. */
export type Chart = { columns: readonly Column[]; top: number; bottom: number };

/** Charts from above. A level is measured from silence up; everything else begins at nothing. */
export const CHARTS: readonly Chart[] = [
  { columns: ['rtt_ms'], top: 100, bottom: 0 },
  { columns: ['loss'], top: 0.05, bottom: 0 },
  { columns: ['jitter_ms'], top: 20, bottom: 0 },
  { columns: ['kbps_up', 'kbps_down'], top: 500, bottom: 0 },
  { columns: ['fps'], top: 30, bottom: 0 },
  { columns: ['level_dbfs'], top: 0, bottom: -60 },
];

/** Lowest and highest value of a chart that shows values up to `most`. */
export function scaleOf({ top, bottom }: Chart, most: number): { bottom: number; top: number } {
  return { bottom, top: bottom < 0 ? top : Math.max(top, niceCeil(most)) };
}

/** Height of a value above the bottom, 0 to 1. */
export function heightOf({ bottom, top }: { bottom: number; top: number }, value: number): number {
  return Math.min(1, Math.max(0, (value - bottom) / (top - bottom)));
}
