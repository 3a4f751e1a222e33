// Whether the machine kept time: pages tick, and write down how late they were. A page that stood still got no processor, and the
// encoders and decoders beside it did not either; what they did in that time is no fault of the conference.
import type { Inside } from "./inside.ts";

/** A page ticks this often, ms. */
const TICK_MS = 25;
/** Whoever ticks so much too late, ms, stood still: as long as a picture may be late before WebRTC calls it a freeze. */
const STANDSTILL_MS = 150;

/** The clocks of some pages. */
export class Pace {
  readonly #pages: Inside[];
  /** The longest standstill of all that was asked for, ms. */
  longest = 0;

  private constructor(pages: Inside[]) {
    this.#pages = pages;
  }

  static async keep(pages: Inside[]): Promise<Pace> {
    await Promise.all(pages.map((page) => page.evaluate(tick, { every: TICK_MS, late: STANDSTILL_MS })));
    return new Pace(pages);
  }

  /** The longest time in a span (ms since the epoch) in which one of the pages stood still, ms; 0: all kept time. */
  async standstill(from: number, to: number): Promise<number> {
    const each = await Promise.all(this.#pages.map((page) => page.evaluate(stood, { from, to })));
    const standstill = Math.max(0, ...each);
    this.longest = Math.max(this.longest, standstill);
    return standstill;
  }
}

/** A standstill of a page: its end, ms since the epoch, and its length, ms. */
interface Standstill {
  until: number;
  ms: number;
}

/** Runs in the page. */
function tick({ every, late }: { every: number; late: number }): void {
  const standstills: Standstill[] = [];
  Object.assign(window, { standstills });
  let due = performance.now() + every;
  setInterval(() => {
    const now = performance.now();
    if (now - due >= late) standstills.push({ until: Date.now(), ms: now - due });
    due = now + every;
  }, every);
}

/** Runs in the page. */
function stood({ from, to }: { from: number; to: number }): number {
  const { standstills } = window as unknown as { standstills: Standstill[] };
  return Math.max(0, ...standstills.filter(({ until, ms }) => until >= from && until - ms <= to).map(({ ms }) => ms));
}
