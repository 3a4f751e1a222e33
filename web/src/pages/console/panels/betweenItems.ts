/** What is said of the agenda while no item of it runs. Pure. */
import { m } from '$lib/paraglide/messages';
import { itemTime } from '$lib/state/forecast';
import { nextItem } from '$lib/state/nextItem';
import type { AgendaView } from '$lib/wire';

/** `Đã xong 2/5 mục. Tiếp theo: Thảo luận`; before the first: that none has begun. */
export function betweenItemsText(agenda: AgendaView): string {
  const { items } = agenda;
  if (items.length === 0) return m.agenda_empty();
  if (items.every((item) => item.started_at === null)) return m.item_none({ count: items.length });
  const done = items.filter((item) => itemTime(item, 0).state === 'done').length;
  const count = items.filter((item) => !item.skipped).length;
  const next = nextItem(agenda);
  return next ? m.items_done_next({ done, count, next: next.title }) : m.items_done({ done, count });
}
