// Takes in the layouts that show several sources: who is in which cell is read from decoded pixels, who is heard from spectra.
// A site that stays on air stays in its slot, nobody renegotiates, and no device of a site plays the site's own sound.
import { expect, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Simulation } from "../lib/endpoints.ts";
import { keepFigures } from "../lib/figures.ts";
import type { Inside } from "../lib/inside.ts";
import { readCells, untilShows } from "../lib/marker.ts";
import { Console, facts, joinSite, type Layout, openScreen, PROGRAMME, RETURN } from "../lib/pages.ts";
import { type DemoLink, Server } from "../lib/server.ts";
import { type Receiver, Silence } from "../lib/silence.ts";
import { OFF_AIR_DBFS } from "../lib/spectrum.ts";

const HALL = "dien-hong";
// Far enough from the hall and from each other in pitch. The last two are headless; headless sites listen for tones up to their
// own highest, so that one of them has the highest of all.
const A = "quang-ninh";
const B = "thai-binh";
const C = "lao-cai";
const D = "da-nang";
/** A new picture must be there within this time, ms: bounds a test on a machine that is busy, not a take. */
const SHOWN_MS = 30_000;

/** What is on air: a layout and its sources in their order. */
interface OnAir {
  layout: Layout;
  sources: string[];
}

/** What one headless site reports: its newest source and its newest tones in each slot. */
function reported(simulation: Simulation, site: string): { sources: Map<string, number>; tones: Set<number> } {
  const sources = new Map<string, number>();
  const tones = new Map<string, number[]>();
  for (const line of simulation.lines()) {
    const { event, slot, marker_site, sites } = line as { event: string; slot: string; marker_site: number; sites: number[] };
    if (line["site"] !== site) continue;
    if (event === "source") sources.set(slot, marker_site);
    if (event === "tones" && slot.startsWith("program")) tones.set(slot, sites);
  }
  return { sources, tones: new Set([...tones.values()].flat()) };
}

class Story {
  readonly server: Server;
  readonly operator: Console;
  readonly simulation: Simulation;
  readonly headless: string[];
  readonly receivers: Receiver[];
  readonly silence: Silence;
  readonly #names = new Map<number, string>();
  #slots = new Map<string, string>();

  constructor(server: Server, operator: Console, simulation: Simulation, headless: string[], receivers: Receiver[], silence: Silence) {
    this.server = server;
    this.operator = operator;
    this.simulation = simulation;
    this.headless = headless;
    this.receivers = receivers;
    this.silence = silence;
    for (const { index, site } of server.links()) this.#names.set(index, site);
  }

  index(site: string): number {
    return this.server.link(site).index;
  }

  async take(layout: Layout, clicks: string[], sources = clicks): Promise<void> {
    await this.operator.arrange(layout, clicks, sources);
    await this.check({ layout, sources }, () => this.operator.take());
  }

  /** Orders something; what everybody must see after it, and must have heard and not heard all the time. */
  async check(onAir: OnAir, order: () => Promise<void>): Promise<void> {
    const orderedAt = Date.now();
    await order();
    await this.operator.untilOnAirAs(onAir.layout, onAir.sources);
    for (const receiver of this.receivers) await this.#sees(receiver, onAir);
    await this.#keepsSlots(onAir);
    await this.silence.judge(onAir.sources, orderedAt);
    for (const site of this.headless) await this.#reports(site, onAir);
  }

  /** A site that has the air for itself sees the hall; everybody else what is on air. */
  async #sees(receiver: Receiver, { sources }: OnAir): Promise<void> {
    const alone = sources.length === 1 && sources[0] === receiver.site && receiver.site !== HALL;
    const expected = alone ? [HALL] : sources;
    const cells = async () => (await readCells(receiver.page, PROGRAMME)).map(({ marker }) => this.#names.get(marker?.site ?? -1) ?? null);
    await expect.poll(cells, { message: `cells at ${receiver.name}`, timeout: SHOWN_MS }).toEqual(expected);
    const frames = async () => (await readCells(receiver.page, PROGRAMME)).map(({ marker }) => marker?.frame ?? -1);
    const before = await frames();
    const moved = async () => (await frames()).every((frame, i) => frame !== before[i]);
    await expect.poll(moved, { message: `every picture at ${receiver.name} goes on`, timeout: SHOWN_MS }).toBe(true);
    if (receiver.site !== HALL && receiver.site && sources.includes(receiver.site) && receiver.name === receiver.site) {
      await untilShows(receiver.page, RETURN, this.index(receiver.site), SHOWN_MS);
    }
  }

