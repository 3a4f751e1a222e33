// Nine sites of the country are out of order, in their pixels, their samples or on their lines, and the line check has to find and name
// them: three times, with other sites and other speech.
import { expect, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Headless, Simulation } from "../lib/endpoints.ts";
import { keepFigures } from "../lib/figures.ts";
import { type CheckRun, HealthPage, JOINED_MS } from "../lib/healthPage.ts";
import { Server } from "../lib/server.ts";
import { type Impairment, Star } from "../lib/star.ts";

/** Sites besides the hall, and how often; the bench takes the whole country three times. */
const SITES = Number(process.env["HEALTH_SITES"] ?? 63);
const SEEDS = Number(process.env["HEALTH_SEEDS"] ?? 3);
const HALL = "dien-hong";

/** Out of order in pixels and samples: the word of the command line, and the name that the check must give it. */
const CONTENT: Record<string, string> = {
  "silent-microphone": "silent_microphone",
  clipping: "clipping",
  black: "black_picture",
  frozen: "frozen_picture",
  echo: "echo",
};

/** Out of order on the line: what it does in both directions, and the names that are right. */
const LINES: Record<string, { impairment: Impairment; names: string[] }> = {
  lossy: { impairment: { loss: 0.08 }, names: ["loss", "receiving_loss"] },
  far: { impairment: { delay_ms: 200 }, names: ["delay"] },
  narrow: { impairment: { rate_kbps: 300 }, names: ["narrow_up", "narrow_down"] },
  flapping: { impairment: {}, names: ["flapping"] },
};
/** The flapping line is cut for so long, then there for so long, ms. */
const CUT_MS = 2_500;
const THERE_MS = 7_500;

/** Site by site they were seen for so long before the check: who rehearses does not begin with the first one that comes. */
const SETTLED_MS = 15_000;
/** A rehearsal of the whole country, ms. */
const CHECKED_MS = 180_000;
const LOOK_EVERY_MS = 500;

/** What one check found. */
interface Outcome {
  planted: number;
  right: number;
  /** Sites of which something was told that was not planted. */
  falsely: number;
  tookMs: number;
}

/** The same numbers for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Sites in an order of the seed. */
function shuffled(sites: string[], seed: number): string[] {
  const random = randomOf(seed);
  const order = new Map(sites.map((site) => [site, random()]));
  return [...sites].sort((a, b) => order.get(a)! - order.get(b)!);
}

/** The country of one seed: which sites are simulated beside the server, and which have a line of their own. */
class Country {
  readonly planted = new Map<string, string[]>();
  readonly #lines: Headless[] = [];
  readonly #simulation: Simulation;
  readonly #star: Star;
  #flaps = true;
  #flapping: Promise<void>;

  constructor(server: Server, star: Star, seed: number) {
    this.#star = star;
    const mains = server.links().filter(({ endpoint, site }) => endpoint === "main" && site !== HALL);
    const here = mains.slice(0, SITES).map(({ site }) => site);
    const chosen = shuffled(here, seed);
    const faults: Record<string, string> = {};
    for (const [fault, name] of Object.entries(CONTENT)) {
      const site = chosen.pop()!;
      faults[site] = fault;
      this.planted.set(site, [name]);
    }
    const lined: string[] = [];
    for (const [line, { names }] of Object.entries(LINES)) {
      const site = chosen.pop()!;
      lined.push(site);
      this.planted.set(site, names);
      this.#lines.push(new Headless(server, site, { speech: seed, at: { star, line } }));
    }
    const except = mains.map(({ site }) => site).filter((site) => lined.includes(site) || !here.includes(site));
    const options = { sites: SITES - lined.length, decode: 0, except, faults, speech: seed, at: { star, line: null } };
    this.#simulation = new Simulation(server, `health-faults-${seed}`, options);
    this.#flapping = this.#flap();
  }

