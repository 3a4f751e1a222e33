/** Whether the preview would be good on air: one verdict from its sources. Pure. */
import type { EndpointLive, Readiness, ReadinessReason, SiteLive, SiteSlug } from '$lib/wire';

/** Verdict on the whole preview; `site` is the first source that is not ready. */
export type PreviewVerdict =
  | { state: 'empty' }
  | { state: 'ready' }
  | { state: 'warning'; site: SiteSlug; reason: ReadinessReason }
  | { state: 'offline'; site: SiteSlug };

/** An offline source outweighs a warning; of equals the first in the layout's order is told. */
export function previewVerdict(
  sites: readonly SiteSlug[],
  readinessOf: (site: SiteSlug) => Readiness | null,
): PreviewVerdict {
  if (sites.length === 0) return { state: 'empty' };
  let warning: PreviewVerdict | null = null;
  for (const site of sites) {
    const ready = readinessOf(site) ?? { state: 'offline' };
    if (ready.state === 'offline') return { state: 'offline', site };
    if (ready.state === 'warning') warning ??= { state: 'warning', site, reason: ready.reason };
  }
  return warning ?? { state: 'ready' };
}

/** The endpoint whose picture would go on air: the main one, or the reserve while that has no media. */
export function activeEndpoint(live: SiteLive | null): EndpointLive | null {
  const senders = live?.endpoints.filter((endpoint) => endpoint.role !== 'screen') ?? [];
  return (
    senders.find((one) => one.media && one.role === 'main') ?? senders.find((one) => one.media) ?? senders[0] ?? null
  );
}
