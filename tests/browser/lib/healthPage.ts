// The technicians' page, opened in a browser that may be where the tests are not: in a star the server can be asked only from there.
import { expect, type Page } from "@playwright/test";

import type { Browser } from "./browsers.ts";
import { CONFERENCE } from "./people.ts";
import type { Server } from "./server.ts";

/** How a site stands, as the map marks it. */
export type Standing = "good" | "weak" | "bad" | "lost" | "absent";

/** What a site's check came to; only what the tests look at. */
export interface SiteCheck {
  state: string;
  report: { verdict: string; fault: string | null } | null;
}

export interface CheckRun {
  number: number;
  started_at: number;
  ended_at: number | null;
  sites: Record<string, SiteCheck>;
}

/** What drops have in common. */
export interface Incident {
  id: number;
  began: number;
  ended: number | null;
  cause: { kind: string; name?: string };
  sites: Record<string, { began: number; back: number | null }>;
}

/** Health of a conference; only what the tests look at. */
export interface HealthView {
  at: number;
  sites: Record<string, { quality: string | null; reason: string | null; faults: string[] }>;
  alarms: { site: string; kind: string }[];
  incidents: Incident[];
  check: CheckRun | null;
}

/** What the health log tells, of the types that the tests look at. */
export interface Told {
  type: string;
  alarm?: { site: string; kind: string };
  incident?: Incident;
}

/** Everybody joins and is seen within this time, ms. */
export const JOINED_MS = 120_000;
/** What the page calls the drawing of one second (`FRAME_MEASURE` of its desk). */
const FRAME = "health-frame";
/** Entries of one answer of the log, at most. */
const ENTRIES_AT_ONCE = 1_000;

export class HealthPage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Signs in with this start's one-time link. */
  static async open(browser: Browser, server: Server): Promise<HealthPage> {
    const page = await browser.open(server.signInUrl());
    await page.waitForURL("**/console");
    await page.goto(`${server.url}/health`);
    await page.locator("[data-map]").waitFor();
    return new HealthPage(page);
  }

  /** Reads a path of the conference, for example `health`. */
  read<T>(path: string): Promise<T> {
    return this.#fetch<T>("GET", path);
  }

  /** Writes to a path of the conference. */
  write<T>(path: string, body: object): Promise<T> {
    return this.#fetch<T>("POST", path, body);
  }

  view(): Promise<HealthView> {
    return this.read<HealthView>("health");
  }

  /** Waits until so many sites are seen. */
  async untilHere(sites: number): Promise<void> {
    const here = async () => Object.values((await this.view()).sites).filter(({ quality }) => quality !== null).length;
    await expect.poll(here, { message: "sites that are here", timeout: JOINED_MS }).toBe(sites);
  }

  /** What the health log tells of a type, the latest first. */
  async told(type: string): Promise<Told[]> {
    const told: Told[] = [];
    for (let before = ""; ; ) {
      const page = await this.read<{ entry: number; what: Told }[]>(`health/log?limit=${ENTRIES_AT_ONCE}${before}`);
      told.push(...page.map(({ what }) => what).filter((what) => what.type === type));
      if (page.length < ENTRIES_AT_ONCE) return told;
      before = `&before=${Math.min(...page.map(({ entry }) => entry))}`;
    }
  }

  /** How the sites stand, as the map shows it. */
  async standings(): Promise<Map<string, Standing>> {
    const pairs = await this.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("[data-map] [data-site]")].map((tile) => [tile.dataset["site"]!, tile.dataset["standing"]!] as const),
    );
    return new Map(pairs as [string, Standing][]);
  }

  /** How long the page took to draw each second since this was asked last, ms. */
  async takeFrames(): Promise<number[]> {
    const frames = await drawn(this.page);
    await forgetDrawn(this.page);
    return frames;
  }

  async #fetch<T>(method: string, path: string, body?: object): Promise<T> {
    const given = { method, path: `/api/v1/conferences/${CONFERENCE}/${path}`, body: body === undefined ? null : JSON.stringify(body) };
    return this.page.evaluate(async ({ method, path, body }) => {
      const answer = await fetch(path, { method, body, headers: { "content-type": "application/json" } });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    }, given);
  }
}

/** How long a technicians' page took to draw each second, ms. */
export function drawn(page: Page): Promise<number[]> {
  return page.evaluate((name) => performance.getEntriesByName(name).map(({ duration }) => duration), FRAME);
}

/** Begins to count anew. */
export function forgetDrawn(page: Page): Promise<void> {
  return page.evaluate((name) => performance.clearMeasures(name), FRAME);
}
