/** Keeps the focus somewhere when what had it is gone. */
import { tick } from 'svelte';

/** An element that takes the focus if nobody else has it, once the page has changed. */
export function takeLostFocus(element: HTMLElement): void {
  void tick().then(() => {
    if (document.activeElement === null || document.activeElement === document.body)
      element.focus({ preventScroll: true });
  });
}
