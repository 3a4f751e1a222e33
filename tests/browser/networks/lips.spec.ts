// Lips: two sites whose clocks are 90 s apart and whose networks take 30 and 250 ms each way; ten takes between them. Each
// claps, a white picture and a beep at one instant, and every receiver must show the one and play the other together.
import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Headless } from "../lib/endpoints.ts";
import { keepFigures, quantile } from "../lib/figures.ts";
import { type Clap, clapsSince, keepPeers, pageTime, reckonedSince, watchLips } from "../lib/lips.ts";
import { untilShows } from "../lib/marker.ts";
import { Console, openScreen, PROGRAMME } from "../lib/pages.ts";
import { Server } from "../lib/server.ts";
import { Star } from "../lib/star.ts";

const TAKES = 10;
/** Goal for the distance between picture and sound, at every receiver after every take. */
const APART_MS = 40;
/** Watched after each take: three claps at least, one every 1.28 s. */
const WATCH_MS = 4_800;
/** Watched for the measurement's own error, without a take, a delay or another clock. */
const BASELINE_MS = 12_000;
/** The preview asks for the high layer. */
const PREVIEW_MS = 1_000;

/** Claps with the machine's own clock on a line without delay: what is measured there is the method's own error. */
const HALL = "dien-hong";
const A = "ha-noi";
const B = "cao-bang";
/** Watches on its screen. */
const RECEIVER = "tuyen-quang";

interface Seen {
  claps: Clap[];
  /** Picture after sound by the browser's own estimate, ms. */
  reckoned: number;
}

test("flash and beep stay together at every receiver through ten takes between unlike clocks and networks", async () => {
  const star = await Star.start("lips", ["control", "room", "hall", "a", "b"]);
  await star.set("a", { delay_ms: 30 });
  await star.set("b", { delay_ms: 250 });
  const server = await Server.start("lips", { star });
  const clappers = [
    new Headless(server, HALL, { clapper: true, at: { star, line: "hall" } }),
    new Headless(server, A, { clapper: true, clockOffset: 45, at: { star, line: "a" } }),
    new Headless(server, B, { clapper: true, clockOffset: -45, at: { star, line: "b" } }),
  ];
  const control = await Browser.plain({ star, line: "control", server });
  const room = await Browser.plain({ star, line: "room", server });

  for (const browser of [control, room]) await keepPeers(browser.context);

  try {
    const operator = await Console.open(control, server);
    await operator.page.getByRole("button", { name: "Nghe chương trình" }).click();
    const screen = await openScreen(room, server, RECEIVER);
    const receivers = [screen, operator.page];
    for (const page of receivers) await watchLips(page);

    /** Claps of a site on air that each receiver sees from now on, and what its browser believes meanwhile. */
    const watch = async (what: string, site: string, watched: number): Promise<Seen[]> => {
      const since = await Promise.all(receivers.map(pageTime));
      await operator.page.waitForTimeout(watched);
      const { index } = server.link(site);
      const look = async (page: Page, since: number) => ({ claps: await clapsSince(page, index, since), reckoned: await reckonedSince(page, since) });
      const seen = await Promise.all(receivers.map((page, i) => look(page, since[i]!)));
      const words = seen.map(({ claps, reckoned }) => `${claps.map(({ offset }) => offset.toFixed(0)).join(" ")} (browser: ${reckoned.toFixed(0)})`);
      console.log(`    ${what}: ${words.join(" | ")} ms`);
      return seen;
    };

    await untilShows(screen, PROGRAMME, server.link(HALL).index, 20_000);
    const baseline = (await watch("baseline", HALL, BASELINE_MS)).flatMap(({ claps }) => claps);
    const offsets: number[] = [];
    const firsts: number[] = [];
    const unexplained: number[] = [];
    const believed: number[] = [];
    let unseen = 0;
    for (let i = 0; i < TAKES; i++) {
      const site = i % 2 ? B : A;
      await operator.preview(server.link(site));
      await operator.page.waitForTimeout(PREVIEW_MS);
      await operator.take();
      await operator.untilOnAir(site);
      for (const { claps, reckoned } of await watch(`take ${i + 1} (${site})`, site, WATCH_MS)) {
        if (claps.length === 0) {
          unseen++;
          continue;
        }
        firsts.push(Math.abs(claps[0]!.offset));
        offsets.push(...claps.map(({ offset }) => offset));
        believed.push(Math.abs(reckoned));
        unexplained.push(quantile(claps.map(({ offset }) => offset), 0.5) - reckoned);
      }
    }

    const method = baseline.map(({ offset }) => offset);
    const apart = offsets.map(Math.abs);
    keepFigures("lips", [
      { figure: "lips: takes after which a receiver saw no whole clap", value: unseen, unit: `of ${TAKES * receivers.length}`, goal: 0 },
      { figure: "lips: picture after sound without delay or take, median", value: quantile(method, 0.5), unit: "ms", goal: null },
      { figure: "lips: the same, largest distance from the median", value: Math.max(...method.map((offset) => Math.abs(offset - quantile(method, 0.5)))), unit: "ms", goal: null },
      { figure: "lips: picture after sound in ten takes, median", value: quantile(offsets, 0.5), unit: "ms", goal: null },
      { figure: "lips: the same, less what the browser believes of itself, median", value: quantile(unexplained, 0.5), unit: "ms", goal: null },
      { figure: "lips: apart in ten takes by the browsers' own account, max", value: Math.max(...believed), unit: "ms", goal: APART_MS },
      { figure: "lips: apart in ten takes, first clap, max", value: Math.max(...firsts), unit: "ms", goal: APART_MS },
      { figure: "lips: apart in ten takes, every clap, p95", value: quantile(apart, 0.95), unit: "ms", goal: null },
      { figure: "lips: apart in ten takes, every clap, max", value: Math.max(...apart), unit: "ms", goal: APART_MS },
    ]);
    // The goal itself is judged by the bench, on a machine that does nothing else.
    expect(unseen, "takes without a clap").toBeLessThan(TAKES / 2);
    expect(quantile(apart, 0.5)).toBeLessThan(5 * APART_MS);
  } finally {
    await Promise.all([control, room].map((browser) => browser.close()));
    for (const clapper of clappers) await clapper.stop();
    await server.stop();
    await star.stop();
  }
});
