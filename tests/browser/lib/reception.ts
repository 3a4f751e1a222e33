// What a page really receives: frames that it presents, and sound that it had to invent.
import type { Page } from "@playwright/test";

/** A frame that was presented. */
interface Presented {
  /** When it was expected on the screen, ms of `performance.now()`. */
  at: number;
  /** RTP timestamp, 90 kHz, unwrapped. */
  rtp: number;
  height: number;
  /** Frames presented so far; more than one since the last: some came without a call. */
  count: number;
}

/** A time of watching. */
export interface Reception {
  /** Frames presented, of those that the source sent in the layer that flowed; 0 to 1. */
  frames: number;
  /** The longest time without a new frame, ms. */
  longestFreeze: number;
  /** Share of the sound that was invented because it did not arrive in time; 0 to 1. */
  concealed: number;
  /** Heights of the pictures, smallest first. */
  heights: number[];
}

/** Ticks between two frames of a headless site's layers (crates/endpoint/src/encoder.rs): the small one has a quarter of the frames. */
const TICKS = { small: 14_400, others: 3_600 };
const SMALL_HEIGHT = 180;

/** From now on keeps what the first video of a selector presents. The page must keep its peer connections (lib/browsers.ts). */
export function watchReception(page: Page, selector: string): Promise<void> {
  return page.evaluate((selector) => {
    const presented: Presented[] = [];
    (window as unknown as { presented: Presented[] }).presented = presented;
    const watched = new WeakSet<HTMLVideoElement>();
    let last = 0;
    let wraps = 0;
    // A page builds its videos anew when its layout changes.
    setInterval(() => {
      const video = document.querySelector<HTMLVideoElement>(selector);
      if (!video || watched.has(video)) return;
      watched.add(video);
      const see = (_now: number, frame: VideoFrameCallbackMetadata): void => {
        const rtp = frame.rtpTimestamp ?? 0;
        if (rtp < last - 2 ** 31) wraps++;
        last = rtp;
        presented.push({ at: frame.expectedDisplayTime, rtp: rtp + wraps * 2 ** 32, height: frame.height, count: frame.presentedFrames });
        video.requestVideoFrameCallback(see);
      };
      video.requestVideoFrameCallback(see);
    }, 50);
  }, selector);
}

/** Samples of sound that were played and invented by all peer connections of a page so far. */
function soundOf(page: Page): Promise<{ played: number; invented: number }> {
  return page.evaluate(async () => {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] };
    const open = connections.filter((one) => one.connectionState === "connected");
    const sum = { played: 0, invented: 0 };
    for (const one of open) {
      for (const report of (await one.getStats()).values()) {
        const sounds = report.type === "inbound-rtp" && report.kind === "audio" && report.packetsReceived > 0;
        if (!sounds) continue;
        sum.played += report.totalSamplesReceived ?? 0;
        sum.invented += report.concealedSamples ?? 0;
      }
    }
    return sum;
  });
}

/** What a page receives in the next `milliseconds`. */
export async function receive(page: Page, milliseconds: number): Promise<Reception> {
  const before = await soundOf(page);
  const since = await page.evaluate(() => performance.now());
  await page.waitForTimeout(milliseconds);
  const after = await soundOf(page);
  const seen = await page.evaluate((since) => {
    const { presented } = window as unknown as { presented: Presented[] };
    return { now: performance.now(), frames: presented.filter(({ at }) => at >= since) };
  }, since);
  return { ...judge(seen.frames, since, seen.now), concealed: (after.invented - before.invented) / Math.max(1, after.played - before.played) };
}

function judge(frames: Presented[], since: number, now: number): Omit<Reception, "concealed"> {
  let due = 0;
  let presented = 0;
  let longestFreeze = 0;
  let last = since;
  for (const [i, frame] of frames.entries()) {
    longestFreeze = Math.max(longestFreeze, frame.at - last);
    last = frame.at;
    const before = frames[i - 1];
    if (!before) continue;
    // Between two layers nobody can say what was due.
    if (before.height !== frame.height) continue;
    due += Math.max(1, Math.round((frame.rtp - before.rtp) / (frame.height <= SMALL_HEIGHT ? TICKS.small : TICKS.others)));
    presented += Math.max(1, frame.count - before.count);
  }
  const heights = [...new Set(frames.map(({ height }) => height))].sort((a, b) => a - b);
  return { frames: due === 0 ? 0 : Math.min(1, presented / due), longestFreeze: Math.max(longestFreeze, now - last), heights };
}

/** Height of the picture that the first video of a selector shows now; 0: none. */
export function heightOf(page: Page, selector: string): Promise<number> {
  return page.evaluate((selector) => document.querySelector<HTMLVideoElement>(selector)?.videoHeight ?? 0, selector);
}
