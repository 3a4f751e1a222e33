// A quarter of an hour of the whole country in which nothing is wrong, from the first site that joins: nobody may be told of anything.
// The sites stand for machines elsewhere: of this one's processors the server and the page have the first share.
// Meanwhile: what the judgement costs the server, how long the technicians' page draws, and how soon one site's whole day is open.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { expect, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Simulation } from "../lib/endpoints.ts";
import { keepFigures, quantile } from "../lib/figures.ts";
import { HealthPage } from "../lib/healthPage.ts";
import { CONFERENCE } from "../lib/people.ts";
import { Server } from "../lib/server.ts";

const SITES = 63;
/** From the first site that joins, minutes. */
const MINUTES = Number(process.env["HEALTH_MINUTES"] ?? 15);
const LOOK_EVERY_MS = 10_000;
/** A frame of a screen of 60 Hz, ms. */
const FRAME_MS = 16;
/** One site's whole conference, ms; and how long that is, s. */
const OPENED_MS = 200;
const CONFERENCE_S = 4 * 3_600;
/** How often it is opened. */
const OPENINGS = 20;
/** Of a core, per cent. */
const CORE_PERCENT = 2;

/** A sample of the server's metrics. */
async function metric(server: Server, name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const line = text.split("\n").find((line) => line.startsWith(`${name}{`));
  return Number(line?.split(" ").at(-1) ?? Number.NaN);
}

/** Writes ten seconds after ten seconds of each site into the file of the health, up to those that are in it. */
const KEEP_HOURS = `
import sqlite3, sys
file, conference, first, last, sites = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5].split(",")
values = [500.0, 400.0, 600.0] * 7
rows = ((conference, site, second, 10, 0, *values) for site in sites for second in range(first // 10 * 10, last, 10))
with sqlite3.connect(file, timeout=30) as database:
    database.executemany("INSERT OR IGNORE INTO point VALUES (" + ",".join("?" * 26) + ")", rows)
`;

/** As if the server had been started anew in a conference that has gone on for four hours: they are in its file, what came after in memory. */
function keepHours(server: Server, sinceMs: number): void {
  const last = Math.floor((Date.now() - sinceMs) / 1_000);
  const sites = new Set(server.links().map(({ site }) => site));
  const range = [last - CONFERENCE_S, last].map(String);
  execFileSync("python3", ["-c", KEEP_HOURS, join(server.data, "health.db"), CONFERENCE, ...range, [...sites].join(",")]);
}

/**
 * Makes every curve that a page fetches as long as a conference of four hours, by repeating what the server answered first. The text is
 * made once, before anything is measured: what the page does with it afterwards is what it does with a real one.
 */
function lengthenCurves(seconds: number): void {
  const original = window.fetch;
  const answered: number[] = [];
  let long: string | null = null;
  Object.assign(window, { answered });
  const lengthened = (curve: Record<string, unknown>): string => {
    const columns = Object.entries(curve).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
    const length = Math.max(...columns.map(([, column]) => column.length));
    for (const [name, column] of columns) {
      if (column.length !== length) continue;
      const repeated = Array.from({ length: seconds }, (_, second) => column[second % length]);
      curve[name] = name === "at" ? repeated.map((_, second) => (column.at(-1) as number) - seconds + 1 + second) : repeated;
    }
    return JSON.stringify(curve);
  };
  window.fetch = async (input, init) => {
    const began = performance.now();
    const answer = await original(input, init);
    if (!String(input).includes("/curve")) return answer;
    const body = await answer.text();
    answered.push(performance.now() - began);
    long ??= lengthened(JSON.parse(body) as Record<string, unknown>);
    return new Response(long, { headers: { "content-type": "application/json" } });
  };
}

/** How long the server took to answer each of them, ms. */
function answered(desk: HealthPage): Promise<number[]> {
  return desk.page.evaluate(() => (window as unknown as { answered: number[] }).answered);
}

