/** The desk, for all parts of the page. */
import { createContext } from 'svelte';
import type { PlanDesk } from './planDesk.svelte';

export const [usePlan, providePlan] = createContext<PlanDesk>();
