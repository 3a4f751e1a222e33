import { mountPage } from '$lib/ui/page';
import Site from './Site.svelte';

mountPage(Site);
