/** An order that does not jump under the pointer of whoever reads it. Pure. */

/** A list that is read may change its order this often, ms. */
export const REORDER_MS = 5_000;

/** Takes over a new order now and then, and never while somebody is at the list. */
export class HeldOrder<T> {
  #order: readonly T[] = [];
  #since = Number.NEGATIVE_INFINITY;

  /** The order to show at `now`. `held`: the pointer or the focus is in the list. `anew`: somebody asked for this order. */
  show(wanted: readonly T[], now: number, held: boolean, anew: boolean): readonly T[] {
    const due = now - this.#since >= REORDER_MS && !held;
    if (anew || due || !sameMembers(this.#order, wanted)) {
      this.#since = now;
      // What is the same list stays the same object: nothing is drawn anew for it.
      if (!sameOrder(this.#order, wanted)) this.#order = wanted;
    }
    return this.#order;
  }
}

function sameOrder<T>(left: readonly T[], right: readonly T[]): boolean {
  return left.length === right.length && left.every((one, place) => one === right[place]);
}

function sameMembers<T>(left: readonly T[], right: readonly T[]): boolean {
  const members = new Set(left);
  return members.size === right.length && right.every((one) => members.has(one));
}
