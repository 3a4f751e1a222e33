/** Keeps the focus where the keys are at home while the mouse presses buttons. */
import { fieldAt } from '$lib/ui/typing';
import type { SiteSlug } from '$lib/wire';

/** Attribute of the wall's element, so that arrows inside it are the wall's. */
export const WALL_ATTRIBUTE = 'data-wall';

/** Goes to a site's tile. */
export function focusTile(site: SiteSlug): void {
  document.querySelector<HTMLElement>(`[${WALL_ATTRIBUTE}] [data-site="${CSS.escape(site)}"]`)?.focus();
}

/**
 * A button that is pressed with the mouse does not get the focus: arrows would be dead on the wall, and the next Enter would press it
 * again. Fields are left as everywhere, and dialogs are worked through from control to control.
 */
export function keepWallFocus(root: HTMLElement): () => void {
  const keep = (event: MouseEvent) => {
    if (takesFocus(event.target)) return;
    event.preventDefault();
  };
  root.addEventListener('mousedown', keep);
  return () => root.removeEventListener('mousedown', keep);
}

function takesFocus(target: EventTarget | null): boolean {
  const button = target instanceof Element ? target.closest('button') : null;
  return !button || button.closest('dialog, [role="dialog"]') !== null || fieldAt(document.activeElement) !== null;
}
