// Networks of the tests: a star of namespaces, the server in the middle (tests/network). Needs root.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";

import { chromium, networkBed, outputFolder } from "./paths.ts";

/** What one direction of a line does to packets; what is left out does nothing (tests/network/src/line.rs). */
export interface Impairment {
  delay_ms?: number;
  jitter_ms?: number;
  loss?: number;
  burst?: number;
  rate_kbps?: number;
  queue_bytes?: number;
  cut?: boolean;
}

interface Place {
  name: string;
  namespace: string;
  address: string;
}

interface Answer {
  answer: "ready" | "changed" | "refused";
  reason?: string;
  server?: Place;
  lines?: Place[];
}

/** The longest time for making a namespace for each line, ms. */
const START_DEADLINE_MS = 20_000;

export class Star {
  #child: ChildProcess;
  #answers: Interface;
  #log: number;
  #folder = mkdtempSync(join(tmpdir(), "dienhong-star-"));
  #server: Place = { name: "", namespace: "", address: "" };
  #lines = new Map<string, Place>();

  private constructor(name: string) {
    if (!existsSync(networkBed)) throw new Error(`${networkBed} is missing: cargo build --workspace --bins --tests`);
    this.#log = openSync(join(outputFolder("browser-logs"), `${name}-network.log`), "w");
    this.#child = spawn(networkBed, { stdio: ["pipe", "pipe", this.#log] });
    this.#answers = createInterface(this.#child.stdout!);
  }

  /** A star with lines of these names, all of them perfect until they are told otherwise. */
  static async start(name: string, lines: string[]): Promise<Star> {
    const star = new Star(name);
    const ready = await star.#ask({ lines, seed: 7 });
    star.#server = ready.server!;
    for (const place of ready.lines!) star.#lines.set(place.name, place);
    return star;
  }

  /** Address of the server from everywhere in the star. */
  get serverAddress(): string {
    return this.#server.address;
  }

  /** Another behaviour of a line, towards the server and from it. */
  async set(line: string, up: Impairment, down: Impairment = up): Promise<void> {
    await this.#ask({ line, up, down });
  }

  /** A command line in the server's namespace. */
  atServer(program: string, args: string[]): [string, string[]] {
    return inside(this.#server, program, args);
  }

  /** A command line at the far end of a line. */
  at(line: string, program: string, args: string[]): [string, string[]] {
    return inside(this.#place(line), program, args);
  }

  /** A program that is Chromium at the far end of a line. */
  chromiumAt(line: string): string {
    const script = join(this.#folder, `chromium-${line}`);
    const [program, args] = this.at(line, chromium, []);
    writeFileSync(script, `#!/bin/sh\nexec ${[program, ...args].join(" ")} "$@"\n`);
    chmodSync(script, 0o755);
    return script;
  }

  /** Removes the namespaces; what ran in them has been stopped before. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise<void>((done) => this.#child.once("exit", () => done()));
      this.#child.stdin!.end();
      await gone;
    }
    this.#answers.close();
    closeSync(this.#log);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #place(line: string): Place {
    const place = this.#lines.get(line);
    if (!place) throw new Error(`no line ${line}`);
    return place;
  }

  async #ask(question: object): Promise<Answer> {
    const answered = new Promise<Answer>((done, fail) => {
      const timer = setTimeout(() => fail(new Error("the network bed does not answer")), START_DEADLINE_MS);
      const ended = () => fail(new Error("the network bed ended; its log in target/browser-logs says why"));
      this.#child.once("exit", ended);
      this.#answers.once("line", (line) => {
        clearTimeout(timer);
        this.#child.off("exit", ended);
        done(JSON.parse(line) as Answer);
      });
    });
    this.#child.stdin!.write(`${JSON.stringify(question)}\n`);
    const answer = await answered;
    if (answer.answer === "refused") throw new Error(`the network bed refused: ${answer.reason}`);
    return answer;
  }
}

function inside(place: Place, program: string, args: string[]): [string, string[]] {
  return ["ip", ["netns", "exec", place.namespace, program, ...args]];
}
