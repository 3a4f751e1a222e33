/** What the big screen shows beside the programme. Pure. */
import type { LinkStatus } from '$lib/link/machine';
import { nextItem, runningItem } from '$lib/state/nextItem';
import type { AgendaView, ErrorCode } from '$lib/wire';

/** A shorter cut is over before anybody could read about it, ms. */
export const QUIET_CUT_MS = 1_500;

/** What is wrong with the connection, so that the room can be told. */
export type Fault = { name: 'lost'; problem: ErrorCode | null } | { name: 'held' };

/** The fault to show at `now`, in the clock of the status's times; none: all is well, or will be in a moment. */
export function faultOf(status: LinkStatus, now: number): Fault | null {
  switch (status.name) {
    case 'ready':
      return null;
    case 'held':
      return { name: 'held' };
    case 'connecting':
      return now - status.since > QUIET_CUT_MS ? { name: 'lost', problem: status.problem } : null;
  }
}

/** Lines of the agenda strip: what runs, and what follows. */
export type AgendaStrip = { now: { place: number; count: number; title: string } | null; next: string | null };

/** The agenda strip; none: the agenda is empty or over. */
export function agendaStrip(agenda: AgendaView): AgendaStrip | null {
  const { items } = agenda;
  const running = runningItem(agenda);
  const next = nextItem(agenda)?.title ?? null;
  if (!running && next === null) return null;
  const now = running && { place: items.indexOf(running) + 1, count: items.length, title: running.title };
  return { now, next };
}
