/** Who is here: presence of sites. */
import { m } from '$lib/paraglide/messages';
import type { Delegate, SiteSlug } from '$lib/wire';
import type { CommandLine } from '$lib/state/commandLine.svelte';
import { whyNot } from '$lib/state/outcome';

/** The roll call's part of the desk. */
export class RollCallDesk {
  /** The whole roll is open before everything else. */
  open: boolean = $state(false);
  /** The site whose reason of absence is asked for; none: nobody's. */
  asking: SiteSlug | null = $state(null);
  #line: CommandLine;

  constructor(line: CommandLine) {
    this.#line = line;
  }

  /** Asks why a site is absent; the answer records it. The hall is never called. */
  askReason = (site: SiteSlug): void => {
    if (!this.#line.conference.site(site)?.view.hall) this.asking = site;
  };

  /** Records a site as present. */
  markPresent = (site: SiteSlug): void => this.#mark(site, true, '');

  /** Records a site as absent, and why. */
  markAbsent = (site: SiteSlug, reason: string): void => this.#mark(site, false, reason);

  /** Replaces the list of a site's delegates; resolves to why it was refused, or nothing. */
  async setDelegates(site: SiteSlug, delegates: Delegate[]): Promise<string> {
    const outcome = await this.#line.onSite('delegates', m.command_delegates, {
      type: 'set_delegates',
      site,
      delegates,
    });
    return whyNot(outcome, this.#line.name);
  }

  #mark(site: SiteSlug, present: boolean, reason: string): void {
    const label = present ? m.mark_present : m.mark_absent;
    void this.#line.onSite('presence', label, { type: 'mark_presence', site, present, reason });
  }
}
