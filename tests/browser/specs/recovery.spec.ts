// kill -9 of the server, ten times, under load: everybody comes back by themselves, nothing acknowledged is lost.
import { expect, type Page, test } from "@playwright/test";
import { randomUUID } from "node:crypto";
import WebSocket from "ws";

import { Browser } from "../lib/browsers.ts";
import { keepFigures, quantile } from "../lib/figures.ts";
import { readMarkers } from "../lib/marker.ts";
import { Console, facts, joinSite, PROGRAMME, untilConnected } from "../lib/pages.ts";
import { Server, Simulation } from "../lib/server.ts";

const KILLS = 10;
/** Simulated sites beside the pages. */
const SITES = 63;
/** Each of two clients sends a command this often, ms: together above 20 a second. */
const COMMAND_EVERY_MS = 80;
/** Time between a recovery and the next kill. */
const LIFE_MS = 2_000;
/** Everybody must be back on air by then. */
const RECOVERY_MS = 5_000;

/** A client that sends messages for as long as it lives, and remembers which were acknowledged. */
class CommandingSite {
  readonly acknowledged = new Set<string>();
  sent = 0;
  #url: string;
  #token: string;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setInterval>;
  #asked = false;

  constructor(server: Server, token: string) {
    this.#url = server.url.replace("http", "ws") + "/api/v1/ws";
    this.#token = token;
    this.#open();
    this.#timer = setInterval(() => this.#send(), COMMAND_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#socket?.removeAllListeners("close");
    this.#socket?.terminate();
  }

  #open(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    const device = `commanding-${this.#token.slice(0, 8)}`;
    const hello = { type: "hello", protocol: 1, client: "site", token: this.#token, conference: null, device, instance: null, since: null };
    socket.on("open", () => socket.send(JSON.stringify(hello)));
    socket.on("message", (data) => this.#receive(JSON.parse(String(data)) as { type: string; id?: string }));
    socket.on("error", () => {});
    socket.on("close", () => setTimeout(() => this.#open(), 100));
  }

  #receive(message: { type: string; id?: string }): void {
    if (message.type === "welcome") this.#asked = true;
    if (message.type === "accepted" && message.id) this.acknowledged.add(message.id);
  }

  #send(): void {
    if (!this.#asked || this.#socket?.readyState !== WebSocket.OPEN) return;
    const id = randomUUID();
    this.sent++;
    const command = { type: "send_message", to: [], text: `báo cáo số ${this.sent}` };
    this.#socket.send(JSON.stringify({ type: "command", id, seen: null, command }));
  }
}

/** How many command ids the journal holds, by id. */
async function logged(page: Page, conference: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let after = 0; ; ) {
    const path = `/api/v1/conferences/${conference}/events?after=${after}&limit=500`;
    const events = (await page.evaluate((path) => fetch(path).then((answer) => answer.json()), path)) as {
      revision: number;
      command_id: string | null;
    }[];
    if (events.length === 0) return counts;
    for (const event of events) if (event.command_id) counts.set(event.command_id, (counts.get(event.command_id) ?? 0) + 1);
    after = events.at(-1)!.revision;
  }
}

test("ten kills under load: pages and endpoints are back within five seconds, nothing acknowledged is lost", async () => {
  test.setTimeout(600_000);
  const server = await Server.start("recovery");
  const pageSite = "cao-bang";
  const commanding = ["bac-kan", "tuyen-quang"];
  const except = [pageSite, ...commanding];
  const simulation = new Simulation(server, "recovery", { sites: SITES - except.length, hall: true, decode: 1, except });
  const plain = await Browser.plain();
  const camera = await Browser.withTestCard(server.link(pageSite).index, "Cao Bằng");

  try {
    const console = await Console.open(plain, server);
    const site = await joinSite(camera, server, pageSite);
    const shows = async () => (await readMarkers(site, PROGRAMME)).some((one) => one?.site === 0);
    await expect.poll(shows, { timeout: 30_000 }).toBe(true);
    const clients = commanding.map((slug) => new CommandingSite(server, server.link(slug).token));
    const times: number[] = [];

    for (let kill = 0; kill < KILLS; kill++) {
      await site.waitForTimeout(LIFE_MS);
      const seen = simulation.lines().length;
      const before = (await facts(site)).instance;
      const renewed = async (page: Page) => {
        const { connectionState, instance } = await facts(page);
        return connectionState === "connected" && instance !== before;
      };
      await server.kill();
      const killed = Date.now();
      await server.restart();
      const endpointsBack = new Map<string, number>();
      let pageBack = 0;
      while (Date.now() < killed + 4 * RECOVERY_MS) {
        for (const line of simulation.lines().slice(seen)) {
          const { event, slot, site, at_ms } = line as { event: string; slot?: string; site: string; at_ms: number };
          const sees = event === "source" && slot?.startsWith("program") && at_ms > killed;
          if (sees && !endpointsBack.has(site)) endpointsBack.set(site, at_ms - killed);
        }
        const pagesRenewed = (await renewed(site)) && (await renewed(console.page));
        if (!pageBack && pagesRenewed && (await shows())) pageBack = Date.now() - killed;
        if (pageBack && endpointsBack.size >= SITES - except.length + 1) break;
        await site.waitForTimeout(50);
      }
      expect(endpointsBack.size, `endpoints back after kill ${kill + 1}`).toBe(SITES - except.length + 1);
      expect(pageBack, `page back after kill ${kill + 1}`).toBeGreaterThan(0);
      times.push(Math.max(pageBack, ...endpointsBack.values()));
    }

    clients.forEach((client) => client.stop());
    const operator = await Console.open(plain, server);
    await untilConnected(operator.page);
    const conference = await operator.page.evaluate(() => fetch("/api/v1/me").then((answer) => answer.json()).then((me) => me.conferences[0]));
    const counts = await logged(operator.page, conference);
    const acknowledged = clients.flatMap((client) => [...client.acknowledged]);
    const lost = acknowledged.filter((id) => counts.get(id) !== 1);
    keepFigures("recovery", [
      { figure: "kill → all pages and endpoints back on air, median", value: quantile(times, 0.5), unit: "ms", goal: null },
      { figure: "kill → all pages and endpoints back on air, max of ten", value: Math.max(...times), unit: "ms", goal: RECOVERY_MS },
      { figure: "acknowledged commands lost or doubled", value: lost.length, unit: `of ${acknowledged.length}`, goal: 0 },
    ]);
    const sent = clients.reduce((sum, client) => sum + client.sent, 0);
    expect(sent, "commands sent").toBeGreaterThan((20 * KILLS * LIFE_MS) / 1_000);
    expect(acknowledged.length, "commands acknowledged").toBeGreaterThan(sent / 2);
    expect(lost).toEqual([]);
    // The goal itself is judged by the bench, on a machine that does nothing else.
    expect(Math.max(...times)).toBeLessThan(3 * RECOVERY_MS);
  } finally {
    await Promise.all([plain, camera].map((browser) => browser.close()));
    await simulation.stop();
    await server.stop();
  }
});
