// The chair runs a discussion from the podium by keyboard: calls, gives time, interrupts, lets go on, opens a microphone; a speaker drops
// out; the server is killed. The secretary keeps the order and the roll. Whoever only looks has nothing to press.
import { mkdirSync } from "node:fs";

import { expect, type Page, test } from "@playwright/test";

import { checkAccess } from "../lib/axe.ts";
import { Browser } from "../lib/browsers.ts";
import { Headless, Simulation } from "../lib/endpoints.ts";
import { untilShows } from "../lib/marker.ts";
import { Operator } from "../lib/operator.ts";
import { PROGRAMME, untilConnected } from "../lib/pages.ts";
import { Person, siteCommands } from "../lib/people.ts";
import { Server } from "../lib/server.ts";

/** The first sites of the list are simulated; the speaker who drops out has a process of its own. */
const [A, B] = ["ha-noi", "ha-giang"] as const;
const DROPS = "cao-bang";
const STATE_MS = 15_000;
const FOLDER = "test-results/screens";

/** A tablet at the podium. */
const TABLET = { width: 1280, height: 800 };

async function openChair(browser: Browser, server: Server): Promise<Page> {
  const page = await browser.open(`${server.url}/chair`);
  await page.setViewportSize(TABLET);
  await page.locator("[data-speech]").waitFor();
  return page;
}

const speech = (page: Page, name: string) => page.locator(`[data-speech="${name}"]`).waitFor({ timeout: STATE_MS });
const outcome = (page: Page, name: string) => page.locator(`[data-outcome="${name}"]`).waitFor({ timeout: STATE_MS });
const picture = (page: Page, name: string) => page.screenshot({ path: `${FOLDER}/chair-${name}.png` });

test("the chair runs a discussion by keyboard, through a dropout and the death of the server", async () => {
  mkdirSync(FOLDER, { recursive: true });
  const server = await Server.start("podium", { speech: { allowed: 300, warning: 60 } });
  const simulation = new Simulation(server, "podium", { sites: 2, decode: 0 });
  let speaker: Headless | null = new Headless(server, DROPS);
  const browser = await Browser.plain();
  let operator: Operator | null = null;

  try {
    const lead = await Person.lead(server);
    const chair = await lead.appoint("chu-toa", "chair");
    operator = await Operator.sitDown(server, lead);
    await chair.sitDown(browser);
    const page = await openChair(browser, server);
    await speech(page, "not_open");
    await picture(page, "before");

    await operator.do("open_conference");
    await operator.do("set_floor_mode", { mode: "queue" });
    await speech(page, "free");
    for (const [site, kind] of [[DROPS, "request"], [A, "request"]] as const) {
      await expect.poll(() => siteCommands(server, site, { type: "request_floor", kind }), { timeout: STATE_MS }).toBeNull();
    }
    const rows = page.locator("section.queue li");
    await expect(rows).toHaveCount(2);
    await checkAccess(page, "chair, queue");
    await picture(page, "queue");

    // Called by one key, put on air by the operator; the programme is seen on the page.
    await page.keyboard.press("F10");
    await speech(page, "granted");
    expect(operator.floor.holder?.site).toBe(DROPS);
    await untilConnected(page);
    await operator.putOnAir(DROPS);
    await speech(page, "speaking");
    await untilShows(page, PROGRAMME, server.link(DROPS).index);
    await checkAccess(page, "chair, speaking");
    await picture(page, "speaking");

    // A response to what is said comes first, whatever waited before.
    expect(await siteCommands(server, B, { type: "request_floor", kind: "response" })).toBeNull();
    await expect(rows.first()).toContainText("TRANH LUẬN");

    await page.keyboard.press("+");
    await operator.until((floor) => floor.holder?.clock.allowed_ms === 360_000);
    await page.keyboard.press("t");
    await operator.until((floor) => floor.holder?.clock.running_since === null);
    // The key does what the button says; the page may hear of it a moment later than the operator.
    await expect(page.locator('[data-action="clock"]')).toContainText("Chạy giờ");
    await page.keyboard.press("t");
    await operator.until((floor) => floor.holder?.clock.running_since !== null);

    // A key in a text field is a letter.
    await page.locator('[data-action="allow-microphones"]').click();
    await operator.until((floor) => floor.microphones_allowed);
    await page.locator('[data-action="open-microphone"]').click();
    await page.getByRole("dialog").waitFor();
    await page.keyboard.type("xe ha noi");
    expect(operator.floor.holder?.site).toBe(DROPS);
    await page.getByRole("textbox").fill("ha noi");
    await picture(page, "microphone");
    await page.keyboard.press("Enter");
    await operator.until((floor) => floor.open_microphones.includes(A));
    expect(operator.stage.program.microphones).toContain(A);
    await page.locator(`[data-open-microphone="${A}"]`).click();
    await operator.until((floor) => floor.open_microphones.length === 0);

    // The speaker's line goes: the clock stands, the place is held, somebody is ready instead.
    await speaker.kill();
    speaker = null;
    await speech(page, "dropped");
    await expect(page.locator("[data-standby]")).toHaveAttribute("data-standby", B);
    await checkAccess(page, "chair, dropout");
    await picture(page, "dropout");
    await operator.putOnAir(B);
    await speech(page, "speaking");
    await expect(rows.first()).toContainText("Giữ chỗ");
    expect(operator.floor.queue[0]).toMatchObject({ site: DROPS });

    // Interrupted at once; let go on by one press.
    await page.keyboard.press("x");
    await operator.until((floor) => floor.holder === null);
    expect(operator.stage.program.microphones).not.toContain(B);
    await page.locator('[data-action="call-back"]').click();
    await operator.until((floor) => floor.holder?.site === B);
    expect(operator.stage.program.microphones).toContain(B);

    // While one speaks another cannot be called, and the page says why.
    await expect(page.locator('[data-action="grant_next"]')).toBeDisabled();
    await page.keyboard.press("F10");
    await outcome(page, "refused");
    await picture(page, "refused");
    await page.keyboard.press("e");
    await operator.until((floor) => floor.holder === null);

    await page.keyboard.press("n");
    await page.locator('[data-item="current"]').waitFor();
    await speech(page, "item");
    await picture(page, "item");

    // Without the server nothing can be pressed; it all comes back by itself.
    await server.kill();
    await page.locator('[data-banner="lost"]').waitFor({ timeout: STATE_MS });
    await expect(page.locator('[data-action="next_item"]')).toBeDisabled();
    await picture(page, "lost");
    await server.restart();
    await page.locator('[data-banner="lost"]').waitFor({ state: "detached", timeout: STATE_MS });
    await expect(page.locator('[data-action="next_item"]')).toBeEnabled();
    await speech(page, "item");
  } finally {
    operator?.close();
    await browser.close();
    await simulation.stop();
    await speaker?.stop();
    await server.stop();
  }
});

