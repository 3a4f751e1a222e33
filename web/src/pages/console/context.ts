/** What all parts of the console share. */
import type { Ticker } from '$lib/state/ticker.svelte';
import { createContext } from 'svelte';
import type { Desk } from './desk.svelte';

export const [useDesk, provideDesk] = createContext<Desk>();
export const [useTicker, provideTicker] = createContext<Ticker>();
