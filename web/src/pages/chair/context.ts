/** What all parts of the page share. */
import { createContext } from 'svelte';
import type { Podium } from './podium.svelte';

export const [usePodium, providePodium] = createContext<Podium>();
