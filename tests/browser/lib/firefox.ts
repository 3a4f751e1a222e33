// Debian's Firefox ESR, as it is: its encoder, its offer and its transport. Only the camera's picture is ours.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { type BidiPage, Session } from "./bidi.ts";
import { keepConnections } from "./browsers.ts";
import { Loudspeaker } from "./loudspeaker.ts";
import { untilConnected } from "./pages.ts";
import { firefox as executable } from "./paths.ts";
import type { Server } from "./server.ts";
import { toneHz } from "./spectrum.ts";

/** Nobody listens there: whatever Firefox wants from elsewhere it does not get. */
const NOWHERE = 9;

/** The settings of a profile that lives for one test. */
const PREFERENCES = {
  // No address but this machine's; the server under test is reached without the proxy.
  "network.proxy.type": 1,
  "network.proxy.http": "127.0.0.1",
  "network.proxy.http_port": NOWHERE,
  "network.proxy.ssl": "127.0.0.1",
  "network.proxy.ssl_port": NOWHERE,
  "network.proxy.no_proxies_on": "localhost, 127.0.0.1",
  "app.normandy.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "toolkit.telemetry.server": "",
  "services.settings.server": "data:,#",
  "media.gmp-manager.updateEnabled": false,
  // A microphone with a steady tone, and a camera.
  "media.navigator.streams.fake": true,
  "media.autoplay.default": 0,
  "media.autoplay.blocking_policy": 0,
  // The server listens on the loopback device, which Firefox leaves out.
  "media.peerconnection.ice.loopback": true,
};

/** As the layered camera of the other browsers (lib/browsers.ts). */
const CARD = { width: 640, height: 360, fps: 10 };

/** A Firefox of its own. */
export class Firefox {
  readonly #profile: string;
  readonly #loudspeaker: Loudspeaker;
  readonly #child: ChildProcess;
  #session: Session | null = null;

  private constructor(profile: string, loudspeaker: Loudspeaker, child: ChildProcess) {
    this.#profile = profile;
    this.#loudspeaker = loudspeaker;
    this.#child = child;
  }

  /** A Firefox whose camera shows the marker of site `index` and whose microphone hears its tone. */
  static async withTestCard(index: number, server: Server): Promise<Firefox> {
    const profile = mkdtempSync(join(tmpdir(), "dienhong-firefox-"));
    const allowed = join(profile, "allowed");
    writeFileSync(allowed, ["camera", "microphone"].map((device) => `origin\t${device}\t1\t${server.url}\n`).join(""));
    const preferences = { ...PREFERENCES, "permissions.manager.defaultsUrl": pathToFileURL(allowed).href, "media.navigator.audio.fake_frequency": toneHz(index) };
    const lines = Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
    writeFileSync(join(profile, "user.js"), lines.join(""));
    const words = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"];
    const loudspeaker = await Loudspeaker.start();
    const child = spawn(executable, words, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...loudspeaker.environment } });
    const firefox = new Firefox(profile, loudspeaker, child);
    try {
      firefox.#session = await Session.with(child.stderr!);
      await firefox.#session.beforePages(keepConnections, undefined);
      await firefox.#session.beforePages(pretendCamera, { site: index, ...CARD });
      return firefox;
    } catch (fault) {
      await firefox.close();
      throw fault;
    }
  }

  open(url: string): Promise<BidiPage> {
    return this.#session!.open(url);
  }

  /** Joins as a site and goes through the device check. */
  async joinSite(server: Server, site: string): Promise<BidiPage> {
    const page = await this.open(server.joinUrl(site));
    await page.evaluate(async () => {
      // The page has loaded, the scripts of its view may still be on their way.
      const enter = () => document.querySelector<HTMLElement>('[data-action="enter"]');
      while (!enter()) await new Promise((done) => setTimeout(done, 20));
      enter()!.click();
    });
    await untilConnected(page);
    return page;
  }

  async close(): Promise<void> {
    const gone = new Promise<void>((done) => this.#child.once("exit", () => done()));
    this.#session?.close();
    // Its profile goes with it: there is nothing to save.
    if (this.#child.exitCode === null && this.#child.signalCode === null && this.#child.kill()) await gone;
    await this.#loudspeaker.stop();
    rmSync(this.#profile, { recursive: true, force: true });
  }
}

/** What is drawn: whose picture, in which size and how often. */
interface Card {
  site: number;
  width: number;
  height: number;
  fps: number;
}

/**
 * Runs in each page before its own code. Firefox reads its pretended camera from no file, so the page gets the picture of a canvas
 * instead, with the marker of docs/test-card.md; whether it may have a camera at all Firefox decides itself.
 */
function pretendCamera({ site, width, height, fps }: Card): void {
  // As in every test: the steady tone would be taken for noise.
  localStorage.setItem("dienhong.device.desk", "yes");

  const bitsOf = (frame: number): number[] => {
    const word = (site * 2 ** 20 + (frame % 2 ** 20)) >>> 0;
    const bytes = [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff);
    const crc = bytes.reduce((sum, byte) => {
      let value = sum ^ byte;
      for (let i = 0; i < 8; i++) value = value & 0x80 ? ((value << 1) ^ 0x07) & 0xff : (value << 1) & 0xff;
      return value;
    }, 0xff);
    return [...bytes, crc].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((shift) => (byte >>> shift) & 1));
  };

  const draw = (on: CanvasRenderingContext2D, frame: number): void => {
    on.fillStyle = `hsl(${(site * 47) % 360} 50% 40%)`;
    on.fillRect(0, 0, width, height);
    on.fillStyle = "#fff";
    on.fillRect(((frame / (2 * fps)) % 1) * width, 0, width / 40, height / 2);
    bitsOf(frame).forEach((bit, cell) => {
      const [column, row] = [cell % 20, Math.floor(cell / 20)];
      on.fillStyle = bit ? "#ededed" : "#131313";
      on.fillRect((width * column) / 20, (height * (36 + 4 * row)) / 45, width / 20, (height * 4) / 45);
    });
  };

  const camera = (): MediaStream => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d")!;
    let frame = 0;
    draw(context, frame);
    const stream = canvas.captureStream();
    setInterval(() => draw(context, ++frame), 1_000 / fps);
    return stream;
  };

  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) return;
  const original = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    const stream = await original(constraints);
    if (!constraints?.video) return stream;
    for (const track of stream.getVideoTracks()) track.stop();
    return camera();
  };
}
