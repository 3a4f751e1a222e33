// What a person does on the pages, so that the tests read as a story and selectors live in one place.
import { expect, type Page } from "@playwright/test";

import type { Browser } from "./browsers.ts";
import type { Inside } from "./inside.ts";
import type { DemoLink, Server } from "./server.ts";

/** Where a page shows the programme: cells that are part of the layout now. */
export const PROGRAMME = '[data-slot^="program"].shown video';
/** Where a site on air sees itself. */
export const RETURN = '[data-slot="return"] video';
/** Where a console shows the preview. */
export const PREVIEW = '[data-slot^="preview"] video';
/** A tile of the wall. */
export const WALL = '[data-wall] video';
/** What came of the last command. */
export const OUTCOME = "[data-outcome]";
/** Where an operator writes to sites. */
export const MESSAGE_BOX = '[data-panel="messages"] :is(textarea, input[type="text"])';

/** Facts that pages publish for tests. */
export interface PageFacts {
  negotiations: number;
  generation: number;
  connectionState: string;
  status: string;
  instance: string | null;
}

export function facts(page: Inside): Promise<PageFacts> {
  return page.evaluate(() => {
    const hook = (window as unknown as { __dienhong?: PageFacts }).__dienhong;
    // The page has loaded, the scripts of its view may still be on their way.
    if (!hook) return { negotiations: 0, generation: 0, connectionState: "new", status: "connecting", instance: null };
    const { negotiations, generation, connectionState, status, instance } = hook;
    return { negotiations, generation, connectionState, status, instance };
  });
}

/** Waits until a page's media is connected. */
export async function untilConnected(page: Inside): Promise<void> {
  await expect.poll(async () => (await facts(page)).connectionState, { timeout: 20_000 }).toBe("connected");
}

/** Joins as a site and goes through the device check. */
export async function joinSite(browser: Browser, server: Server, site: string): Promise<Page> {
  const page = await browser.open(server.joinUrl(site));
  await page.locator('[data-action="enter"]').click();
  await untilConnected(page);
  return page;
}

/** Opens a site's big screen. */
export async function openScreen(browser: Browser, server: Server, site: string): Promise<Page> {
  const page = await browser.open(server.joinUrl(site, "screen"));
  await untilConnected(page);
  return page;
}

/** An operator at the console. */
export class Console {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Signs in with this start's one-time link. */
  static async open(browser: Browser, server: Server): Promise<Console> {
    const page = await browser.open(server.signInUrl());
    await page.waitForURL("**/console");
    await untilConnected(page);
    return new Console(page);
  }

  /** Opens the console of whoever sits at this browser. */
  static async openAs(browser: Browser, server: Server): Promise<Console> {
    const page = await browser.open(`${server.url}/console`);
    await untilConnected(page);
    return new Console(page);
  }

  /** Waits until so many tiles of the wall show a picture. */
  async untilWallIsAlive(tiles: number): Promise<void> {
    const alive = () =>
      this.page.evaluate(
        (selector) => [...document.querySelectorAll<HTMLVideoElement>(selector)].filter((video) => video.videoWidth > 0).length,
        WALL,
      );
    await expect.poll(alive, { message: "tiles with a picture", timeout: 90_000 }).toBeGreaterThanOrEqual(tiles);
  }

  /** Codes as they stand on the tiles, by site. */
  async codes(): Promise<Map<string, string>> {
    const pairs = await this.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("[data-wall] [data-site]")].map(
        (tile) => [tile.dataset["site"]!, tile.querySelector(".code")?.textContent?.trim() ?? ""] as const,
      ),
    );
    return new Map(pairs);
  }

  /** Finds a site by its name and puts it into preview, by keyboard. */
  async preview(link: DemoLink): Promise<void> {
    await this.page.keyboard.press("/");
    await this.page.keyboard.insertText(link.name);
    await this.page.keyboard.press("Enter");
    await this.page.keyboard.press("Enter");
    await this.untilStage((stage) => stage.preview?.sources[0]?.site === link.site, `${link.site} in preview`);
  }

  /** Arranges sites in a layout, as an operator does: the layout, a click on the main site, Shift and a click on the others. */
  async arrange(layout: Layout, clicks: string[], sources = clicks): Promise<void> {
    await this.page.getByRole("radio", { name: LAYOUT_NAME[layout] }).click();
    for (const [place, site] of clicks.entries()) {
      const modifiers: "Shift"[] = place === 0 ? [] : ["Shift"];
      await this.page.locator(`[data-wall] [data-site="${site}"]`).click({ modifiers });
      // Each click is a command of its own; the next one adds to what the server has.
      const added = (stage: Stage) => stage.preview?.sources.some((source) => source.site === site) ?? false;
      await this.untilStage(added, `${site} in the preview`);
    }
    const arranged = ({ preview }: Stage) =>
      preview?.layout === layout && preview.sources.map((source) => source.site).join() === sources.join();
    await this.untilStage(arranged, `${layout} of ${sources} in preview`);
  }

  async take(): Promise<void> {
    await this.page.keyboard.press("F12");
  }

  async hall(): Promise<void> {
    await this.page.keyboard.press("F8");
  }

  async undo(): Promise<void> {
    await this.page.keyboard.press("Control+z");
  }

  /** Waits until the stage is as wanted. */
  async untilStage(wanted: (stage: Stage) => boolean, what: string): Promise<void> {
    await expect.poll(async () => wanted(await this.stage()), { message: what, timeout: 10_000 }).toBe(true);
  }

  /** Waits until these sites are on air in this layout and nothing is under way. */
  async untilOnAirAs(layout: Layout, sources: readonly string[]): Promise<void> {
    const onAir = ({ pending, program }: Stage) =>
      pending === null && program.layout === layout && program.sources.map(({ source }) => source.site).join() === sources.join();
    await this.untilStage(onAir, `${layout} of ${sources} on air`);
  }

  /** Waits until a site is the main source on air and nothing is under way. */
  async untilOnAir(site: string): Promise<void> {
    const onAir = (stage: Stage) => stage.pending === null && stage.program.sources[0]?.source.site === site;
    await this.untilStage(onAir, `${site} on air`);
  }

  /** The stage as the console knows it. */
  stage(): Promise<Stage> {
    return this.page.evaluate(() => (window as unknown as { __dienhong: { stage: Stage } }).__dienhong.stage);
  }
}

/** Layouts that need no shared content. */
export type Layout = "single" | "side_by_side" | "speaker_hall" | "grid";

const LAYOUT_NAME: Record<Layout, string> = {
  single: "Một hình",
  side_by_side: "Hai hình ngang nhau",
  speaker_hall: "Phát biểu + hội trường",
  grid: "Lưới bốn hình",
};

interface Stage {
  program: { layout: string; sources: { source: { site: string } }[]; holding: { title: string } | null };
  preview: { id: number; layout: string; sources: { site: string }[] } | null;
  pending: unknown;
  tour: unknown;
}
