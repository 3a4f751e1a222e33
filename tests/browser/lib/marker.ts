// Reads the marker of a test card from decoded pixels (docs/test-card.md): who is in the picture, and which frame.
import type { Inside } from "./inside.ts";

export interface Sighting {
  site: number;
  frame: number;
}

/** A video of a page: where it lies, how large its decoded picture is, and whose it is. */
export interface Seen {
  /** The slot in whose cell it is. */
  slot: string;
  left: number;
  top: number;
  area: number;
  width: number;
  height: number;
  marker: Sighting | null;
}

/** The marker in each video that a selector finds; null where nothing was painted yet or the cells cannot be read. */
export async function readMarkers(page: Inside, selector: string): Promise<(Sighting | null)[]> {
  return (await readVideos(page, selector)).map((seen) => seen.marker);
}

/**
 * Each video that a selector finds, with its marker as the browser decoded it. Pixels only: neither SSRCs nor control messages are
 * asked.
 */
export async function readVideos(page: Inside, selector: string): Promise<Seen[]> {
  return page.evaluate((selector) => {
    const columns = 20;
    const rows = 2;

    const crc8 = (bytes: number[]): number =>
      bytes.reduce((crc, byte) => {
        let value = crc ^ byte;
        for (let i = 0; i < 8; i++) value = value & 0x80 ? ((value << 1) ^ 0x07) & 0xff : (value << 1) & 0xff;
        return value;
      }, 0xff);

    const cellMean = (pixels: ImageData, left: number, right: number, top: number, bottom: number): number => {
      const dx = Math.floor((right - left) / 4);
      const dy = Math.floor((bottom - top) / 4);
      let sum = 0;
      let count = 0;
      for (let y = top + dy; y < bottom - dy; y++) {
        for (let x = left + dx; x < right - dx; x++) {
          sum += pixels.data[(y * pixels.width + x) * 4 + 1]!;
          count++;
        }
      }
      return count ? sum / count : 128;
    };

    const read = (video: HTMLVideoElement): { site: number; frame: number } | null => {
      const { videoWidth: width, videoHeight: height } = video;
      if (width < columns || height < 45) return null;
      // The marker's rows alone: fetching whole pictures costs the pages that are measured what they need themselves.
      const gridTop = Math.floor((height * 4) / 5);
      const gridHeight = Math.floor((height * 4 * rows) / 45);
      const canvas = new OffscreenCanvas(width, gridHeight);
      const context = canvas.getContext("2d", { willReadFrequently: true })!;
      context.drawImage(video, 0, gridTop, width, gridHeight, 0, 0, width, gridHeight);
      const pixels = context.getImageData(0, 0, width, gridHeight);
      const bits: number[] = [];
      for (let cell = 0; cell < columns * rows; cell++) {
        const column = cell % columns;
        const row = Math.floor(cell / columns);
        const mean = cellMean(
          pixels,
          Math.floor((width * column) / columns),
          Math.floor((width * (column + 1)) / columns),
          Math.floor((height * row * 4) / 45),
          Math.floor((height * (row + 1) * 4) / 45),
        );
        if (mean >= 96 && mean <= 160) return null;
        bits.push(mean > 160 ? 1 : 0);
      }
      const bytes = [0, 1, 2, 3, 4].map((i) => bits.slice(i * 8, i * 8 + 8).reduce((value, bit) => value * 2 + bit, 0));
      if (crc8(bytes.slice(0, 4)) !== bytes[4]) return null;
      const word = bytes.slice(0, 4).reduce((value, byte) => value * 256 + byte, 0);
      return { site: Math.floor(word / 2 ** 20), frame: word % 2 ** 20 };
    };

    return [...document.querySelectorAll<HTMLVideoElement>(selector)].map((video) => {
      const { left, top, width, height } = video.getBoundingClientRect();
      const slot = video.closest<HTMLElement>("[data-slot]")?.dataset["slot"] ?? "";
      return { slot, left, top, area: width * height, width: video.videoWidth, height: video.videoHeight, marker: read(video) };
    });
  }, selector);
}

/** Waits until the first readable video of `selector` shows the site; fails with what was seen instead. */
export async function untilShows(page: Inside, selector: string, site: number, timeoutMs = 10_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  let seen: (Sighting | null)[] = [];
  while (Date.now() < end) {
    seen = await readMarkers(page, selector);
    if (seen.some((sighting) => sighting?.site === site)) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`${selector} never showed site ${site}; last seen: ${JSON.stringify(seen)}`);
}

/** Cells whose areas differ by less than this share are of one size. */
const SAME_SIZE = 0.1;

/** Cells of a composition in the order in which a person reads them: the larger first, then from the top, then from the left. */
export async function readCells(page: Inside, selector: string): Promise<Seen[]> {
  const cells = await readVideos(page, selector);
  return cells.sort((a, b) => {
    if (Math.abs(a.area - b.area) > SAME_SIZE * Math.max(a.area, b.area)) return b.area - a.area;
    return Math.abs(a.top - b.top) > 1 ? a.top - b.top : a.left - b.left;
  });
}