test("the secretary keeps the order and the roll; the lead may look; each is led here or elsewhere by the sign-in", async () => {
  mkdirSync(FOLDER, { recursive: true });
  const server = await Server.start("podium-roles");
  const browsers = await Promise.all([Browser.plain(), Browser.plain(), Browser.plain()]);
  const [forSecretary, forLead, forChair] = browsers;
  let operator: Operator | null = null;

  try {
    const lead = await Person.lead(server);
    const secretary = await lead.appoint("thu-ky", "secretary");
    await lead.appoint("chu-toa", "chair");
    operator = await Operator.sitDown(server, lead);
    await operator.do("open_conference");
    await operator.do("set_floor_mode", { mode: "operator" });
    for (const site of [A, B]) expect(await siteCommands(server, site, { type: "request_floor", kind: "request" })).toBeNull();

    await secretary.sitDown(forSecretary);
    const page = await openChair(forSecretary, server);
    for (const action of ["interrupt", "grant_next", "end_speech", "next_item", "allow-microphones"]) {
      await expect(page.locator(`[data-action="${action}"]`)).toHaveCount(0);
    }
    await page.locator(`section.queue [data-site="${B}"]`).focus();
    await page.keyboard.press("Alt+ArrowUp");
    await operator.until((floor) => floor.queue[0]?.site === B);

    await page.locator(`section.roll [data-site="${A}"]`).getByRole("button", { name: /có mặt$/ }).click();
    await page.locator(`section.roll [data-site="${A}"][data-presence="present"]`).waitFor();
    await page.locator(`section.roll [data-site="${B}"]`).getByRole("button", { name: /vắng$/ }).click();
    await page.keyboard.type("Mất điện toàn tỉnh");
    await page.keyboard.press("Enter");
    await page.locator(`section.roll [data-site="${B}"][data-presence="absent"]`).waitFor();
    await expect(page.locator(`section.roll [data-site="${B}"]`)).toContainText("Mất điện toàn tỉnh");
    await checkAccess(page, "secretary");
    await picture(page, "secretary");

    await lead.sitDown(forLead);
    const looking = await openChair(forLead, server);
    await expect(looking.locator("main button")).toHaveCount(1);
    await checkAccess(looking, "chair's page for the lead");
    await picture(looking, "looking");

    // Whoever is not signed in is asked to, and comes back to the page that they wanted; the chair's own page is this one anyway.
    const asked = await forChair.open(`${server.url}/chair`);
    await asked.waitForURL("**/sign-in?next=/chair");
    await asked.goto(`${server.url}/sign-in?next=https://elsewhere.example/`);
    await asked.locator('input[name="name"]').fill("chu-toa");
    await asked.locator('input[name="password"]').fill("mat-khau-cua-bai-kiem-tra");
    await asked.keyboard.press("Enter");
    await asked.waitForURL(`${server.url}/chair`);
    await expect(asked.locator('[data-action="interrupt"]')).toHaveCount(1);
  } finally {
    operator?.close();
    await Promise.all(browsers.map((browser) => browser.close()));
    await server.stop();
  }
});
