/** What is loaded after the session has begun. */
import type { Joined } from '$lib/state/join';
import { mountPage } from '$lib/ui/page';
import Screen from './Screen.svelte';

/** Shows the screen. */
export const show = (joined: Joined | null) => mountPage(Screen, { joined });
