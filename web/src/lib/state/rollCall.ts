/** The roll call: how many are here, whether that is enough, and whom it is the turn of. Pure. */
import { search } from '$lib/i18n/search';
import type { Quorum, SiteView } from '$lib/wire';

/** What a list of the roll call can be narrowed to. */
export const ROLL_FILTERS = ['all', 'uncalled', 'present', 'absent'] as const;
/** One of them. */
export type RollFilter = (typeof ROLL_FILTERS)[number];

/** Sites and delegates, counted. The hall is where the conference is: it is not called, but its delegates count. */
export type RollTotals = {
  sites: number;
  present: number;
  absent: number;
  uncalled: number;
  /** Delegates that sites have named. */
  named: number;
  /** Delegates that are marked present. */
  delegates: number;
};

/** Whether enough are here; `missing` says how many more are needed. */
export type QuorumVerdict =
  { state: 'none' } | { state: 'reached' } | { state: 'missing'; sites: number; delegates: number };

/** Counts the roll. */
export function rollTotals(views: readonly SiteView[]): RollTotals {
  const totals: RollTotals = { sites: 0, present: 0, absent: 0, uncalled: 0, named: 0, delegates: 0 };
  for (const view of views) {
    totals.named += view.delegates;
    totals.delegates += view.delegates_present;
    if (view.hall) continue;
    totals.sites += 1;
    if (view.presence.state === 'present') totals.present += 1;
    else if (view.presence.state === 'absent') totals.absent += 1;
    else totals.uncalled += 1;
  }
  return totals;
}

/** Whether a quorum is reached; 0 in it means "no matter". */
export function quorumVerdict(quorum: Quorum, { present, delegates }: RollTotals): QuorumVerdict {
  if (quorum.sites === 0 && quorum.delegates === 0) return { state: 'none' };
  const missing = {
    sites: Math.max(0, quorum.sites - present),
    delegates: Math.max(0, quorum.delegates - delegates),
  };
  return missing.sites === 0 && missing.delegates === 0 ? { state: 'reached' } : { state: 'missing', ...missing };
}

/** True if a site answers a filter; an empty region means all. The hall is not called. */
export function inRoll(view: SiteView, filter: RollFilter, region: string): boolean {
  if (view.hall || (region !== '' && view.region !== region)) return false;
  switch (filter) {
    case 'all':
      return true;
    case 'uncalled':
      return view.presence.state === 'unknown';
    case 'present':
    case 'absent':
      return view.presence.state === filter;
  }
}

/** Sites that a query names, best match first; an empty query leaves all in their order. */
export const findSites = (query: string, views: readonly SiteView[]): SiteView[] =>
  search(query, views, (view) => [view.name, view.full_name, view.code]);

/** Sites that a filter, a region (empty: all) and a query leave: in their order, or best match first. */
export const rollOf = (views: readonly SiteView[], filter: RollFilter, region: string, query: string): SiteView[] =>
  findSites(
    query,
    views.filter((view) => inRoll(view, filter, region)),
  );

/** The next site that was not called yet, in the order of the list, from behind `after` and then from its beginning; none: all were. */
export function nextUncalled(views: readonly SiteView[], after: string | null): SiteView | null {
  const place = views.findIndex((view) => view.slug === after);
  const turn = [...views.slice(place + 1), ...views.slice(0, place + 1)];
  return turn.find((view) => inRoll(view, 'uncalled', '')) ?? null;
}
