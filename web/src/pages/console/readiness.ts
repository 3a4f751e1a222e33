/** Whether a source would be good on air: the preview's verdict, and the mark of each of the next in the queue. Pure. */
import { readinessReasonText } from '$lib/i18n/wording';
import { m } from '$lib/paraglide/messages';
import type { EndpointLive, Readiness, ReadinessReason, SiteLive, SiteSlug, SourceRef } from '$lib/wire';

/** So many of the queue are judged before they are called; the server watches as many. */
export const JUDGED_OF_QUEUE = 3;

/** Verdict on the whole preview; `source` is the first that is not ready. */
export type PreviewVerdict =
  | { state: 'empty' }
  | { state: 'ready' }
  | { state: 'checking' }
  | { state: 'warning'; source: SourceRef; reason: ReadinessReason | 'muted' }
  | { state: 'offline'; source: SourceRef };

/** How a verdict is drawn: never by colour alone. */
export const READINESS_MARK: Record<PreviewVerdict['state'], string> = {
  empty: '○',
  ready: '✓',
  checking: '…',
  warning: '▲',
  offline: '⬣',
};

/**
 * An offline source outweighs a warning, and a warning outweighs what is not known yet; of equals the first in the layout's
 * order is told. A muted site would be seen and not heard, however good its line is: that is told like a fault of the source.
 */
export function previewVerdict(
  sources: readonly SourceRef[],
  readinessOf: (source: SourceRef) => Readiness | null,
  isMuted: (site: SiteSlug) => boolean = () => false,
): PreviewVerdict {
  if (sources.length === 0) return { state: 'empty' };
  let verdict: PreviewVerdict = { state: 'ready' };
  for (const source of sources) {
    const ready = readinessOf(source) ?? { state: 'offline' };
    if (ready.state === 'offline') return { state: 'offline', source };
    if (verdict.state === 'warning') continue;
    if (ready.state === 'warning') verdict = { state: 'warning', source, reason: ready.reason };
    else if (source.kind === 'camera' && isMuted(source.site)) verdict = { state: 'warning', source, reason: 'muted' };
    else if (ready.state === 'checking') verdict = { state: 'checking' };
  }
  return verdict;
}

/** A preview's verdict in words. `siteName` gives the short name of a site. */
export function verdictText(verdict: PreviewVerdict, siteName: (site: SiteSlug) => string): string {
  switch (verdict.state) {
    case 'empty':
      return m.preview_hint();
    case 'ready':
      return m.readiness_ready();
    case 'checking':
      return m.readiness_checking();
    case 'warning':
      return `${siteName(verdict.source.site)}: ${verdict.reason === 'muted' ? m.readiness_muted() : readinessReasonText(verdict.reason)}`;
    case 'offline': {
      const site = siteName(verdict.source.site);
      return verdict.source.kind === 'content' ? m.layout_no_content({ site }) : `${site}: ${m.readiness_offline()}`;
    }
  }
}

/** The mark of a place in the queue, from 0, and its words; none: nobody judges that far. */
export function queueMark(place: number, ready: Readiness | null): { state: Readiness['state']; text: string } | null {
  if (place < 0 || place >= JUDGED_OF_QUEUE) return null;
  const verdict = ready ?? { state: 'offline' };
  switch (verdict.state) {
    case 'ready':
      return { state: verdict.state, text: m.readiness_ready() };
    case 'checking':
      return { state: verdict.state, text: m.readiness_checking() };
    case 'warning':
      return { state: verdict.state, text: readinessReasonText(verdict.reason) };
    case 'offline':
      return { state: verdict.state, text: m.readiness_offline() };
  }
}

/** The endpoint whose picture would go on air: the main one, or the reserve while that has no media. */
export function activeEndpoint(live: SiteLive | null): EndpointLive | null {
  const senders = live?.endpoints.filter((endpoint) => endpoint.role !== 'screen') ?? [];
  return (
    senders.find((one) => one.media && one.role === 'main') ?? senders.find((one) => one.media) ?? senders[0] ?? null
  );
}
