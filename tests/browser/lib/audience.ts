// Everybody who receives the programme, through takes: who is seen by decoded pixels, who is heard by spectra, whether the picture
// went on without a break, and whether anybody negotiated.
import { expect } from "@playwright/test";

import { continuitySince, watchContinuity } from "./continuity.ts";
import type { Figure } from "./figures.ts";
import { ALL_LAYERS_MS } from "./layers.ts";
import { readVideos, untilShows } from "./marker.ts";
import { type Console, facts, PROGRAMME, RETURN } from "./pages.ts";
import type { Server } from "./server.ts";
import { type Receiver, Silence } from "./silence.ts";
import { OFF_AIR_DBFS } from "./spectrum.ts";

const HALL = "dien-hong";
/** The longest time without a new picture, ms: five frames of a camera, and less than a take that lost its keyframe costs. */
const LONGEST_GAP_MS = 500;
/**
 * Two cores carry the encoders and decoders of several browsers, and a single page may wait for its turn: that is in the figures. A take
 * that freezes does so at everybody, and on a machine that keeps time as well. So fewer than this share of all receivers may freeze over
 * one take, or wait for longer than this, ms, unless a page stood still meanwhile.
 */
const FROZEN_SANITY = 0.5;
const LONGEST_GAP_SANITY_MS = 1_000;
/** Pictures are judged from the order until this long after everybody saw the take, ms. */
const AFTERWARDS_MS = 1_000;

/** A receiver. */
export interface Member extends Receiver {
  /** How wide its camera's highest layer is, if others must see that one. */
  layered?: number;
  /** It lies behind another page of its browser, which tells it of a picture once a second. */
  behind?: boolean;
}

/** Receivers of one conference. */
export class Audience {
  readonly #server: Server;
  readonly #operator: Console;
  readonly #receivers: Member[];
  readonly #silence: Silence;
  readonly #negotiated: number[];
  /** The longest gap of each receiver, ms. */
  readonly #gaps = new Map<string, number>();
  #freezes = 0;
  #takes = 0;
  /** Takes in which pictures stood still because the machine did. */
  #starved = 0;

  private constructor(server: Server, operator: Console, receivers: Member[], silence: Silence, negotiated: number[]) {
    this.#server = server;
    this.#operator = operator;
    this.#receivers = receivers;
    this.#silence = silence;
    this.#negotiated = negotiated;
  }

  /** Begins to watch and to listen while the hall is on air; `sites` are all that send. */
  static async gather(server: Server, operator: Console, receivers: Member[], sites: string[]): Promise<Audience> {
    const index = (site: string) => server.link(site).index;
    const negotiated = await Promise.all(receivers.map(async ({ page }) => (await facts(page)).negotiations));
    for (const { page } of receivers) await untilShows(page, PROGRAMME, index(HALL));
    await Promise.all(receivers.map(({ page }) => watchContinuity(page)));
    const silence = await Silence.listen(receivers, sites, index, [HALL]);
    return new Audience(server, operator, receivers, silence, negotiated);
  }

  /** Orders something; judges what everybody saw and heard until `onAir` is on air alone, and a little longer. */
  async check(onAir: string, order: () => Promise<void>): Promise<void> {
    const orderedAt = Date.now();
    await order();
    await this.#operator.untilOnAir(onAir);
    for (const receiver of this.#receivers) await this.#sees(receiver, onAir);
    await new Promise((done) => setTimeout(done, AFTERWARDS_MS));
    await this.#goesOn(onAir, orderedAt);
    await this.#sharp(onAir);
    await this.#silence.judge([onAir], orderedAt);
  }

  /** Judges that nobody negotiated, and gives all figures. */
  async figures(): Promise<Figure[]> {
    const now = await Promise.all(this.#receivers.map(async ({ page }) => (await facts(page)).negotiations));
    const negotiated = now.reduce((sum, count, i) => sum + count - this.#negotiated[i]!, 0);
    expect(negotiated, "negotiations during takes").toBe(0);
    expect(this.#starved, "takes that could not be judged").toBeLessThan(this.#takes);
    return [
      ...[...this.#gaps].map(([name, value]) => ({ figure: `longest time without a new picture, ${name}`, value, unit: "ms", goal: LONGEST_GAP_MS })),
      { figure: "freezes as WebRTC counts them, all receivers", value: this.#freezes, unit: "", goal: 0 },
      { figure: "takes in which everybody froze because the machine stood still", value: this.#starved, unit: `of ${this.#takes}`, goal: 0 },
      { figure: "longest standstill of a page", value: this.#silence.pace.longest, unit: "ms", goal: null },
      { figure: "sounds excused by a standstill", value: this.#silence.excused, unit: "", goal: 0 },
      { figure: "off-air sound at everyone else, worst", value: this.#silence.worst, unit: "dBFS", goal: OFF_AIR_DBFS },
      { figure: "longest time without a listener", value: this.#silence.deaf, unit: "ms", goal: null },
      { figure: "negotiations during takes", value: negotiated, unit: "", goal: 0 },
    ];
  }

  /** A site on air sees the hall, and itself small; everybody else what is on air. */
  async #sees({ name, site, page }: Receiver, onAir: string): Promise<void> {
    const index = (site: string) => this.#server.link(site).index;
    const itself = site === onAir && onAir !== HALL;
    await untilShows(page, PROGRAMME, index(itself ? HALL : onAir));
    if (itself && name === site) await untilShows(page, RETURN, index(onAir));
  }

  /** The highest layer is what others decode. */
  async #sharp(onAir: string): Promise<void> {
    const sender = this.#receivers.find(({ name }) => name === onAir);
    if (!sender?.layered) return;
    for (const { name, site, page } of this.#receivers) {
      if (site === onAir) continue;
      const widths = async () => (await readVideos(page, PROGRAMME)).map(({ width }) => width);
      await expect.poll(widths, { message: `width at ${name}`, timeout: ALL_LAYERS_MS }).toEqual([sender.layered]);
    }
  }

  /** Nobody waited for a picture. */
  async #goesOn(onAir: string, since: number): Promise<void> {
    const frozen: string[] = [];
    for (const { name, page, behind } of this.#receivers) {
      const { gap, freezes } = await continuitySince(page, since);
      if (freezes > 0 || (!behind && gap >= LONGEST_GAP_SANITY_MS)) frozen.push(`${name} for ${gap.toFixed(0)} ms`);
      this.#freezes += freezes;
      if (behind) continue;
      this.#gaps.set(name, Math.max(this.#gaps.get(name) ?? 0, gap));
    }
    this.#takes++;
    const bound = FROZEN_SANITY * this.#receivers.length;
    const standstill = await this.#silence.pace.standstill(since, Date.now());
    if (frozen.length >= bound && standstill > 0) {
      this.#starved++;
      console.log(`    not judged, because a page stood still for ${standstill.toFixed(0)} ms: ${onAir} came on air, and ${frozen}`);
      return;
    }
    expect(frozen.length, `receivers that froze while ${onAir} came on air: ${frozen}`).toBeLessThan(bound);
  }
}
