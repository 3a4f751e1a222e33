// The console in every state: into one folder of pictures (target/gallery), and past axe.
import { expect, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Headless, Simulation } from "../lib/endpoints.ts";
import { Gallery, type Size } from "../lib/gallery.ts";
import { lockJournal } from "../lib/journal.ts";
import { Console, joinSite } from "../lib/pages.ts";
import { type Command, CONFERENCE, Person, siteCommands } from "../lib/people.ts";
import { Server } from "../lib/server.ts";

const HALL = "dien-hong";
/** All but a few: those are lost. */
const SENDING = 58;
/** A real page: it calls, shares and writes. */
const SITE = "cao-bang";
/** An endpoint in a process of its own: its line drops. */
const FRAIL = "lang-son";
/** It never came. */
const LOST = "ca-mau";
const EVERY_SIZE: Size[] = ["laptop", "large", "desk"];
const PATIENCE_MS = 20_000;

test("the console in every state", async () => {
  test.setTimeout(900_000);
  const server = await Server.start("gallery-console");
  const [desk, second, third] = [await Browser.plain(), await Browser.plain(), await Browser.plain()];
  const camera = await Browser.withTestCard(server.link(SITE).index, server.link(SITE).name);
  const gallery = new Gallery("console");
  let simulation: Simulation | null = null;
  let frail = new Headless(server, FRAIL);

  try {
    const lead = await Person.lead(server);
    const assistant = await lead.appoint("tro-ly", "assistant");
    await lead.sitDown(desk);
    await assistant.sitDown(second);
    await lead.sitDown(third);
    const operator = await Console.openAs(desk, server);
    const { page } = operator;
    const order = async (command: Command) => expect(await lead.command(command), JSON.stringify(command)).toBeNull();
    const press = (key: string) => page.keyboard.press(key);
    const tally = (site: string, name: string) => page.locator(`[data-wall] [data-site="${site}"][data-tally="${name}"]`).waitFor({ timeout: PATIENCE_MS });
    const outcome = (what: string) => page.locator(`[data-outcome="${what}"]`).waitFor({ timeout: PATIENCE_MS });
    const dialog = page.getByRole("dialog");
    const onAir = (site: string) =>
      expect(async () => {
        await operator.preview(server.link(site));
        await operator.take();
        await operator.untilOnAir(site);
      }).toPass({ timeout: 60_000 });

    await test.step("before", async () => {
      await page.evaluate(() => {
        localStorage.setItem("newcomer", "yes");
        localStorage.removeItem("dienhong.guide");
      });
      await page.reload();
      await dialog.waitFor();
      await gallery.show(page, "first-look-round", { sizes: ["desk"] });
      await press("Escape");
      await gallery.show(page, "nobody-there");
      simulation = new Simulation(server, "gallery-console", { sites: SENDING, hall: true, decode: 0, except: [SITE, FRAIL] });
      await joinSite(camera, server, SITE);
      await operator.untilWallIsAlive(SENDING + 3);
      await gallery.show(page, "preparing");
      await press("Shift+?");
      await dialog.waitFor();
      await gallery.show(page, "keys");
      await press("Escape");
      await press("r");
      await dialog.waitFor();
      for (const key of ["p", "p", "p"]) await press(key);
      await gallery.show(page, "roll-call");
      await press("Shift+p");
      await gallery.show(page, "roll-call-absence", { sizes: ["desk"] });
      await press("Escape");
      await press("Escape");
      await order({ type: "start_rehearsal" });
      await gallery.show(page, "rehearsal");
      await order({ type: "end_rehearsal" });
    });

    await test.step("stage", async () => {
      await order({ type: "open_conference" });
      await gallery.show(page, "live", { sizes: EVERY_SIZE });
      await press("F7");
      await operator.preview(server.link("ha-noi"));
      await gallery.show(page, "preview-ready");
      await order({ type: "mute", site: "ha-giang" });
      await operator.preview(server.link("ha-giang"));
      await gallery.show(page, "preview-with-warning");
      await operator.preview(server.link(LOST));
      await press("F12");
      await outcome("refused");
      await gallery.show(page, "offline-source-refused");
      await operator.preview(server.link(FRAIL));
      frail.freeze();
      await press("F12");
      await gallery.show(page, "taking", { sizes: ["desk"], unread: true });
      await operator.untilStage(({ pending }) => pending === null, "the take given up");
      await gallery.show(page, "take-failed", { sizes: ["desk"] });
      frail.thaw();
      await onAir("ha-noi");
      await gallery.show(page, "on-air", { sizes: EVERY_SIZE });
      for (const [layout, sites] of LAYOUTS) {
        await order({ type: "set_preview", layout, sources: sites.map((site) => ({ site, kind: "camera" })) });
        await operator.untilStage(({ preview }) => preview?.layout === layout, `${layout} in preview`);
        await operator.take();
        await operator.untilOnAirAs(layout, sites);
        await gallery.show(page, `layout-${layout.replaceAll("_", "-")}`);
      }
      await press("Shift+F8");
      await operator.untilStage(({ program }) => program.holding !== null, "the slide on air");
      await gallery.show(page, "holding-slide");
      await press("F8");
      await operator.untilOnAir(HALL);
      await order({ type: "start_tour", sites: ["ha-noi", "ha-giang"], dwell_ms: 60_000, repeat: true });
      await operator.untilOnAir("ha-noi");
      await gallery.show(page, "tour");
      await press("Shift+U");
      await operator.untilStage(({ tour }) => tour === null, "the tour stopped");
      await press("F8");
      await operator.untilOnAir(HALL);
      for (const tool of ["Chữ trên hình", "Tấm chờ", "Lướt điểm cầu"]) {
        await page.getByRole("button", { name: new RegExp(`^${tool}`) }).click();
        await gallery.show(page, `tool-${{ "Chữ trên hình": "captions", "Tấm chờ": "holding", "Lướt điểm cầu": "tour" }[tool]}`, { sizes: ["desk"] });
        await press("Escape");
      }
    });

    await test.step("floor", async () => {
      await order({ type: "set_floor_mode", mode: "queue" });
      for (const site of ["bac-kan", "tuyen-quang", FRAIL]) expect(await siteCommands(server, site, { type: "request_floor", kind: "request" })).toBeNull();
      expect(await siteCommands(server, "lao-cai", { type: "request_floor", kind: "response" })).toBeNull();
      await tally("lao-cai", "requested");
      await gallery.show(page, "queue-with-response", { sizes: EVERY_SIZE });
      await onAir(FRAIL);
      await frail.kill();
      await page.getByRole("alert").filter({ hasText: server.link(FRAIL).name }).first().waitFor({ timeout: PATIENCE_MS });
      await gallery.show(page, "grace-and-standby");
      frail = new Headless(server, FRAIL);
      await order({ type: "back_to_hall" });
    });

    await test.step("words", async () => {
      const site = camera.context.pages().at(-1)!;
      await order({ type: "set_templates", texts: ["Đề nghị điểm cầu bật camera.", "Đề nghị điểm cầu tắt micro."] });
      expect(await siteCommands(server, "bac-kan", { type: "send_message", to: [], text: "Điểm cầu Bắc Kạn nghe nhỏ, đề nghị trung tâm kiểm tra." })).toBeNull();
      await site.locator('[data-action="call"]').click();
      await page.locator("section.calls").waitFor({ timeout: PATIENCE_MS });
      await press("n");
      await gallery.show(page, "messages-and-a-call");
      await press("Escape");
      await page.locator("#tab-people").click();
      await gallery.show(page, "operators");
      await page.getByRole("radio", { name: /^Mất tín hiệu/i }).click();
      await gallery.show(page, "lost-sites");
      await page.getByRole("radio", { name: /^Mất tín hiệu/i }).click();
    });

    await test.step("several consoles", async () => {
      const other = await Console.openAs(second, server);
      await gallery.show(other.page, "not-in-control");
      const same = await Console.openAs(third, server);
      await operator.preview(server.link("ha-noi"));
      await same.untilStage(({ preview }) => preview?.sources[0]?.site === "ha-noi", "the same preview at both");
      await Promise.all([operator.take(), same.take()]);
      await operator.untilOnAir("ha-noi");
      const told = (await page.locator('[data-outcome="refused"]').count()) > 0 ? page : same.page;
      await gallery.show(told, "conflict-refused", { sizes: ["desk"] });
      await third.close();
      await desk.close();
      await other.page.waitForTimeout(MISSING_MS);
      await gallery.show(other.page, "lease-missing");
      await other.page.keyboard.press("l");
      await other.page.getByText("Đang giữ quyền điều khiển").first().waitFor({ timeout: PATIENCE_MS });
      await gallery.show(other.page, "taken-over", { sizes: ["desk"] });
      await test.step("faults", () => faults(server, assistant, other, gallery));
    });
    console.log(`    ${gallery.taken} pictures in target/gallery`);
  } finally {
    await Promise.all([desk, second, third, camera].map((browser) => browser.close()));
    await (simulation as Simulation | null)?.stop();
    await frail.stop();
    await server.stop();
  }
});

