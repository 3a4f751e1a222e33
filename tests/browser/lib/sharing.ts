// A screen that a page shares, without a screen: a drawing with the marker of `docs/test-card.md`.
import type { Browser } from "./browsers.ts";

/**
 * Instead of a screen, pages that are opened from now on share a drawing whose marker says `number` and counts its frames. A person
 * cancels the first `cancelled` choices.
 */
export async function shareMarker(browser: Browser, number: number, cancelled = 0): Promise<void> {
  await browser.context.addInitScript(
    ({ number, cancelled }) => {
      const [columns, rows, width, height] = [20, 2, 640, 360];

      const draw = (context: CanvasRenderingContext2D, frame: number): void => {
        const word = number * 2 ** 20 + (frame % 2 ** 20);
        const bytes = [24, 16, 8, 0].map((shift) => Math.floor(word / 2 ** shift) & 0xff);
        let crc = 0xff;
        for (const byte of bytes) {
          crc ^= byte;
          for (let i = 0; i < 8; i++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : (crc << 1) & 0xff;
        }
        const bits = [...bytes, crc].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (byte >> bit) & 1));
        context.fillStyle = "#446";
        context.fillRect(0, 0, width, height);
        bits.forEach((bit, cell) => {
          const row = Math.floor(cell / columns);
          context.fillStyle = bit ? "#ededed" : "#131313";
          const cellHeight = (height * 4) / 45;
          context.fillRect((width * (cell % columns)) / columns, (height * 4) / 5 + row * cellHeight, width / columns, cellHeight);
        });
        if (bits.length !== columns * rows) throw new Error("the marker has another size");
      };

      let asked = 0;
      navigator.mediaDevices.getDisplayMedia = () => {
        if (asked++ < cancelled) return Promise.reject(new DOMException("cancelled", "NotAllowedError"));
        const canvas = Object.assign(document.createElement("canvas"), { width, height });
        const context = canvas.getContext("2d")!;
        let frame = 0;
        draw(context, frame);
        setInterval(() => draw(context, ++frame), 100);
        return Promise.resolve(canvas.captureStream());
      };
    },
    { number, cancelled },
  );
}