/** Time from the order that opens a site to its painted curves, ms. */
async function open(desk: HealthPage, site: string): Promise<number> {
  return desk.page.evaluate(async (site) => {
    const began = performance.now();
    location.hash = `#site=${site}`;
    const shown = () => document.querySelector(`[data-detail="${site}"] [data-curves="shown"]`) !== null;
    while (!shown()) await new Promise((done) => requestAnimationFrame(done));
    // The frame after the one in which they are there has been painted with them.
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - began;
  }, site);
}

test("a quarter of an hour in which nothing is wrong is silent, cheap and quickly looked at", async () => {
  test.setTimeout((MINUTES + 5) * 60_000);
  const server = await Server.start("health-clean");
  const control = await Browser.plain();
  await control.context.addInitScript(lengthenCurves, CONFERENCE_S);
  let simulation: Simulation | null = null;

  try {
    const desk = await HealthPage.open(control, server);
    const [began, tookBefore] = [Date.now(), await metric(server, "dienhong_health_seconds_total")];
    simulation = new Simulation(server, "health-clean", { sites: SITES, decode: 0, speech: 5, yielding: true });
    await desk.untilHere(SITES + 1);
    const frames: number[] = [];
    while (Date.now() - began < MINUTES * 60_000) {
      await desk.page.waitForTimeout(LOOK_EVERY_MS);
      frames.push(...(await desk.takeFrames()));
    }
    const took = (await metric(server, "dienhong_health_seconds_total")) - tookBefore;
    const share = (100 * took * 1_000) / (Date.now() - began);
    const memory = (await metric(server, "dienhong_health_bytes")) / 2 ** 20;

    const [alarms, incidents] = [await desk.told("raised"), await desk.told("opened")];
    for (const what of [...alarms, ...incidents]) console.log(`    ${JSON.stringify(what)}`);

    keepHours(server, Date.now() - began);
    const sites = server.links().filter(({ endpoint }) => endpoint === "main").slice(0, OPENINGS + 1);
    const openings: number[] = [];
    for (const [place, { site }] of sites.entries()) {
      const ms = await open(desk, site);
      if (place > 0) openings.push(ms);
      await desk.page.keyboard.press("Escape");
      await desk.page.locator("tbody tr").first().waitFor();
    }

    keepFigures("health_clean", [
      { figure: `alarms in ${MINUTES} clean minutes, joining included`, value: alarms.length, unit: "", goal: 0 },
      { figure: `incidents in ${MINUTES} clean minutes, joining included`, value: incidents.length, unit: "", goal: 0 },
      { figure: "judging 64 endpoints in the server, of a core", value: share, unit: "%", goal: CORE_PERCENT },
      { figure: `curves and windows of 64 endpoints after ${MINUTES} minutes`, value: memory, unit: "MiB", goal: null },
      { figure: "/health: a frame of 64 sparklines or of map and table is drawn, median", value: quantile(frames, 0.5), unit: "ms", goal: FRAME_MS },
      { figure: "/health: a frame of 64 sparklines or of map and table is drawn, p95", value: quantile(frames, 0.95), unit: "ms", goal: FRAME_MS },
      { figure: "/health: the server's answer of four hours and a quarter is read, median", value: quantile((await answered(desk)).slice(1), 0.5), unit: "ms", goal: null },
      { figure: "/health: one site's four hours of seconds are open, median", value: quantile(openings, 0.5), unit: "ms", goal: null },
      { figure: "/health: one site's four hours of seconds are open, p95", value: quantile(openings, 0.95), unit: "ms", goal: OPENED_MS },
    ]);
    expect(frames.length, `seconds that were drawn for ${CONFERENCE}`).toBeGreaterThan(MINUTES * 30);
    expect([alarms.length, incidents.length], "alarms and incidents").toEqual([0, 0]);
  } finally {
    await simulation?.stop();
    await control.close();
    await server.stop();
  }
});
