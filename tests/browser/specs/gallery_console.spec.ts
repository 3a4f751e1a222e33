// The console in every state: into one folder of pictures (target/gallery), and past axe.
import { expect, type Locator, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Headless, Simulation } from "../lib/endpoints.ts";
import { Gallery, type Size } from "../lib/gallery.ts";
import { lockJournal } from "../lib/journal.ts";
import { Console, joinSite } from "../lib/pages.ts";
import { type Command, CONFERENCE, Person, siteCommands } from "../lib/people.ts";
import { Server } from "../lib/server.ts";
import { shareMarker } from "../lib/sharing.ts";

const HALL = "dien-hong";
/** All but a few: those are lost. */
const SENDING = 58;
/** A real page: it calls, shares and writes. */
const SITE = "cao-bang";
/** An endpoint in a process of its own: its line drops. */
const FRAIL = "lang-son";
/** It never came. */
const LOST = "ca-mau";
/** No site has these numbers: an operator's own card, and a shared screen. */
const [OPERATOR, SHARED] = [64, 4_000];
const EVERY_SIZE: Size[] = ["laptop", "large", "desk"];
const PATIENCE_MS = 20_000;
/** The pictures that a site had under way have arrived, and it does not count as lost yet, ms. */
const STILL_MS = 2_000;
/** A take that fails has failed by then, ms. */
const FAILED_MS = 4_000;
/** The holder of the lease is missing for longer than this before it may be claimed, ms. */
const MISSING_MS = 2_500;

/** Layouts of several, with who is in them. */
const LAYOUTS = [
  ["side_by_side", ["ha-noi", "ha-giang"]],
  ["speaker_hall", ["ha-noi", HALL]],
  ["grid", ["ha-noi", "ha-giang", "bac-kan", "tuyen-quang"]],
] as const;

/** Tools below the monitors with the names of their pictures. */
const TOOLS = { "Chữ trên hình": "captions", "Tấm chờ": "holding", "Lướt điểm cầu": "tour" };

/** The console that is looked at, with what happens around it. */
class Scene {
  readonly server: Server;
  readonly lead: Person;
  readonly operator: Console;
  readonly gallery: Gallery;
  /** None while its line is down. */
  frail: Headless | null;
  simulation: Simulation | null = null;

  constructor(server: Server, lead: Person, operator: Console, gallery: Gallery) {
    [this.server, this.lead, this.operator, this.gallery] = [server, lead, operator, gallery];
    this.frail = new Headless(server, FRAIL);
  }

  get page(): Page {
    return this.operator.page;
  }

  get dialog(): Locator {
    return this.page.getByRole("dialog");
  }

  show(state: string, sizes?: Size[]): Promise<void> {
    return this.gallery.show(this.page, state, sizes ? { sizes } : {});
  }

  press(key: string): Promise<void> {
    return this.page.keyboard.press(key);
  }

  async order(command: Command): Promise<void> {
    expect(await this.lead.command(command), JSON.stringify(command)).toBeNull();
  }

  async outcome(what: string): Promise<void> {
    await this.page.locator(`[data-outcome="${what}"]`).waitFor({ timeout: PATIENCE_MS });
  }

  tile(site: string, tally = ""): Locator {
    return this.page.locator(`[data-wall] [data-site="${site}"]${tally && `[data-tally="${tally}"]`}`);
  }

  async onAir(site: string): Promise<void> {
    await expect(async () => {
      await this.operator.preview(this.server.link(site));
      await this.operator.take();
      await this.operator.untilOnAir(site);
    }).toPass({ timeout: 60_000 });
  }

  async stop(): Promise<void> {
    await this.simulation?.stop();
    await this.frail?.stop();
  }
}

/** Sites of which one after the other is taken by two at once, and how long the refusal of one of them is waited for, ms. */
const TAKEN_AT_ONCE = ["ha-noi", "lang-son"];
const REFUSED_MS = 5_000;

