/** What every page does first: fonts, colours, language; then its component is mounted. */
import '$lib/theme/base.css';
import '$lib/i18n/locale.svelte';
import { type Component, mount } from 'svelte';

/** Mounts a page's component. */
export function mountPage<P extends Record<string, unknown>>(page: Component<P>, props: P): void {
  const target = document.getElementById('app');
  if (target) mount(page, { target, props });
}
