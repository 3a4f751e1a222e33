// Outages of a country of 63 sites in real time, on real lines: one site, a region of fourteen, everybody, and a blink of two seconds. How
// soon the console and the technicians' page tell them with their cause, and how soon they tell the return.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Headless, Simulation } from "../lib/endpoints.ts";
import { type Figure, keepFigures } from "../lib/figures.ts";
import { HealthPage, JOINED_MS } from "../lib/healthPage.ts";
import { root } from "../lib/paths.ts";
import { Server } from "../lib/server.ts";
import { Star } from "../lib/star.ts";
import { timeUntil } from "../lib/wait.ts";

const SITES = 63;
/** The one that drops alone; of another region than the one that drops together. */
const SINGLE = "ca-mau";
const REGION = "Trung du và miền núi phía Bắc";
const REGION_SITES = 14;
/** Lines that are cut together. */
const LINES = ["single", "region", "others"] as const;
type LineName = (typeof LINES)[number];

/** By when a drop must be told with its cause, and by when its end, after the line is mended, ms. */
const TOLD_MS = 3_000;
const BACK_MS = 2_000;
/** A cut lasts so long, ms; the next one comes when what was told of it is settled. */
const CUT_MS = 10_000;
const BETWEEN_MS = 20_000;
/** Shorter than what counts as lost. */
const BLINK_MS = 2_000;
const PATIENCE_MS = 30_000;

/** What is cut, and what has to be told of it. */
interface Outage {
  name: string;
  lines: readonly LineName[];
  causes: string[];
  sites: number;
}

const OUTAGES: Outage[] = [
  { name: "one site", lines: ["single"], causes: ["site"], sites: 1 },
  { name: "a region of 14", lines: ["region"], causes: ["region"], sites: REGION_SITES },
  { name: "all of the relay", lines: LINES, causes: ["centre"], sites: SITES + 1 },
];

/** Slugs of the sites of a region, from the list of sites. */
function sitesOf(region: string): string[] {
  const rows = readFileSync(join(root, "config/sites/sites-63-2021.csv"), "utf8").trim().split("\n");
  return rows.map((row) => row.split(",")).filter((cells) => cells[4] === region).map((cells) => cells[1]!);
}

/** Everybody, each behind the line that is cut with it. */
class Country {
  readonly #star: Star;
  readonly #single: Headless;
  readonly #simulations: Simulation[];

