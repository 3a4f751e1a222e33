/** How a tour stands. Pure. */
import type { SiteSlug, TourView } from '$lib/wire';

/** A tour as it is shown: the site now, the site next (none: the tour ends), and how long until then (ms). */
export type TourReading = {
  place: number;
  count: number;
  site: SiteSlug;
  next: SiteSlug | null;
  leftMs: number;
};

/** Reads a tour at the server's time `now`. Sites that do not send are passed over, as the server does. */
export function readTour(tour: TourView, now: number, sends: (site: SiteSlug) => boolean): TourReading | null {
  const site = tour.sites[tour.place];
  if (site === undefined) return null;
  const after = tour.sites.slice(tour.place + 1);
  const again = tour.repeat ? tour.sites.slice(0, tour.place + 1) : [];
  return {
    place: tour.place + 1,
    count: tour.sites.length,
    site,
    next: [...after, ...again].find(sends) ?? null,
    leftMs: Math.max(0, tour.next_at - now),
  };
}
