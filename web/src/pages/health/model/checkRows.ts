/** A line check as lines of a table: what has to be mended first. */
import type { CheckRun, SiteCheck, SiteSlug, SiteView } from '$lib/wire';

/** One site of a check. */
export type CheckRow = { view: SiteView; check: SiteCheck };

/** How many sites are how far, and how they are. */
export type CheckCounts = { running: number; good: number; weak: number; bad: number; unseen: number };

const RANK = { bad: 0, weak: 1, unknown: 2, good: 5 } as const;

/** Rank of a site: what failed first, then who was not seen, then what still runs, then what is good. */
function rank({ state, report }: SiteCheck): number {
  if (report) return RANK[report.verdict];
  return state === 'absent' || state === 'on_air' ? 3 : 4;
}

/** The sites of a check, worst first; of equal ones the order of the wall. */
export function checkRows(run: CheckRun, sites: readonly SiteView[]): CheckRow[] {
  const rows = sites.flatMap((view) => {
    const check = run.sites[view.slug];
    return check ? [{ view, check }] : [];
  });
  return rows.sort((one, other) => rank(one.check) - rank(other.check));
}

/** Counts the sites of a check. */
export function countChecks(run: CheckRun): CheckCounts {
  const counts: CheckCounts = { running: 0, good: 0, weak: 0, bad: 0, unseen: 0 };
  for (const { state, report } of Object.values(run.sites) as SiteCheck[]) {
    if (report?.verdict === 'good') counts.good++;
    else if (report?.verdict === 'bad') counts.bad++;
    else if (report) counts.weak++;
    else if (state === 'absent' || state === 'on_air') counts.unseen++;
    else counts.running++;
  }
  return counts;
}

/** Regions of sites, each once, in their order. */
export const regionsOf = (sites: readonly SiteView[]): string[] => [
  ...new Set(sites.map((site) => site.region).filter((region) => region !== '')),
];

/** The request for one site. */
export const onlySite = (site: SiteSlug) => ({ sites: [site], region: null });
