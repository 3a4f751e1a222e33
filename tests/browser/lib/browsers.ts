// Real Chromium, one process for each site, because the fake camera is a flag of the process.
import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type BrowserContext, chromium, type Page } from "@playwright/test";

import { binary, chromium as executable } from "./paths.ts";
import { yieldingScript } from "./process.ts";
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

/** A camera whose high layer is really high, and needs its bitrate: a band of fresh noise lies at the top of the card. */
const FULL = ["--width", "1280", "--height", "720", "--fps", "20"];
const NOISE = { width: 1280, height: 720, rows: 90 };

/** A camera large enough for three layers (Chromium makes two of a smaller one), of a card that costs little. */
const LAYERED = ["--width", "1280", "--height", "720", "--fps", "10"];

/** Which camera a browser pretends to have. */
export type Camera = "small" | "layered" | "full";
const ARGUMENTS: Record<Camera, string[]> = { small: SMALL, layered: LAYERED, full: FULL };

/** Where in a star a browser is. */
export interface At {
  star: Star;
  line: string;
  server: Server;
}

/** Runs in each page before its own code: what tests measure is what its peer connections received, attached to an element or not. */
export function keepConnections(): void {
  const kept: RTCPeerConnection[] = [];
  (window as unknown as { connections: RTCPeerConnection[] }).connections = kept;
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      kept.push(this);
    }
  };
}

/** What a browser with a test card may have besides. */
export interface CardOptions {
  camera?: Camera;
  at?: At;
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

  /**
   * A browser without devices that lets others go first. Beside 63 simulated sites a console draws its wall in software and keeps them
   * from running; in a hall it has a machine of its own. Its share of full processors is a third: with the least it would starve.
   */
  static async yielding(): Promise<Browser> {
    const folder = mkdtempSync(join(tmpdir(), "dienhong-browser-"));
    const script = join(folder, "chromium");
    writeFileSync(script, `#!/bin/sh\n${yieldingScript(executable)}`);
    chmodSync(script, 0o755);
    return Browser.#launch([], undefined, folder, script);
  }

  /** A browser whose camera shows the test card of site `index` and whose microphone hears its tone. */
  static async withTestCard(index: number, name: string, { camera = "small", at }: CardOptions = {}): Promise<Browser> {
    const folder = mkdtempSync(join(tmpdir(), "dienhong-card-"));
    const video = join(folder, "card.y4m");
    const sound = join(folder, "tone.wav");
    execFileSync(binary, ["test-card", "--site-index", String(index), "--name", name, "--y4m", video, "--wav", sound, ...ARGUMENTS[camera]]);
    if (camera === "full") addNoise(video);
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

  static async #launch(
    extra: string[],
    at?: At,
    profile = mkdtempSync(join(tmpdir(), "dienhong-browser-")),
    program = at?.star.chromiumAt(at.line) ?? executable,
  ): Promise<Browser> {
    // Cameras, worklets and service workers want a secure context, which plain HTTP is on localhost only.
    const away = at ? [`--unsafely-treat-insecure-origin-as-secure=${at.server.url}`] : [];
    const context = await chromium.launchPersistentContext(join(profile, "profile"), {
      executablePath: program,
      args: [...FLAGS, ...away, ...extra],
      // Measurements bring code of their own into the page (audio worklets). Elsewhere the pages' policy holds.
      bypassCSP: at !== undefined,
      ignoreDefaultArgs: ["--mute-audio", "--hide-scrollbars"],
      viewport: { width: 1280, height: 720 },
      permissions: extra.length ? ["camera", "microphone"] : [],
    });
    // Test cards have steady tones, which a browser takes for noise: each site has a mixing desk.
    await context.addInitScript(() => localStorage.setItem("dienhong.device.desk", "yes"));
    // Nobody here is new at the console, unless a test says so.
    await context.addInitScript(() => {
      if (localStorage.getItem("newcomer") === null) localStorage.setItem("dienhong.guide", "seen");
    });
    await context.addInitScript(keepConnections);
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

/** Writes fresh noise over the top rows of each frame of a YUV4MPEG2 file (4:2:0). */
function addNoise(path: string): void {
  const file = openSync(path, "r+");
  const head = Buffer.alloc(128);
  readSync(file, head, 0, head.length, 0);
  const mark = "FRAME\n".length;
  const frame = mark + (NOISE.width * NOISE.height * 3) / 2;
  const noise = Buffer.alloc(NOISE.width * NOISE.rows);
  const { size } = statSync(path);
  let state = 1;
  for (let at = head.indexOf("\n") + 1 + mark; at < size; at += frame) {
    for (let i = 0; i < noise.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      noise[i] = 64 + (state >>> 26);
    }
    writeSync(file, noise, 0, noise.length, at);
  }
  closeSync(file);
}
