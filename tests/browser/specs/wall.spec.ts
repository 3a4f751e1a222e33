// The whole country on two cores: 63 simulated sites and the hall beside the server, one real console.
import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Simulation } from "../lib/endpoints.ts";
import { keepFigures, quantile } from "../lib/figures.ts";
import { untilShows } from "../lib/marker.ts";
import { Console, PREVIEW, WALL } from "../lib/pages.ts";
import { Server } from "../lib/server.ts";

const SITES = 63;
const TAKES = 10;
/** Goal for the time from the command to the last site's first frame of the new source, p95. */
const LAST_SITE_MS = 400;
/**
 * The goal itself is judged by the bench, on a machine that does nothing else. Here both cores are full of encoders, and a neighbour
 * makes the last of 63 sites wait for its turn. Five times the goal is no such wait;
 * a take that waits for a second keyframe or for a repeated request is beyond it.
 */
const SANITY_MS = 5 * LAST_SITE_MS;

interface SourceSeen {
  event: "source";
  site: string;
  marker_site: number;
  at_ms: number;
}

/** Frames presented so far by each tile. */
function framesOf(page: Page): Promise<number[]> {
  return page.evaluate(
    (selector) =>
      [...document.querySelectorAll<HTMLVideoElement>(selector)].map((video) => video.getVideoPlaybackQuality().totalVideoFrames),
    WALL,
  );
}

test("63 sites are alive on the wall, and ten takes reach the hall and the other 62", async () => {
  const server = await Server.start("wall");
  const simulation = new Simulation(server, "wall", { sites: SITES, hall: true, decode: 2 });
  const browser = await Browser.yielding();

  try {
    const operator = await Console.open(browser, server);
    await operator.page.setViewportSize({ width: 1920, height: 1080 });
    await expect.poll(async () => (await framesOf(operator.page)).filter((n) => n > 0).length, { timeout: 60_000 }).toBe(SITES + 1);
    const first = await framesOf(operator.page);
    await operator.page.waitForTimeout(5_000);
    const second = await framesOf(operator.page);
    const advanced = second.filter((frames, i) => frames > first[i]!).length;
    expect(advanced, "tiles that advance").toBe(SITES + 1);

    const sites = server.links().filter((link) => link.endpoint === "main" && link.site !== "dien-hong");
    const times: number[] = [];
    for (let i = 0; i < TAKES; i++) {
      const link = sites[(i * 6 + 1) % sites.length]!;
      await operator.preview(link);
      await operator.page.waitForTimeout(1_000);
      const seen = simulation.lines().length;
      const commanded = Date.now();
      await operator.take();
      await operator.untilOnAir(link.site);
      const reached = new Map<string, number>();
      await expect
        .poll(
          () => {
            for (const line of simulation.lines().slice(seen) as unknown as SourceSeen[]) {
              const is = line.event === "source" && line.marker_site === link.index && line.site !== link.site;
              if (is && !reached.has(line.site)) reached.set(line.site, line.at_ms - commanded);
            }
            return reached.size;
          },
          { message: `sites that show ${link.site}`, timeout: 10_000 },
        )
        .toBe(SITES);
      times.push(Math.max(...reached.values()));
    }

    // The picture of the README: `npm run picture` copies it.
    const next = sites[5]!;
    await operator.preview(next);
    await untilShows(operator.page, PREVIEW, next.index);
    await operator.page.screenshot({ path: "test-results/screens/console-63.png" });
    keepFigures("wall", [
      { figure: "tiles that advance", value: SITES + 1 - advanced, unit: `of ${SITES + 1} missing`, goal: 0 },
      { figure: "command → first new frame at the last of 63, median", value: quantile(times, 0.5), unit: "ms", goal: null },
      { figure: "command → first new frame at the last of 63, p95", value: quantile(times, 0.95), unit: "ms", goal: LAST_SITE_MS },
      { figure: "command → first new frame at the last of 63, max", value: Math.max(...times), unit: "ms", goal: null },
    ]);
    expect(quantile(times, 0.5), "median of the takes").toBeLessThan(SANITY_MS / 2);
    expect(quantile(times, 0.95), "p95 of the takes").toBeLessThan(SANITY_MS);
  } finally {
    await browser.close();
    await simulation.stop();
    await server.stop();
  }
});
