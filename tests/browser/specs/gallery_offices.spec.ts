// Sign-in, plan, podium and buttons in every state: into one folder of pictures (target/gallery), and past axe.
import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Headless, Simulation } from "../lib/endpoints.ts";
import { Gallery } from "../lib/gallery.ts";
import { Operator } from "../lib/operator.ts";
import { type Command, CONFERENCE, Person, siteCommands } from "../lib/people.ts";
import { Server } from "../lib/server.ts";

const [A, B] = ["ha-noi", "ha-giang"] as const;
/** Its line drops while it speaks. */
const DROPS = "cao-bang";
const PATIENCE_MS = 20_000;
/** Short enough that a speech is over time within the test, s. */
const SPEECH = { allowed: 20, warning: 10 };

/** A programme as a clerk gets it. */
const PROGRAMME = `8h00 - 8h20: Phát biểu khai mạc hội nghị - Chủ tịch Quốc hội
8h20 - 8h45: Báo cáo công tác bầu cử của tỉnh Cao Bằng - Chủ tịch Ủy ban bầu cử tỉnh Cao Bằng
8h45 - 9h10: Báo cáo của thành phố Hà Nội - Lãnh đạo Ủy ban bầu cử thành phố Hà Nội
9h10 - 9h30: Phát biểu kết luận hội nghị - Chủ tịch Quốc hội`;

/** Sections of the plan with their places in its navigation. */
const SECTIONS = { agenda: 0, sites: 1, details: 2, links: 3, rollcall: 4, rehearsal: 5, surfaces: 6 };

/** The desk of one who plans. */
async function openPlan(browser: Browser, server: Server, section: string): Promise<Page> {
  const page = await browser.open(`${server.url}/plan#${section}`);
  await page.getByRole("navigation").waitFor({ timeout: PATIENCE_MS });
  return page;
}

test("sign-in and plan in every state", async () => {
  const server = await Server.start("gallery-plan");
  const [nobody, desk] = [await Browser.plain(), await Browser.plain()];
  const [signIn, plan] = [new Gallery("sign-in"), new Gallery("plan")];

  try {
    const door = await nobody.open(`${server.url}/sign-in`);
    await door.locator('input[name="password"]').waitFor();
    await signIn.show(door, "empty");
    await door.locator('input[name="name"]').fill("lead");
    await door.locator('input[name="password"]').fill("khong-dung");
    await door.locator('button[type="submit"]').click();
    await door.getByRole("alert").waitFor({ timeout: PATIENCE_MS });
    await signIn.show(door, "wrong-password", { sizes: ["desk"] });

    const lead = await Person.lead(server);
    await lead.sitDown(desk);
    const operator = await Operator.sitDown(server, lead);
    const page = await openPlan(desk, server, "agenda");
    const section = async (name: keyof typeof SECTIONS) => {
      await page.getByRole("navigation").getByRole("button").nth(SECTIONS[name]).click();
      await page.waitForTimeout(DRAWN_MS);
    };
    for (const name of Object.keys(SECTIONS) as (keyof typeof SECTIONS)[]) {
      await section(name);
      await plan.show(page, name);
    }

    await section("agenda");
    await page.locator('[data-action="import"]').first().click();
    await page.locator("textarea").first().fill(PROGRAMME);
    await page.locator('[data-action="take-import"]').waitFor();
    await plan.show(page, "import-draft");
    await page.locator('[data-action="take-import"]').click();
    await page.locator('[data-action="apply"]').waitFor();
    await plan.show(page, "draft");
    await operator.do("set_agenda", { items: [{ id: "khac", title: "Mục do người khác đặt", speaker: null, site: null, planned_ms: 0, layout: null, documents: [] }] });
    await page.locator("[data-conflict]").waitFor({ timeout: PATIENCE_MS });
    await plan.show(page, "conflict");

    await section("links");
    await page.locator('[data-action="print-sheets"]').click();
    await page.locator('[data-action="print"]').waitFor({ timeout: PATIENCE_MS });
    await plan.show(page, "sheets-before-printing", { sizes: ["desk"] });
    await page.emulateMedia({ media: "print" });
    await plan.show(page, "sheets-printed", { sizes: ["desk"], unread: true });
    await page.emulateMedia({ media: null });
    await page.keyboard.press("Escape");

    await section("surfaces");
    await page.locator('input[name="label"]').fill("Stream Deck bàn 1");
    await page.locator('[data-action="make-surface"]').click();
    await page.locator("[data-token]").waitFor({ timeout: PATIENCE_MS });
    await plan.show(page, "surface-token");
    await operator.do("lock_plan", { locked: true });
    await section("details");
    await plan.show(page, "locked");
    await operator.do("open_conference");
    await page.waitForTimeout(DRAWN_MS);
    await plan.show(page, "live", { sizes: ["desk"] });
    await page.getByRole("button", { name: /English/ }).click();
    await plan.show(page, "english", { sizes: ["desk"] });
    console.log(`    ${signIn.taken + plan.taken} pictures in target/gallery`);
  } finally {
    await Promise.all([nobody, desk].map((browser) => browser.close()));
    await server.stop();
  }
});

