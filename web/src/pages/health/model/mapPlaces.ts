/** Where each site stands on the map of tiles, and the islands beside it. Pure. */
import type { SiteSlug, SiteView } from '$lib/wire';

/** A tile, from 0. */
export type Place = { slug: SiteSlug; column: number; row: number };
/** A label on free tiles. */
export type Island = { name: 'hoang_sa' | 'truong_sa'; column: number; row: number };
/** The whole map. */
export type MapPlan = { places: readonly Place[]; islands: readonly Island[]; columns: number; rows: number };

/** Islands are drawn beside the province that they belong to. */
const ISLANDS: readonly { name: Island['name']; beside: SiteSlug }[] = [
  { name: 'hoang_sa', beside: 'da-nang' },
  { name: 'truong_sa', beside: 'khanh-hoa' },
];
/** Tiles that an island's label needs. */
export const ISLAND_WIDTH = 2;

/** Lays the map out. A site whose place is taken stands on the next free one to its right: none is hidden by another. */
export function mapPlan(views: readonly SiteView[]): MapPlan {
  const taken = new Set<string>();
  const free = (column: number, row: number) => {
    let at = Math.max(0, column);
    while (taken.has(`${at}:${row}`)) at += 1;
    return at;
  };
  const places = views.map(({ slug, column, row }) => {
    const at = free(column, row);
    taken.add(`${at}:${row}`);
    return { slug, column: at, row: Math.max(0, row) };
  });
  const islands = ISLANDS.flatMap(({ name, beside }) => {
    const at = places.find(({ slug }) => slug === beside);
    return at ? [{ name, column: free(at.column + 1, at.row), row: at.row }] : [];
  });
  const ends = [...places.map(({ column }) => column + 1), ...islands.map(({ column }) => column + ISLAND_WIDTH)];
  return { places, islands, columns: Math.max(1, ...ends), rows: Math.max(1, ...places.map(({ row }) => row + 1)) };
}

/** A step with the arrow keys. */
export type Step = 'left' | 'right' | 'up' | 'down';

/** The site that a step leads to: the nearest in that direction, one straight ahead before one to the side; the same: there is none. */
export function stepOnMap(places: readonly Place[], from: SiteSlug, step: Step): SiteSlug {
  const start = places.find(({ slug }) => slug === from) ?? places[0];
  if (!start) return from;
  const horizontal = step === 'left' || step === 'right';
  const sign = step === 'right' || step === 'down' ? 1 : -1;
  let best: { slug: SiteSlug; distance: number } | null = null;
  for (const { slug, column, row } of places) {
    const [dx, dy] = [column - start.column, row - start.row];
    const ahead = sign * (horizontal ? dx : dy);
    const aside = Math.abs(horizontal ? dy : dx);
    if (ahead <= 0) continue;
    // Two tiles ahead are nearer than one to the side: rows and columns are followed as far as they go.
    const distance = ahead + 3 * aside;
    if (best === null || distance < best.distance) best = { slug, distance };
  }
  return best?.slug ?? start.slug;
}
