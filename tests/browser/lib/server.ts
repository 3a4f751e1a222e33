// The real binary: a server with a data folder that outlives a kill.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { binary, outputFolder, root } from "./paths.ts";
import { freePort } from "./ports.ts";
import { end } from "./process.ts";
import type { Star } from "./star.ts";

/** A join link as the demo writes it. */
export interface DemoLink {
  site: string;
  endpoint: "main" | "backup" | "screen";
  token: string;
  index: number;
  name: string;
}

/** Times of a speech, s. */
export interface Speech {
  allowed: number;
  warning: number;
}

/** How a server may differ from the sample. */
export interface ServerOptions {
  speech?: Speech;
  /** Video codec of the conference; none: the one of the sample. */
  codec?: "h264" | "vp8";
  /** It stands in the middle of a star instead of on this machine's loopback device. */
  star?: Star;
}

const START_DEADLINE_MS = 20_000;
export class Server {
  readonly data = mkdtempSync(join(tmpdir(), "dienhong-test-"));
  readonly config: string;
  readonly httpPort: number;
  readonly mediaPort: number;
  readonly #star: Star | null;
  #child: ChildProcess | null = null;
  #log: number;

  private constructor(httpPort: number, mediaPort: number, name: string, { speech, codec, star }: ServerOptions) {
    this.config = speech || codec ? changed(this.data, speech, codec) : join(root, "config/dienhong.toml");
    this.#star = star ?? null;
    this.httpPort = httpPort;
    this.mediaPort = mediaPort;
    this.#log = openSync(join(outputFolder("browser-logs"), `${name}-server.log`), "w");
  }

  /** Starts a server with the sample conference. */
  static async start(name: string, options: ServerOptions = {}): Promise<Server> {
    const server = new Server(await freePort(), await freePort(), name, options);
    await server.restart();
    return server;
  }

  get #addresses(): string {
    return join(this.data, "addresses.json");
  }

  get url(): string {
    return `http://${this.#star?.serverAddress ?? "localhost"}:${this.httpPort}`;
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    await end(this.#child, "SIGKILL");
  }

  /** It stands still: connections stay, and nothing is answered until it goes on. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Starts the process on the same ports and data; resolves when it is ready. */
  async restart(): Promise<void> {
    // Written last at each start; the file of the start before must not be taken for this one's.
    rmSync(this.#addresses, { force: true });
    const args = ["serve", "--demo", "--config", this.config, "--data", this.data];
    const address = this.#star?.serverAddress ?? "127.0.0.1";
    const [program, words] = this.#star?.atServer(binary, args) ?? [binary, args];
    this.#child = spawn(program, words, {
      env: {
        ...process.env,
        DIENHONG__HTTP__LISTEN: `${address}:${this.httpPort}`,
        DIENHONG__HTTPS__ENABLED: "false",
        DIENHONG__MEDIA__LISTEN: `${address}:${this.mediaPort}`,
      },
      stdio: ["ignore", this.#log, this.#log],
      // A session of its own, as a service has: where sessions share the processors, it does not share with the test.
      detached: true,
    });
    const deadline = Date.now() + START_DEADLINE_MS;
    while (Date.now() < deadline) {
      if (this.#child.exitCode !== null) throw new Error(`the server ended with ${this.#child.exitCode}`);
      // A star cannot be reached from here; the file of addresses is what a server writes last at its start.
      const ready = this.#star !== null || (await fetch(`${this.url}/readyz`).catch(() => null))?.ok;
      if (ready && existsSync(this.#addresses)) return;
      await new Promise((done) => setTimeout(done, 25));
    }
    throw new Error("the server was not ready in time");
  }

  /** Stops it gracefully and removes its data. */
  async stop(): Promise<void> {
    // What stands still would never hear that it is to end.
    this.thaw();
    await end(this.#child, "SIGTERM");
    closeSync(this.#log);
    rmSync(this.data, { recursive: true, force: true });
  }

  links(): DemoLink[] {
    const file = JSON.parse(readFileSync(join(this.data, "demo-links.json"), "utf8"));
    return (Array.isArray(file) ? file : file.links) as DemoLink[];
  }

  link(site: string, endpoint: DemoLink["endpoint"] = "main"): DemoLink {
    const found = this.links().find((link) => link.site === site && link.endpoint === endpoint);
    if (!found) throw new Error(`no link for ${site}/${endpoint}`);
    return found;
  }

  /** Where a browser goes to join as an endpoint of a site. */
  joinUrl(site: string, endpoint: DemoLink["endpoint"] = "main"): string {
    return `${this.url}/join/${this.link(site, endpoint).token}`;
  }

  /** The one-time sign-in link of this start. */
  signInUrl(): string {
    const addresses = JSON.parse(readFileSync(this.#addresses, "utf8"));
    return addresses.sign_in as string;
  }
}

/** The sample configuration with other times of a speech or another codec, written into a data folder. */
function changed(folder: string, speech: Speech | undefined, codec: string | undefined): string {
  let conference = readFileSync(join(root, "config/conferences/bau-cu-2021.toml"), "utf8").replace("../sites/", `${join(root, "config/sites")}/`);
  const values = { allowed_seconds: speech?.allowed, warning_seconds: speech?.warning, codec: codec && `"${codec}"` };
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) conference = conference.replace(new RegExp(`^${name} = .*$`, "m"), `${name} = ${value}`);
  }
  writeFileSync(join(folder, "conference.toml"), conference);
  const server = readFileSync(join(root, "config/dienhong.toml"), "utf8");
  const config = join(folder, "dienhong.toml");
  writeFileSync(config, server.replace(/^conferences = .*$/m, 'conferences = ["conference.toml"]'));
  return config;
}
