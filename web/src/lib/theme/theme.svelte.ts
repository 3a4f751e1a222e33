/** Light or dark, chosen by the people in the room and remembered. Consoles stay dark: control rooms are. */
import { recall, remember } from '$lib/link/storage';

/** The colours of a page. */
export type Theme = 'dark' | 'light';

const remembered = recall('theme');
let current: Theme = $state(remembered === 'light' ? 'light' : 'dark');

/** The page's theme. */
export function theme(): Theme {
  return current;
}

/** Switches the theme. */
export function setTheme(to: Theme): void {
  current = to;
  remember('theme', to);
  applyTheme();
}

/** Colours the page as it was chosen last. */
export function applyTheme(): void {
  document.documentElement.dataset['theme'] = current;
}
