/**
 * How long the programme's sound waits before it is played. Where packets are lost, the relay lets each packet carry the one to three
 * before it (RED, RFC 2198); a browser that plays a sound after 40 ms has invented it by the time its repetition comes.
 * Pure: losses and time come in, the wish comes out.
 */

/** From this share of lost packets on sound waits: the relay repeats it from about here on. */
export const LOSSY = 0.02;
/** Three packets of 20 ms, and the sway of a network that loses. */
export const LOSSY_BUFFER_MS = 120;
/** Each change bends the sound a little: it waits on for so long after the last loss. */
export const CALM_MS = 20_000;

/** The buffer of one page's programme. */
export class SoundBuffer {
  #lossyAt: number | null = null;

  /** Share of packets that was lost lately; gives the time to wait, ms. Null: as the browser thinks best. */
  handleLoss(share: number, now: number): number | null {
    if (share >= LOSSY) this.#lossyAt = now;
    return this.#lossyAt !== null && now - this.#lossyAt < CALM_MS ? LOSSY_BUFFER_MS : null;
  }
}
