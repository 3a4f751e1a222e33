/** Clocks show seconds; four looks a second keep them from skipping one, ms. */
const PERIOD_MS = 250;

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
  start(): () => void {
    const tick = () => (this.now = this.#read());
    tick();
    const timer = setInterval(tick, PERIOD_MS);
    return () => clearInterval(timer);
  }
}
