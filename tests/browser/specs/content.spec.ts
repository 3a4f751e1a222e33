// A site shares its screen: the console can put it on air beside its speaker, everybody sees both, it outlives a restart of the
// server, and its end is seen.
import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { readMarkers, untilShows } from "../lib/marker.ts";
import { Console, facts, joinSite, openScreen } from "../lib/pages.ts";
import { Server } from "../lib/server.ts";
import { shareMarker } from "../lib/sharing.ts";

const SITE = "cao-bang";
/** A screen in a room of a site that is off air. */
const ELSEWHERE = "ha-noi";
/** No site has this number: what is shared says by itself that it is not the site's camera. */
const SHARED = 4_000;

const CONTENT = '[data-slot="program_content"].shown video';
/** The programme's cameras. */
const SPEAKER = '[data-slot^="program:"].shown video';
const PREVIEWED = '[data-slot="preview_content"].shown video';

/** Frames of the marker that must be told apart within `MOVES_MS`: a picture that stands still never shows two. */
const FRAMES = 5;
const MOVES_MS = 5_000;

/** Waits until a video shows the site and moves: a last frame that stands still does not pass. */
async function untilMoves(page: Page, selector: string, site: number, timeoutMs = 10_000): Promise<void> {
  await untilShows(page, selector, site, timeoutMs);
  const frames = new Set<number>();
  const end = Date.now() + MOVES_MS;
  while (Date.now() < end && frames.size < FRAMES) {
    for (const seen of await readMarkers(page, selector)) if (seen?.site === site) frames.add(seen.frame);
    await page.waitForTimeout(50);
  }
  expect(frames.size, `frames of ${site} told apart in ${selector}`).toBeGreaterThanOrEqual(FRAMES);
}

test("a site's shared screen goes on air beside its speaker, outlives a restart of the server and ends", async () => {
  const server = await Server.start("content");
  const index = server.link(SITE).index;
  const plain = await Browser.plain();
  const hallBrowser = await Browser.withTestCard(0, "Hội trường Diên Hồng");
  const siteBrowser = await Browser.withTestCard(index, "Cao Bằng");
  await shareMarker(siteBrowser, SHARED, 1);

  try {
    const operator = await Console.open(plain, server);
    const hall = await joinSite(hallBrowser, server, "dien-hong");
    const site = await joinSite(siteBrowser, server, SITE);
    const screen = await openScreen(plain, server, ELSEWHERE);
    const layout = operator.page.locator('[data-layout="content_speaker"]');
    const seenBy = [hall, screen, operator.page];
    const everybodySees = async (timeoutMs?: number) => {
      for (const page of seenBy) {
        await untilMoves(page, CONTENT, SHARED, timeoutMs);
        await untilMoves(page, SPEAKER, index, timeoutMs);
      }
    };

    await operator.page.bringToFront();
    await operator.preview(server.link(SITE));
    await expect(layout).toBeDisabled();
    await expect(layout).toHaveAttribute("title", /Cao Bằng chưa chia sẻ màn hình/);
    await site.locator('[data-action="share"]').click();
    await site.locator('[data-share="refused"]').waitFor();
    await site.locator('[data-action="share"]').click();
    await site.locator('[data-share="sharing"]').waitFor();

    await expect(layout).toBeEnabled();
    await layout.click();
    await untilMoves(operator.page, PREVIEWED, SHARED);
    await operator.take();
    await operator.untilOnAir(SITE);
    await everybodySees();
    await site.locator('[data-share="on_air"]').waitFor();

    const before = (await facts(hall)).instance;
    await server.kill();
    await server.restart();
    for (const page of [...seenBy, site]) {
      const renewed = async () => {
        const { connectionState, instance, status } = await facts(page);
        return status === "ready" && connectionState === "connected" && instance !== before;
      };
      await expect.poll(renewed, { timeout: 20_000 }).toBe(true);
    }
    await everybodySees(20_000);

    await site.locator("[data-share] video").evaluate((video: HTMLVideoElement) => {
      (video.srcObject as MediaStream).getVideoTracks()[0]!.dispatchEvent(new Event("ended"));
    });
    await site.locator('[data-action="share"]').waitFor();
    await expect(layout).toBeDisabled();
    await expect(operator.page.locator('[data-slot="program_content"]')).toContainText("ĐÃ NGỪNG CHIA SẺ");
  } finally {
    await Promise.all([plain, hallBrowser, siteBrowser].map((browser) => browser.close()));
    await server.stop();
  }
});
