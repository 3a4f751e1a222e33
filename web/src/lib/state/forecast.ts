/** Planned against actual time of the agenda, and when the conference is likely to end. Pure. */
import type { AgendaView, ItemView } from '$lib/wire';

/** Nearer to the plan than this is on time, ms. */
export const ON_TIME_MS = 60_000;

/** Where an item stands. */
export type ItemState = 'done' | 'running' | 'skipped' | 'ahead';

/** An item's time. */
export type ItemTime = {
  state: ItemState;
  /** Time that it has taken, ms; 0 before its start. */
  spentMs: number;
  /** Planned, ms; none: nobody planned it. */
  plannedMs: number | null;
  /** Beyond its plan, ms; never negative. */
  overMs: number;
};

/** The agenda's time in sum. */
export type Forecast = {
  /** Planned time of all items but those left out, ms. */
  plannedMs: number;
  /** How much later (negative: earlier) than planned the items so far were; an item that still runs is late once it is over its plan, ms. */
  behindMs: number;
  /** Time that the rest will take by its plan, ms. */
  leftMs: number;
  /** Items of the rest that nobody planned: the end is later by as much as they take. */
  unplanned: number;
  /** When the rest will be over, ms since the epoch; none: nothing is left. */
  endsAt: number | null;
};

/** True if the day is late by so much that it shows. */
export const isLate = ({ behindMs }: Forecast): boolean => behindMs >= ON_TIME_MS;

/** Where an item stands and what it has taken at `now` (ms since the epoch). */
export function itemTime(item: ItemView, now: number): ItemTime {
  const begun = item.started_at !== null;
  const spentMs = item.started_at === null ? 0 : Math.max(0, (item.finished_at ?? now) - item.started_at);
  const plannedMs = item.planned_ms > 0 ? item.planned_ms : null;
  const state = item.skipped ? 'skipped' : !begun ? 'ahead' : item.finished_at === null ? 'running' : 'done';
  return { state, spentMs, plannedMs, overMs: plannedMs === null ? 0 : Math.max(0, spentMs - plannedMs) };
}

/** Adds an agenda up. Items that are left out count nowhere, neither as planned nor as time that was won. */
export function forecast({ items }: AgendaView, now: number): Forecast {
  const times = items.map((item) => itemTime(item, now)).filter(({ state }) => state !== 'skipped');
  let [plannedSum, behindMs, leftMs, unplanned, rest] = [0, 0, 0, 0, 0];
  for (const { state, spentMs, plannedMs, overMs } of times) {
    plannedSum += plannedMs ?? 0;
    if (state === 'done') {
      // What nobody planned can be neither early nor late.
      behindMs += plannedMs === null ? 0 : spentMs - plannedMs;
      continue;
    }
    rest += 1;
    if (state === 'running') behindMs += overMs;
    if (plannedMs === null) unplanned += 1;
    else leftMs += Math.max(0, plannedMs - spentMs);
  }
  return { plannedMs: plannedSum, behindMs, leftMs, unplanned, endsAt: rest === 0 ? null : now + leftMs };
}
