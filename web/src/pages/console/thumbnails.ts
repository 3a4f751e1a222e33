/** What each layout would look like with the sites that are picked, made of pictures that flow anyway. Pure. */
import { type Area, areasOf } from '$lib/programme/layout';
import type { SlotKey } from '$lib/media/slots';
import type { Layout, SiteSlug, SourceRef, StageView } from '$lib/wire';
import { previewOf } from './previewPlan';

/** One picture of a thumbnail; `key` is the slot in which it flows already, none: it flows nowhere. */
export type ThumbCell = { source: SourceRef; area: Area; key: SlotKey | null };

/** Where pictures flow to a console. */
export type Flowing = {
  /** Place of a site on the wall; −1: it has none. */
  wallPlace: (site: SiteSlug) => number;
  stage: StageView | null;
};

/**
 * The cells of a layout with these targets; empty: it would show nothing. A layout that cannot be filled is drawn as the one that a
 * choice of it would give.
 */
export function thumbCells(
  layout: Layout,
  targets: readonly SiteSlug[],
  hall: SiteSlug,
  shares: (site: SiteSlug) => boolean,
  flowing: Flowing,
): ThumbCell[] {
  const plan = previewOf(layout, targets, hall, shares);
  if (!plan) return [];
  const areas = areasOf(plan.layout, plan.sources.length);
  return plan.sources.map((source, index) => ({ source, area: areas[index]!, key: slotOf(source, flowing) }));
}

function slotOf({ site, kind }: SourceRef, { wallPlace, stage }: Flowing): SlotKey | null {
  if (kind === 'camera') {
    const place = wallPlace(site);
    return place < 0 ? null : `wall:${place}`;
  }
  const isIt = (source: SourceRef) => source.site === site && source.kind === 'content';
  if (stage?.preview?.sources.some(isIt)) return 'preview_content';
  return stage?.program.sources.some(({ source }) => isIt(source)) ? 'program_content' : null;
}
