/** The speech clock as a function of its state and the server's time. Pure. */
import type { HolderView, QueueEntry, SiteView, SpeechClock } from '$lib/wire';

/** Seconds that one press adds to a speech. */
export const EXTENSION_S = 60;

/** How the clock stands. */
export type ClockPhase = 'normal' | 'warning' | 'overrun';

/** What a clock shows. */
export type ClockReading = {
  phase: ClockPhase;
  running: boolean;
  /** Spoken so far, ms. */
  spokenMs: number;
  /** Left, ms, never negative; none where no time was set. */
  remainingMs: number | null;
  /** Beyond the time allowed, ms. */
  overrunMs: number;
  /** Share of the time allowed that is used, 0 to 1; 0 without a limit. */
  share: number;
};

/** Reads a clock at the server's time `now`. */
export function readClock(clock: SpeechClock, now: number): ClockReading {
  const running = clock.running_since !== null;
  const spokenMs = clock.spoken_ms + Math.max(0, clock.running_since === null ? 0 : now - clock.running_since);
  if (clock.allowed_ms === 0) {
    return { phase: 'normal', running, spokenMs, remainingMs: null, overrunMs: 0, share: 0 };
  }
  const left = clock.allowed_ms - spokenMs;
  return {
    phase: left < 0 ? 'overrun' : left <= clock.warning_ms ? 'warning' : 'normal',
    running,
    spokenMs,
    remainingMs: Math.max(0, left),
    overrunMs: Math.max(0, -left),
    share: Math.min(1, spokenMs / clock.allowed_ms),
  };
}

/** The clock of a speech that a dropout cut off, as it stands in the queue; none: the place is an ordinary one. */
export function heldOver({ spoken_ms, allowed_ms }: QueueEntry): ClockReading | null {
  if (spoken_ms === 0 && allowed_ms === 0) return null;
  return readClock({ allowed_ms, warning_ms: 0, spoken_ms, running_since: null }, 0);
}

/** All that a site has spoken at the server's time `now`, with the speech that runs, ms. */
export function spokenInAll({ slug, spoken_ms }: SiteView, holder: HolderView | null, now: number): number {
  return spoken_ms + (holder?.site === slug ? readClock(holder.clock, now).spokenMs : 0);
}
