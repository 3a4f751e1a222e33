// A console without a browser: one socket with a real sign-in that sends commands, times their answers, and keeps the state as pages do,
// section by section.
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

import WebSocket from "ws";

import type { Command, Person, Refusal } from "./people.ts";
import type { Server } from "./server.ts";

/** What came of a command. */
export interface Outcome {
  /** Why it was refused; none: accepted. */
  refusal: Refusal | null;
  /** From sending to the answer, ms. */
  ms: number;
}

/** The state as a page folds it: whole sections, sites and messages by their names. */
interface State {
  revision: number;
  sections: Record<string, unknown>;
  sites: Record<string, unknown>;
  messages: Record<string, unknown>;
}

interface Change {
  section: string;
  value: Record<string, unknown>;
}

interface Incoming {
  type: string;
  id?: string;
  reason?: Refusal;
  revision?: number;
  changes?: Change[];
  state?: Record<string, unknown> & { sites: { slug: string }[]; messages: { id: number }[] };
}

/** An answer later than this is none, ms. */
const PATIENCE_MS = 10_000;

export class RawConsole {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (refusal: Refusal | null) => void>();
  #state: State = { revision: 0, sections: {}, sites: {}, messages: {} };
  #changed: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#receive(JSON.parse(String(data)) as Incoming));
  }

  /** Connects as a page of this person; resolves when its state is there. */
  static async connect(server: Server, person: Person, client: "console" | "chair" = "console"): Promise<RawConsole> {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/api/v1/ws`, { headers: { cookie: person.cookieHeader } });
    const console = new RawConsole(socket);
    await new Promise<void>((done, fail) => socket.once("open", done).once("error", fail));
    const hello = { type: "hello", protocol: 1, client, token: null, conference: null, device: randomUUID(), instance: null, since: null };
    socket.send(JSON.stringify(hello));
    await console.until(() => console.#state.revision > 0);
    return console;
  }

  /** Sends a command at once; resolves with its answer. */
  command(command: Command): Promise<Outcome> {
    const id = randomUUID();
    const sent = performance.now();
    return new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`no answer to ${JSON.stringify(command)}`)), PATIENCE_MS);
      this.#waiting.set(id, (refusal) => {
        clearTimeout(timer);
        done({ refusal, ms: performance.now() - sent });
      });
      this.#socket.send(JSON.stringify({ type: "command", id, seen: this.#state.revision, command }));
    });
  }

  /** Revision of the state. */
  get revision(): number {
    return this.#state.revision;
  }

  /** A section as it is now. */
  section<T>(name: string): T {
    return this.#state.sections[name] as T;
  }

  /** True if both pages show the same conference. */
  showsTheSameAs(other: RawConsole): boolean {
    return isDeepStrictEqual(this.#state, other.#state);
  }

  /** Waits until the state is as wanted. */
  async until(wanted: () => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!wanted()) {
      if (performance.now() > deadline) throw new Error("the state never came to be as wanted");
      await new Promise<void>((done) => {
        const timer = setTimeout(done, 1_000);
        this.#changed.push(() => {
          clearTimeout(timer);
          done();
        });
      });
    }
  }

  close(): void {
    this.#socket.terminate();
  }

  #receive(message: Incoming): void {
    if (message.type === "welcome") this.#snapshot(message.revision!, message.state!);
    if (message.type === "event") this.#apply(message.revision!, message.changes!);
    if (message.type === "accepted") this.#waiting.get(message.id!)?.(null);
    if (message.type === "refused") this.#waiting.get(message.id!)?.(message.reason!);
    for (const wake of this.#changed.splice(0)) wake();
  }

  #snapshot(revision: number, { sites, messages, ...sections }: NonNullable<Incoming["state"]>): void {
    this.#state = {
      revision,
      sections,
      sites: Object.fromEntries(sites.map((site) => [site.slug, site])),
      messages: Object.fromEntries(messages.map((message) => [message.id, message])),
    };
  }

  #apply(revision: number, changes: Change[]): void {
    this.#state.revision = revision;
    for (const { section, value } of changes) {
      if (section === "site") this.#state.sites[value["slug"] as string] = value;
      else if (section === "message") this.#state.messages[value["id"] as number] = value;
      else this.#state.sections[section] = value;
    }
  }
}
