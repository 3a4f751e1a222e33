/** What all parts of the page share. */
import type { Ticker } from '$lib/state/ticker.svelte';
import { createContext } from 'svelte';
import type { HealthDesk } from './healthDesk.svelte';

export const [useDesk, provideDesk] = createContext<HealthDesk>();
export const [useTicker, provideTicker] = createContext<Ticker>();
