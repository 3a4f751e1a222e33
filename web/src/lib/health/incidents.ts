/** Incidents as lists, and who belongs to the cause of one. Pure. */
import type { HealthEntry, Incident, IncidentCause, IncidentSite, SiteSlug, SiteView } from '$lib/wire';

/** Incidents: those in which a site is still down first, then the latest. */
export function incidentOrder(incidents: readonly Incident[]): Incident[] {
  const down = (incident: Incident) => (incident.ended === null ? 0 : 1);
  return incidents.toSorted((left, right) => down(left) - down(right) || right.began - left.began);
}

/** Sites of an incident that are down. */
export const sitesDown = ({ sites }: Incident): number =>
  Object.values(sites).filter((site) => site?.back === null).length;

/** Sites of an incident: those that are down first, then in the order in which they dropped. */
export function sitesOf({ sites }: Incident): [SiteSlug, IncidentSite][] {
  const known = Object.entries(sites).filter((entry): entry is [SiteSlug, IncidentSite] => entry[1] !== undefined);
  const back = ([, site]: [SiteSlug, IncidentSite]) => (site.back === null ? 0 : 1);
  return known.sort((left, right) => back(left) - back(right) || left[1].began - right[1].began);
}

/** What tells one incident from another: numbers in older logs began anew with each start of the server. */
export const incidentKey = ({ id, began }: Incident): string => `${id}:${began}`;

/** Incidents that were closed, the latest first, each as it was in the end. */
export function closedIncidents(entries: readonly HealthEntry[]): Incident[] {
  const closed = new Map<string, Incident>();
  for (const { what } of entries) {
    if (what.type !== 'closed') continue;
    // What is listed first is the latest.
    const key = incidentKey(what.incident);
    if (!closed.has(key)) closed.set(key, what.incident);
  }
  return [...closed.values()];
}

/** Of closed incidents those that ended within `span` before `now`, ms; what became a part of another one is told there. */
export const closedWithin = (closed: readonly Incident[], now: number, span: number): Incident[] =>
  closed.filter((one) => one.merged_into === null && one.closed_at !== null && now - one.closed_at <= span);

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