  constructor(server: Server, star: Star) {
    this.#star = star;
    const all = server.links().filter(({ endpoint }) => endpoint === "main").map(({ site }) => site);
    const region = sitesOf(REGION);
    const others = all.filter((site) => !region.includes(site) && site !== SINGLE);
    const without = (sites: string[]) => all.filter((site) => !sites.includes(site));
    this.#single = new Headless(server, SINGLE, { speech: 1, at: { star, line: "single" } });
    this.#simulations = [
      new Simulation(server, "outage-region", { sites: region.length, hall: false, decode: 0, except: without(region), speech: 2, at: { star, line: "region" } }),
      new Simulation(server, "outage-others", { sites: others.length - 1, decode: 0, except: without(others), speech: 3, at: { star, line: "others" } }),
    ];
  }

  async set(lines: readonly LineName[], cut: boolean): Promise<void> {
    await Promise.all(lines.map((line) => this.#star.set(line, { cut })));
  }

  async stop(): Promise<void> {
    await this.set(LINES, false);
    await Promise.all([this.#single.stop(), ...this.#simulations.map((one) => one.stop())]);
  }
}

/** Causes of the incidents that a page shows as going on. */
function shownCauses(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('[data-incident]:not([data-down="0"])')].map((incident) => incident.dataset["incident"]!),
  );
}

/** Sites that the console's wall shows as lost. */
function lostOnWall(console_: Page): Promise<number> {
  return console_.evaluate(() => document.querySelectorAll("[data-wall] [data-site] .lost").length);
}

/** Cuts lines, mends them, and gives how soon both were told. */
async function cut(desk: HealthPage, console_: Page, country: Country, outage: Outage): Promise<Figure[]> {
  const shows = (page: Page) => async () => (await shownCauses(page)).some((cause) => outage.causes.includes(cause));
  const down = async () => [...(await desk.standings()).values()].filter((standing) => standing === "lost").length;
  const began = Date.now();
  await country.set(outage.lines, true);
  const told = async (page: Page) => {
    const waited = await timeUntil(shows(page), PATIENCE_MS);
    if (waited === PATIENCE_MS) console.log(`    ${outage.name}: shown are ${JSON.stringify(await shownCauses(page))} ${JSON.stringify((await desk.view()).incidents)}`);
    return Date.now() - began;
  };
  const [onHealth, onConsole] = await Promise.all([desk.page, console_].map(told));
  await desk.page.waitForTimeout(CUT_MS - (Date.now() - began));
  const lost = await lostOnWall(console_);
  const mended = Date.now();
  await country.set(outage.lines, false);
  const returned = async (count: () => Promise<number>) => {
    await expect.poll(count, { message: `${outage.name}: still lost`, timeout: PATIENCE_MS, intervals: [25] }).toBe(0);
    return Date.now() - mended;
  };
  const [backOnConsole, backOnHealth] = await Promise.all([returned(() => lostOnWall(console_)), returned(down)]);
  await desk.page.waitForTimeout(BETWEEN_MS);
  return [
    // A browser draws the pages of one window in turn: this one is behind the console.
    { figure: `${outage.name}: cut → on the technicians' page in the background`, value: onHealth!, unit: "ms", goal: null },
    { figure: `${outage.name}: cut → on the console, with its cause`, value: onConsole!, unit: "ms", goal: TOLD_MS },
    { figure: `${outage.name}: sites that the console showed as lost`, value: lost, unit: "", goal: outage.sites, least: outage.sites },
    { figure: `${outage.name}: mended → all back on the technicians' page in the background`, value: backOnHealth, unit: "ms", goal: null },
    { figure: `${outage.name}: mended → all back on the console`, value: backOnConsole, unit: "ms", goal: BACK_MS },
  ];
}

test("an outage is told with its cause, and its end, and a blink is not", async () => {
  test.setTimeout(JOINED_MS + 6 * 60_000);
  const star = await Star.start("health-outages", ["control", ...LINES]);
  const server = await Server.start("health-outages", { star });
  const control = await Browser.plain({ star, line: "control", server });
  let country: Country | null = null;

  try {
    const desk = await HealthPage.open(control, server);
    await desk.page.locator('[data-tab="incidents"]').click();
    const console_ = await control.open(`${server.url}/console`);
    await console_.locator("[data-open-incidents]").click();
    country = new Country(server, star);
    await desk.untilHere(SITES + 1);
    await desk.page.waitForTimeout(BETWEEN_MS);

    const figures: Figure[] = [];
    for (const outage of OUTAGES) figures.push(...(await cut(desk, console_, country, outage)));
    const told = async () => (await desk.told("opened")).length;
    const before = await told();
    await country.set(["single"], true);
    await desk.page.waitForTimeout(BLINK_MS);
    await country.set(["single"], false);
    await desk.page.waitForTimeout(BETWEEN_MS);
    figures.push({ figure: "incidents of three outages", value: before, unit: "", goal: OUTAGES.length, least: OUTAGES.length });
    figures.push({ figure: "incidents of a blink of 2 s", value: (await told()) - before, unit: "", goal: 0 });
    keepFigures("health_outages", figures);
    for (const { figure, value, goal, unit } of figures) if (goal && unit === "ms") expect.soft(value, figure).toBeLessThan(5 * goal);
  } finally {
    await country?.stop();
    await control.close();
    await server.stop();
    await star.stop();
  }
});
