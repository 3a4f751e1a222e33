/** How long a dangerous button is held, ms. */
export const HOLD_MS = 1_000;

/** A press that counts only when it lasted a second. */
export class Hold {
  active: boolean = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #done: () => void;

  constructor(done: () => void) {
    this.#done = done;
  }

  begin(): void {
    if (this.active) return;
    this.active = true;
    this.#timer = setTimeout(() => {
      this.active = false;
      this.#done();
    }, HOLD_MS);
  }

  end(): void {
    this.active = false;
    clearTimeout(this.#timer);
  }
}
