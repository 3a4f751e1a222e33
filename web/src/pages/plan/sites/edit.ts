/** Edits of a list of sites, each a new list; the hall stays the first. Pure. */
import type { SitePlan } from '$lib/wire';
import { MAX_GRID } from '../model/bounds';
import { idFor } from '../model/ids';
import { hallFirst, newSite } from '../model/importSites';

/** Adds a site of this name at the end, on a free place of the map. */
export function addSite(sites: readonly SitePlan[], name: string): { list: SitePlan[]; added: SitePlan } {
  const slug = idFor(name, new Set(sites.map((site) => site.slug)), 'diem-cau');
  const added = { ...newSite(slug, name), ...freePlace(sites) };
  return { list: [...sites, added], added };
}

/** Leaves a site out. */
export const removeSite = (sites: readonly SitePlan[], slug: string): SitePlan[] =>
  sites.filter((site) => site.slug !== slug);

/** Puts a site at a place; the same list if it is there, or the hall would not be the first. */
export function moveSite(sites: readonly SitePlan[], slug: string, to: number): readonly SitePlan[] {
  const from = sites.findIndex((site) => site.slug === slug);
  if (from < 0 || from === to || to < 0 || to >= sites.length) return sites;
  const moved = hallFirst(sites.toSpliced(from, 1).toSpliced(to, 0, sites[from]!));
  return moved.every((site, place) => site === sites[place]) ? sites : moved;
}

/** Changes a site. Who becomes the hall is the only one, and the first. */
export function changeSite(sites: readonly SitePlan[], slug: string, to: Partial<SitePlan>): SitePlan[] {
  const changed = sites.map((site) => {
    if (site.slug === slug) return { ...site, ...to };
    return to.hall === true && site.hall ? { ...site, hall: false } : site;
  });
  return to.hall === true ? hallFirst(changed) : changed;
}

/** True if sites come, go or change places: every page joins anew then. */
export function restructures(before: readonly SitePlan[], after: readonly SitePlan[]): boolean {
  return before.map((site) => site.slug).join() !== after.map((site) => site.slug).join();
}

/** The list as a table, with the columns of `config/sites/*.csv`. */
export function sitesTable(sites: readonly SitePlan[]): (string | number)[][] {
  const heading = [
    ...['code', 'slug', 'name', 'full_name', 'region', 'column', 'row'],
    ...['carrier', 'contact_name', 'contact_phone', 'receive_kbps', 'hall'],
  ];
  return [
    heading,
    ...sites.map((site) => [
      ...[site.code, site.slug, site.name, site.full_name, site.region, site.column, site.row],
      ...[site.carrier, site.contact.name, site.contact.phone, site.receive_kbps ?? '', site.hall ? '1' : ''],
    ]),
  ];
}

/** The first place of the map, row by row below the last one, that nobody has. */
function freePlace(sites: readonly SitePlan[]): { column: number; row: number } {
  const taken = new Set(sites.map((site) => `${site.column}:${site.row}`));
  const width = Math.max(1, ...sites.map((site) => site.column + 1));
  const last = Math.max(0, ...sites.map((site) => site.row));
  for (let row = last; row <= MAX_GRID; row++) {
    for (let column = 0; column < width; column++) {
      if (!taken.has(`${column}:${row}`)) return { column, row };
    }
  }
  return { column: 0, row: 0 };
}
