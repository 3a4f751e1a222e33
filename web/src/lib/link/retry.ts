/** First retry comes within this time: a page is back before anybody notices (milliseconds). */
export const FIRST_RETRY_MS = 250;
/** Pages retry about once a second for as long as it takes; 64 of them are no load for a server that is up. */
export const LONGEST_RETRY_MS = 1_000;
/** A server that refuses a token or is full is asked more rarely: only a person can change its mind. */
export const REFUSED_RETRY_MS = 5_000;
/** Growth from one attempt to the next: a server that was restarted is up within a second, and is asked four times in it. */
const GROWTH = 1.3;
/** Share of each delay that is random, so that 64 pages do not knock at the same instant. */
const JITTER = 0.4;

/** Delay before attempt `attempt` (0: the first retry), in milliseconds; `random` is uniform in [0, 1). */
export function retryDelay(attempt: number, random: number): number {
  const full = Math.min(FIRST_RETRY_MS * GROWTH ** attempt, LONGEST_RETRY_MS);
  return Math.round(full * (1 - JITTER * random));
}
