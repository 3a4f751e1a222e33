/** Turns key presses into what the podium does. */
import { isTyping } from '$lib/ui/typing';
import { actionOf } from './keys';
import type { Podium } from './podium.svelte';

/** Listens; the returned function ends it. */
export function listenToKeys(podium: Podium): () => void {
  const press = (event: KeyboardEvent) => {
    const action = actionOf(event, isTyping(event.target));
    if (action === null) return;
    const dialogs = document.querySelectorAll<HTMLDialogElement>('dialog[open]');
    // Nothing happens behind a dialog, but for what cannot wait; whoever does that sees it.
    if (dialogs.length > 0 && action !== 'interrupt') return;
    dialogs.forEach((dialog) => dialog.close());
    event.preventDefault();
    podium.do(action);
  };
  window.addEventListener('keydown', press);
  return () => window.removeEventListener('keydown', press);
}
