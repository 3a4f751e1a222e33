// Real Chromium, one process for each site, because the fake camera is a flag of the process.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type BrowserContext, chromium, type Page } from "@playwright/test";

import { binary, chromium as executable } from "./paths.ts";
import type { Server } from "./server.ts";
import type { Star } from "./star.ts";

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

/** Several browsers encode three layers each on two cores: their cameras are modest. */
const SMALL = ["--width", "640", "--height", "360", "--fps", "15"];

/** Where in a star a browser is. */
export interface At {
  star: Star;
  line: string;
  server: Server;
}

/** A browser of its own with, for a site, its own camera and microphone. */
export class Browser {
  readonly #profile: string;
  readonly context: BrowserContext;

  private constructor(profile: string, context: BrowserContext) {
    this.#profile = profile;
    this.context = context;
  }

  /** A browser without devices: consoles and screens. */
  static async plain(at?: At): Promise<Browser> {
    return Browser.#launch([], at);
  }

  /** A browser whose camera shows the test card of site `index` and whose microphone hears its tone. */
  static async withTestCard(index: number, name: string, at?: At): Promise<Browser> {
    const folder = mkdtempSync(join(tmpdir(), "dienhong-card-"));
    const video = join(folder, "card.y4m");
    const sound = join(folder, "tone.wav");
    execFileSync(binary, ["test-card", "--site-index", String(index), "--name", name, "--y4m", video, "--wav", sound, ...SMALL]);
    return Browser.#launch(
      [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        `--use-file-for-fake-video-capture=${video}`,
        `--use-file-for-fake-audio-capture=${sound}`,
      ],
      at,
      folder,
    );
  }

  static async #launch(extra: string[], at?: At, profile = mkdtempSync(join(tmpdir(), "dienhong-browser-"))): Promise<Browser> {
    // Cameras, worklets and service workers want a secure context, which plain HTTP is on localhost only.
    const away = at ? [`--unsafely-treat-insecure-origin-as-secure=${at.server.url}`] : [];
    const context = await chromium.launchPersistentContext(join(profile, "profile"), {
      executablePath: at?.star.chromiumAt(at.line) ?? executable,
      args: [...FLAGS, ...away, ...extra],
      // Measurements bring code of their own into the page (audio worklets). Elsewhere the pages' policy holds.
      bypassCSP: at !== undefined,
      ignoreDefaultArgs: ["--mute-audio", "--hide-scrollbars"],
      viewport: { width: 1280, height: 720 },
      permissions: extra.length ? ["camera", "microphone"] : [],
    });
    // Test cards have steady tones, which a browser takes for noise: each site has a mixing desk.
    await context.addInitScript(() => localStorage.setItem("dienhong.device.desk", "yes"));
    return new Browser(profile, context);
  }

  async open(url: string): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(url);
    return page;
  }

  async close(): Promise<void> {
    await this.context.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }
}
