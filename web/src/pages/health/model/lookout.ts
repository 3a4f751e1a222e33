/** Which stretch of time the curves show: a length up to now, everything, or a stretch that was chosen. Seconds since the epoch. Pure. */

/** Lengths to choose from, s; 0: the whole conference. */
export const LENGTHS = [300, 1_800, 3_600, 0] as const;

/** What is looked at. */
export type Lookout = { kind: 'last'; length: number } | { kind: 'stretch'; from: number; to: number };

/** Everything. */
export const WHOLE: Lookout = { kind: 'last', length: 0 };
/** A stretch is at least so long, s: less is no curve. */
export const LEAST_S = 20;

/** From and to, where points exist from `first` and it is `now`. */
export function stretchOf(lookout: Lookout, first: number, now: number): { from: number; to: number } {
  if (lookout.kind === 'stretch') return { from: lookout.from, to: lookout.to };
  const from = lookout.length === 0 ? first : now - lookout.length;
  return { from: Math.min(from, now - LEAST_S), to: now };
}

/** The stretch between two seconds in any order; none: too short to be meant. */
export function chosen(one: number, other: number): Lookout | null {
  const [from, to] = [Math.min(one, other), Math.max(one, other)];
  return to - from < LEAST_S ? null : { kind: 'stretch', from, to };
}

/** Steps between marks of a time axis, s. */
const STEPS = [5, 10, 30, 60, 300, 600, 1_800, 3_600, 7_200, 14_400];

/** Below this length a time is written with its seconds, s. */
export const SECONDS_BELOW = 600;

/** Seconds that are written on the axis: round ones, at most `most` of them. */
export function timeTicks(from: number, to: number, most: number): number[] {
  const step = STEPS.find((one) => (to - from) / one <= most) ?? STEPS.at(-1)!;
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push(at);
  return ticks;
}