test("the console in every state", async () => {
  test.setTimeout(900_000);
  const server = await Server.start("gallery-console");
  const desk = await Browser.withTestCard(OPERATOR, "Bàn điều khiển");
  const second = await Browser.yielding();
  const camera = await Browser.withTestCard(server.link(SITE).index, server.link(SITE).name);
  await shareMarker(camera, SHARED);
  let scene: Scene | null = null;

  try {
    const lead = await Person.lead(server);
    const assistant = await lead.appoint("tro-ly", "assistant");
    await lead.sitDown(desk);
    await assistant.sitDown(second);
    const now = new Scene(server, lead, await Console.openAs(desk, server), new Gallery("console"));
    scene = now;
    await test.step("before", () => before(now, camera));
    await test.step("preview", () => preview(now));
    await test.step("take", () => take(now, camera));
    await test.step("layouts", () => layouts(now));
    await test.step("content", () => content(now, camera));
    await test.step("slide, tour and tools", () => tools(now));
    await test.step("floor", () => floor(now));
    await test.step("incidents", () => incidents(now));
    await test.step("words", () => words(now, camera));
    await test.step("dialogs", () => dialogs(now));
    await test.step("private sound", () => privateSound(now));
    await test.step("several consoles", () => severalConsoles(now, desk, second));
    const [survivor] = second.context.pages().slice(-1);
    await test.step("faults", () => faults(server, assistant, survivor!, now.gallery));
    console.log(`    ${now.gallery.taken} pictures in target/gallery`);
  } finally {
    await Promise.all([desk, second, camera].map((browser) => browser.close()));
    await scene?.stop();
    await server.stop();
  }
});

/** Nobody is there, the country comes, the roll is called, and a rehearsal. */
async function before(scene: Scene, camera: Browser): Promise<void> {
  const { page, dialog, server } = scene;
  await page.evaluate(() => {
    localStorage.setItem("newcomer", "yes");
    localStorage.removeItem("dienhong.guide");
  });
  await page.reload();
  await dialog.waitFor();
  await scene.show("first-look-round", ["desk"]);
  await scene.press("Escape");
  await scene.show("nobody-there");
  await page.locator("#tab-incidents").click();
  await page.locator("[data-listed]").waitFor({ timeout: PATIENCE_MS });
  await scene.show("no-incident", ["desk"]);
  await page.locator("#tab-people").click();
  scene.simulation = new Simulation(server, "gallery-console", { sites: SENDING, hall: true, decode: 0, except: [SITE, FRAIL] });
  await joinSite(camera, server, SITE);
  await scene.operator.untilWallIsAlive(SENDING + 3);
  await scene.show("preparing");
  await scene.press("Shift+?");
  await dialog.waitFor();
  await scene.show("keys");
  await scene.press("Escape");
  await scene.press("r");
  await dialog.waitFor();
  for (const key of ["p", "p", "p"]) await scene.press(key);
  await scene.show("roll-call");
  await scene.press("Shift+p");
  await scene.show("roll-call-absence", ["desk"]);
  await scene.press("Escape");
  await scene.press("Escape");
  await scene.order({ type: "start_rehearsal" });
  await scene.show("rehearsal");
  await scene.order({ type: "end_rehearsal" });
}

/** What is looked at is ready, or there is something to say about it, or it is not there at all. */
async function preview(scene: Scene): Promise<void> {
  const { operator, server } = scene;
  await scene.order({ type: "open_conference" });
  await scene.show("live", EVERY_SIZE);
  await scene.press("F7");
  await operator.preview(server.link("ha-noi"));
  await scene.show("preview-ready");
  await scene.order({ type: "mute", site: "ha-giang" });
  await operator.preview(server.link("ha-giang"));
  await scene.show("preview-with-warning");
  await operator.preview(server.link(LOST));
  await scene.press("F12");
  await scene.outcome("refused");
  await scene.show("offline-source-refused");
}

