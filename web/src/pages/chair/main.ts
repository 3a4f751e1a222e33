import { mountPage } from '$lib/ui/page';
import Chair from './Chair.svelte';

mountPage(Chair, {});
