/** Samples kept; the one with the shortest round trip wins, and a clock that steps is noticed within this many pings. */
const SAMPLES = 8;

/** Estimates the server's clock from pongs: the sample of the shortest round trip has the least error. */
export class ServerClock {
  #samples: { roundTrip: number; offset: number }[] = [];

  /** Takes a pong that left at `sentAt`, arrived at `receivedAt` (both local) and says `serverNow`. All in ms. */
  sample(sentAt: number, receivedAt: number, serverNow: number): void {
    const roundTrip = receivedAt - sentAt;
    this.#samples.push({ roundTrip, offset: serverNow - (sentAt + roundTrip / 2) });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** True after the first sample. */
  get known(): boolean {
    return this.#samples.length > 0;
  }

  /** What to add to the local clock to get the server's, ms; 0 before the first sample. */
  get offset(): number {
    let best: { roundTrip: number; offset: number } | undefined;
    for (const sample of this.#samples) if (!best || sample.roundTrip < best.roundTrip) best = sample;
    return best?.offset ?? 0;
  }

  /** Round trip of the best sample, ms; none before the first. */
  get roundTrip(): number | undefined {
    return this.#samples.length ? Math.min(...this.#samples.map((sample) => sample.roundTrip)) : undefined;
  }
}
