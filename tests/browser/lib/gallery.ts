// A picture of every page in every state, in one folder, at the sizes of the desks that it is made for; and what axe finds in each state.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { expect, type Page } from "@playwright/test";

import { checkAccess } from "./axe.ts";
import { outputFolder } from "./paths.ts";

/** A laptop with its browser's bars, a screen of a control room, and a large one. */
const SIZES = {
  laptop: { width: 1366, height: 650 },
  desk: { width: 1920, height: 1080 },
  large: { width: 3840, height: 2160 },
} as const;
export type Size = keyof typeof SIZES;

/** What is not as usual with a picture. */
export interface ShowOptions {
  /** In this order; the page is left at the last of them. */
  sizes?: Size[];
  /** Without axe: the state lasts for a moment that axe would miss, or is on paper. */
  unread?: boolean;
}

/** The pictures of one page, `target/gallery/<page>-<state>-<size>.png`. */
export class Gallery {
  readonly #folder = outputFolder("gallery");
  readonly #page: string;
  taken = 0;

  constructor(page: string) {
    this.#page = page;
    // What a state was called yesterday must not be taken for a state of today.
    for (const file of readdirSync(this.#folder)) if (file.startsWith(`${page}-`)) rmSync(join(this.#folder, file));
  }

  /** Takes the page as it is now, and looks for faults of access. */
  async show(page: Page, state: string, { sizes = ["laptop", "desk"], unread = false }: ShowOptions = {}): Promise<void> {
    const name = `${this.#page}-${state}`;
    for (const size of sizes) {
      const { width, height } = SIZES[size];
      await page.setViewportSize(SIZES[size]);
      await settled(page);
      // The large screen shows the same as the desk's, larger.
      if (!unread && size !== "large") await checkAccess(page, `${name} at ${width}×${height}`);
      await page.screenshot({ path: join(this.#folder, `${name}-${width}x${height}.png`), animations: "disabled" });
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect.soft(wider, `${name} at ${width}×${height} is wider than its window`).toBeLessThanOrEqual(0);
      this.taken++;
    }
  }
}

/** Waits until the fonts are there and what follows from a new size has been drawn. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (let frame = 0; frame < 3; frame++) await new Promise((done) => requestAnimationFrame(done));
  });
}
