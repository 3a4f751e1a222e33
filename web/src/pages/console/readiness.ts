/** Whether a source would be good on air: the preview's verdict, and the mark of each of the next in the queue. Pure. */
import { qualityLabel, qualityReasonText, readinessReasonText } from '$lib/i18n/wording';
import { m } from '$lib/paraglide/messages';
import type {
  EndpointLive,
  Quality,
  QualityReason,
  Readiness,
  ReadinessReason,
  SiteLive,
  SiteSlug,
  SourceRef,
} from '$lib/wire';

/** So many of the queue are judged before they are called; the server watches as many. */
export const JUDGED_OF_QUEUE = 3;

/** Why one may hesitate: what the server finds of a camera, a mute, or what is wrong with the line that content comes by. */
export type Doubt = ReadinessReason | 'muted' | { line: QualityReason | null };
/** Readiness of a source; of a camera the server's. */
export type SourceReadiness = Readiness | { state: 'warning'; reason: Doubt } | { state: 'not_shared' };

/** Verdict on the whole preview; `source` is the first that is not ready. */
export type PreviewVerdict =
  | { state: 'empty' }
  | { state: 'ready' }
  | { state: 'checking' }
  | { state: 'warning'; source: SourceRef; reason: Doubt }
  | { state: 'offline'; source: SourceRef; why: 'lost' | 'not_shared' };

/** How a verdict is drawn: never by colour alone. */
export const READINESS_MARK: Record<PreviewVerdict['state'], string> = {
  empty: '○',
  ready: '✓',
  checking: '…',
  warning: '▲',
  offline: '⬣',
};

/** What decides whether content would be good on air: nobody looks at it, but the line that it comes by is known. */
export type ContentFacts = { online: boolean; sharing: boolean; quality: Quality; reason: QualityReason | null };

/** Readiness of a site's content. */
export function contentReadiness(site: ContentFacts | undefined): SourceReadiness {
  if (!site?.online || site.quality === 'lost') return { state: 'offline' };
  if (!site.sharing) return { state: 'not_shared' };
  return site.quality === 'bad' ? { state: 'warning', reason: { line: site.reason } } : { state: 'ready' };
}

/**
 * An offline source outweighs a warning, and a warning outweighs what is not known yet; of equals the first in the layout's
 * order is told. A muted site would be seen and not heard, however good its line is: that is told like a fault of the source.
 */
export function previewVerdict(
  sources: readonly SourceRef[],
  readinessOf: (source: SourceRef) => SourceReadiness | null,
  isMuted: (site: SiteSlug) => boolean = () => false,
): PreviewVerdict {
  if (sources.length === 0) return { state: 'empty' };
  let verdict: PreviewVerdict = { state: 'ready' };
  for (const source of sources) {
    const ready = readinessOf(source) ?? { state: 'offline' };
    if (ready.state === 'offline') return { state: 'offline', source, why: 'lost' };
    if (ready.state === 'not_shared') return { state: 'offline', source, why: 'not_shared' };
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
      return `${siteName(verdict.source.site)}: ${doubtText(verdict.reason)}`;
    case 'offline': {
      const site = siteName(verdict.source.site);
      return verdict.why === 'not_shared' ? m.layout_no_content({ site }) : `${site}: ${m.readiness_offline()}`;
    }
  }
}

function doubtText(doubt: Doubt): string {
  if (doubt === 'muted') return m.readiness_muted();
  if (typeof doubt === 'string') return readinessReasonText(doubt);
  const bad = qualityLabel('bad').toLocaleLowerCase();
  return doubt.line === null ? bad : `${bad}, ${qualityReasonText(doubt.line)}`;
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