  async stop(): Promise<void> {
    this.#flaps = false;
    await this.#flapping;
    await Promise.all(this.#lines.map((line) => line.stop()));
    await this.#simulation.stop();
  }

  async #flap(): Promise<void> {
    while (this.#flaps) {
      await new Promise((done) => setTimeout(done, THERE_MS));
      await this.#star.set("flapping", { cut: true });
      await new Promise((done) => setTimeout(done, CUT_MS));
      await this.#star.set("flapping", {});
    }
  }
}

/** Checks everybody. */
async function check(desk: HealthPage): Promise<CheckRun> {
  await desk.write("line-checks", {});
  let run: CheckRun | null = null;
  const over = async () => ((run = (await desk.view()).check), run !== null && run.ended_at !== null);
  await expect.poll(over, { message: "the check is over", timeout: 2 * CHECKED_MS, intervals: [LOOK_EVERY_MS] }).toBe(true);
  return run!;
}

function outcomeOf(run: CheckRun, planted: Map<string, string[]>): Outcome {
  const found = new Map<string, string>();
  for (const [site, { state, report }] of Object.entries(run.sites)) {
    // What could not be found out is no clean bill either; who is not here was not checked.
    if (state === "done" && report?.verdict !== "good") found.set(site, report?.fault ?? "unknown");
  }
  const isRight = ([site, names]: [string, string[]]) => names.includes(found.get(site) ?? "");
  const right = [...planted].filter(isRight).length;
  const falsely = [...found.keys()].filter((site) => !planted.has(site));
  for (const [site, names] of planted) if (!isRight([site, names])) console.log(`    ${site}: planted ${names[0]}, told ${JSON.stringify(run.sites[site])}`);
  for (const site of falsely) console.log(`    ${site}: nothing planted, told ${JSON.stringify(run.sites[site])}`);
  return { planted: planted.size, right, falsely: falsely.length, tookMs: run.ended_at! - run.started_at };
}

async function rehearse(star: Star, seed: number): Promise<Outcome> {
  const server = await Server.start(`health-faults-${seed}`, { star });
  const control = await Browser.plain({ star, line: "control", server });
  let country: Country | null = null;
  try {
    const desk = await HealthPage.open(control, server);
    country = new Country(server, star, seed);
    await desk.untilHere(SITES + 1);
    await desk.page.waitForTimeout(SETTLED_MS);
    return outcomeOf(await check(desk), country.planted);
  } finally {
    await country?.stop();
    await control.close();
    await server.stop();
  }
}

test("a check of the country finds exactly the sites that are out of order and names what it is", async () => {
  test.setTimeout(SEEDS * (2 * CHECKED_MS + JOINED_MS + 60_000));
  const star = await Star.start("health-faults", ["control", ...Object.keys(LINES)]);
  const outcomes: Outcome[] = [];
  try {
    for (const [line, { impairment }] of Object.entries(LINES)) await star.set(line, impairment);
    for (let seed = 1; seed <= SEEDS; seed++) outcomes.push(await rehearse(star, seed));
  } finally {
    await star.stop();
  }
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const [planted, right, falsely] = [sum(({ planted }) => planted), sum(({ right }) => right), sum(({ falsely }) => falsely)];
  const longest = Math.max(...outcomes.map(({ tookMs }) => tookMs)) / 1_000;
  keepFigures("health_faults", [
    { figure: `planted faults found and named rightly, ${SEEDS} × 9 of ${SITES} sites`, value: right, unit: "", goal: null, least: planted },
    { figure: "sites that were said to be out of order and were not", value: falsely, unit: "", goal: 0 },
    { figure: `line check of ${SITES + 1} endpoints, longest`, value: longest, unit: "s", goal: CHECKED_MS / 1_000 },
  ]);
  expect([right, falsely], "found and named, falsely told").toEqual([planted, 0]);
  expect(longest, "the check of everybody").toBeLessThanOrEqual(CHECKED_MS / 1_000);
});
