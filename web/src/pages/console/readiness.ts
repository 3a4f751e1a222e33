/** Whether the preview would be good on air: one verdict from its sources. Pure. */
import type { EndpointLive, Readiness, ReadinessReason, SiteLive, SourceRef } from '$lib/wire';

/** Verdict on the whole preview; `source` is the first that is not ready. */
export type PreviewVerdict =
  | { state: 'empty' }
  | { state: 'ready' }
  | { state: 'warning'; source: SourceRef; reason: ReadinessReason }
  | { state: 'offline'; source: SourceRef };

/** An offline source outweighs a warning; of equals the first in the layout's order is told. */
export function previewVerdict(
  sources: readonly SourceRef[],
  readinessOf: (source: SourceRef) => Readiness | null,
): PreviewVerdict {
  if (sources.length === 0) return { state: 'empty' };
  let warning: PreviewVerdict | null = null;
  for (const source of sources) {
    const ready = readinessOf(source) ?? { state: 'offline' };
    if (ready.state === 'offline') return { state: 'offline', source };
    if (ready.state === 'warning') warning ??= { state: 'warning', source, reason: ready.reason };
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
