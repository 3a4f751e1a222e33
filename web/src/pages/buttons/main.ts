import { mountPage } from '$lib/ui/page';
import Buttons from './Buttons.svelte';

mountPage(Buttons, {});
