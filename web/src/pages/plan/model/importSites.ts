/** What an import makes of the list of sites: sites that are there already keep their slug and what it does not say. Pure. */
import { fold } from '$lib/i18n/search';
import type { SitePlan } from '$lib/wire';
import type { ReadSite } from '../table/siteTable';
import { idFor, freeId, isId } from './ids';

/** `replace`: the import is the whole list; `update`: it changes and adds, and removes nothing. */
export type SiteImportMode = 'replace' | 'update';

/** A site of which nothing is known but its slug and name. */
export function newSite(slug: string, name: string): SitePlan {
  return {
    slug,
    code: '',
    name,
    full_name: name,
    region: '',
    carrier: '',
    contact: { name: '', phone: '' },
    receive_kbps: null,
    column: 0,
    row: 0,
    hall: false,
  };
}

/** The sites as they would be. A list that names no hall leaves the present one in its place, the first. */
export function importSites(read: readonly ReadSite[], current: readonly SitePlan[], mode: SiteImportMode): SitePlan[] {
  const known = matches(read, current);
  const taken = new Set(current.map((site) => site.slug));
  const made = read.map(({ fields }, index) => {
    const old = known.get(index);
    const name = fields.name ?? old?.name ?? '';
    const slug =
      old?.slug ?? (fields.slug && isId(fields.slug) ? freeId(fields.slug, taken) : idFor(name, taken, 'diem-cau'));
    taken.add(slug);
    return { ...(old ?? newSite(slug, name)), ...fields, slug };
  });
  if (mode === 'update') {
    const changed = new Map(made.map((site) => [site.slug, site]));
    const kept = current.map((site) => changed.get(site.slug) ?? site);
    return hallFirst(
      oneHall([...kept, ...made.filter((site) => !current.some((one) => one.slug === site.slug))], made),
    );
  }
  const hall = current.find((site) => site.hall);
  if (made.some((site) => site.hall) || !hall) return hallFirst(made);
  return [hall, ...made.filter((site) => site.slug !== hall.slug)];
}

/** Where the import names a hall, no other site is it any more. */
function oneHall(sites: readonly SitePlan[], made: readonly SitePlan[]): SitePlan[] {
  const named = made.find((site) => site.hall);
  return named ? sites.map((site) => ({ ...site, hall: site.slug === named.slug })) : [...sites];
}

/** The hall stands first on the wall. */
export function hallFirst(sites: readonly SitePlan[]): SitePlan[] {
  return [...sites.filter((site) => site.hall), ...sites.filter((site) => !site.hall)];
}

/** Sites of the conference by row of the import: by slug, then by name. */
function matches(read: readonly ReadSite[], current: readonly SitePlan[]): Map<number, SitePlan> {
  const open = new Set(current);
  const found = new Map<number, SitePlan>();
  const claim = (fits: (row: ReadSite, site: SitePlan) => boolean) => {
    for (const [index, row] of read.entries()) {
      const site = found.has(index) ? undefined : [...open].find((one) => fits(row, one));
      if (!site) continue;
      found.set(index, site);
      open.delete(site);
    }
  };
  claim(({ fields }, site) => fields.slug === site.slug);
  claim(({ fields }, site) => fields.slug === undefined && plain(fields.name) === plain(site.name));
  claim(({ fields }, site) => fields.slug === undefined && plain(fields.name) === plain(site.full_name));
  return found;
}

const plain = (name: string | undefined) => fold(name ?? '').replace(/^(?:tinh|thanh pho|tp) /, '');
