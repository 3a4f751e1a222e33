// Who may be heard where, before, during and after each take. Everybody who may not is silent without a break.
import { expect } from "@playwright/test";

import type { Inside } from "./inside.ts";
import { Pace } from "./pace.ts";
import { Ears, HEARD_DBFS, NOTHING_DBFS, OFF_AIR_DBFS, type Sound, toneHz } from "./spectrum.ts";

/** The hall is heard whatever is on air. */
const HALL = "dien-hong";
/** A receiver plays what waits in its buffers; then whoever left the air is silent, ms after the take is shown. */
const DRAINED_MS = 1_000;
/** Length of the last look at what has drained, ms. */
const LOOK_MS = 500;
/**
 * A decoder that is starved stretches and repeats what it has, and a snippet of that can sound like a pitch that nobody has. So up to
 * as many windows as hold one packet are not taken for a leak if a page stood still so shortly before, ms.
 */
const STARVED_WINDOWS = 4;
const STARVED_MS = 2_000;
/** By then who is on air is heard, ms: bounds a test on a machine that starves encoders, not a take. */
const HEARD_MS = 30_000;

/** A device that receives the programme. */
export interface Receiver {
  name: string;
  site: string | null;
  page: Inside;
  /** It is its site's one device that plays the programme. */
  plays: boolean;
}

/** Listens at all receivers from its beginning on. */
export class Silence {
  readonly #receivers: [Receiver, Ears][];
  readonly #sites: string[];
  /** Clocks of the receivers. */
  readonly pace: Pace;
  #onAir: string[];
  #judgedTo = Date.now();
  /** Sounds that were louder than they may be while the machine stood still, and were not taken for a leak. */
  excused = 0;
  /** Loudest tone of somebody who was not on air, at any moment, dBFS. */
  worst = NOTHING_DBFS;

  private constructor(receivers: [Receiver, Ears][], sites: string[], onAir: string[], pace: Pace) {
    this.pace = pace;
    this.#receivers = receivers;
    this.#sites = sites;
    this.#onAir = onAir;
  }

  /** Begins at receivers that have been connected for a while; `sites` are all that sound anywhere. */
  static async listen(receivers: Receiver[], sites: string[], index: (site: string) => number, onAir: string[]): Promise<Silence> {
    const tones = sites.map((site) => toneHz(index(site)));
    const ears = await Promise.all(receivers.map(async (one): Promise<[Receiver, Ears]> => [one, await Ears.on(one.page, tones)]));
    const pace = await Pace.keep(receivers.map(({ page }) => page));
    // The first windows hold what was before the elements played.
    await new Promise((done) => setTimeout(done, DRAINED_MS));
    return new Silence(ears, sites, [HALL, ...onAir], pace);
  }

  /** The longest time in which one of the receivers could not listen, ms. */
  get deaf(): number {
    return Math.max(...this.#receivers.map(([, ears]) => ears.deaf));
  }

  /**
   * Judges all the time since the last judgement, in which one take was ordered and has been shown. Who was on air neither before nor
   * after it must not be heard for a moment; who came on air not before the order; who left it not after the buffers are empty; a
   * device without the right to play, and a site of its own sound, never.
   */
  async judge(onAir: string[], orderedAt: number): Promise<void> {
    const [before, after] = [this.#onAir, [HALL, ...onAir]];
    const drained = Date.now() + DRAINED_MS;
    const whole = { from: this.#judgedTo, to: drained + LOOK_MS };
    const spans = [whole, { from: whole.from, to: orderedAt }, { from: drained, to: whole.to }];
    await Promise.all(
      this.#receivers.map(async ([receiver, ears]) => {
        const [always, ahead, behind] = (await ears.heard(spans)) as [Sound[], Sound[], Sound[]];
        for (const [i, site] of this.#sites.entries()) {
          const { name } = receiver;
          if (site === receiver.site) await this.#silent(always[i]!, `own sound of ${name}`);
          else if (!receiver.plays) await this.#silent(always[i]!, `${site} at ${name}, which does not play,`);
          else if (!before.includes(site) && !after.includes(site)) await this.#silent(always[i]!, `${site}, never on air, at ${name}`);
          else if (!before.includes(site)) await this.#silent(ahead[i]!, `${site} at ${name} before it was put on air`);
          else if (!after.includes(site)) await this.#silent(behind[i]!, `${site} at ${name} after it left the air`);
        }
      }),
    );
    [this.#onAir, this.#judgedTo] = [after, whole.to];
    await this.#untilHeard();
  }

  async #silent({ loudest, at, windows }: Sound, who: string): Promise<void> {
    this.worst = Math.max(this.worst, loudest);
    if (windows > 0 && windows <= STARVED_WINDOWS && (await this.pace.standstill(at - STARVED_MS, at)) > 0) {
      this.excused++;
      return;
    }
    expect(loudest, `${who} (on air: ${this.#onAir}), dBFS in ${windows} windows at ${new Date(at).toISOString()}`).toBeLessThan(OFF_AIR_DBFS);
  }

  /** Everybody who is on air is heard by everybody else. */
  async #untilHeard(): Promise<void> {
    const end = Date.now() + HEARD_MS;
    const playing = this.#receivers.filter(([one]) => one.plays);
    await Promise.all(
      playing.map(async ([receiver, ears]) => {
        const must = this.#onAir.filter((site) => site !== receiver.site);
        for (;;) {
          const sounds = await ears.next();
          const missing = must.filter((site) => sounds[this.#sites.indexOf(site)]!.quarter <= HEARD_DBFS);
          if (missing.length === 0) return;
          expect(Date.now(), `${missing} must be heard at ${receiver.name}`).toBeLessThan(end);
        }
      }),
    );
  }
}
