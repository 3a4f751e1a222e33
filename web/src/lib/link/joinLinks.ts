/** Which join links of a site count. Pure. */
import type { EndpointRole, JoinLink, SiteSlug } from '$lib/wire';

/** In the order in which a site uses them. */
const ENDPOINTS: readonly EndpointRole[] = ['main', 'backup', 'screen'];

/** The link of each endpoint of a site that counts: the valid one, else the last that was revoked. */
export function linksOf(site: SiteSlug, links: readonly JoinLink[]): JoinLink[] {
  return ENDPOINTS.flatMap((endpoint) => {
    const own = links.filter((link) => link.site === site && link.endpoint === endpoint);
    return own.find((link) => !link.revoked) ?? own.at(-1) ?? [];
  });
}
