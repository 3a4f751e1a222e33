/** Sites that call the control room, who waits longest first. Pure. */
import type { SiteSlug } from '$lib/wire';

/** A call. */
export type Call = { site: SiteSlug; since: number };

/** Calls in the order in which they came. */
export function callsOf(sites: readonly { view: { slug: SiteSlug }; callingSince: number | null }[]): Call[] {
  return sites
    .flatMap(({ view, callingSince }) => (callingSince === null ? [] : { site: view.slug, since: callingSince }))
    .toSorted((left, right) => left.since - right.since);
}
