/** Which tiles stand out. A filter dims the others; no tile ever moves. Pure. */
import type { Tally } from '$lib/state/tally';
import type { Quality, SiteView } from '$lib/wire';

/** States that can be filtered by. */
export const STATE_FILTERS = ['all', 'waiting', 'trouble', 'lost', 'absent'] as const;
/** A state to filter by. */
export type StateFilter = (typeof STATE_FILTERS)[number];

/** What is asked for; an empty region means all. */
export type WallFilter = { region: string; state: StateFilter };

/** Facts of a tile that a filter looks at: verdicts and no figures, which change four times a second. */
export type TileFacts = { site: { view: SiteView; quality: Quality }; tally: Tally };

/** True if a tile answers the filter. */
export function matches(filter: WallFilter, { site, tally }: TileFacts): boolean {
  if (filter.region !== '' && site.view.region !== filter.region) return false;
  switch (filter.state) {
    case 'all':
      return true;
    case 'waiting':
      return tally.name === 'requested' || tally.name === 'cued';
    case 'trouble':
      return site.quality === 'weak' || site.quality === 'bad';
    case 'lost':
      return site.quality === 'lost';
    case 'absent':
      return site.view.presence.state === 'absent';
  }
}
