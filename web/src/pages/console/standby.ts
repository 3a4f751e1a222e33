/** Who could speak in the place of a holder that has dropped out. Pure. */
import { nextItem } from '$lib/state/nextItem';
import type { AgendaView, FloorView, SiteSlug } from '$lib/wire';

/** A site that is next, and by what. */
export type Standby = { site: SiteSlug; by: 'queue' | 'agenda' };

/** The next site of the queue, else of the agenda, other than `missing`; none: nobody is next. */
export function standbyFor(missing: SiteSlug, { queue }: FloorView, agenda: AgendaView): Standby | null {
  const asked = queue.find((entry) => entry.site !== missing);
  if (asked) return { site: asked.site, by: 'queue' };
  const site = nextItem(agenda)?.site ?? null;
  return site === null || site === missing ? null : { site, by: 'agenda' };
}

/** A holder whose place is held, and who is next. */
export type Dropout = { holder: SiteSlug; graceUntil: number; standby: Standby | null };

/** The dropout of the floor's holder; none: it is there, or nobody has the floor. */
export function dropoutOf(floor: FloorView, agenda: AgendaView): Dropout | null {
  const { holder } = floor;
  if (!holder || holder.grace_until === null) return null;
  return { holder: holder.site, graceUntil: holder.grace_until, standby: standbyFor(holder.site, floor, agenda) };
}

/**
 * The site that a step through the queue leads to, from the one in preview; none: nobody waits. Where nobody waits and the holder has
 * dropped out, the step leads to its standby.
 */
export function stepInQueue(
  step: 1 | -1,
  inPreview: SiteSlug | undefined,
  floor: FloorView,
  agenda: AgendaView,
): SiteSlug | null {
  const queue = floor.queue.map((entry) => entry.site);
  if (queue.length === 0) return dropoutOf(floor, agenda)?.standby?.site ?? null;
  const place = inPreview === undefined ? -1 : queue.indexOf(inPreview);
  if (place < 0) return queue[step === 1 ? 0 : queue.length - 1]!;
  return queue[Math.min(Math.max(0, place + step), queue.length - 1)]!;
}
