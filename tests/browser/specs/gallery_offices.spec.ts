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
const SECTIONS = { agenda: 0, sites: 1, details: 2, links: 3, check: 4, rollcall: 5, rehearsal: 6, surfaces: 7 };
/** What is out of order at a site: its line check finds it. */
const FAULTY = { [DROPS]: "silent-microphone" };
/** A line check of a few sites: forty seconds, and their transfers, ms. */
const CHECK_MS = 90_000;

/** The desk of one who plans. */
async function openPlan(browser: Browser, server: Server, section: string): Promise<Page> {
  const page = await browser.open(`${server.url}/plan#${section}`);
  await page.getByRole("navigation").waitFor({ timeout: PATIENCE_MS });
  return page;
}

test("sign-in and plan in every state", async () => {
  test.setTimeout(600_000);
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

    await section("check");
    await checkLines(page, plan, server);

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

/** A line check of all while three are there: under way, what has to be mended, and the report. */
async function checkLines(page: Page, plan: Gallery, server: Server): Promise<void> {
  const simulation = new Simulation(server, "gallery-plan", { sites: CHECKED, hall: true, decode: 0, faults: FAULTY });
  try {
    await page.waitForTimeout(JOINED_MS);
    await page.locator('[data-action="check"]').click();
    await page.locator("[data-check-running] progress").waitFor({ timeout: PATIENCE_MS });
    await plan.show(page, "check-under-way");
    await page.locator('[data-action="latest-report"]').waitFor({ timeout: CHECK_MS });
    await plan.show(page, "check-done");
    await page.locator('[data-action="latest-report"]').click();
    await page.locator("[data-report]").waitFor({ timeout: PATIENCE_MS });
    await plan.show(page, "check-report", { sizes: ["desk"] });
    await page.emulateMedia({ media: "print" });
    await plan.show(page, "check-report-printed", { sizes: ["desk"], unread: true });
    await page.emulateMedia({ media: null });
    await page.locator('[data-action="close-report"]').click();
  } finally {
    await simulation.stop();
  }
}

/** Sites that are there for it, and until when they have joined, ms. */
const CHECKED = 12;
const JOINED_MS = 5_000;

/** A state of the server has come and was drawn, ms. */
const DRAWN_MS = 700;

/** The podium's pages and the buttons, with whoever makes something happen on them. */
class Podium {
  readonly chair = new Gallery("chair");
  readonly buttons = new Gallery("buttons");
  readonly server: Server;
  readonly lead: Person;
  readonly operator: Operator;
  readonly page: Page;
  readonly board: Page;
  dropping: Headless;

  constructor({ server, lead, operator, page, board }: Pick<Podium, "server" | "lead" | "operator" | "page" | "board">) {
    [this.server, this.lead, this.operator] = [server, lead, operator];
    [this.page, this.board] = [page, board];
    this.dropping = new Headless(server, DROPS);
  }

  order(command: Command): Promise<void> {
    return this.operator.do(command.type, command);
  }

  onAir(site: string): Promise<void> {
    return expect(() => this.operator.putOnAir(site)).toPass({ timeout: 60_000 });
  }

  speech(name: string): Promise<void> {
    return this.page.locator(`[data-speech="${name}"]`).waitFor({ timeout: PATIENCE_MS });
  }

  clock(phase: string): Promise<void> {
    return this.page.locator(`[data-clock="${phase}"]`).waitFor({ timeout: 2 * PATIENCE_MS });
  }
}

test("podium and buttons in every state", async () => {
  test.setTimeout(600_000);
  const server = await Server.start("gallery-podium", { speech: SPEECH });
  const simulation = new Simulation(server, "gallery-podium", { sites: 2, hall: true, decode: 0 });
  const [chairs, secretaries, panel] = [await Browser.plain(), await Browser.plain(), await Browser.plain()];
  let podium: Podium | null = null;

  try {
    const lead = await Person.lead(server);
    const operator = await Operator.sitDown(server, lead);
    await (await lead.appoint("chu-toa", "chair")).sitDown(chairs);
    await (await lead.appoint("thu-ky", "secretary")).sitDown(secretaries);
    const [page, board] = [await chairs.open(`${server.url}/chair`), await panel.open(`${server.url}/buttons`)];
    const now = new Podium({ server, lead, operator, page, board });
    podium = now;
    await test.step("before", () => beforeOpening(now, secretaries));
    await test.step("floor", () => giveTheFloor(now));
    await test.step("speech", () => speak(now));
    await test.step("faults and the end", () => loseAndEnd(now));
    console.log(`    ${now.chair.taken + now.buttons.taken} pictures in target/gallery`);
  } finally {
    await Promise.all([chairs, secretaries, panel].map((browser) => browser.close()));
    await Promise.all([simulation, podium?.dropping].map((one) => one?.stop()));
    await server.stop();
  }
});

/** Nothing has begun; the board of buttons is let in. */
async function beforeOpening(podium: Podium, secretaries: Browser): Promise<void> {
  const { board, buttons, chair, lead, page, server } = podium;
  await podium.speech("not_open");
  await chair.show(page, "not-open");
  const secretary = await secretaries.open(`${server.url}/chair`);
  await secretary.locator("[data-speech]").waitFor({ timeout: PATIENCE_MS });
  await chair.show(secretary, "secretary");
  const made = await lead.write<{ token: string }>(lead.path("surfaces"), { label: "Bảng nút" });
  await board.locator('input[name="token"]').waitFor({ timeout: PATIENCE_MS });
  await buttons.show(board, "enter");
  await board.locator('input[name="conference"]').fill(CONFERENCE);
  await board.locator('input[name="token"]').fill(made.token);
  await board.keyboard.press("Enter");
  await board.locator("[data-lamp]").first().waitFor({ timeout: PATIENCE_MS });
  await buttons.show(board, "preparing");
}

/** Nobody speaks, an item runs, two wait, and the first of them is called. */
async function giveTheFloor(podium: Podium): Promise<void> {
  const { chair, page, server } = podium;
  await podium.order({ type: "open_conference" });
  await podium.speech("free");
  await chair.show(page, "free");
  await podium.order({ type: "start_item", item: "khai-mac", current: null });
  await podium.speech("item");
  await chair.show(page, "item");
  await podium.order({ type: "set_floor_mode", mode: "queue" });
  expect(await siteCommands(server, A, { type: "request_floor", kind: "request" })).toBeNull();
  expect(await siteCommands(server, B, { type: "request_floor", kind: "response" })).toBeNull();
  await chair.show(page, "queue");
  await podium.order({ type: "grant", site: B });
  await podium.speech("granted");
  await chair.show(page, "granted");
}

/** Its speech, the warning and the overrun. */
async function speak(podium: Podium): Promise<void> {
  const { board, buttons, chair, page } = podium;
  await podium.onAir(B);
  await podium.speech("speaking");
  await chair.show(page, "speaking");
  await page.getByRole("button", { name: "Nền sáng" }).click();
  await chair.show(page, "speaking-light", { sizes: ["desk"] });
  await page.getByRole("button", { name: "Nền tối" }).click();
  await board.locator(`[data-site="${A}"]`).click();
  await board.locator(`[data-site="${A}"][data-lamp="preview"]`).waitFor({ timeout: PATIENCE_MS });
  await buttons.show(board, "lamps");
  await podium.clock("warning");
  await chair.show(page, "warning", { sizes: ["desk"] });
  await podium.clock("overrun");
  await chair.show(page, "overrun");
}

/** The speaker's line drops, the server is gone, in English, and the end. */
async function loseAndEnd(podium: Podium): Promise<void> {
  const { board, buttons, chair, lead, page, server } = podium;
  await podium.onAir(DROPS);
  await podium.dropping.kill();
  await podium.speech("dropped");
  await chair.show(page, "dropped");
  podium.dropping = new Headless(server, DROPS);
  await server.kill();
  await page.waitForTimeout(LOST_MS);
  await chair.show(page, "server-lost");
  await buttons.show(board, "server-lost", { sizes: ["desk"] });
  await server.restart();
  await page.getByRole("button", { name: /English/ }).click();
  await chair.show(page, "english", { sizes: ["desk"] });
  await page.getByRole("button", { name: /Tiếng Việt/ }).click();
  await expect.poll(() => lead.command({ type: "end_conference", confirmation: CONFERENCE }), { timeout: PATIENCE_MS }).toBeNull();
  await podium.speech("not_open");
  await chair.show(page, "ended");
}

/** A page has noticed that nobody answers, ms. */
const LOST_MS = 4_000;
