/** The tour: sites shown by turns. */
import { m } from '$lib/paraglide/messages';
import type { SiteSlug, TourView } from '$lib/wire';
import type { CommandLine } from './commandLine.svelte';

/** How long a site is shown if nobody says otherwise, ms. */
export const DEFAULT_DWELL_MS = 10_000;

/** The tour's part of the desk. */
export class TourDesk {
  /** How long each site will be shown, ms. */
  dwellMs: number = $state(DEFAULT_DWELL_MS);
  /** It will begin anew after the last site. */
  repeat: boolean = $state(false);
  /** Sites that it will show, in order; empty: all but the hall. */
  sites: readonly SiteSlug[] = $state.raw([]);
  #line: CommandLine;

  constructor(line: CommandLine) {
    this.#line = line;
  }

  /** The tour under way. */
  get running(): TourView | null {
    return this.#line.conference.stage?.tour ?? null;
  }

  start = () =>
    void this.#line.run('tour', m.start_tour(), {
      type: 'start_tour',
      sites: [...this.sites],
      dwell_ms: this.dwellMs,
      repeat: this.repeat,
    });
  stop = () => void this.#line.run('tour', m.stop_tour(), { type: 'stop_tour' });
  toggle = () => (this.running ? this.stop() : this.start());
}
