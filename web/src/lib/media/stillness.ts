/**
 * Whether media really arrives, by the browser's own counters and not by what a message said: which pictures stand, and whether the
 * transport is silent. Pure: counters and their time come in.
 */
import type { SlotKey } from './slots';

/** A picture without a new frame for so long stands, ms. Content that nobody touches still refreshes once a second. */
export const STILL_MS = 2_500;

/** Whether anything arrives; unknown until one look after the connection was made. */
export type Flow = 'unknown' | 'running' | 'stopped';
/** What is wrong with a picture: it stopped, or never was there. */
export type Still = 'stopped' | 'never';

type Progress = { count: number; since: number };

/** Watches the counters of one peer connection after the other. */
export class Stillness {
  #bytes: Progress | null = null;
  #frames = new Map<SlotKey, Progress>();

  /** A new peer connection counts from zero. */
  handleBuilt(): void {
    this.#bytes = null;
    this.#frames.clear();
  }

  /** Bytes of the whole transport and decoded frames by slot, since the connection was made; `now` in ms. */
  handleCounts(bytes: number, frames: ReadonlyMap<SlotKey, number>, now: number): void {
    this.#bytes = progress(this.#bytes ?? undefined, bytes, now);
    for (const [key, count] of frames) this.#frames.set(key, progress(this.#frames.get(key), count, now));
  }

  /** Whether anything arrives. */
  flowAt(now: number): Flow {
    if (!this.#bytes) return 'unknown';
    return now - this.#bytes.since < STILL_MS ? 'running' : 'stopped';
  }

  /** Slots whose picture stands. */
  stillAt(now: number): ReadonlyMap<SlotKey, Still> {
    const standing = [...this.#frames].filter(([, { since }]) => now - since >= STILL_MS);
    return new Map(standing.map(([key, { count }]) => [key, count > 0 ? 'stopped' : 'never']));
  }
}

function progress(before: Progress | undefined, count: number, now: number): Progress {
  return before && count <= before.count ? before : { count, since: now };
}