/** A take fails because no picture comes, another is under way, and the next one is on air. */
async function take(scene: Scene, camera: Browser): Promise<void> {
  const { operator, page, server } = scene;
  const site = camera.context.pages().at(-1)!;
  await operator.preview(server.link(SITE));
  await letPicturesRun(site, false);
  await page.waitForTimeout(STILL_MS);
  await scene.press("F12");
  const failed = page.locator("[data-outcome] .failed");
  await expect(failed).toHaveText(`✕ ${server.link(SITE).name} không lên hình được: nguồn không gửi hình trong 1 giây`, { timeout: FAILED_MS });
  expect((await operator.stage()).program.sources.map(({ source }) => source.site), "on air").not.toContain(SITE);
  await scene.show("take-failed", ["desk"]);
  await expect(failed, "what the picture shows").toBeVisible();

  await letPicturesRun(site, true);
  await page.waitForTimeout(STILL_MS);
  await letPicturesRun(site, false);
  await page.waitForTimeout(STILL_MS);
  await scene.press("F12");
  await operator.untilStage(({ pending }) => pending !== null, "the take under way");
  // A take lasts a second at most. The server stands still while the picture is taken.
  server.freeze();
  const underWay = page.locator(".take.under");
  await expect(underWay).toContainText("đang chuyển…");
  await scene.gallery.show(page, "taking", { sizes: ["desk"], unread: true });
  await expect(underWay, "the take was under way all the time").toBeVisible();
  server.thaw();
  await operator.untilStage(({ pending }) => pending === null, "the take given up");
  await letPicturesRun(site, true);
  await scene.onAir("ha-noi");
  await scene.show("on-air", EVERY_SIZE);
}

/** A site's page sends no picture any more, while its sound and its control go on; or sends it again. */
async function letPicturesRun(site: Page, run: boolean): Promise<void> {
  await site.evaluate(async (run) => {
    const page = window as unknown as { connections: RTCPeerConnection[]; stopped?: [RTCRtpSender, MediaStreamTrack][] };
    if (run) for (const [sender, track] of page.stopped ?? []) await sender.replaceTrack(track);
    else {
      const senders = page.connections.filter((one) => one.connectionState === "connected").flatMap((one) => one.getSenders());
      page.stopped = senders.flatMap((sender) => (sender.track?.kind === "video" ? [[sender, sender.track]] : []));
      for (const [sender] of page.stopped) await sender.replaceTrack(null);
    }
  }, run);
}

async function layouts(scene: Scene): Promise<void> {
  const { operator } = scene;
  for (const [layout, sites] of LAYOUTS) {
    await scene.order({ type: "set_preview", layout, sources: sites.map((site) => ({ site, kind: "camera" })) });
    await operator.untilStage(({ preview }) => preview?.layout === layout, `${layout} in preview`);
    await operator.take();
    await operator.untilOnAirAs(layout, sites);
    await scene.show(`layout-${layout.replaceAll("_", "-")}`);
  }
}

/** A site shares its screen, and both are on air. */
async function content(scene: Scene, camera: Browser): Promise<void> {
  const { operator, page, server } = scene;
  const site = camera.context.pages().at(-1)!;
  await site.locator('[data-action="share"]').click();
  await site.locator('[data-share="sharing"]').waitFor({ timeout: PATIENCE_MS });
  await page.bringToFront();
  await operator.preview(server.link(SITE));
  await page.locator('[data-layout="content_speaker"]').click();
  await operator.untilStage(({ preview }) => preview?.layout === "content_speaker", "the shared screen in preview");
  await operator.take();
  await operator.untilStage(({ pending, program }) => pending === null && program.layout === "content_speaker", "the shared screen on air");
  await scene.show("layout-content");
}

