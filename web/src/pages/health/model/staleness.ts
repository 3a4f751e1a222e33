/** Whether figures are still those of now. Pure. */

/** Figures older than this are shown as old, ms. */
export const STALE_MS = 5_000;

/** Age of figures of `at` that are old at `now`, whole seconds; none: they are not. 0 for `at`: none have come. */
export function staleSeconds(at: number, now: number): number | null {
  return at > 0 && now - at > STALE_MS ? Math.floor((now - at) / 1_000) : null;
}
