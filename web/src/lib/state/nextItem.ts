/** Which item of an agenda runs, and which comes next. Pure. */
import type { AgendaView, ItemView } from '$lib/wire';

/** The item that runs, if any. */
export function runningItem({ items, current }: AgendaView): ItemView | null {
  return items.find((item) => item.id === current && item.finished_at === null) ?? null;
}

/** The first item after the current one that is neither skipped nor begun; between two items: after the one that began last. */
export function nextItem({ items, current }: AgendaView): ItemView | null {
  const begun = (item: ItemView): number => item.started_at ?? Number.NEGATIVE_INFINITY;
  const latest = items.reduce<ItemView | null>((last, item) => {
    return item.started_at !== null && (last === null || begun(item) >= begun(last)) ? item : last;
  }, null);
  const place = items.findIndex((item) => item.id === (current ?? latest?.id));
  return items.slice(place + 1).find((item) => !item.skipped && item.started_at === null) ?? null;
}
