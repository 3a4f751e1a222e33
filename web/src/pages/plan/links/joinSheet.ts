/** The links of a site as they are handed out: on paper, by copying. Pure. */
import { linksOf } from '$lib/link/joinLinks';
import type { JoinLink, SitePlan, SiteSlug } from '$lib/wire';

/** A site with the link of each endpoint that counts: the valid one, else the last that was revoked. */
export type SiteLinks = { site: SitePlan; links: readonly JoinLink[] };
/** Which sites are printed. */
export type Selection = { all: true } | { region: string } | { site: SiteSlug };

/** All sites with their links, in the order of the wall. */
export function linksBySite(sites: readonly SitePlan[], links: readonly JoinLink[]): SiteLinks[] {
  return sites.map((site) => ({ site, links: linksOf(site.slug, links) }));
}

/** The sites of a selection. */
export function selected(all: readonly SiteLinks[], selection: Selection): SiteLinks[] {
  if ('all' in selection) return [...all];
  if ('site' in selection) return all.filter(({ site }) => site.slug === selection.site);
  return all.filter(({ site }) => site.region === selection.region);
}

/** A server's address as a person may write it; none: it is none. The scheme may be left out: browsers want HTTPS for cameras. */
export function serverAddress(text: string): string | null {
  const written = text.trim().replace(/\/+$/, '');
  const whole = /^https?:\/\//i.test(written) ? written : `https://${written}`;
  if (written === '' || !URL.canParse(whole)) return null;
  const { origin, pathname, search, hostname } = new URL(whole);
  return pathname === '/' && search === '' && /^[\w.:[\]-]+$/.test(hostname) ? origin : null;
}

/** How the machine of a big screen opens its link, for good. */
export function kioskCommand(link: string): string {
  return `chromium --kiosk --noerrdialogs --autoplay-policy=no-user-gesture-required ${link}`;
}
