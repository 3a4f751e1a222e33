/** The tour: sites shown by turns. */
import { m } from '$lib/paraglide/messages';
import type { SiteSlug, TourView } from '$lib/wire';
import { SvelteSet } from 'svelte/reactivity';
import type { CommandLine } from '$lib/state/commandLine.svelte';

/** Shortest time for which a site can be shown, ms; as `conference::tour::MIN_DWELL_MS`. */
export const MIN_DWELL_MS = 2_000;
/** Longest, ms; as `conference::tour::MAX_DWELL_MS`. */
export const MAX_DWELL_MS = 120_000;
/** How long a site is shown if nobody says otherwise, ms. */
export const DEFAULT_DWELL_MS = 8_000;

/** Which sites a tour shows: all, those that the wall's filter leaves, or those that are picked. */
export type TourChoice = 'all' | 'filtered' | 'picked';

/** The tour's part of the desk. */
export class TourDesk {
  choice: TourChoice = $state('all');
  readonly picked = new SvelteSet<SiteSlug>();
  /** How long each site will be shown, ms. */
  dwellMs: number = $state(DEFAULT_DWELL_MS);
  /** It will begin anew after the last site. */
  repeat: boolean = $state(false);
  #line: CommandLine;
  #filtered: () => readonly SiteSlug[];

  /** `filtered`: sites that the wall's filter leaves. */
  constructor(line: CommandLine, filtered: () => readonly SiteSlug[]) {
    this.#line = line;
    this.#filtered = filtered;
  }

  /** The tour under way. */
  get running(): TourView | null {
    return this.#line.conference.stage?.tour ?? null;
  }

  /** Sites that a tour would show now, in the order of the wall; the hall is none of them. */
  get sites(): SiteSlug[] {
    const visitors = this.#line.conference.sites.filter(({ view }) => !view.hall).map(({ view }) => view.slug);
    switch (this.choice) {
      case 'all':
        return visitors;
      case 'filtered': {
        const left = new Set(this.#filtered());
        return visitors.filter((site) => left.has(site));
      }
      case 'picked':
        return visitors.filter((site) => this.picked.has(site));
    }
  }

  start = () => {
    const { sites } = this;
    if (sites.length === 0) return this.#line.refuse(m.start_tour(), m.tour_none());
    void this.#line.run('tour', m.start_tour(), {
      type: 'start_tour',
      sites,
      dwell_ms: Math.min(Math.max(MIN_DWELL_MS, this.dwellMs), MAX_DWELL_MS),
      repeat: this.repeat,
    });
  };
  stop = () => void this.#line.run('tour', m.stop_tour(), { type: 'stop_tour' });
  toggle = () => (this.running ? this.stop() : this.start());
}
