/** Whether what is known of the sites is still what is there. Pure. */

/** Facts older than this are shown as old (ms). */
export const STALE_MS = 5_000;

/** True if facts of the server's time `factsAt` are old at `now`; without control they are, whatever their time. 0: none have come. */
export function areStale(ready: boolean, factsAt: number, now: number): boolean {
  return !ready || (factsAt > 0 && now - factsAt > STALE_MS);
}
