/**
 * When a peer connection is to be replaced. It never waits for ICE to make up its mind: a new one takes a few
 * hundred milliseconds, ICE's own verdict up to half a minute. Pure: facts and time come in, the verdict comes out.
 */

/**
 * Media that stops for this long while control is up will not come back by itself. Longer than control waits for a word (`SILENCE_MS`):
 * when the whole line is gone, control is found lost first, and the connection is kept. It goes on when the line is back; a new one
 * would have to be made then, by everybody at once.
 */
export const STALL_MS = 4_000;
/** A new connection that carries nothing by then has failed. */
export const CONNECT_MS = 5_000;
/** The time to the next try doubles up to this, so that a relay in trouble is not flooded with handshakes. */
export const LONGEST_CONNECT_MS = 20_000;

/** What is known about the connection now. */
export type MediaFacts = {
  /** `RTCPeerConnection.connectionState`. */
  connection: RTCPeerConnectionState;
  /** Bytes of any kind that arrived since the connection was made. */
  bytes: number;
  /** Something should be arriving: the programme, tiles, or reports on what the page sends. */
  expected: boolean;
  /** The control connection is up: a stall is then not the network's fault alone, and an offer can be sent. */
  control: boolean;
};

/** Watches one page's media. */
export class MediaWatchdog {
  #builtAt = 0;
  #progressAt = 0;
  #bytes = 0;
  #failures = 0;

  /** A new peer connection was made. */
  handleBuilt(now: number): void {
    this.#builtAt = now;
    this.#progressAt = now;
    this.#bytes = 0;
  }

  /** Facts of this moment; true: build a new connection now. */
  handleFacts(facts: MediaFacts, now: number): boolean {
    if (facts.bytes > this.#bytes) {
      this.#bytes = facts.bytes;
      this.#progressAt = now;
      this.#failures = 0;
    }
    if (!facts.control) {
      // Both are gone: the stall is counted from the return of control on.
      this.#progressAt = Math.max(this.#progressAt, now - STALL_MS / 2);
      return false;
    }
    if (!this.#isDead(facts, now)) return false;
    this.#failures += 1;
    return true;
  }

  #isDead(facts: MediaFacts, now: number): boolean {
    const patience = Math.min(CONNECT_MS * 2 ** Math.max(0, this.#failures - 1), LONGEST_CONNECT_MS);
    if (facts.connection === 'failed' || facts.connection === 'closed') return now >= this.#builtAt + STALL_MS;
    if (facts.connection !== 'connected') {
      const since = this.#bytes > 0 ? this.#progressAt + STALL_MS : this.#builtAt + patience;
      return now >= since;
    }
    if (!facts.expected) {
      this.#progressAt = now;
      return false;
    }
    const bound = this.#bytes > 0 ? this.#progressAt + STALL_MS : this.#builtAt + patience;
    return now >= bound;
  }
}
