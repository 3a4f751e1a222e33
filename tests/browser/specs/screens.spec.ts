// A picture of every page in its main states, in test-results/screens: for whoever wants to see what a person sees.
// The story is that of a conference: waiting, opened, asked, called, on air, over time, lost, ended.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Simulation } from "../lib/endpoints.ts";
import { untilShows } from "../lib/marker.ts";
import { Console, joinSite, openScreen, PREVIEW, PROGRAMME, untilConnected } from "../lib/pages.ts";
import { Server } from "../lib/server.ts";

const HALL = "dien-hong";
const SITE = "cao-bang";
/** Headless sites, so that the wall of the console is not empty. */
const SIMULATED = 6;
/** Short enough that a speech is over time within the test, long enough that each state before can be seen. */
const SPEECH = { allowed: 12, warning: 6 };
const STATE_MS = 30_000;

class Album {
  readonly #folder = join("test-results", "screens");
  readonly taken: string[] = [];

  constructor() {
    mkdirSync(this.#folder, { recursive: true });
  }

  async take(page: Page, name: string): Promise<void> {
    await page.screenshot({ path: join(this.#folder, `${name}.png`) });
    this.taken.push(name);
  }
}

test("every page in its main states", async () => {
  test.setTimeout(600_000);
  const server = await Server.start("screens", { speech: SPEECH });
  const index = server.link(SITE).index;
  const simulation = new Simulation(server, "screens", { sites: SIMULATED, hall: false, decode: 0, except: [SITE] });
  const plain = await Browser.plain();
  const hallBrowser = await Browser.withTestCard(0, server.link(HALL).name);
  const siteBrowser = await Browser.withTestCard(index, server.link(SITE).name);
  const album = new Album();

  try {
    const signIn = await plain.open(`${server.url}/sign-in`);
    await signIn.locator('input[name="password"]').waitFor();
    await album.take(signIn, "sign-in");
    await signIn.close();

    const operator = await Console.open(plain, server);
    await operator.page.setViewportSize({ width: 1920, height: 1080 });
    await album.take(operator.page, "console-empty");
    const hall = await joinSite(hallBrowser, server, HALL);
    const checked = await siteBrowser.open(server.joinUrl(SITE));
    await untilConnected(checked);
    await album.take(checked, "site-check");
    await checked.close();
    const site = await joinSite(siteBrowser, server, SITE);
    const status = (name: string) => site.locator(`[data-status="${name}"]`).waitFor({ timeout: STATE_MS });
    const screen = await openScreen(plain, server, "ha-noi");
    await screen.setViewportSize({ width: 1920, height: 1080 });

    await untilShows(site, PROGRAMME, 0, STATE_MS);
    await status("waiting");
    await album.take(site, "site-waiting");
    await untilShows(operator.page, '[data-wall] video', index, STATE_MS);
    await album.take(operator.page, "console-idle");
    await untilShows(screen, PROGRAMME, 0, STATE_MS);

    await operator.page.getByRole("button", { name: "Khai mạc", exact: true }).click();
    await status("connected");
    await album.take(site, "site-connected-floor-closed");
    await operator.page.getByRole("button", { name: "Bắt đầu", exact: true }).first().click();
    await expect(screen.locator(".lower-third")).toBeVisible({ timeout: STATE_MS });
    await album.take(screen, "screen-lower-third");

    await operator.page.getByRole("combobox").filter({ hasText: "Theo thứ tự" }).selectOption("queue");
    await site.getByRole("button", { name: "Đăng ký phát biểu" }).waitFor();
    await album.take(site, "site-connected");
    await site.getByRole("button", { name: "Đăng ký phát biểu" }).click();
    await status("queued");
    await album.take(site, "site-queued");
    const tile = operator.page.locator(`[data-wall] [data-site="${SITE}"]`);
    await operator.page.locator(`[data-wall] [data-site="${SITE}"][data-tally="requested"]`).waitFor();
    await album.take(operator.page, "console-queue");
    await tile.focus();
    await operator.page.keyboard.press("c");
    await status("next");
    await album.take(site, "site-next");

    await operator.page.keyboard.press("F10");
    await untilShows(operator.page, PREVIEW, index, STATE_MS);
    await album.take(operator.page, "console-preview");
    await operator.take();
    await operator.untilOnAir(SITE);
    await status("on_air");
    await album.take(site, "site-on-air");
    await untilShows(operator.page, PROGRAMME, index, STATE_MS);
    await album.take(operator.page, "console-on-air");
    await untilShows(screen, PROGRAMME, index, STATE_MS);
    await album.take(screen, "screen-on-air");
    await untilShows(hall, PROGRAMME, index, STATE_MS);
    await album.take(hall, "hall-site-on-air");
    await status("overtime");
    await album.take(site, "site-overtime");
    await album.take(operator.page, "console-overtime");

    await server.kill();
    await status("lost");
    await album.take(site, "site-lost");
    await album.take(operator.page, "console-lost");
    await screen.locator('[data-status="lost"]').waitFor({ timeout: STATE_MS });
    await album.take(screen, "screen-lost");
    await server.restart();
    await status("overtime");

    await operator.page.getByRole("button", { name: /^Kết thúc hội nghị|^Bế mạc/ }).first().click();
    await operator.page.getByRole("dialog").getByRole("textbox").fill("bau-cu-2021");
    await album.take(operator.page, "console-ending");
    await operator.page.getByRole("dialog").getByRole("button").last().click();
    await status("ended");
    await album.take(site, "site-ended");
    await expect(screen.locator(".slide")).toBeVisible({ timeout: STATE_MS });
    await album.take(screen, "screen-holding");
    await album.take(operator.page, "console-ended");
    console.log(`    ${album.taken.length} pictures in tests/browser/test-results/screens`);
  } finally {
    await Promise.all([plain, hallBrowser, siteBrowser].map((browser) => browser.close()));
    await simulation.stop();
    await server.stop();
  }
});
