/** Which sites the table shows, and in which order. Pure. */
import type { Standing } from '$lib/health/standing';
import { byName } from '$lib/i18n/order';
import { search } from '$lib/i18n/search';
import type { ContentFault, SiteSlug, SiteView } from '$lib/wire';

/** What decides where a site stands in the table. */
export type RowFacts = { view: SiteView; standing: Standing; faults: readonly ContentFault[] };

/** Orders of the table. */
export const ORDERS = ['trouble', 'name'] as const;
/** One of them. */
export type Order = (typeof ORDERS)[number];

/** What is asked for; an empty region, text or state means all. */
export type Filter = { region: string; standing: Standing | ''; text: string };

/** Nothing in particular. */
export const ALL: Filter = { region: '', standing: '', text: '' };

/** A site that is absent may be so on purpose; one that is here and has a fault has not. */
const RANK: Record<Standing, number> = { lost: 0, bad: 1, weak: 2, absent: 4, good: 5 };
/** Good line, but something is wrong with picture or sound. */
const FAULTY_RANK = 3;

/** How much trouble a site is in; smaller is worse. */
export function troubleRank({ standing, faults }: RowFacts): number {
  return standing === 'good' && faults.length > 0 ? FAULTY_RANK : RANK[standing];
}

/** Slugs in an order; sites in equal trouble stay in the order of the wall. */
export function ordered(rows: readonly RowFacts[], order: Order): SiteSlug[] {
  const name = byName<RowFacts>(({ view }) => view.name);
  const worse = (left: RowFacts, right: RowFacts) =>
    troubleRank(left) - troubleRank(right) || right.faults.length - left.faults.length;
  return rows.toSorted(order === 'name' ? name : worse).map(({ view }) => view.slug);
}

/** True if a site answers the filter. */
export function answers({ region, standing }: Filter, row: RowFacts): boolean {
  return (region === '' || row.view.region === region) && (standing === '' || row.standing === standing);
}

/** Slugs of the sites that answer the filter, its text included. */
export function filtered(rows: readonly RowFacts[], filter: Filter): ReadonlySet<SiteSlug> {
  const kept = rows.filter((row) => answers(filter, row));
  const found = filter.text.trim() === '' ? kept : search(filter.text, kept, textsOf);
  return new Set(found.map(({ view }) => view.slug));
}

const textsOf = ({ view }: RowFacts) => [view.name, view.code, view.full_name, view.carrier];
