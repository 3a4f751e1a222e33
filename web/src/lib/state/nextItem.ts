/** Which item of an agenda runs, and which comes next. Pure. */
import type { AgendaView, ItemView } from '$lib/wire';

/** The item that runs, if any. */
export function runningItem({ items, current }: AgendaView): ItemView | null {
  return items.find((item) => item.id === current && item.finished_at === null) ?? null;
}

/** The first item after the current one that is neither skipped nor begun; before the first: of all. */
export function nextItem({ items, current }: AgendaView): ItemView | null {
  const place = items.findIndex((item) => item.id === current);
  return items.slice(place + 1).find((item) => !item.skipped && item.started_at === null) ?? null;
}
