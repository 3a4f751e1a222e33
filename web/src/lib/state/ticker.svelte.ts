/** A clock that widgets can read: it wakes them at most once per period. */
export class Ticker {
  /** Server's time, ms since the epoch. */
  now: number = $state(0);
  #read: () => number;

  constructor(read: () => number) {
    this.#read = read;
    this.now = read();
  }

  /** Begins; the returned function ends it. */
  start(periodMs: number): () => void {
    const tick = () => (this.now = this.#read());
    tick();
    const timer = setInterval(tick, periodMs);
    return () => clearInterval(timer);
  }
}
