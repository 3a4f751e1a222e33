/** What stands behind `#` in the address: `site=cao-bang`, `at=1700000000000`, or both. Pure. */
import type { SiteSlug } from '$lib/wire';

/** What the page shows. */
export type Address = { site: SiteSlug | null; at: number | null };

/** Reads it; what is not understood is left out. */
export function readAddress(hash: string): Address {
  const values = new URLSearchParams(hash);
  const at = values.get('at');
  return { site: values.get('site') || null, at: at !== null && /^\d+$/.test(at) ? Number(at) : null };
}

/** Writes it. */
export function writeAddress({ site, at }: Address): string {
  const values = [site === null ? '' : `site=${encodeURIComponent(site)}`, at === null ? '' : `at=${Math.round(at)}`];
  return values.filter((value) => value !== '').join('&');
}
