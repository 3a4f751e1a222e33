/** Language of the page: Vietnamese first, switched without a reload, remembered. */
import { recall, remember } from '$lib/link/storage';
import { isLocale, overwriteGetLocale, type Locale } from '$lib/paraglide/runtime';

const remembered = recall('locale');
let current: Locale = $state(isLocale(remembered) ? remembered : 'vi');

// Messages read the signal, so every text on the page follows a switch by itself.
overwriteGetLocale(() => current);
markDocument();

/** The page's language. */
export function locale(): Locale {
  return current;
}

/** Switches the language. */
export function setLocale(to: Locale): void {
  current = to;
  remember('locale', to);
  markDocument();
}

function markDocument(): void {
  document.documentElement.lang = current;
}
