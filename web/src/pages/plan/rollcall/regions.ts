/** The roll by region, in the order of the wall. Pure. */
import type { SiteView } from '$lib/wire';
import { type RollTotals, rollTotals } from '$lib/state/rollCall';

/** One region's part of the roll. */
export type RegionRoll = { region: string; totals: RollTotals };

/** Totals of each region that has sites or delegates; the hall's delegates are counted where the hall is. `unnamed`: for sites without a region. */
export function byRegion(views: readonly SiteView[], unnamed: string): RegionRoll[] {
  const regions = new Map<string, SiteView[]>();
  for (const view of views) regions.set(view.region, [...(regions.get(view.region) ?? []), view]);
  return [...regions]
    .map(([region, own]) => ({ region: region || unnamed, totals: rollTotals(own) }))
    .filter(({ totals }) => totals.sites + totals.named > 0);
}
