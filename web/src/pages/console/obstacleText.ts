/** Why a layout cannot be chosen, in words. Pure. */
import { m } from '$lib/paraglide/messages';
import type { SiteSlug } from '$lib/wire';
import type { LayoutObstacle } from './previewPlan';

/** `siteName` gives the short name of a site. */
export function obstacleText(obstacle: LayoutObstacle, siteName: (site: SiteSlug) => string): string {
  switch (obstacle.name) {
    case 'nothing_picked':
      return m.layout_choose_sharing();
    case 'no_content':
      return m.layout_no_content({ site: siteName(obstacle.site) });
  }
}
