/** The roll call as a list to work through. Pure. */
import { search } from '$lib/i18n/search';
import type { SiteView } from '$lib/wire';
import { inRoll, type RollFilter } from '$lib/state/rollCall';

/** Sites that a filter and a query leave: in the order of the wall, or best match first. */
export function rollOf(sites: readonly SiteView[], filter: RollFilter, query: string): SiteView[] {
  const listed = sites.filter((site) => inRoll(site, filter, ''));
  return search(query, listed, (site) => [site.name, site.full_name, site.code]);
}
