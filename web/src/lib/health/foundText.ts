/** What a page of the centre says of the line check of a site. */
import { checkedValue, checkFaultName, checkVerdictName } from '$lib/i18n/checkWording';
import { m } from '$lib/paraglide/messages';
import type { CheckState, SiteCheck } from '$lib/wire';

/** How far the check of a site is, or what it has found: the first thing to mend, else how it is. */
export function foundText({ state, report }: SiteCheck): string {
  if (!report) return state === 'done' ? '' : checkStateName(state);
  if (report.fault) return checkFaultName(report.fault);
  const up = report.items.find((item) => item.item === 'up');
  const verdict = checkVerdictName(report.verdict);
  return up && up.value !== null ? `${verdict} · ↑ ${checkedValue(up)}` : verdict;
}

/** How far the check of a site is, or why there is none. */
export const checkStateName = (state: Exclude<CheckState, 'done'>): string => STATE[state]();

const STATE: Record<Exclude<CheckState, 'done'>, () => string> = {
  observing: m.check_state_observing,
  waiting: m.check_state_waiting,
  transferring: m.check_state_transferring,
  absent: m.check_state_absent,
  on_air: m.check_state_on_air,
};
