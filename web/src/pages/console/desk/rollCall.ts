/** Who is here: presence of sites. */
import { m } from '$lib/paraglide/messages';
import type { SiteSlug } from '$lib/wire';
import type { CommandLine } from './commandLine.svelte';

/** The roll call's part of the desk. */
export class RollCallDesk {
  #line: CommandLine;

  constructor(line: CommandLine) {
    this.#line = line;
  }

  /** Records a site as absent by a key; the reason may be written afterwards. */
  markAbsentByKey = (site: SiteSlug) => this.mark(site, false, m.absence_by_key());

  /** Records a site as present or absent; `reason` is why it is absent. */
  mark(site: SiteSlug, present: boolean, reason: string): void {
    void this.#line.onSite('presence', present ? m.mark_present : m.mark_absent, {
      type: 'mark_presence',
      site,
      present,
      reason,
    });
  }
}
