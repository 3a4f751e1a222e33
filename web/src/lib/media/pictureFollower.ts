/**
 * Which picture a receiver shows: names and layout change with the first frame of a take, not with its message.
 * Pure: frames and messages come in with their time, the picture and `shown` come out.
 */
import type { Cut, Picture, TakeId } from '$lib/wire';
import { type SlotKey, slotKey } from './slots';

/** Without the frame by then the layout changes all the same: a hidden page or a slow decoder must not keep old names. */
export const CUT_PATIENCE_MS = 1_500;
/** Frames that are remembered per slot: the message may arrive after the frame that it speaks of. */
const REMEMBERED_FRAMES = 40;
/** RTP timestamps wrap at 2^32; half of that tells before from after (RFC 3550 §5.1). */
const HALF_RANGE = 0x8000_0000;

/** True if RTP timestamp `at` is `reference` or later. */
export function isAtOrAfter(at: number, reference: number): boolean {
  return (at - reference) >>> 0 < HALF_RANGE;
}

type Frame = { rtpTimestamp: number; at: number };
type Awaited = {
  take: TakeId;
  missing: Map<SlotKey, number>;
  picture: Picture;
  arrivedAt: number;
  lastFrameAt: number;
};

/** That the page shows a take. */
export type Shown = { take: TakeId; elapsedMs: number };

/** Follows the programme of one receiver. */
export class PictureFollower {
  #picture: Picture;
  #frames = new Map<SlotKey, Frame[]>();
  #awaited: Awaited | null = null;
  #shown: Shown[] = [];

  constructor(picture: Picture) {
    this.#picture = picture;
  }

  /** What to show now. */
  get picture(): Picture {
    return this.#picture;
  }

  /** The programme is this now. One that belongs to the awaited cut waits for the cut's frame. */
  handlePicture(picture: Picture): void {
    if (this.#awaited && this.#awaited.take === picture.take) {
      this.#awaited.picture = picture;
      return;
    }
    this.#awaited = null;
    this.#picture = picture;
  }

  /** A take reached this receiver: these frames are its first. */
  handleCut(take: TakeId, cuts: readonly Cut[], picture: Picture, now: number): void {
    const awaited: Awaited = { take, missing: new Map(), picture, arrivedAt: now, lastFrameAt: now };
    for (const cut of cuts) {
      const key = slotKey(cut.slot);
      const seen = this.#frames.get(key)?.find((frame) => isAtOrAfter(frame.rtpTimestamp, cut.rtp_timestamp));
      if (seen) awaited.lastFrameAt = Math.max(awaited.lastFrameAt, seen.at);
      else awaited.missing.set(key, cut.rtp_timestamp);
    }
    this.#awaited = awaited;
    this.#completeIfAll();
  }

  /** A frame of a slot is on the screen. */
  handleFrame(key: SlotKey, rtpTimestamp: number, now: number): void {
    const frames = this.#frames.get(key) ?? [];
    frames.push({ rtpTimestamp, at: now });
    if (frames.length > REMEMBERED_FRAMES) frames.shift();
    this.#frames.set(key, frames);
    const awaited = this.#awaited;
    const reference = awaited?.missing.get(key);
    if (!awaited || reference === undefined || !isAtOrAfter(rtpTimestamp, reference)) return;
    awaited.missing.delete(key);
    awaited.lastFrameAt = now;
    this.#completeIfAll();
  }

  /** A new peer connection: its RTP timestamps have nothing to do with the old ones. */
  handleRebuilt(): void {
    this.#frames.clear();
  }

  /** Time passes. */
  handleTimeout(now: number): void {
    const awaited = this.#awaited;
    if (!awaited || now < awaited.arrivedAt + CUT_PATIENCE_MS) return;
    this.#awaited = null;
    this.#picture = awaited.picture;
  }

  /** When `handleTimeout` wants to be called. */
  pollTimeout(): number | null {
    return this.#awaited ? this.#awaited.arrivedAt + CUT_PATIENCE_MS : null;
  }

  /** A take that is on the screen now and was not yet reported. */
  pollShown(): Shown | undefined {
    return this.#shown.shift();
  }

  #completeIfAll(): void {
    const awaited = this.#awaited;
    if (!awaited || awaited.missing.size > 0) return;
    this.#awaited = null;
    this.#picture = awaited.picture;
    this.#shown.push({
      take: awaited.take,
      elapsedMs: Math.max(0, Math.round(awaited.lastFrameAt - awaited.arrivedAt)),
    });
  }
}
