// People who see, hear or point less well: axe finds nothing serious on any page in any state, and the hall is one key away
// wherever the focus is.
import { expect, type Page, test } from "@playwright/test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Browser } from "../lib/browsers.ts";
import { Simulation } from "../lib/endpoints.ts";
import { Console, joinSite, openScreen, untilConnected, WALL } from "../lib/pages.ts";
import { root } from "../lib/paths.ts";
import { Server } from "../lib/server.ts";

const SITE = "cao-bang";
const SITES = 63;
/** The library is a package of the pages, whose faults it finds. */
const AXE = readFileSync(join(root, "web/node_modules/axe-core/axe.min.js"), "utf8");

interface Violation {
  id: string;
  impact: "minor" | "moderate" | "serious" | "critical" | null;
  nodes: { target: string[]; failureSummary: string }[];
}

/** Elements of one rule that are named; the others, of a wall of 64, say the same. */
const NAMED = 5;

/** What axe finds serious or critical on a page as it is now; each line names the rule, an element and the fault. */
async function faultsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const violations = await page.evaluate(async (): Promise<Violation[]> => {
    // Colours that are still on their way from one theme or state to the other are nobody's colours. A transition of something
    // that is not drawn never ends by itself.
    for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish();
    const { axe } = window as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } };
    // The size of targets is a rule of WCAG 2.2 that axe leaves off by default. Streams have nothing to preload.
    const { violations } = await axe.run({ preload: false, resultTypes: ["violations"], rules: { "target-size": { enabled: true } } });
    return violations;
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.slice(0, NAMED).map((node) => `${id} (${nodes.length}) at ${node.target.join(" ")}: ${node.failureSummary.replace(/\s+/g, " ")}`));
}

/** Checks a page in a state; softly, so that one run tells all faults. */
async function check(page: Page, state: string): Promise<void> {
  expect.soft(await faultsOf(page), state).toEqual([]);
}

/** Checks a page that has two themes in both. */
async function checkThemes(page: Page, state: string): Promise<void> {
  await check(page, `${state}, dark`);
  await page.getByRole("button", { name: "Nền sáng" }).click();
  await check(page, `${state}, light`);
  await page.getByRole("button", { name: "Nền tối" }).click();
}

test("site, screen and sign-in have no serious fault of access in any state, in both themes", async () => {
  const server = await Server.start("access");
  const plain = await Browser.plain();
  const camera = await Browser.withTestCard(server.link(SITE).index, "Cao Bằng");

  try {
    await check(await plain.open(`${server.url}/sign-in`), "sign-in");
    const operator = await Console.open(plain, server);
    const screen = await openScreen(plain, server, SITE);
    await check(screen, "screen, nothing on air");
    const site = await camera.open(server.joinUrl(SITE));
    const status = (name: string) => site.locator(`[data-status="${name}"]`).waitFor({ timeout: 10_000 });
    await untilConnected(site);
    await checkThemes(site, "device check");
    await site.locator('[data-action="enter"]').click();
    await status("waiting");
    await checkThemes(site, "waiting");

    await operator.page.bringToFront();
    await operator.page.getByRole("button", { name: "Khai mạc", exact: true }).click();
    await operator.page.getByRole("combobox", { name: "Cách nhận đăng ký" }).selectOption("queue");
    await status("connected");
    await checkThemes(site, "connected");
    await site.getByRole("button", { name: "Đăng ký phát biểu" }).click();
    await status("queued");
    await checkThemes(site, "queued");
    await operator.page.locator(`[data-wall] [data-site="${SITE}"]`).focus();
    await operator.page.keyboard.press("c");
    await status("next");
    await checkThemes(site, "next");

    await operator.preview(server.link(SITE));
    await operator.take();
    await operator.untilOnAir(SITE);
    await status("on_air");
    await checkThemes(site, "on air");
    await screen.keyboard.press("a");
    await screen.locator("[data-strip]").waitFor();
    await check(screen, "screen, a site on air");
    await check(operator.page, "console, a site on air");

    await camera.context.setOffline(true);
    await site.evaluate(() => (window as unknown as { __dienhong: { cutControl(): void } }).__dienhong.cutControl());
    await status("lost");
    await checkThemes(site, "control lost");
  } finally {
    await Promise.all([plain, camera].map((browser) => browser.close()));
    await server.stop();
  }
});

test("the console has no serious fault of access, idle and with the whole country on its wall", async () => {
  const server = await Server.start("access-console");
  const plain = await Browser.plain();
  let simulation: Simulation | null = null;

  try {
    const operator = await Console.open(plain, server);
    const { page } = operator;
    await page.setViewportSize({ width: 1920, height: 1080 });
    await expect(page.locator("[data-wall] [data-site]")).toHaveCount(SITES + 1);
    await check(page, "console, idle");
    await page.keyboard.press("Shift+?");
    await page.getByRole("dialog").waitFor({ timeout: 10_000 });
    await check(page, "overview of keys");
    await page.keyboard.press("Escape");

    simulation = new Simulation(server, "access", { sites: SITES, hall: true, decode: 0 });
    const alive = () =>
      page.evaluate(
        (selector) => [...document.querySelectorAll<HTMLVideoElement>(selector)].filter((video) => video.videoWidth > 0).length,
        WALL,
      );
    await expect.poll(alive, { timeout: 90_000 }).toBe(SITES + 1);
    await operator.preview(server.link(SITE));
    await check(page, "console, 64 tiles");
    await page.setViewportSize({ width: 1366, height: 650 });
    await check(page, "console, 64 tiles on a laptop");
  } finally {
    await plain.close();
    await simulation?.stop();
    await server.stop();
  }
});

test("the hall is one F8 away while a list, a choice or a text field has the focus", async () => {
  const server = await Server.start("access-keys");
  const plain = await Browser.plain();
  const hall = await Browser.withTestCard(0, "Hội trường Diên Hồng");
  const camera = await Browser.withTestCard(server.link(SITE).index, "Cao Bằng");

  try {
    const operator = await Console.open(plain, server);
    await joinSite(hall, server, "dien-hong");
    await joinSite(camera, server, SITE);
    const { page } = operator;
    await page.getByRole("button", { name: "Khai mạc", exact: true }).click();
    const mode = page.getByRole("combobox", { name: "Cách nhận đăng ký" });
    await page.locator("#tab-messages").click();
    const panel = page.locator('[data-panel="messages"]');
    const places = { list: mode, choice: panel.getByRole("radio").last(), "text field": panel.getByRole("textbox") };

    /** Leaves whatever has the focus: it would keep the keys with which a site is found. */
    const leave = () => page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());

    for (const [name, place] of Object.entries(places)) {
      await leave();
      await operator.preview(server.link(SITE));
      await operator.take();
      await operator.untilOnAir(SITE);
      if (name === "list") await mode.selectOption("queue");
      await place.focus();
      await expect(place).toBeFocused();
      await operator.hall();
      await operator.untilOnAir("dien-hong");
    }

    await leave();
    await operator.preview(server.link(SITE));
    await mode.focus();
    await page.keyboard.press("NumpadEnter");
    await operator.untilOnAir(SITE);
    await page.keyboard.press("Control+z");
    await page.waitForTimeout(500);
    await operator.untilOnAir(SITE);
  } finally {
    await Promise.all([plain, hall, camera].map((browser) => browser.close()));
    await server.stop();
  }
});
