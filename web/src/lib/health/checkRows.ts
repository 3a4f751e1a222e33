/** A line check as lines of a table: what has to be mended first. */
import type { CheckReport, CheckRun, CheckState, CheckVerdict, SiteCheck, SiteSlug, SiteView } from '$lib/wire';

/** One site of a check. */
export type CheckRow = { view: SiteView; check: SiteCheck };

/** How many sites are how far, and how they are. */
export type CheckCounts = { running: number; good: number; weak: number; bad: number; unseen: number };

/** Marks beside the colours, by shape; also on paper. */
export const CHECK_MARK: Record<CheckVerdict, string> = { good: '✓', unknown: '?', weak: '▲', bad: '✗' };

/** The same of a site that was not checked. */
export const UNSEEN_MARK = '–';

const RANK = { bad: 0, weak: 1, unknown: 2, good: 5 } as const;

/** Rank of a site: what failed first, then who was not seen, then what still runs, then what is good. */
function rank(check: SiteCheck): number {
  if (check.report) return RANK[check.report.verdict];
  return isUnseen(check) ? 3 : 4;
}

/** The sites of a check, worst first; of equal ones the order of the wall. */
export function checkRows(run: CheckRun, sites: readonly SiteView[]): CheckRow[] {
  const rows = sites.flatMap((view) => {
    const check = run.sites[view.slug];
    return check ? [{ view, check }] : [];
  });
  return rows.sort((one, other) => rank(one.check) - rank(other.check));
}

/** One site of which something has to be mended. */
export type MendRow = { view: SiteView; report: CheckReport };

/** Of the lines those of sites that were checked and are not good. */
export const toMend = (rows: readonly CheckRow[]): MendRow[] =>
  rows.flatMap(({ view, check: { report } }) => (report && report.verdict !== 'good' ? [{ view, report }] : []));

/** Why a site was not checked. */
export const UNSEEN = ['absent', 'on_air'] as const satisfies readonly CheckState[];

/** The mark of a site: what was found, that it is under way, or that there is nothing to find. */
export const markOf = (check: SiteCheck): string =>
  check.report ? CHECK_MARK[check.report.verdict] : isUnseen(check) ? UNSEEN_MARK : '…';

const isUnseen = ({ state }: SiteCheck): boolean => UNSEEN.some((one) => one === state);

/** Counts the sites of a check. */
export function countChecks(run: CheckRun): CheckCounts {
  const counts: CheckCounts = { running: 0, good: 0, weak: 0, bad: 0, unseen: 0 };
  for (const check of Object.values(run.sites) as SiteCheck[]) {
    const verdict = check.report?.verdict;
    if (verdict === 'good') counts.good++;
    else if (verdict === 'bad') counts.bad++;
    else if (verdict === 'weak') counts.weak++;
    // What could not be found out has not been checked either.
    else if (verdict === 'unknown' || isUnseen(check)) counts.unseen++;
    else counts.running++;
  }
  return counts;
}

/** The request for one site. */
export const onlySite = (site: SiteSlug) => ({ sites: [site], region: null });
