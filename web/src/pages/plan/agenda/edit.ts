/** Edits of an agenda, each a new list. Pure. */
import type { ItemPlan } from '$lib/wire';
import { MINUTE_MS } from '../model/bounds';
import { freeId } from '../model/ids';

/** An item of which nothing is known. */
export function emptyItem(taken: ReadonlySet<string>): ItemPlan {
  return {
    id: freeId('muc', taken),
    title: '',
    speaker: null,
    site: null,
    planned_ms: 0,
    layout: null,
    documents: [],
  };
}

/** Adds an empty item behind another one, or at the end. */
export function addAfter(items: readonly ItemPlan[], id: string | null): { list: ItemPlan[]; added: ItemPlan } {
  const added = emptyItem(new Set(items.map((item) => item.id)));
  const place = items.findIndex((item) => item.id === id);
  return { list: items.toSpliced(place < 0 ? items.length : place + 1, 0, added), added };
}

/** Leaves an item out. */
export const removeItem = (items: readonly ItemPlan[], id: string): ItemPlan[] =>
  items.filter((item) => item.id !== id);

/** Puts an item at a place, from 0; the same list if it is there, or the place is none. */
export function moveItem(items: readonly ItemPlan[], id: string, to: number): readonly ItemPlan[] {
  const from = items.findIndex((item) => item.id === id);
  if (from < 0 || from === to || to < 0 || to >= items.length) return items;
  return items.toSpliced(from, 1).toSpliced(to, 0, items[from]!);
}

/** Changes an item. */
export const changeItem = (items: readonly ItemPlan[], id: string, to: Partial<ItemPlan>): ItemPlan[] =>
  items.map((item) => (item.id === id ? { ...item, ...to } : item));

/** Planned time of all items, ms. */
export const totalMs = (items: readonly ItemPlan[]): number => items.reduce((sum, item) => sum + item.planned_ms, 0);

/** When each item would begin, ms after the first. */
export function startsOf(items: readonly ItemPlan[]): number[] {
  let at = 0;
  return items.map((item) => {
    const start = at;
    at += item.planned_ms;
    return start;
  });
}

/** The agenda as a table, with headings that the import knows. */
export function agendaTable(items: readonly ItemPlan[], name: (site: string) => string): (string | number)[][] {
  const heading = ['id', 'Nội dung', 'Người phát biểu', 'Chức danh', 'Cơ quan', 'Điểm cầu', 'Số phút', 'Bố cục'];
  return [
    heading,
    ...items.map(({ id, title, speaker, site, planned_ms, layout }) => [
      id,
      title,
      speaker?.name ?? '',
      speaker?.title ?? '',
      speaker?.organisation ?? '',
      site === null ? '' : name(site),
      Math.round(planned_ms / MINUTE_MS),
      layout ?? '',
    ]),
  ];
}
