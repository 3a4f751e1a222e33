/** Which sources a layout shows, from the sites that were picked. Pure. */
import type { Layout, SiteSlug, SourceRef } from '$lib/wire';

/** In the order of the chooser. */
export const LAYOUTS: readonly Layout[] = ['single', 'side_by_side', 'speaker_hall', 'grid', 'content_speaker'];

/** Sites that a layout holds at most. */
export const CAPACITY: Record<Layout, number> = {
  single: 1,
  side_by_side: 2,
  speaker_hall: 2,
  grid: 4,
  content_speaker: 1,
};

const camera = (site: SiteSlug): SourceRef => ({ site, kind: 'camera' });

/** Tells whether a site shares content now. */
type Shares = (site: SiteSlug) => boolean;
/** Why a layout would show nothing of what was picked. */
export type LayoutObstacle = { name: 'nothing_picked' } | { name: 'no_content'; site: SiteSlug };

/** Why choosing a layout would be in vain; none: it would not. */
export function obstacleTo(layout: Layout, picked: readonly SiteSlug[], shares: Shares): LayoutObstacle | null {
  if (layout !== 'content_speaker') return null;
  const main = picked[0];
  if (main === undefined) return { name: 'nothing_picked' };
  return shares(main) ? null : { name: 'no_content', site: main };
}

/**
 * Layout and sources of a preview for picked sites, the main one first; none: nothing was picked.
 * Where a layout needs a second picture the hall is it; a hall that cannot be beside itself, or a site that shares no
 * content, is shown alone.
 */
export function previewOf(
  layout: Layout,
  picked: readonly SiteSlug[],
  hall: SiteSlug,
  shares: Shares,
): { layout: Layout; sources: SourceRef[] } | null {
  const main = picked[0];
  if (main === undefined) return null;
  const single = { layout: 'single' as const, sources: [camera(main)] };
  switch (layout) {
    case 'single':
      return single;
    case 'side_by_side': {
      const second = picked[1] ?? (main === hall ? undefined : hall);
      return second === undefined ? single : { layout, sources: [camera(main), camera(second)] };
    }
    case 'speaker_hall':
      return main === hall ? single : { layout, sources: [camera(main), camera(hall)] };
    case 'grid': {
      const visitors = picked.filter((site) => site !== hall);
      const withHall = picked.includes(hall) || visitors.length < 2;
      const sites = withHall ? [...visitors.slice(0, CAPACITY.grid - 1), hall] : visitors.slice(0, CAPACITY.grid);
      return sites.length < 2 ? single : { layout, sources: sites.map(camera) };
    }
    case 'content_speaker':
      return shares(main) ? { layout, sources: [{ site: main, kind: 'content' }, camera(main)] } : single;
  }
}

/** Picks after a click: alone, or (with Shift) added to or taken from the others. */
export function pick(picked: readonly SiteSlug[], site: SiteSlug, add: boolean, layout: Layout): SiteSlug[] {
  if (!add || CAPACITY[layout] === 1) return [site];
  if (picked.includes(site)) return picked.length > 1 ? picked.filter((one) => one !== site) : [...picked];
  return [...picked, site].slice(-CAPACITY[layout]);
}
