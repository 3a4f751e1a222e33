// The control connection is cut for five seconds: it resumes by revision without a reload, and media never stops.
import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { keepFigures } from "../lib/figures.ts";
import { untilShows } from "../lib/marker.ts";
import { Console, facts, joinSite, PROGRAMME } from "../lib/pages.ts";
import { Server } from "../lib/server.ts";

const CUT_MS = 5_000;
/** Longest pause between two presented frames that still counts as a picture that goes on. */
const LONGEST_PAUSE_MS = 1_000;

/** Longest pause between presented frames of the programme over `ms`. */
function longestPause(page: Page, ms: number): Promise<number> {
  return page.evaluate(
    async ({ selector, ms }) => {
      const video = document.querySelector<HTMLVideoElement>(selector)!;
      let longest = 0;
      let last = performance.now();
      const frame = () => {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
        video.requestVideoFrameCallback(frame);
      };
      video.requestVideoFrameCallback(frame);
      await new Promise((done) => setTimeout(done, ms));
      return Math.max(longest, performance.now() - last);
    },
    { selector: PROGRAMME, ms },
  );
}

test("a site whose control connection is cut for 5 s resumes without a reload while media goes on", async () => {
  const server = await Server.start("cut");
  const plain = await Browser.plain();
  const hall = await Browser.withTestCard(0, "Hội trường Diên Hồng");
  const siteBrowser = await Browser.withTestCard(server.link("cao-bang").index, "Cao Bằng");

  try {
    const operator = await Console.open(plain, server);
    await joinSite(hall, server, "dien-hong");
    const site = await joinSite(siteBrowser, server, "cao-bang");
    await untilShows(site, PROGRAMME, 0);
    const before = await facts(site);
    await site.evaluate(() => ((window as unknown as { marked: boolean }).marked = true));

    await siteBrowser.context.setOffline(true);
    await site.evaluate(() => (window as unknown as { __dienhong: { cutControl(): void } }).__dienhong.cutControl());
    const pause = longestPause(site, CUT_MS + 1_000);
    await site.locator('[data-status="lost"]').waitFor({ timeout: 3_000 });
    await operator.page.keyboard.press("/");
    await operator.page.keyboard.press("Escape");
    await site.waitForTimeout(CUT_MS);
    const restored = Date.now();
    await siteBrowser.context.setOffline(false);
    await expect.poll(async () => (await facts(site)).status, { timeout: 5_000, intervals: [20] }).toBe("ready");
    const back = Date.now() - restored;

    const after = await facts(site);
    expect(after.generation, "the same peer connection").toBe(before.generation);
    expect(after.negotiations).toBe(before.negotiations);
    expect(await site.evaluate(() => (window as unknown as { marked?: boolean }).marked), "no reload").toBe(true);
    expect(await pause, "longest pause of the picture, ms").toBeLessThan(LONGEST_PAUSE_MS);
    keepFigures("cut", [
      { figure: "control back after a cut of 5 s", value: back, unit: "ms", goal: 2_000 },
      { figure: "longest pause of the picture during the cut", value: await pause, unit: "ms", goal: LONGEST_PAUSE_MS },
    ]);
  } finally {
    await Promise.all([plain, hall, siteBrowser].map((browser) => browser.close()));
    await server.stop();
  }
});
