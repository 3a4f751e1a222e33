import type { MediaKind, MediaPlan, Slot } from '$lib/wire';

/** A slot as a key of maps, for example `program:0`, `return`. */
export type SlotKey = string;

/** Key of a slot. */
export function slotKey(slot: Slot): SlotKey {
  return 'index' in slot ? `${slot.name}:${slot.index}` : slot.name;
}

/** Slots of these names in which a page receives pictures or sounds, in the plan's order. */
export function receivedSlots(plan: MediaPlan | null, kind: MediaKind, ...names: Slot['name'][]): SlotKey[] {
  const received = (plan?.lines ?? []).filter((line) => line.kind === kind && line.direction === 'receive');
  return received.filter((line) => names.includes(line.slot.name)).map((line) => slotKey(line.slot));
}

/** How many slots of a name the plan has, for example tiles of the wall. */
export function slotCount(plan: MediaPlan, name: Slot['name']): number {
  return new Set(plan.lines.filter((line) => line.slot.name === name).map((line) => slotKey(line.slot))).size;
}
