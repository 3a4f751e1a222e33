import { mountPage } from '$lib/ui/page';
import Screen from './Screen.svelte';

mountPage(Screen);
