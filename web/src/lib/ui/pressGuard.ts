/** Keeps something that moves the day on from happening twice by one slip of the hand. Pure. */

/** A second press within this time is the same press (ms). */
export const DEBOUNCE_MS = 300;

/** Lets a press through once. */
export class PressGuard {
  #lastAt = Number.NEGATIVE_INFINITY;

  /** True: this press counts. `repeat` is the keyboard's. */
  admit(now: number, repeat: boolean): boolean {
    if (repeat || now - this.#lastAt < DEBOUNCE_MS) return false;
    this.#lastAt = now;
    return true;
  }
}
