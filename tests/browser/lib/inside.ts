// What the tests need of a page, whichever browser it is in and whatever drives that.

/** A page in which code can be run. */
export interface Inside {
  evaluate<R, A>(code: (argument: A) => R | Promise<R>, argument: A): Promise<R>;
  evaluate<R>(code: () => R | Promise<R>): Promise<R>;
  waitForTimeout(ms: number): Promise<void>;
}