async function tools(scene: Scene): Promise<void> {
  const { operator, page } = scene;
  await scene.press("Shift+F8");
  await operator.untilStage(({ program }) => program.holding !== null, "the slide on air");
  await scene.show("holding-slide");
  await scene.press("F8");
  await operator.untilOnAir(HALL);
  await scene.order({ type: "start_tour", sites: ["ha-noi", "ha-giang"], dwell_ms: 60_000, repeat: true });
  await operator.untilOnAir("ha-noi");
  await scene.show("tour");
  await scene.press("Shift+U");
  await operator.untilStage(({ tour }) => tour === null, "the tour stopped");
  await scene.press("F8");
  await operator.untilOnAir(HALL);
  for (const [tool, name] of Object.entries(TOOLS)) {
    await page.getByRole("button", { name: new RegExp(`^${tool}`) }).click();
    await scene.show(`tool-${name}`, ["desk"]);
    await scene.press("Escape");
  }
}

/** Four wait, one of them to respond; a speaker's line drops. */
async function floor(scene: Scene): Promise<void> {
  const { page, server } = scene;
  await scene.order({ type: "set_floor_mode", mode: "queue" });
  for (const site of ["bac-kan", "tuyen-quang", FRAIL]) expect(await siteCommands(server, site, { type: "request_floor", kind: "request" })).toBeNull();
  expect(await siteCommands(server, "lao-cai", { type: "request_floor", kind: "response" })).toBeNull();
  await scene.tile("lao-cai", "requested").waitFor({ timeout: PATIENCE_MS });
  await scene.show("queue-with-response", EVERY_SIZE);
  await scene.onAir(FRAIL);
  await scene.frail?.kill();
  scene.frail = null;
  await page.getByRole("alert").filter({ hasText: server.link(FRAIL).name }).first().waitFor({ timeout: PATIENCE_MS });
  await scene.show("grace-and-standby");
  await scene.order({ type: "back_to_hall" });
}

/** The line that dropped is an incident: it is told, its site is found on the wall, and its alarm is acknowledged. It ends. */
async function incidents(scene: Scene): Promise<void> {
  const { page, server } = scene;
  const panel = page.locator('[data-panel="incidents"]');
  await page.locator('[data-open-incidents]:not([data-open-incidents="0"])').click({ timeout: PATIENCE_MS });
  await panel.locator("[data-incident]").first().waitFor({ timeout: PATIENCE_MS });
  await panel.getByRole("button", { name: server.link(FRAIL).name }).first().click();
  await expect(scene.tile(FRAIL)).toBeFocused();
  await scene.show("incident", EVERY_SIZE);
  await panel.locator('[data-view="alarms"]').click();
  const first = panel.locator('[data-alarm][data-seen="false"]').first();
  const [kind, site] = [await first.getAttribute("data-alarm"), await first.getAttribute("data-alarm-site")];
  await scene.show("alarms");
  await panel.locator(`[data-alarm="${kind}"][data-alarm-site="${site}"] [data-action="acknowledge"]`).click();
  await expect(panel.locator(`[data-alarm="${kind}"][data-alarm-site="${site}"][data-seen="false"]`)).toHaveCount(0, { timeout: PATIENCE_MS });
  await panel.locator('[data-view="incidents"]').click();
  scene.frail = new Headless(server, FRAIL);
  await panel.locator('[data-down="0"]').filter({ hasText: server.link(FRAIL).name }).first().waitFor({ timeout: 3 * PATIENCE_MS });
  await scene.show("incident-over", ["desk"]);
  await page.locator("#tab-people").click();
}

/** Messages and a call; who is at work; who is lost. */
async function words(scene: Scene, camera: Browser): Promise<void> {
  const { page, server } = scene;
  const site = camera.context.pages().at(-1)!;
  await scene.order({ type: "set_templates", texts: ["Đề nghị điểm cầu bật camera.", "Đề nghị điểm cầu tắt micro."] });
  expect(await siteCommands(server, "bac-kan", { type: "send_message", to: [], text: "Điểm cầu Bắc Kạn nghe nhỏ, đề nghị trung tâm kiểm tra." })).toBeNull();
  await site.locator('[data-action="call"]').click();
  await page.locator("section.calls").waitFor({ timeout: PATIENCE_MS });
  await scene.press("n");
  await scene.show("messages-and-a-call");
  await scene.press("Escape");
  await page.locator("#tab-people").click();
  await scene.show("operators");
  await page.getByRole("radio", { name: /^Mất tín hiệu/i }).click();
  await scene.show("lost-sites");
  await page.getByRole("radio", { name: /^Mất tín hiệu/i }).click();
}

