// A site behind a real network: its link is cut for 5 s and for 30 s, and another one is far away (300 ms round trip ± 40).
import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Headless } from "../lib/endpoints.ts";
import { type Figure, keepFigures } from "../lib/figures.ts";
import { untilShows } from "../lib/marker.ts";
import { Console, facts, joinSite, PROGRAMME } from "../lib/pages.ts";
import { Server } from "../lib/server.ts";
import { Star } from "../lib/star.ts";
import { timeUntil } from "../lib/wait.ts";

/** How long the link is cut, and by when everything must be back after it returns (promise 6). */
const CUTS = [
  { cutMs: 5_000, backMs: 2_000 },
  { cutMs: 30_000, backMs: 3_000 },
];
/** By when the console must say that a site is lost. */
const TOLD_MS = 3_000;
/** By when a far site must show its first frame (promise 9). */
const FIRST_FRAME_MS = 3_000;
/** One way of a round trip of 300 ms ± 40. */
const FAR = { delay_ms: 150, jitter_ms: 20 };
/** Something that does not come is given up after this. */
const PATIENCE_MS = 30_000;

const HALL = "dien-hong";
const SITE = "cao-bang";

/** Frames that the first video of a selector has presented; none: there is no such video. */
const framesOf = (page: Page, selector: string): Promise<number | null> =>
  page.evaluate((selector) => document.querySelector<HTMLVideoElement>(selector)?.getVideoPlaybackQuality().totalVideoFrames ?? null, selector);

/** Time until `is`, ms; fails when it never is. */
async function until(what: string, is: () => Promise<boolean>): Promise<number> {
  const time = await timeUntil(is, PATIENCE_MS);
  if (time === PATIENCE_MS) throw new Error(`never: ${what}`);
  return time;
}

test("a cut link is noticed and heals by itself, and a far site is quickly in the picture", async () => {
  const star = await Star.start("link", ["control", "hall", "site", "far"]);
  await star.set("far", FAR);
  const server = await Server.start("link", { star });
  const hall = new Headless(server, HALL, { at: { star, line: "hall" } });
  const control = await Browser.plain({ star, line: "control", server });
  const { index, name } = server.link(SITE);
  const browser = await Browser.withTestCard(index, name, { at: { star, line: "site", server } });
  const far = await Browser.plain({ star, line: "far", server });
  const tile = `[data-wall] [data-site="${SITE}"] video`;
  const figures: Figure[] = [];

  try {
    const operator = await Console.open(control, server);
    const site = await joinSite(browser, server, SITE);
    await untilShows(site, PROGRAMME, 0, 20_000);
    await until("the site is on the wall", async () => ((await framesOf(operator.page, tile)) ?? 0) > 0);

    for (const { cutMs, backMs } of CUTS) {
      await star.set("site", { cut: true });
      const told = await until("the console says that the site is lost", async () => (await framesOf(operator.page, tile)) === null);
      await operator.page.waitForTimeout(cutMs - told);
      const before = (await framesOf(site, PROGRAMME)) ?? 0;
      await star.set("site", {});
      const back = await until("the site is back", async () => {
        const sees = ((await framesOf(site, PROGRAMME)) ?? 0) > before;
        const seen = ((await framesOf(operator.page, tile)) ?? 0) > 0;
        return sees && seen && (await facts(site)).status === "ready";
      });
      figures.push({ figure: `link cut for ${cutMs / 1_000} s: the console is told`, value: told, unit: "ms", goal: TOLD_MS });
      figures.push({ figure: `link cut for ${cutMs / 1_000} s: sees, is seen and has control again`, value: back, unit: "ms", goal: backMs });
    }

    const began = Date.now();
    const screen = await far.open(server.joinUrl("ha-noi", "screen"));
    const loaded = Date.now() - began;
    await until("the far screen shows the programme", async () => ((await framesOf(screen, PROGRAMME)) ?? 0) > 0);
    const first = Date.now() - began;
    figures.push({ figure: "300 ms round trip: from the address to the page", value: loaded, unit: "ms", goal: null });
    figures.push({ figure: "300 ms round trip: from the address to the first frame", value: first, unit: "ms", goal: FIRST_FRAME_MS });

    keepFigures("link", figures);
    // The goals themselves are judged by the bench, on a machine that does nothing else.
    for (const { figure, value, goal } of figures) if (goal) expect(value, figure).toBeLessThan(5 * goal);
  } finally {
    await Promise.all([control, browser, far].map((one) => one.close()));
    await hall.stop();
    await server.stop();
    await star.stop();
  }
});
