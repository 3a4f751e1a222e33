/** Alarms as a list. Pure. */
import type { Alarm } from '$lib/wire';

/** An alarm whose cause has gone is over after so long without it, ms; as `health::QUIET_MS`. */
export const QUIET_MS = 60_000;

/** Open alarms: those that nobody has seen first, of them those whose cause is there, then the oldest. */
export function alarmOrder(alarms: readonly Alarm[]): Alarm[] {
  const weight = (alarm: Alarm) => (alarm.acknowledged_by === null ? 0 : 2) + (alarm.gone_at === null ? 0 : 1);
  return alarms.toSorted((left, right) => weight(left) - weight(right) || left.raised_at - right.raised_at);
}

/** Those that nobody has seen. */
export const unseen = (alarms: readonly Alarm[]): Alarm[] => alarms.filter((alarm) => alarm.acknowledged_by === null);

/** Seconds until an alarm is over by itself; none: its cause is still there. */
export function clearsIn({ gone_at }: Alarm, now: number): number | null {
  return gone_at === null ? null : Math.max(0, Math.ceil((gone_at + QUIET_MS - now) / 1_000));
}
