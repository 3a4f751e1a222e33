import type { MediaPlan, Slot } from '$lib/wire';

/** A slot as a key of maps, for example `program:0`, `return`. */
export type SlotKey = string;

/** Key of a slot. */
export function slotKey(slot: Slot): SlotKey {
  return 'index' in slot ? `${slot.name}:${slot.index}` : slot.name;
}

/** Slots of these names in which a page receives pictures, in the plan's order. */
export function pictureSlots(plan: MediaPlan | null, ...names: Slot['name'][]): SlotKey[] {
  const lines = plan?.lines ?? [];
  const received = lines.filter(({ kind, direction }) => kind === 'video' && direction === 'receive');
  return received.filter((line) => names.includes(line.slot.name)).map((line) => slotKey(line.slot));
}

/** How many slots of a name the plan has, for example tiles of the wall. */
export function slotCount(plan: MediaPlan, name: Slot['name']): number {
  return new Set(plan.lines.filter((line) => line.slot.name === name).map((line) => slotKey(line.slot))).size;
}
