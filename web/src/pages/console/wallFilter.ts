/** Which tiles stand out. A filter dims the others; no tile ever moves. Pure. */
import type { Tally } from '$lib/state/tally';
import type { SiteLive, SiteView } from '$lib/wire';

/** States that can be filtered by. */
export const STATE_FILTERS = ['all', 'waiting', 'trouble', 'lost', 'absent'] as const;
/** A state to filter by. */
export type StateFilter = (typeof STATE_FILTERS)[number];

/** What is asked for; an empty region means all. */
export type WallFilter = { region: string; state: StateFilter };

/** Facts of a tile that a filter looks at. */
export type TileFacts = { view: SiteView; live: SiteLive | null; tally: Tally };

/** True if a tile answers the filter. */
export function matches(filter: WallFilter, tile: TileFacts): boolean {
  if (filter.region !== '' && tile.view.region !== filter.region) return false;
  switch (filter.state) {
    case 'all':
      return true;
    case 'waiting':
      return tile.tally.name === 'requested' || tile.tally.name === 'cued';
    case 'trouble':
      return tile.live !== null && (tile.live.quality === 'weak' || tile.live.quality === 'bad');
    case 'lost':
      return tile.live === null || tile.live.quality === 'lost';
    case 'absent':
      return tile.view.presence.state === 'absent';
  }
}

/** Regions in the order of their first site. */
export function regionsOf(views: readonly SiteView[]): string[] {
  return [...new Set(views.map((view) => view.region).filter((region) => region !== ''))];
}
