/** What people must know who look at something else than the status: that the site is on air, and whether it is heard. */
import { m } from '$lib/paraglide/messages';
import type { SitePage } from './sitePage.svelte';

/** Whether everybody sees or hears the site now, in one line; empty: nobody does. */
export function airText({ onAir, onlyHeard, heard, touring, name: site }: SitePage): string {
  if (onlyHeard) return `${m.site_status_microphone()} · ${m.site_status_microphone_help({ site })}`;
  if (onAir && touring && !heard) return `${m.site_status_touring()} · ${m.site_status_touring_help({ site })}`;
  if (onAir) {
    const microphone = heard ? m.site_status_on_air_help({ site }) : m.site_status_on_air_muted({ site });
    return `${m.site_status_on_air()} · ${microphone}`;
  }
  return '';
}
