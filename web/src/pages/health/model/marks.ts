/** Marks of the time line: what belongs together, where it is drawn, and what lies next. Pure. */
import type { TimeMark } from '$lib/wire';
import { isOfHealth } from './log';

/** Lanes of the time line, from above. */
export const LANES = ['air', 'floor', 'line', 'alarm', 'order'] as const;
/** One of them. */
export type Lane = (typeof LANES)[number];

const AIR: ReadonlySet<string> = new Set([
  'take_ordered',
  'take_shown',
  'take_failed',
  'stage_cut',
  'tour_started',
  'tour_ended',
]);
const LINE: ReadonlySet<string> = new Set(['endpoint_joined', 'endpoint_dropped', 'server_started']);
const FLOOR =
  /^(floor_(requested|granted)|request_\w+|queue_\w+|site_(cued|uncued)|holder_\w+|set_aside_ended|speech_\w+|clock_\w+)$/;

/** The lane of a kind of mark; what nobody has thought of is an order like others. */
export function laneOf(kind: string): Lane {
  if (AIR.has(kind)) return 'air';
  if (LINE.has(kind)) return 'line';
  if (isOfHealth(kind)) return 'alarm';
  return FLOOR.test(kind) ? 'floor' : 'order';
}

/** Marks that lie on one place. */
export type Cluster = { lane: Lane; x: number; at: number; count: number };

/** Marks between two times on `width` pixels: those of one lane that are nearer than `apart` pixels are one. */
export function clusters(
  marks: readonly TimeMark[],
  from: number,
  to: number,
  width: number,
  apart: number,
): Cluster[] {
  const last = new Map<Lane, Cluster>();
  const found: Cluster[] = [];
  for (const { at, kind } of marks) {
    if (at < from || at > to) continue;
    const lane = laneOf(kind);
    const x = to > from ? ((at - from) / (to - from)) * width : 0;
    const near = last.get(lane);
    if (near && x - near.x < apart) {
      near.count += 1;
      continue;
    }
    const made = { lane, x, at, count: 1 };
    last.set(lane, made);
    found.push(made);
  }
  return found;
}

/** The mark after a time or before it; none: there is no other. */
export function nextMark(marks: readonly TimeMark[], at: number, direction: 1 | -1): TimeMark | null {
  return direction === 1
    ? (marks.find((mark) => mark.at > at) ?? null)
    : (marks.findLast((mark) => mark.at < at) ?? null);
}

/** What people did around a time, `span` before and after it, the nearest `limit`, in order of time. */
export function around(marks: readonly TimeMark[], at: number, span: number, limit: number): TimeMark[] {
  return marks
    .filter((mark) => mark.actor !== null && Math.abs(mark.at - at) <= span)
    .toSorted((left, right) => Math.abs(left.at - at) - Math.abs(right.at - at))
    .slice(0, limit)
    .sort((left, right) => left.at - right.at);
}
