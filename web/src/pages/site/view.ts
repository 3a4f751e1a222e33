/** What is loaded after the session has begun. */
import type { Joined } from '$lib/state/join';
import { mountPage } from '$lib/ui/page';
import Site from './Site.svelte';

/** Shows the site's page. */
export const show = (joined: Joined | null) => mountPage(Site, { joined });
