/** What the drag-and-drop library says of a list, in the page's language. */
import { m } from '$lib/paraglide/messages';
import { setAriaStrings } from 'svelte-dnd-action';

/** Gives the library its words; run it in an effect, so that they follow the language. */
export function listWords(): void {
  setAriaStrings({ zoneActiveInstruction: m.list_drag(), zoneDragDisabledInstruction: m.list_fixed() });
}
