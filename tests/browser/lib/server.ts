// The real binary: a server with a data folder that outlives a kill, and simulated sites in a process of their own.
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { closeSync, existsSync, fstatSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { binary, outputFolder, root } from "./paths.ts";
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
/** Where servers listen: below what Linux gives to sockets that ask for no number, so that nothing takes it between two lives. */
const FIRST_PORT = 16_384;
const LAST_PORT = 32_767;
const PORT_ATTEMPTS = 100;

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

/** Simulated sites beside the server. */
export class Simulation {
  readonly report: string;
  readonly #lines: Record<string, unknown>[] = [];
  /** Bytes of the report that are in `#lines`. */
  #read = 0;
  #child: ChildProcess;
  #log: number;

  constructor(server: Server, name: string, options: { sites: number; hall?: boolean; decode?: number; except?: string[] }) {
    const logs = outputFolder("browser-logs");
    this.report = join(logs, `${name}-report.jsonl`);
    this.#log = openSync(join(logs, `${name}-simulate.log`), "w");
    const args = ["simulate", "--server", server.url, "--links", join(server.data, "demo-links.json")];
    args.push("--sites", String(options.sites), "--decode", String(options.decode ?? 2), "--report", this.report);
    if (options.hall ?? true) args.push("--hall");
    for (const site of options.except ?? []) args.push("--except", site);
    this.#child = spawn(binary, args, { stdio: ["ignore", this.#log, this.#log], detached: true });
  }

  /** Lines of the report so far; each is read and parsed once. */
  lines(): readonly Record<string, unknown>[] {
    let file: number;
    try {
      file = openSync(this.report, "r");
    } catch {
      return this.#lines;
    }
    const fresh = Buffer.alloc(fstatSync(file).size - this.#read);
    readSync(file, fresh, 0, fresh.length, this.#read);
    closeSync(file);
    // The last line may still be being written.
    const whole = fresh.lastIndexOf("\n") + 1;
    this.#read += whole;
    const texts = fresh.toString("utf8", 0, whole).split("\n").slice(0, -1);
    this.#lines.push(...texts.map((line) => JSON.parse(line) as Record<string, unknown>));
    return this.#lines;
  }

  async stop(): Promise<void> {
    await end(this.#child, "SIGTERM");
    closeSync(this.#log);
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

/** What a headless site does besides showing its card and sounding its tone. */
export interface HeadlessOptions {
  /** Flashes and beeps at one instant instead of a steady tone. */
  clapper?: boolean;
  /** Sends pictures that need a camera's bitrate. */
  busy?: boolean;
  /** What its wall clock is ahead, seconds; its monotonic clock runs as everybody's. */
  clockOffset?: number;
}

/** One headless site at the far end of a line of a star. */
export class Headless {
  #child: ChildProcess;
  #log: number;

  constructor(server: Server, star: Star, line: string, site: string, { clapper = false, busy = false, clockOffset = 0 }: HeadlessOptions = {}) {
    const logs = outputFolder("browser-logs");
    const { token, index, name } = server.link(site);
    this.#log = openSync(join(logs, `headless-${site}.log`), "w");
    const args = ["endpoint", "--server", server.url, "--token", token, "--site-index", String(index), "--name", name];
    args.push("--report", join(logs, `headless-${site}.jsonl`));
    if (clapper) args.push("--clapper");
    if (busy) args.push("--busy");
    const [program, words] = star.at(line, binary, args);
    this.#child = spawn(program, words, {
      env: clockOffset === 0 ? process.env : { ...process.env, ...otherClock(clockOffset) },
      stdio: ["ignore", this.#log, this.#log],
      detached: true,
    });
  }

  async stop(): Promise<void> {
    await end(this.#child, "SIGTERM");
    closeSync(this.#log);
  }
}

function otherClock(offset: number): Record<string, string> {
  return { LD_PRELOAD: fakeTimeLibrary(), FAKETIME: `${offset >= 0 ? "+" : ""}${offset}s`, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

/** Debian's libfaketime; its folder is named after the machine's architecture. */
function fakeTimeLibrary(): string {
  const found = readdirSync("/usr/lib")
    .map((folder) => join("/usr/lib", folder, "faketime/libfaketimeMT.so.1"))
    .find((file) => existsSync(file));
  if (!found) throw new Error("libfaketime is missing: apt-get install faketime");
  return found;
}

async function end(child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  child.kill(signal);
  await gone;
}

/** A port that nobody uses, for connections or for datagrams: the media port takes both. */
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if ((await isFreeForConnections(port)) && (await isFreeForDatagrams(port))) return port;
  }
  throw new Error(`no free port among ${PORT_ATTEMPTS} of ${FIRST_PORT} to ${LAST_PORT}`);
}

function isFreeForConnections(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });
}

function isFreeForDatagrams(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = createSocket("udp4");
    socket.once("error", () => socket.close(() => done(false)));
    socket.bind(port, "127.0.0.1", () => socket.close(() => done(true)));
  });
}
