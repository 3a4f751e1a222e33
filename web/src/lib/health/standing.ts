/** How a site stands: the verdict, or that it is not here at all. Pure. */
import type { Quality } from '$lib/wire';

/** The worst first; a site that is absent has no verdict. */
export const STANDINGS = ['lost', 'bad', 'weak', 'good', 'absent'] as const;
/** One of them. */
export type Standing = (typeof STANDINGS)[number];

/** Marks beside the colours, by shape: the same as on the console's tiles. */
export const STANDING_MARK: Record<Standing, string> = { lost: '⬣', bad: '◆', weak: '▲', good: '●', absent: '○' };

/** Of a site of which this is known. */
export function standingOf(health: { quality: Quality | null } | null | undefined): Standing {
  return health?.quality ?? 'absent';
}

/** How many stand so. */
export type Counts = Record<Standing, number>;

/** Counts them. */
export function countStandings(standings: Iterable<Standing>): Counts {
  const counts: Counts = { lost: 0, bad: 0, weak: 0, good: 0, absent: 0 };
  for (const standing of standings) counts[standing] += 1;
  return counts;
}

/** Verdicts as the columns of a curve number them: 0 good … 3 lost. */
export const CURVE_STANDINGS = ['good', 'weak', 'bad', 'lost'] as const satisfies readonly Quality[];
/** Number of a verdict in a curve. */
export const curveNumber = (quality: Quality): number => CURVE_STANDINGS.indexOf(quality);
