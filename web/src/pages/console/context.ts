/** What all parts of the console share. */
import type { Ticker } from '$lib/state/ticker.svelte';
import { createContext } from 'svelte';
import type { Desk } from './desk.svelte';
import type { Keyboard } from './keyboard.svelte';

export const [useDesk, provideDesk] = createContext<Desk>();
export const [useKeyboard, provideKeyboard] = createContext<Keyboard>();
export const [useTicker, provideTicker] = createContext<Ticker>();
