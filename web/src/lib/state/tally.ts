/** What the border of a site says; the same on its tile and on its own page. Pure. */
import type { FloorView, Phase, SiteSlug, StageView } from '$lib/wire';

/** Tally of a site, strongest first; a request carries its place in the queue, from 1. */
export type Tally =
  | { name: 'program' }
  | { name: 'preview' }
  | { name: 'cued' }
  | { name: 'requested'; place: number }
  | { name: 'idle' };

/** The tally of a site that nothing is said of. */
export const IDLE: Tally = { name: 'idle' };

/**
 * Tallies of all sites that are not idle. While a take is under way the old *and* the new source are red:
 * either may be what people see at this instant. After the end the state still has what was last, but nothing is on air any more.
 */
export function tallies(
  stage: StageView | null,
  floor: FloorView,
  phase: Phase | undefined,
): ReadonlyMap<SiteSlug, Tally> {
  const map = new Map<SiteSlug, Tally>();
  if (phase === 'ended') return map;
  floor.queue.forEach((entry, index) => map.set(entry.site, { name: 'requested', place: index + 1 }));
  for (const site of floor.cued) map.set(site, { name: 'cued' });
  for (const source of stage?.preview?.sources ?? []) map.set(source.site, { name: 'preview' });
  for (const { source } of stage?.program.sources ?? []) map.set(source.site, { name: 'program' });
  for (const source of stage?.pending?.sources ?? []) map.set(source.site, { name: 'program' });
  return map;
}
