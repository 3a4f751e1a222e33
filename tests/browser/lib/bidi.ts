// WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/), as much of it as the tests need: pages of a browser that Playwright does
// not drive are opened, get code that runs before their own, and are looked into.
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

import WebSocket from "ws";

import type { Inside } from "./inside.ts";

/** The longest time in which a browser begins to listen, or answers one command, ms. */
const PATIENCE_MS = 60_000;

interface Answer {
  type: "success" | "error" | "event";
  id?: number;
  result?: unknown;
  error?: string;
  message?: string;
}

/** What a function in a page came to. */
interface Outcome {
  type: "success" | "exception";
  result?: { type: string; value?: string };
  exceptionDetails?: { text: string };
}

/** A connection to one browser. */
export class Session {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { done: (result: unknown) => void; fail: (fault: Error) => void }>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#receive(JSON.parse(String(data)) as Answer));
    socket.on("close", () => {
      for (const { fail } of this.#waiting.values()) fail(new Error("the browser closed the connection"));
      this.#waiting.clear();
    });
  }

  /** Connects to a browser that says on `output` where it listens. */
  static async with(output: Readable): Promise<Session> {
    const socket = new WebSocket(`${await listening(output)}/session`);
    await new Promise<void>((done, fail) => socket.once("open", () => done()).once("error", fail));
    const session = new Session(socket);
    await session.send("session.new", { capabilities: {} });
    return session;
  }

  /** Sends a command and gives its result. */
  send<R>(method: string, params: object): Promise<R> {
    const id = ++this.#last;
    return new Promise<R>((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`${method}: no answer in ${PATIENCE_MS} ms`)), PATIENCE_MS);
      const over = <T>(then: (value: T) => void) => (value: T) => {
        clearTimeout(timer);
        then(value);
      };
      this.#waiting.set(id, { done: over((result: unknown) => done(result as R)), fail: over(fail) });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Code that runs in each page before its own. */
  async beforePages<A>(code: (argument: A) => void, argument: A): Promise<void> {
    const functionDeclaration = `() => (${code})(${JSON.stringify(argument)})`;
    await this.send("script.addPreloadScript", { functionDeclaration });
  }

  /** Opens an address in a tab of its own. */
  async open(url: string): Promise<BidiPage> {
    const { context } = await this.send<{ context: string }>("browsingContext.create", { type: "tab" });
    await this.send("browsingContext.navigate", { context, url, wait: "complete" });
    return new BidiPage(this, context);
  }

  close(): void {
    this.#socket.terminate();
  }

  #receive({ id, type, result, error, message }: Answer): void {
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (!waiting || id === undefined) return;
    this.#waiting.delete(id);
    if (type === "success") waiting.done(result);
    else waiting.fail(new Error(`${error}: ${message}`));
  }
}

/** A page that code can be run in. Values go in and come out as JSON. */
export class BidiPage implements Inside {
  readonly #session: Session;
  readonly #context: string;

  constructor(session: Session, context: string) {
    this.#session = session;
    this.#context = context;
  }

  async evaluate<R, A>(code: (argument: A) => R | Promise<R>, argument?: A): Promise<R> {
    const outcome = await this.#session.send<Outcome>("script.callFunction", {
      functionDeclaration: `async (argument) => JSON.stringify(await (${code})(argument && JSON.parse(argument)))`,
      arguments: argument === undefined ? [] : [{ type: "string", value: JSON.stringify(argument) }],
      target: { context: this.#context },
      awaitPromise: true,
      // As after a click of the person in front of it: sound may play.
      userActivation: true,
    });
    if (outcome.type === "exception") throw new Error(outcome.exceptionDetails?.text);
    const text = outcome.result?.value;
    return (text === undefined ? undefined : JSON.parse(text)) as R;
  }

  waitForTimeout(ms: number): Promise<void> {
    return new Promise((done) => setTimeout(done, ms));
  }
}

function listening(output: Readable): Promise<string> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`the browser does not listen after ${PATIENCE_MS} ms`)), PATIENCE_MS);
    const over = (then: () => void) => {
      clearTimeout(timer);
      then();
    };
    const lines = createInterface(output);
    lines.on("line", (line) => {
      const address = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1];
      if (address) over(() => done(address));
    });
    lines.once("close", () => over(() => fail(new Error("the browser ended before it listened"))));
  });
}