  /** Slots by decoded pixels at the console: who was on air before and still is has not moved, and others see the same. */
  async #keepsSlots({ sources }: OnAir): Promise<void> {
    const slots = async (page: Inside) => {
      const cells = await readCells(page, PROGRAMME);
      return new Map(cells.map(({ slot, marker }) => [this.#names.get(marker?.site ?? -1) ?? "?", slot]));
    };
    const now = await slots(this.operator.page);
    for (const [site, slot] of this.#slots) if (now.has(site)) expect(now.get(site), `the slot of ${site}`).toBe(slot);
    for (const { name, site, page } of this.receivers) {
      if (sources.length === 1 && sources[0] === site) continue;
      expect(Object.fromEntries(await slots(page)), `slots at ${name}`).toEqual(Object.fromEntries(now));
    }
    this.#slots = now;
  }

  /** Headless sites say the same of what they decoded. */
  async #reports(site: string, { sources }: OnAir): Promise<void> {
    const alone = sources.length === 1 && sources[0] === site;
    const expected = alone ? [HALL] : sources;
    const seen = () => {
      const { sources } = reported(this.simulation, site);
      const inSlots = new Set([...sources].filter(([slot]) => slot.startsWith("program")).map(([, index]) => index));
      return expected.every((one) => inSlots.has(this.index(one)));
    };
    await expect.poll(seen, { message: `${expected} at headless ${site}`, timeout: SHOWN_MS }).toBe(true);
    const heard = () => [...reported(this.simulation, site).tones].sort((a, b) => a - b);
    const wanted = [...new Set([HALL, ...sources])].filter((one) => one !== site).map((one) => this.index(one));
    await expect.poll(heard, { message: `tones at headless ${site}`, timeout: SHOWN_MS }).toEqual(wanted.sort((a, b) => a - b));
  }
}

test("side by side, speaker and hall, and grids of four: everybody sees each source in its cell and hears the others", async () => {
  const server = await Server.start("layouts");
  const browsers: Browser[] = [];
  const camera = async (site: string) => {
    const browser = await Browser.withTestCard(server.link(site).index, server.link(site).name);
    browsers.push(browser);
    return joinSite(browser, server, site);
  };
  const others = server.links().filter((link: DemoLink) => link.endpoint === "main" && ![HALL, C, D].includes(link.site));
  const except = others.map(({ site }) => site);
  const simulation = new Simulation(server, "layouts", { sites: 2, hall: false, decode: 2, except });
  const plain = await Browser.plain();
  browsers.push(plain);

  try {
    const operator = await Console.open(plain, server);
    const receivers: Receiver[] = [
      { name: HALL, site: HALL, page: await camera(HALL), plays: true },
      { name: A, site: A, page: await camera(A), plays: false },
      { name: B, site: B, page: await camera(B), plays: true },
      { name: `screen of ${A}`, site: A, page: await openScreen(plain, server, A), plays: true },
      { name: "console", site: null, page: operator.page, plays: true },
    ];
    await operator.page.getByRole("button", { name: "Nghe chương trình" }).click();
    const silence = await Silence.listen(receivers, [HALL, A, B, C, D], (site) => server.link(site).index, [HALL]);
    const story = new Story(server, operator, simulation, [C, D], receivers, silence);
    await story.check({ layout: "single", sources: [HALL] }, async () => {});
    const before = await Promise.all(receivers.map(({ page }) => facts(page)));

    await story.take("single", [A]);
    await story.take("side_by_side", [A, B]);
    await story.take("speaker_hall", [B], [B, HALL]);
    await story.take("grid", [D, C, B, HALL]);
    // The hall is heard beside four sites that fill the picture.
    await story.take("grid", [B, A, C, D]);
    await story.take("side_by_side", [C, HALL]);
    await story.check({ layout: "single", sources: [HALL] }, () => operator.hall());

    const after = await Promise.all(receivers.map(({ page }) => facts(page)));
    const negotiated = after.reduce((sum, now, i) => sum + now.negotiations - before[i]!.negotiations, 0);
    expect(negotiated).toBe(0);
    keepFigures("layouts", [
      { figure: "off-air sound in layouts of several, worst", value: silence.worst, unit: "dBFS", goal: OFF_AIR_DBFS },
      { figure: "sounds excused by a standstill in layouts of several", value: silence.excused, unit: "", goal: 0 },
      { figure: "longest time without a listener in layouts of several", value: silence.deaf, unit: "ms", goal: null },
      { figure: "negotiations during takes of layouts", value: negotiated, unit: "", goal: 0 },
    ]);
  } finally {
    for (const browser of browsers) await browser.close();
    await simulation.stop();
    await server.stop();
  }
});
