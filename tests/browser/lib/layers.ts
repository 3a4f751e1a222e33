// The simulcast layers of a page's camera, by the browser's own counters.
import { expect } from "@playwright/test";

import type { Inside } from "./inside.ts";

/** What was sent in one layer since its connection was made. */
interface Sent {
  frames: number;
  width: number;
}

/**
 * By then all layers flow, ms. An encoder begins the high one once it is sure of the way: at once when its probe arrives whole, after
 * many seconds when the machine is busy in that moment.
 */
export const ALL_LAYERS_MS = 30_000;

/** Puts a site into preview, which asks its camera for all layers; waits until frames came in three, `width` the highest one's. */
export async function untilThreeLayers(page: Inside, width: number, preview: () => Promise<void>): Promise<void> {
  const before = await layersSent(page);
  await preview();
  const flowing = async () => {
    const now = await layersSent(page);
    const grown = Object.entries(now).filter(([rid, { frames }]) => frames > (before[rid]?.frames ?? 0));
    return Object.fromEntries(grown.map(([rid, sent]) => [rid, sent.width]));
  };
  const wanted = { l: width / 4, m: width / 2, h: width };
  await expect.poll(flowing, { message: "layers that the camera sends", timeout: ALL_LAYERS_MS, intervals: [100] }).toEqual(wanted);
}

function layersSent(page: Inside): Promise<Record<string, Sent>> {
  return page.evaluate(async () => {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] };
    const layers: Record<string, Sent> = {};
    for (const entry of (await connections.at(-1)!.getStats()).values()) {
      if (entry.type === "outbound-rtp" && entry.rid) layers[entry.rid] = { frames: entry.framesSent ?? 0, width: entry.frameWidth ?? 0 };
    }
    return layers;
  });
}