/** A state of the server has come and was drawn, ms. */
const DRAWN_MS = 700;

test("podium and buttons in every state", async () => {
  test.setTimeout(600_000);
  const server = await Server.start("gallery-podium", { speech: SPEECH });
  const simulation = new Simulation(server, "gallery-podium", { sites: 2, hall: true, decode: 0 });
  let dropping = new Headless(server, DROPS);
  const [chairs, secretaries, panel] = [await Browser.plain(), await Browser.plain(), await Browser.plain()];
  const [podium, buttons] = [new Gallery("chair"), new Gallery("buttons")];

  try {
    const lead = await Person.lead(server);
    const operator = await Operator.sitDown(server, lead);
    await (await lead.appoint("chu-toa", "chair")).sitDown(chairs);
    await (await lead.appoint("thu-ky", "secretary")).sitDown(secretaries);
    const order = (command: Command) => operator.do(command.type, command);
    const onAir = (site: string) => expect(() => operator.putOnAir(site)).toPass({ timeout: 60_000 });
    const page = await chairs.open(`${server.url}/chair`);
    const speech = (name: string) => page.locator(`[data-speech="${name}"]`).waitFor({ timeout: PATIENCE_MS });
    const clock = (phase: string) => page.locator(`[data-clock="${phase}"]`).waitFor({ timeout: 2 * PATIENCE_MS });
    await speech("not_open");
    await podium.show(page, "not-open");
    const secretary = await secretaries.open(`${server.url}/chair`);
    await secretary.locator("[data-speech]").waitFor({ timeout: PATIENCE_MS });
    await podium.show(secretary, "secretary");

    const made = await lead.write<{ token: string }>(lead.path("surfaces"), { label: "Bảng nút" });
    const board = await panel.open(`${server.url}/buttons`);
    await board.locator('input[name="token"]').waitFor({ timeout: PATIENCE_MS });
    await buttons.show(board, "enter");
    await board.locator('input[name="conference"]').fill(CONFERENCE);
    await board.locator('input[name="token"]').fill(made.token);
    await board.keyboard.press("Enter");
    await board.locator("[data-lamp]").first().waitFor({ timeout: PATIENCE_MS });
    await buttons.show(board, "preparing");

    await order({ type: "open_conference" });
    await order({ type: "start_item", item: "khai-mac", current: null });
    await speech("item");
    await podium.show(page, "item");
    await order({ type: "set_floor_mode", mode: "queue" });
    expect(await siteCommands(server, A, { type: "request_floor", kind: "request" })).toBeNull();
    expect(await siteCommands(server, B, { type: "request_floor", kind: "response" })).toBeNull();
    await podium.show(page, "queue");
    await onAir(B);
    await speech("speaking");
    await podium.show(page, "speaking");
    await page.getByRole("button", { name: "Nền sáng" }).click();
    await podium.show(page, "speaking-light", { sizes: ["desk"] });
    await page.getByRole("button", { name: "Nền tối" }).click();
    await board.locator(`[data-site="${A}"]`).click();
    await board.locator(`[data-site="${A}"][data-lamp="preview"]`).waitFor({ timeout: PATIENCE_MS });
    await buttons.show(board, "lamps");
    await clock("warning");
    await podium.show(page, "warning", { sizes: ["desk"] });
    await clock("overrun");
    await podium.show(page, "overrun");
    await onAir(DROPS);
    await dropping.kill();
    await speech("dropped");
    await podium.show(page, "dropped");
    dropping = new Headless(server, DROPS);
    await server.kill();
    await page.waitForTimeout(LOST_MS);
    await podium.show(page, "server-lost");
    await buttons.show(board, "server-lost", { sizes: ["desk"] });
    await server.restart();
    await page.getByRole("button", { name: /English/ }).click();
    await podium.show(page, "english", { sizes: ["desk"] });
    console.log(`    ${podium.taken + buttons.taken} pictures in target/gallery`);
  } finally {
    await Promise.all([chairs, secretaries, panel].map((browser) => browser.close()));
    await Promise.all([simulation, dropping].map((one) => one.stop()));
    await server.stop();
  }
});

/** A page has noticed that nobody answers, ms. */
const LOST_MS = 4_000;
