/** Who could speak in the place of a holder that has dropped out. Pure. */
import { nextItem } from '$lib/state/nextItem';
import type { AgendaView, FloorView, SiteSlug } from '$lib/wire';

/** A site that is next, and by what. */
export type Standby = { site: SiteSlug; by: 'queue' | 'agenda' };

/** What a standby depends on. */
export type Waiting = {
  floor: FloorView;
  agenda: AgendaView;
  /** True if the site can be shown. */
  online: (site: SiteSlug) => boolean;
};

/** The next site of the queue, else of the agenda, other than `missing`, that can be shown; none: nobody is next. */
export function standbyFor(missing: SiteSlug, { floor, agenda, online }: Waiting): Standby | null {
  const able = (site: SiteSlug) => site !== missing && online(site);
  const asked = floor.queue.find((entry) => able(entry.site));
  if (asked) return { site: asked.site, by: 'queue' };
  const site = nextItem(agenda)?.site ?? null;
  return site !== null && able(site) ? { site, by: 'agenda' } : null;
}

/** A holder whose place is held, and who is next. */
export type Dropout = { holder: SiteSlug; graceUntil: number; standby: Standby | null };

/** The dropout of the floor's holder; none: it is there, or nobody has the floor. */
export function dropoutOf(waiting: Waiting): Dropout | null {
  const { holder } = waiting.floor;
  if (!holder || holder.grace_until === null) return null;
  return { holder: holder.site, graceUntil: holder.grace_until, standby: standbyFor(holder.site, waiting) };
}

/**
 * The site that a step through the queue leads to, from the one in preview; none: nobody waits. Where nobody waits and the holder has
 * dropped out, the step leads to its standby.
 */
export function stepInQueue(step: 1 | -1, inPreview: SiteSlug | undefined, waiting: Waiting): SiteSlug | null {
  const queue = waiting.floor.queue.map((entry) => entry.site);
  if (queue.length === 0) return dropoutOf(waiting)?.standby?.site ?? null;
  const place = inPreview === undefined ? -1 : queue.indexOf(inPreview);
  if (place < 0) return queue[step === 1 ? 0 : queue.length - 1]!;
  return queue[Math.min(Math.max(0, place + step), queue.length - 1)]!;
}
