// Sites without a browser: many in one process beside the server, or one in a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";

import { binary, outputFolder } from "./paths.ts";
import { end, yieldingScript } from "./process.ts";
import type { Server } from "./server.ts";
import type { Star } from "./star.ts";

/** Which sites are simulated, and how. */
export interface SimulationOptions {
  /** How many, besides the hall. */
  sites: number;
  /** The hall too; it is unless it is said otherwise. */
  hall?: boolean;
  /** How many of them decode pictures. */
  decode?: number;
  /** Sites that are left out. */
  except?: string[];
  /** What is out of order at a site, by its slug: silent-microphone, clipping, black, frozen or echo. */
  faults?: Record<string, string>;
  /** They speak in syllables and pauses instead of steady tones; the seed decides which. */
  speech?: number;
  /** They stand for machines elsewhere, and let the server and the pages go first. */
  yielding?: boolean;
  /** Where in a star they are: at the far end of a line, or beside its server. */
  at?: { star: Star; line: string | null };
}

/** Simulated sites beside the server. */
export class Simulation {
  readonly report: string;
  readonly #lines: Record<string, unknown>[] = [];
  /** Bytes of the report that are in `#lines`. */
  #read = 0;
  #child: ChildProcess;
  #log: number;

  constructor(server: Server, name: string, options: SimulationOptions) {
    const logs = outputFolder("browser-logs");
    this.report = join(logs, `${name}-report.jsonl`);
    this.#log = openSync(join(logs, `${name}-simulate.log`), "w");
    const args = ["simulate", "--server", server.url, "--links", join(server.data, "demo-links.json")];
    args.push("--sites", String(options.sites), "--decode", String(options.decode ?? 2), "--report", this.report);
    if (options.hall ?? true) args.push("--hall");
    for (const site of options.except ?? []) args.push("--except", site);
    for (const [site, fault] of Object.entries(options.faults ?? {})) args.push("--fault", `${site}=${fault}`);
    if (options.speech !== undefined) args.push(`--speech=${options.speech}`);
    const { at } = options;
    const inStar = at && (at.line === null ? at.star.atServer(binary, args) : at.star.at(at.line, binary, args));
    const here: [string, string[]] = options.yielding ? ["sh", ["-c", yieldingScript(binary), "sh", ...args]] : [binary, args];
    const [program, words] = inStar ?? here;
    this.#child = spawn(program, words, { stdio: ["ignore", this.#log, this.#log], detached: true });
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

/** What a headless site does besides showing its card and sounding its tone. */
export interface HeadlessOptions {
  /** Flashes and beeps at one instant instead of a steady tone. */
  clapper?: boolean;
  /** Sends pictures that need a camera's bitrate. */
  busy?: boolean;
  /** What its wall clock is ahead, seconds; its monotonic clock runs as everybody's. */
  clockOffset?: number;
  /** It speaks in syllables and pauses; the seed decides which. */
  speech?: number;
  /** At the far end of a line of a star; none: beside the server. */
  at?: { star: Star; line: string };
}

/** One headless site in a process of its own. */
export class Headless {
  #child: ChildProcess;
  #log: number;

  constructor(server: Server, site: string, { clapper = false, busy = false, clockOffset = 0, speech, at }: HeadlessOptions = {}) {
    const logs = outputFolder("browser-logs");
    const { token, index, name } = server.link(site);
    this.#log = openSync(join(logs, `headless-${site}.log`), "w");
    // A token may begin with a dash.
    const args = ["endpoint", "--server", server.url, `--token=${token}`, "--site-index", String(index), "--name", name];
    args.push("--report", join(logs, `headless-${site}.jsonl`));
    if (clapper) args.push("--clapper");
    if (busy) args.push("--busy");
    if (speech !== undefined) args.push(`--speech=${speech}`);
    const [program, words] = at?.star.at(at.line, binary, args) ?? [binary, args];
    this.#child = spawn(program, words, {
      env: clockOffset === 0 ? process.env : { ...process.env, ...otherClock(clockOffset) },
      stdio: ["ignore", this.#log, this.#log],
      detached: true,
    });
  }

  /** It stands still: its line is there and carries nothing. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  /** Its process ends as when its power is cut: it says nothing to anybody. */
  async kill(): Promise<void> {
    await end(this.#child, "SIGKILL");
    closeSync(this.#log);
  }

  async stop(): Promise<void> {
    // What stands still would never hear that it is to end.
    this.thaw();
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
