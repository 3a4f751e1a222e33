// How quickly a layer that was off is sharp: a real Chromium whose high layer is off is previewed and taken.
import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { keepFigures, quantile } from "../lib/figures.ts";
import { untilShows } from "../lib/marker.ts";
import { Console, joinSite, PROGRAMME } from "../lib/pages.ts";
import { Server } from "../lib/server.ts";

const SITE = "cao-bang";
const ROUNDS = 5;
/** Bitrate of the high layer that pages ask of their encoder (`encodings.ts`), and the share of it that is called sharp. */
const HIGH_BPS = 2_500_000;
const SHARP = 0.8;
const HIGH_WIDTH = 1_280;
/** Everything must have come by then; what it should be is in the figures. */
const SANITY_MS = 30_000;
/** The sender is looked at this often. */
const SAMPLE_MS = 50;
/** Over this long a bitrate is measured. */
const WINDOW_MS = 500;

/** What the sender's high layer did at a moment. */
interface Sample {
  at: number;
  active: boolean;
  frames: number;
  width: number;
  bytes: number;
  target: number;
}

/** The high layer of what the page sends, now. */
function highLayer(page: Page): Promise<Sample> {
  return page.evaluate(async () => {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] };
    const report = await connections.at(-1)!.getStats();
    for (const entry of report.values()) {
      if (entry.type !== "outbound-rtp" || entry.rid !== "h") continue;
      const { active, framesSent, frameWidth, bytesSent, targetBitrate } = entry;
      return { at: Date.now(), active, frames: framesSent ?? 0, width: frameWidth ?? 0, bytes: bytesSent ?? 0, target: targetBitrate ?? 0 };
    }
    return { at: Date.now(), active: false, frames: 0, width: 0, bytes: 0, target: 0 };
  });
}

/** From now on notes when the first picture of full width is presented in the programme (ms since the epoch). */
function watchWidth(page: Page): Promise<void> {
  return page.evaluate(
    ({ selector, width }) => {
      const holder = window as unknown as { wideAt: number; watching: Set<HTMLVideoElement> };
      holder.wideAt = 0;
      holder.watching ??= new Set();
      // Every slot: which of them a take brings on is not known before. A cell that is not shown has no picture of that width.
      for (const video of document.querySelectorAll<HTMLVideoElement>(selector)) {
        if (holder.watching.has(video)) continue;
        holder.watching.add(video);
        const frame: VideoFrameRequestCallback = (_, picture) => {
          if (!holder.wideAt && picture.width >= width) holder.wideAt = Date.now();
          video.requestVideoFrameCallback(frame);
        };
        video.requestVideoFrameCallback(frame);
      }
    },
    { selector: PROGRAMME.replace(".shown", ""), width: HIGH_WIDTH },
  );
}

const wideAt = (page: Page): Promise<number> => page.evaluate(() => (window as unknown as { wideAt: number }).wideAt);

/** Samples the sender until `done`, or fails after the sanity bound. */
async function sample(page: Page, since: number, done: (samples: Sample[]) => boolean | Promise<boolean>): Promise<Sample[]> {
  const samples: Sample[] = [];
  while (Date.now() < since + SANITY_MS) {
    samples.push(await highLayer(page));
    if (await done(samples)) return samples;
    await page.waitForTimeout(SAMPLE_MS);
  }
  throw new Error(`not sharp after ${SANITY_MS} ms: ${JSON.stringify(samples.slice(-3))}`);
}

/** When the bitrate over the window before first reached the share; none: not yet. */
function sharpAt(samples: Sample[]): number | null {
  for (const sample of samples) {
    const before = samples.findLast((one) => one.at <= sample.at - WINDOW_MS);
    if (!before) continue;
    const bps = ((sample.bytes - before.bytes) * 8_000) / (sample.at - before.at);
    if (bps >= SHARP * HIGH_BPS) return sample.at;
  }
  return null;
}

test("a high layer that was off is measured from the preview to a sharp picture", async () => {
  test.setTimeout(600_000);
  const server = await Server.start("sharp");
  const plain = await Browser.plain();
  const hallBrowser = await Browser.withTestCard(0, "Hội trường Diên Hồng");
  const siteBrowser = await Browser.withTestCard(server.link(SITE).index, server.link(SITE).name, { camera: "full" });
  const times = { sent: [] as number[], shown: [] as number[], target: [] as number[], bitrate: [] as number[] };

  try {
    const operator = await Console.open(plain, server);
    const hall = await joinSite(hallBrowser, server, "dien-hong");
    const site = await joinSite(siteBrowser, server, SITE);
    await untilShows(site, PROGRAMME, 0, 20_000);

    for (let round = 0; round < ROUNDS; round++) {
      const off = async () => (await highLayer(site)).active;
      await expect.poll(off, { message: "the high layer is off while the site is off air", timeout: SANITY_MS }).toBe(false);
      const { frames } = await highLayer(site);
      const commanded = Date.now();
      await operator.preview(server.link(SITE));
      await watchWidth(hall);
      await operator.take();
      const sharp = (samples: Sample[]) => samples.at(-1)!.target >= SHARP * HIGH_BPS && sharpAt(samples) !== null;
      const samples = await sample(site, commanded, async (samples) => sharp(samples) && (await wideAt(hall)) > 0);
      const first = (is: (sample: Sample) => boolean) => samples.find(is)!.at - commanded;
      times.sent.push(first((one) => one.frames > frames && one.width >= HIGH_WIDTH));
      times.shown.push((await wideAt(hall)) - commanded);
      times.target.push(first((one) => one.target >= SHARP * HIGH_BPS));
      times.bitrate.push(sharpAt(samples)! - commanded);
      await operator.untilOnAir(SITE);
      await untilShows(hall, PROGRAMME, server.link(SITE).index);
      await operator.hall();
      await operator.untilOnAir("dien-hong");
    }

    const row = (what: string, samples: number[]) => [
      { figure: `high layer off → ${what}, median of ${ROUNDS}`, value: quantile(samples, 0.5), unit: "ms", goal: null },
      { figure: `high layer off → ${what}, max`, value: Math.max(...samples), unit: "ms", goal: null },
    ];
    keepFigures("sharp", [
      ...row("1280×720 sent", times.sent),
      ...row("1280×720 decoded in the programme", times.shown),
      ...row("80 % of 2.5 Mbit/s as the encoder's target", times.target),
      ...row("80 % of 2.5 Mbit/s sent", times.bitrate),
    ]);
  } finally {
    for (const browser of [plain, hallBrowser, siteBrowser]) await browser.close();
    await server.stop();
  }
});