/** Whom a message is for, and what is often written. */
async function dialogs(scene: Scene): Promise<void> {
  const { dialog, page } = scene;
  await scene.press("n");
  await page.locator('input[name="audience"][value="several"]').check({ force: true });
  await dialog.waitFor();
  await scene.show("dialog-audience");
  await scene.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.locator('input[name="audience"][value="all"]').check({ force: true });
  await page.getByRole("button", { name: "Sửa mẫu tin nhắn" }).click();
  await dialog.waitFor();
  await scene.show("dialog-templates");
  await scene.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.locator("#tab-people").click();
}

/** An assistant has come, who may be given regions. */
async function regions(scene: Scene): Promise<void> {
  await scene.page.bringToFront();
  await scene.page.getByRole("button", { name: /^Giao vùng…/ }).first().click({ timeout: PATIENCE_MS });
  await scene.dialog.waitFor();
  await scene.show("dialog-regions");
  await scene.press("Escape");
  await scene.dialog.waitFor({ state: "hidden" });
}

/** The operator listens to one site alone and speaks to it. */
async function privateSound(scene: Scene): Promise<void> {
  const { page, server } = scene;
  await scene.tile(SITE).focus();
  await scene.press("s");
  await page.getByText(`nghe riêng ${server.link(SITE).name}`).waitFor({ timeout: PATIENCE_MS });
  await page.keyboard.down("k");
  await page.getByText(`đang nói riêng với ${server.link(SITE).name}`).waitFor({ timeout: PATIENCE_MS });
  await scene.show("talkback-and-solo");
  await expect(page.locator("p.talking"), "the word lasted all the time").toBeVisible();
  await page.keyboard.up("k");
  await scene.press("s");
}

/**
 * Two take the same preview at once, one of them by a control surface (two consoles that do are in `conflicts`: a third one that draws the
 * country is too much for two processors); the one in control leaves, and another takes over.
 */
async function severalConsoles(scene: Scene, desk: Browser, second: Browser): Promise<void> {
  const { gallery, operator, server } = scene;
  const other = await Console.openAs(second, server);
  await gallery.show(other.page, "not-in-control");
  await regions(scene);
  const refused = operator.page.locator('[data-outcome="refused"]');
  let attempts = 0;
  // The press may come first, and the surface is refused; or a source is late while two consoles draw the whole country.
  await expect(async () => {
    const link = server.link(TAKEN_AT_ONCE[attempts++ % TAKEN_AT_ONCE.length]!);
    await operator.preview(link);
    const { preview } = await operator.stage();
    await Promise.all([operator.take(), scene.lead.command({ type: "take", preview: preview!.id })]);
    await refused.first().waitFor({ timeout: REFUSED_MS });
    // The words of a refusal go by themselves; what axe finds in them is looked for at a source that is offline.
    await gallery.show(operator.page, "conflict-refused", { sizes: ["desk"], unread: true });
    await expect(refused, "what the picture shows").toBeVisible();
    await operator.untilOnAir(link.site);
  }).toPass({ timeout: 180_000 });
  await desk.close();
  await other.page.waitForTimeout(MISSING_MS);
  await gallery.show(other.page, "lease-missing");
  await other.page.keyboard.press("l");
  await other.page.getByText("Đang giữ quyền điều khiển").first().waitFor({ timeout: PATIENCE_MS });
  await gallery.show(other.page, "taken-over", { sizes: ["desk"] });
}

/** The journal cannot be written, the server is gone, the conference is over; and in English. */
async function faults(server: Server, person: Person, page: Page, gallery: Gallery): Promise<void> {
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
