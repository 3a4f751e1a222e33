// A screen behind a bad line: packets are lost on the way to it (promise 8), and its line becomes thin and far (promise 9).
import { expect, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Headless } from "../lib/endpoints.ts";
import { type Figure, keepFigures } from "../lib/figures.ts";
import { untilShows } from "../lib/marker.ts";
import { openScreen, PROGRAMME } from "../lib/pages.ts";
import { heightOf, receive, watchReception } from "../lib/reception.ts";
import { Server } from "../lib/server.ts";
import { type Impairment, Star } from "../lib/star.ts";
import { timeUntil } from "../lib/wait.ts";

/** Losses towards the screen at 50 ms round trip, and what must be received all the same (promise 8). */
const LOSSES: { line: Impairment; concealed: number; frames?: number; freeze?: number }[] = [
  { line: { loss: 0.1 }, concealed: 0.005, frames: 0.95 },
  { line: { loss: 0.2 }, concealed: 0.02, frames: 0.8 },
  { line: { loss: 0.3, burst: 3 }, concealed: 0.05, freeze: 1_000 },
];
const NEAR: Impairment = { delay_ms: 25 };
/** One way of a round trip of 300 ms ± 40, and what is left of the line. */
const FAR: Impairment = { delay_ms: 150, jitter_ms: 20 };
const THIN: Impairment = { ...FAR, rate_kbps: 300 };
/** By when a lower layer must be shown, and by when the high one after the line is wide again (promise 9). */
const LOWER_MS = 3_000;
const BACK_MS = 10_000;
/** Longest share of invented sound that nobody notices, while the line is thin. */
const UNBROKEN = 0.01;

/** A line is as it is for so long before it is judged: the layer may fall. */
const SETTLE_MS = 12_000;
const WATCH_MS = 20_000;
const PATIENCE_MS = 60_000;
const HIGH = 720;
const AT = "tuyen-quang";

test("a screen behind a bad line hears without a break and sees what its line can carry", async () => {
  test.setTimeout(600_000);
  const star = await Star.start("thin", ["hall", "room"]);
  const server = await Server.start("thin", { star });
  const hall = new Headless(server, "dien-hong", { busy: true, at: { star, line: "hall" } });
  const room = await Browser.plain({ star, line: "room", server });
  const figures: Figure[] = [];

  try {
    const screen = await openScreen(room, server, AT);
    await untilShows(screen, PROGRAMME, 0, 30_000);
    await watchReception(screen, PROGRAMME);
    const isHigh = async () => (await heightOf(screen, PROGRAMME)) === HIGH;

    for (const { line, concealed, frames, freeze } of LOSSES) {
      const name = `${line.loss! * 100} % lost${line.burst ? " in bursts" : ""}`;
      await star.set("room", NEAR, { ...NEAR, ...line });
      await screen.waitForTimeout(SETTLE_MS);
      const seen = await receive(screen, WATCH_MS);
      console.log(`    ${name}: pictures of ${seen.heights.join(", ")} lines`);
      figures.push({ figure: `${name}: sound invented`, value: seen.concealed * 100, unit: "%", goal: concealed * 100 });
      figures.push({ figure: `${name}: frames missing`, value: (1 - seen.frames) * 100, unit: "%", goal: frames === undefined ? null : Math.round((1 - frames) * 100) });
      figures.push({ figure: `${name}: longest freeze`, value: seen.longestFreeze, unit: "ms", goal: freeze ?? null });
      await star.set("room", {});
      figures.push({ figure: `${name}: high layer again after the loss ended`, value: await timeUntil(isHigh, PATIENCE_MS), unit: "ms", goal: null });
    }

    await star.set("room", FAR);
    await screen.waitForTimeout(SETTLE_MS);
    await timeUntil(isHigh, PATIENCE_MS);
    await star.set("room", FAR, THIN);
    const falling = receive(screen, WATCH_MS);
    const lower = await timeUntil(async () => !(await isHigh()), PATIENCE_MS);
    const thin = await falling;
    figures.push({ figure: "300 kbit/s, 300 ms: until a lower layer is shown", value: lower, unit: "ms", goal: LOWER_MS });
    figures.push({ figure: "300 kbit/s, 300 ms: sound invented from the fall on", value: thin.concealed * 100, unit: "%", goal: UNBROKEN * 100 });
    figures.push({ figure: "300 kbit/s, 300 ms: longest freeze from the fall on", value: thin.longestFreeze, unit: "ms", goal: null });
    await star.set("room", FAR);
    figures.push({ figure: "300 kbit/s, 300 ms: high layer again after the line is wide", value: await timeUntil(isHigh, PATIENCE_MS), unit: "ms", goal: BACK_MS });

    keepFigures("thin", figures);
    // The goals themselves are judged by the bench, on a machine that does nothing else.
    expect(lower).toBeLessThan(PATIENCE_MS);
  } finally {
    await room.close();
    await hall.stop();
    await server.stop();
    await star.stop();
  }
});
