// People who have signed in, and sites that speak for themselves: what they say over the HTTP API.
import type { Browser } from "./browsers.ts";
import type { Server } from "./server.ts";

/** What a person is to the conference. */
export type Role = "lead" | "assistant" | "chair" | "secretary" | "technician";

/** A command as it travels; the tests name its type and the fields that they need. */
export type Command = { type: string } & Record<string, unknown>;

/** Why a command was refused; `code` names the reason. */
export type Refusal = { code: string } & Record<string, unknown>;

/** An event of the log. */
export interface LoggedEvent {
  revision: number;
  at: number;
  actor: string;
  command_id: string | null;
  kind: string;
  body: Record<string, unknown>;
}

/** Events of one answer, at most: the server's own bound. */
const EVENTS_AT_ONCE = 1_000;
/** Long enough for every rule about passwords. */
const PASSWORD = "mat-khau-cua-bai-kiem-tra";
const COOKIE = "dienhong_sign_in";
/** Id of the sample conference. */
export const CONFERENCE = "bau-cu-2021";

/** Somebody who has signed in. */
export class Person {
  readonly name: string;
  readonly conference: string;
  readonly #server: Server;
  readonly #cookie: string;

  private constructor(server: Server, cookie: string, me: { name: string; conferences: string[] }) {
    this.#server = server;
    this.#cookie = cookie;
    this.name = me.name;
    this.conference = me.conferences[0]!;
  }

  /** Signs in with this start's one-time link; it works once. */
  static lead(server: Server): Promise<Person> {
    const token = server.signInUrl().split("#").at(-1)!;
    return Person.#signIn(server, "/api/v1/sign-in/link", { token });
  }

  /** Makes an operator of a role, who signs in. */
  async appoint(name: string, role: Role): Promise<Person> {
    const made = await this.#send("POST", "/api/v1/operators", { name, role, password: PASSWORD });
    if (!made.ok) throw new Error(`no operator ${name}: ${made.status} ${await made.text()}`);
    return Person.#signIn(this.#server, "/api/v1/sign-in", { name, password: PASSWORD });
  }

  /** Lets a browser's pages be this person's. */
  async sitDown(browser: Browser): Promise<void> {
    await browser.context.addCookies([{ name: COOKIE, value: this.#cookie, url: this.#server.url }]);
  }

  /** Header for a socket of one's own. */
  get cookieHeader(): string {
    return `${COOKIE}=${this.#cookie}`;
  }

  /** Gives a command; none: accepted. */
  async command(command: Command): Promise<Refusal | null> {
    return refusalOf(await this.#send("POST", this.path("commands"), { id: null, command }));
  }

  /** A path of the conference, for example `tally`. */
  path(rest: string): string {
    return `/api/v1/conferences/${this.conference}/${rest}`;
  }

  /** Reads a path. */
  async read<T>(path: string): Promise<T> {
    const answer = await this.#send("GET", path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return (await answer.json()) as T;
  }

  /** Writes to a path. */
  async write<T>(path: string, body: unknown): Promise<T> {
    const answer = await this.#send("POST", path, body);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** The log after a revision, to its end. */
  async events(after = 0): Promise<LoggedEvent[]> {
    const events: LoggedEvent[] = [];
    for (;;) {
      const from = events.at(-1)?.revision ?? after;
      const more = await this.read<LoggedEvent[]>(this.path(`events?after=${from}&limit=${EVENTS_AT_ONCE}`));
      events.push(...more);
      if (more.length === 0) return events;
    }
  }

  static async #signIn(server: Server, path: string, body: object): Promise<Person> {
    const answer = await post(server.url + path, body, {});
    if (!answer.ok) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`);
    const cookie = new RegExp(`${COOKIE}=([^;]+)`).exec(answer.headers.get("set-cookie") ?? "")?.[1];
    if (!cookie) throw new Error("a sign-in sets its cookie");
    return new Person(server, cookie, (await answer.json()) as { name: string; conferences: string[] });
  }

  #send(method: "GET" | "POST", path: string, body?: unknown): Promise<Response> {
    const headers = { cookie: this.cookieHeader };
    return method === "GET" ? fetch(this.#server.url + path, { headers }) : post(this.#server.url + path, body, headers);
  }
}

/** A site gives a command with the token of its join link; none: accepted. */
export async function siteCommands(server: Server, site: string, command: Command): Promise<Refusal | null> {
  const url = `${server.url}/api/v1/conferences/${CONFERENCE}/commands`;
  return refusalOf(await post(url, { id: null, command }, { authorization: `Bearer ${server.link(site).token}` }));
}

function post(url: string, body: unknown, headers: Record<string, string>): Promise<Response> {
  return fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
}

async function refusalOf(answer: Response): Promise<Refusal | null> {
  if (answer.ok) return null;
  const problem = (await answer.json()) as { refusal?: Refusal; detail?: string };
  if (!problem.refusal) throw new Error(`${answer.status}: ${problem.detail}`);
  return problem.refusal;
}
