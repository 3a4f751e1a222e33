/**
 * How long the programme waits before it is played. Pure: losses, round trip and time come in, the wish comes out.
 *
 * Without losses picture and sound wait equally long. A browser that chooses by itself begins with some 20 ms for the one and 60
 * for the other, and takes seconds after each take until lips are together again.
 *
 * Where packets are lost. Sound: the relay lets each packet carry the one to three before it (RED, RFC 2198); a browser that plays a sound after 40 ms has
 * invented it by the time its repetition comes. Pictures: what is lost is asked for and sent again. Browsers decode what came late
 * in a heap, and show the last of it: the picture stutters although no frame is missing.
 */

/** Without losses: what a busy page sways by. */
export const STEADY_MS = 100;
/** From this share of lost packets on the programme waits: the relay repeats sound from about here on. */
export const LOSSY = 0.02;
/** Reports after another, two seconds each, from which on losses are the line's own. */
export const LASTING = 2;
/** Sound: three packets of 20 ms, and the sway of a network that loses. */
export const SOUND_MS = 120;
/** Pictures, beside the round trip: browsers that only receive ask a second time after 100 ms, whatever the round trip. */
export const PICTURE_MS = 200;
/** Nobody waits longer for a picture. */
export const LONGEST_PICTURE_MS = 600;
/** Of a round trip that was longer, so much is left at each report, two seconds later. */
export const FORGETS = 0.95;
/** Waits change by so much, ms: each change bends the sound a little. */
export const STEP_MS = 50;
/** Each change bends the sound a little: it waits on for so long after the last loss. */
export const CALM_MS = 20_000;

/** Times to wait, ms. */
export type Waits = { sound: number; picture: number };

/** Without losses. */
export const STEADY: Waits = { sound: STEADY_MS, picture: STEADY_MS };

/** The buffer of one page's programme. */
export class LossBuffer {
  #lossyAt: number | null = null;
  #lossyReports = 0;
  /** Longest round trip lately: the wait follows it up at once, and down slowly. */
  #rtt = 0;

  /** Share of packets that was lost lately, and the round trip, ms. */
  handleLoss(share: number, rtt: number, now: number): Waits {
    // Once is a line that has become thin: a lower layer is on its way to it, and must not wait.
    this.#lossyReports = share >= LOSSY ? this.#lossyReports + 1 : 0;
    if (this.#lossyReports >= LASTING) this.#lossyAt = now;
    if (this.#lossyAt === null || now - this.#lossyAt >= CALM_MS) {
      this.#rtt = 0;
      return STEADY;
    }
    this.#rtt = Math.max(this.#rtt * FORGETS, rtt);
    const picture = Math.ceil((PICTURE_MS + this.#rtt) / STEP_MS) * STEP_MS;
    return { sound: SOUND_MS, picture: Math.min(LONGEST_PICTURE_MS, picture) };
  }
}
