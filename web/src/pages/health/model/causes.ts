/** Who belongs to the cause of an incident. Pure. */
import type { Incident, IncidentCause, SiteSlug, SiteView } from '$lib/wire';

/** How many of the cause's sites dropped, of how many; none: the page does not know who hangs at a relay. */
export type CauseCount = { dropped: number; all: number };

/** Counts them among the sites of the conference. */
export function causeCount(incident: Incident, views: readonly SiteView[]): CauseCount | null {
  const members = membersOf(incident.cause, views);
  if (members === null) return null;
  return { dropped: members.filter((slug) => slug in incident.sites).length, all: members.length };
}

function membersOf(cause: IncidentCause, views: readonly SiteView[]): SiteSlug[] | null {
  const slugs = (belongs: (view: SiteView) => boolean) => views.filter(belongs).map(({ slug }) => slug);
  switch (cause.kind) {
    case 'carrier':
      return slugs((view) => view.carrier === cause.name);
    case 'region':
      return slugs((view) => view.region === cause.name);
    case 'centre':
      return slugs(() => true);
    case 'site':
      return [cause.name];
    case 'relay':
      return null;
  }
}
