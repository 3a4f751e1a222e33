import { mountPage } from '$lib/ui/page';
import Console from './Console.svelte';

mountPage(Console, {});
