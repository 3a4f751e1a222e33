// A panel of buttons drives the conference over HTTP: it takes by the preview that its lamps showed, and no other.
import { expect, test } from "@playwright/test";
import WebSocket from "ws";

import { Browser } from "../lib/browsers.ts";
import { Simulation } from "../lib/endpoints.ts";
import { Console } from "../lib/pages.ts";
import { Person, type Refusal } from "../lib/people.ts";
import { Server } from "../lib/server.ts";

const HALL = "dien-hong";
const [A, B] = ["ha-noi", "ha-giang"] as const;
/** A lamp that is not lit by now does not come, ms. */
const PATIENCE_MS = 10_000;

interface Tally {
  revision: number;
  phase: string;
  preview: number | null;
  taking: boolean;
  sites: Record<string, { lamp: string; online: boolean }>;
}

/** A panel of buttons, as Companion's generic modules are one: HTTP actions by bearer token, and the tally feed. */
class Surface {
  readonly #base: string;
  readonly #headers: Record<string, string>;
  #feed: WebSocket | null = null;
  /** Every text of the feed, in order. */
  readonly tallies: Tally[] = [];

  constructor(server: Server, lead: Person, token: string) {
    this.#base = server.url + lead.path("");
    this.#headers = { authorization: `Bearer ${token}` };
  }

  /** Begins to follow the feed. */
  follow(): this {
    this.#feed = new WebSocket(`${this.#base.replace("http", "ws")}tally/ws`, { headers: this.#headers });
    this.#feed.on("message", (text) => this.tallies.push(JSON.parse(String(text)) as Tally));
    return this;
  }

  /** Presses a button; none: it was done. */
  async act(action: string): Promise<Refusal | null> {
    const answer = await fetch(`${this.#base}actions/${action}`, { method: "POST", headers: this.#headers });
    if (answer.ok) return null;
    const problem = (await answer.json()) as { refusal?: Refusal };
    return problem.refusal ?? { code: String(answer.status) };
  }

  async tally(): Promise<Tally> {
    return (await (await fetch(`${this.#base}tally`, { headers: this.#headers })).json()) as Tally;
  }

  /** Waits until the feed shows something; gives it. */
  async untilLit(what: string, wanted: (tally: Tally) => boolean): Promise<Tally> {
    await expect.poll(() => this.tallies.length > 0 && wanted(this.tallies.at(-1)!), { message: what, timeout: PATIENCE_MS }).toBe(true);
    return this.tallies.at(-1)!;
  }

  close(): void {
    this.#feed?.terminate();
  }
}

test("a surface previews, takes by the preview that its feed names, and comes back; a preview of before is refused", async () => {
  const server = await Server.start("surfaces");
  const simulation = new Simulation(server, "surfaces", { sites: 2, hall: true, decode: 0 });
  const browser = await Browser.plain();
  let surface: Surface | null = null;

  try {
    const lead = await Person.lead(server);
    await lead.sitDown(browser);
    const operator = await Console.openAs(browser, server);
    await operator.untilWallIsAlive(3);
    expect(await lead.command({ type: "open_conference" })).toBeNull();
    const made = await lead.write<{ token: string; surface: { id: number; label: string; operator: string } }>(lead.path("surfaces"), { label: "Stream Deck bàn 1" });
    expect(made.surface).toMatchObject({ label: "Stream Deck bàn 1", operator: lead.name });
    surface = new Surface(server, lead, made.token).follow();
    await surface.untilLit("lamps", ({ phase, sites }) => phase === "live" && sites[A]?.online === true);

    expect(await surface.act(`preview_site?site=${A}`)).toBeNull();
    const first = await surface.untilLit("the green lamp", ({ sites }) => sites[A]?.lamp === "preview");
    expect(await surface.act(`take?preview=${first.preview}`)).toBeNull();
    await surface.untilLit("the red lamp", ({ sites, taking }) => sites[A]?.lamp === "program" && !taking);
    await operator.untilOnAir(A);

    expect(await surface.act(`preview_site?site=${B}`)).toBeNull();
    const second = await surface.untilLit("the green lamp of the other", ({ sites }) => sites[B]?.lamp === "preview");
    expect(await surface.act(`take?preview=${first.preview}`), "the preview of before").toEqual({ code: "preview_changed", preview: second.preview });
    expect(await surface.act("take"), "a take names what it saw").not.toBeNull();
    await operator.untilOnAir(A);

    expect(await surface.act("back_to_hall")).toBeNull();
    await operator.untilOnAir(HALL);
    expect(await surface.tally(), "what is asked for is what the feed says").toEqual(await surface.untilLit("the hall", ({ sites }) => sites[HALL]?.lamp === "program"));

    const other = new Surface(server, lead, `${made.token}x`);
    expect(await other.act("back_to_hall"), "a token that nobody made").toEqual({ code: "401" });
  } finally {
    surface?.close();
    await browser.close();
    await simulation.stop();
    await server.stop();
  }
});

test("the example page of buttons shows the lamps, takes what it saw, and comes back", async () => {
  const server = await Server.start("buttons");
  const simulation = new Simulation(server, "buttons", { sites: 2, hall: true, decode: 0 });
  const [browser, panel] = [await Browser.plain(), await Browser.plain()];

  try {
    const lead = await Person.lead(server);
    await lead.sitDown(browser);
    const operator = await Console.openAs(browser, server);
    await operator.untilWallIsAlive(3);
    const { token } = await lead.write<{ token: string }>(lead.path("surfaces"), { label: "Bảng nút" });
    const page = await panel.open(`${server.url}/buttons`);
    await page.locator('input[name="conference"]').fill(lead.conference);
    await page.locator('input[name="token"]').fill(token);
    await page.keyboard.press("Enter");
    const lamp = (site: string, state: string) => page.locator(`[data-site="${site}"][data-lamp="${state}"]`).waitFor({ timeout: PATIENCE_MS });
    await lamp(HALL, "program");

    await page.locator(`[data-site="${A}"]`).click();
    await lamp(A, "preview");
    await page.locator('[data-button="take"]').click();
    await lamp(A, "program");
    await operator.untilOnAir(A);
    await operator.preview(server.link(B));
    await lamp(B, "preview");
    await page.locator('[data-button="hall"]').click();
    await lamp(HALL, "program");
    await operator.untilOnAir(HALL);
  } finally {
    await Promise.all([browser, panel].map((one) => one.close()));
    await simulation.stop();
    await server.stop();
  }
});
