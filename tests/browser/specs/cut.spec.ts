// The control connection is cut for five seconds while the conference goes on: it resumes by revision, without a snapshot and
// without a reload, shows what changed meanwhile, and media never stops.
import { inflateRawSync } from "node:zlib";

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

interface Message {
  type: string;
  instance?: string | null;
  since?: number | null;
  revision?: number;
  state?: object | null;
  changes?: object[];
}

/** What was said on each control connection that a page of the browser opens from now on, as it went over the wire. */
function overhear(browser: Browser): { sent: Message[]; received: Message[] }[] {
  const sockets: { sent: Message[]; received: Message[] }[] = [];
  browser.context.on("page", (page) =>
    page.on("websocket", (socket) => {
      const heard: (typeof sockets)[number] = { sent: [], received: [] };
      sockets.push(heard);
      socket.on("framesent", ({ payload }) => heard.sent.push(JSON.parse(String(payload)) as Message));
      // Long messages come deflated, in binary frames.
      const text = (payload: string | Buffer) => (typeof payload === "string" ? payload : inflateRawSync(payload).toString());
      socket.on("framereceived", ({ payload }) => heard.received.push(JSON.parse(text(payload)) as Message));
    }),
  );
  return sockets;
}

test("a site whose control connection is cut for 5 s resumes without a reload while media goes on", async () => {
  const server = await Server.start("cut");
  const plain = await Browser.plain();
  const hall = await Browser.withTestCard(0, "Hội trường Diên Hồng");
  const siteBrowser = await Browser.withTestCard(server.link("cao-bang").index, "Cao Bằng");

  try {
    const sockets = overhear(siteBrowser);
    const operator = await Console.open(plain, server);
    await joinSite(hall, server, "dien-hong");
    const site = await joinSite(siteBrowser, server, "cao-bang");
    await untilShows(site, PROGRAMME, 0);
    await operator.page.getByRole("button", { name: "Khai mạc", exact: true }).click();
    await site.locator('[data-status="connected"]').waitFor();
    const request = site.getByRole("button", { name: "Đăng ký phát biểu" });
    await expect(request, "the floor is closed").toHaveCount(0);
    const mode = operator.page.getByRole("combobox", { name: "Cách nhận đăng ký" });
    const before = await facts(site);
    const cutAfter = sockets.length;
    await site.evaluate(() => ((window as unknown as { marked: boolean }).marked = true));

    await siteBrowser.context.setOffline(true);
    await site.evaluate(() => (window as unknown as { __dienhong: { cutControl(): void } }).__dienhong.cutControl());
    const pause = longestPause(site, CUT_MS + 1_000);
    await site.locator('[data-status="lost"]').waitFor({ timeout: 3_000 });
    await mode.selectOption("queue");
    await expect(mode, "the operator opened the floor during the cut").toHaveValue("queue");
    await site.waitForTimeout(CUT_MS);
    const restored = Date.now();
    await siteBrowser.context.setOffline(false);
    await expect.poll(async () => (await facts(site)).status, { timeout: 5_000, intervals: [20] }).toBe("ready");
    const back = Date.now() - restored;

    const after = await facts(site);
    await expect(request, "what changed during the cut is shown").toBeVisible({ timeout: 2_000 });
    const greeted = sockets.slice(cutAfter).filter((socket) => socket.received.some(({ type }) => type === "welcome"));
    expect(greeted.length, "connections that were welcomed after the cut").toBe(1);
    const said = (type: string) => greeted[0]!.received.filter((message) => message.type === type);
    const hello = greeted[0]!.sent.find(({ type }) => type === "hello");
    const known = sockets[0]!.received.filter(({ type }) => type === "welcome" || type === "event").at(-1)!;
    expect(sockets[0]!.received.find(({ type }) => type === "welcome")?.state, "the first welcome has a snapshot").toBeTruthy();
    expect(hello?.since, "the page says which revision it knows").toBe(known.revision);
    expect(said("welcome")[0]!.state, "no snapshot after the cut").toBeNull();
    expect(said("event")[0]?.changes?.length, "sections that were missed").toBeGreaterThan(0);

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