/** The holder of the lease is missing for longer than this before it may be claimed, ms. */
const MISSING_MS = 2_500;

/** Layouts of several, with who is in them. */
const LAYOUTS = [
  ["side_by_side", ["ha-noi", "ha-giang"]],
  ["speaker_hall", ["ha-noi", HALL]],
  ["grid", ["ha-noi", "ha-giang", "bac-kan", "tuyen-quang"]],
] as const;

/** The journal cannot be written, the server is gone, the conference is over; and in English. */
async function faults(server: Server, person: Person, { page }: Console, gallery: Gallery): Promise<void> {
  const journal = await lockJournal(server);
  expect(await person.command({ type: "set_floor_mode", mode: "open" })).toEqual({ code: "journal_unavailable" });
  await gallery.show(page, "journal-down");
  await journal.release();
  await server.kill();
  await page.getByText("Mất kết nối điều khiển").first().waitFor({ timeout: PATIENCE_MS });
  await gallery.show(page, "server-lost");
  await server.restart();
  await expect.poll(() => page.evaluate(() => (window as unknown as { __dienhong: { status: string } }).__dienhong.status), { timeout: PATIENCE_MS }).toBe("ready");
  await page.getByRole("button", { name: /^(Bế mạc|Kết thúc)…$/ }).click({ timeout: PATIENCE_MS });
  await page.getByRole("dialog").getByRole("textbox").fill(CONFERENCE);
  await gallery.show(page, "ending", { sizes: ["desk"] });
  await page.getByRole("dialog").getByRole("textbox").press("Enter");
  await page.getByRole("dialog").waitFor({ state: "hidden", timeout: PATIENCE_MS });
  await gallery.show(page, "ended", { sizes: ["desk"] });
  await page.getByRole("button", { name: /English/ }).click({ timeout: PATIENCE_MS });
  await gallery.show(page, "english");
}
