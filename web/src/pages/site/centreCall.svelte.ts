/** The site's call to the control room: it rings until somebody there answers or the site hangs up, also across a cut. */

/** One call. `send` tells the server; false: it cannot be told now. */
export class CentreCall {
  /** People here have called and nobody has ended it. */
  #wanted: boolean = $state(false);
  /** Since when the control room sees the call, ms since the epoch; none: it sees none. */
  #since: number | null = $state(null);
  /** The control room has seen this call: when it sees it no more, it was answered. */
  #seen = false;
  #send: (calling: boolean) => boolean;

  constructor(send: (calling: boolean) => boolean) {
    this.#send = send;
  }

  /** It rings, begun here or at another device of the site. */
  get calling(): boolean {
    return this.#wanted || this.#since !== null;
  }

  /** Since when the control room sees it; none: not yet. */
  get since(): number | null {
    return this.#since;
  }

  begin(): void {
    this.#wanted = true;
    this.#seen = false;
    this.#send(true);
  }

  hangUp(): void {
    this.#wanted = false;
    this.#send(false);
  }

  /** The control connection is gone, and what the server knew of the call perhaps with it: silence is no answer. */
  handleLost(): void {
    this.#seen = false;
  }

  /** The control connection is there, again or for the first time. */
  handleReady(): void {
    if (this.#wanted) this.#send(true);
  }

  /** What the live facts say of the site's call. */
  handleLive(since: number | null): void {
    this.#since = since;
    if (since !== null) this.#seen = true;
    else if (this.#seen) this.#wanted = this.#seen = false;
  }
}
