// The whole day of a national conference, with the hall and 63 sites: line-up, roll call, opening, five reports, a discussion with a response,
// a speaker whose line drops, an interruption from each of the two who may, a tour, the slide, the conclusion. The operator has a
// keyboard and no mouse. In the end the log tells the same story.
import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Headless, Simulation } from "../lib/endpoints.ts";
import { choose, pressButton, SAME_PRESS_MS, tabTo } from "../lib/hands.ts";
import { countKeystrokes, keystrokes } from "../lib/keystrokes.ts";
import { untilShows } from "../lib/marker.ts";
import { Console, OUTCOME, PROGRAMME } from "../lib/pages.ts";
import { CONFERENCE, Person, siteCommands } from "../lib/people.ts";
import { Server } from "../lib/server.ts";
import { storyOf, withoutRepeatedTakes } from "../lib/story.ts";

const SITES = 63;
const HALL = "dien-hong";
const REPORTS = ["ha-noi", "ha-giang", "cao-bang", "bac-kan", "tuyen-quang"];
/** Two ask for the floor, a third answers the speaker. The first one's line will drop. */
const [ASKS, ASKS_TOO, RESPONDS] = ["lao-cai", "dien-bien", "lai-chau"] as const;
const ABSENT = { site: "ca-mau", reason: "Mất điện toàn huyện" };
/** The first three of the alphabet, An Giang, Bà Rịa - Vũng Tàu and Bạc Liêu, in the order of the wall. */
const TOURED = ["ba-ria-vung-tau", "an-giang", "bac-lieu"];
/** A site of the tour is shown for so long, s. */
const DWELL_S = 3;
/** What was done just now is among so many of the log's last lines. */
const LATEST = 12;
/** Long enough for a machine that everybody uses. */
const PATIENCE_MS = 20_000;

/** The agenda: each item with its title and its site. */
const AGENDA = [
  { id: "khai-mac", title: "Phát biểu khai mạc", site: HALL },
  ...REPORTS.map((site, i) => ({ id: `bc-${i + 1}`, title: `Báo cáo ${i + 1}`, site })),
  { id: "thao-luan", title: "Thảo luận", site: null },
  { id: "ket-luan", title: "Phát biểu kết luận", site: HALL },
];

/** The people of the day, and what they do more than once. */
class Day {
  readonly server: Server;
  readonly lead: Person;
  readonly operator: Console;
  readonly chair: Page;
  /** The log begins for the story after this revision. */
  readonly #begins: number;

  constructor(server: Server, lead: Person, operator: Console, chair: Page, begins: number) {
    this.server = server;
    this.lead = lead;
    this.operator = operator;
    this.chair = chair;
    this.#begins = begins;
  }

  /** The log as a story. */
  async story(): Promise<string[]> {
    return withoutRepeatedTakes(storyOf(await this.lead.events(this.#begins)));
  }

  /** Presses a key, and waits until the log tells what it led to, and the console too. */
  async pressUntilTold(key: string, told: string): Promise<void> {
    await this.press(key);
    await this.untilTold(told);
    await expect(this.page.locator(OUTCOME)).toHaveAttribute("data-outcome", "accepted", { timeout: PATIENCE_MS });
  }

  async untilTold(told: string): Promise<void> {
    await expect.poll(async () => (await this.story()).slice(-LATEST), { message: told, timeout: PATIENCE_MS }).toContain(told);
  }

  get page(): Page {
    return this.operator.page;
  }

  press(key: string): Promise<void> {
    return this.page.keyboard.press(key);
  }

  async untilPreviewed(site: string): Promise<void> {
    await this.operator.untilStage(({ preview }) => preview?.sources[0]?.site === site, `${site} in preview`);
  }

  /** LÊN HÌNH. A machine on which nothing moves for a second fails a take; then a person presses again. */
  async take(site: string): Promise<void> {
    await expect(async () => {
      await this.press("F12");
      await this.operator.untilOnAir(site);
    }).toPass({ timeout: 60_000 });
  }

  /** The next item of the agenda begins, by its key. */
  async begin(item: string): Promise<void> {
    // A machine sees sooner than a person that the last item has begun, and a press so soon is taken for the same one.
    await this.page.waitForTimeout(SAME_PRESS_MS);
    await this.press("F7");
    const current = this.page.locator('[data-panel="agenda"] [aria-current="step"]');
    await expect(current).toContainText(AGENDA.find(({ id }) => id === item)!.title, { timeout: PATIENCE_MS });
  }

  /** A site asks with the token of its own link. */
  async asks(site: string, kind: "request" | "response"): Promise<void> {
    expect(await siteCommands(this.server, site, { type: "request_floor", kind })).toBeNull();
  }

  /** The chair sees who speaks; none: nobody, and the item goes on. */
  async chairSees(site: string | null): Promise<void> {
    const speech = this.chair.locator(`[data-speech="${site === null ? "item" : "speaking"}"]`);
    const name = site === null ? "" : this.server.link(site).name;
    await expect(speech).toContainText(name, { timeout: PATIENCE_MS });
  }
}

async function callTheRoll(day: Day): Promise<void> {
  const { page } = day;
  await day.press("r");
  const roll = page.getByRole("dialog");
  await roll.waitFor();
  for (let called = 0; called < SITES - 1; called++) {
    const row = page.locator("[data-roll]:focus");
    const site = await row.getAttribute("data-roll");
    expect(site, "the next one has the focus").not.toBe(ABSENT.site);
    // While control is away nothing is recorded and the focus stays: the person presses again.
    await expect(async () => {
      await day.press("p");
      await expect(page.locator(`[data-roll="${site}"]`)).not.toBeFocused({ timeout: 1_000 });
    }).toPass({ timeout: PATIENCE_MS });
  }
  expect(await page.locator("[data-roll]:focus").getAttribute("data-roll")).toBe(ABSENT.site);
  await day.press("Shift+p");
  await page.keyboard.insertText(ABSENT.reason);
  await day.press("Enter");
  await day.press("Escape");
  await expect(roll).toHaveCount(0);
}

async function openTheConference(day: Day): Promise<void> {
  await pressButton(day.page, day.page.getByRole("button", { name: "Khai mạc", exact: true }));
  await day.begin("khai-mac");
}

async function hearTheReports(day: Day): Promise<void> {
  for (const [i, site] of REPORTS.entries()) {
    await day.begin(`bc-${i + 1}`);
    await day.untilPreviewed(site);
    await day.take(site);
    await day.chairSees(site);
  }
  await day.press("F8");
  await day.operator.untilOnAir(HALL);
}

/** Two ask, one responds and is heard first; its clock is stopped, goes on, and gets more time. */
async function discuss(day: Day): Promise<void> {
  const { page } = day;
  await day.begin("thao-luan");
  await choose(page, page.getByRole("combobox", { name: "Cách nhận đăng ký" }), "queue");
  await day.untilTold("floor_mode_set queue");
  await day.asks(ASKS, "request");
  await day.asks(ASKS_TOO, "request");
  await day.asks(RESPONDS, "response");
  const order = () => day.chair.locator(".queue [data-site]").evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset["site"]));
  await expect.poll(order, { message: "the queue at the podium: a response outranks", timeout: PATIENCE_MS }).toEqual([RESPONDS, ASKS, ASKS_TOO]);
  await expect(page.locator('[data-panel="queue"] [role="listitem"]').first()).toContainText(day.server.link(RESPONDS).name, { timeout: PATIENCE_MS });

  await day.press("F10");
  await day.untilPreviewed(RESPONDS);
  await day.take(RESPONDS);
  await expect(page.locator('[data-panel="clock"]')).toContainText(day.server.link(RESPONDS).name, { timeout: PATIENCE_MS });
  await day.pressUntilTold("t", `clock_paused ${RESPONDS}`);
  await day.pressUntilTold("t", `clock_resumed ${RESPONDS}`);
  await day.pressUntilTold("Equal", `speech_extended ${RESPONDS}`);
  await day.pressUntilTold("e", `speech_ended ${RESPONDS} ended`);
}

/** The next one's line drops while it speaks: its place is held, its clock stands, somebody else is offered; it comes back and speaks on. */
async function loseAndFindTheSpeaker(day: Day, line: Line): Promise<void> {
  await day.press("F10");
  await day.untilPreviewed(ASKS);
  await day.take(ASKS);
  await day.chairSees(ASKS);

  await line.cut();
  const offered = day.page.getByText(`${day.server.link(ASKS_TOO).name}`).first();
  await day.page.getByRole("alert").filter({ hasText: day.server.link(ASKS).name }).first().waitFor({ timeout: PATIENCE_MS });
  await expect(offered).toBeVisible();
  await day.chair.locator(`[data-standby="${ASKS_TOO}"]`).waitFor({ timeout: PATIENCE_MS });
  const standing = await day.chair.locator("[data-clock] .time").innerText();
  await day.page.waitForTimeout(2_000);
  expect(await day.chair.locator("[data-clock] .time").innerText(), "the clock stands").toBe(standing);

  line.restore();
  await expect(day.chair.locator("[data-standby]")).toHaveCount(0, { timeout: PATIENCE_MS });
  await untilShows(day.page, PROGRAMME, day.server.link(ASKS).index, PATIENCE_MS);
  await expect.poll(() => day.chair.locator("[data-clock] .time").innerText(), { message: "the clock goes on", timeout: PATIENCE_MS }).not.toBe(standing);
}

/** The operator interrupts one speaker, the chair the next. */
async function interrupt(day: Day): Promise<void> {
  await day.pressUntilTold("Shift+X", `speech_ended ${ASKS} interrupted`);
  await day.chairSees(null);
  await day.press("F10");
  await day.untilPreviewed(ASKS_TOO);
  await day.take(ASKS_TOO);
  await day.chairSees(ASKS_TOO);
  await day.chair.keyboard.press("x");
  await day.untilTold(`speech_ended ${ASKS_TOO} interrupted`);
  await day.chairSees(null);
  await day.press("F8");
  await day.operator.untilOnAir(HALL);
  await choose(day.page, day.page.getByRole("combobox", { name: "Cách nhận đăng ký" }), "closed");
  await day.untilTold("floor_mode_set closed");
}

/** Three sites are shown by turns; afterwards the hall is back by itself. */
async function tour(day: Day): Promise<void> {
  const { page } = day;
  await pressButton(page, page.getByRole("button", { name: /^Lướt điểm cầu/ }), "Shift+Tab");
  await tabTo(page, page.locator('input[name="tour-choice"]:checked'));
  for (let i = 0; i < 2; i++) await day.press("ArrowDown");
  for (let i = 0; i < TOURED.length; i++) {
    await day.press("Tab");
    await day.press("Space");
  }
  await tabTo(page, page.locator('.seconds input[type="number"]'));
  await day.press("Control+a");
  await page.keyboard.insertText(String(DWELL_S));
  await day.press("Enter");
  await day.untilTold(`tour_started ${TOURED.join(" ")}`);
  await day.untilTold("tour_ended done");
  await day.operator.untilOnAir(HALL);
}

async function restAndConclude(day: Day): Promise<void> {
  const { page } = day;
  await day.press("Shift+F8");
  await day.operator.untilStage(({ program }) => program.holding !== null, "the slide on air");
  await day.press("F8");
  await day.operator.untilOnAir(HALL);
  await day.begin("ket-luan");
  await pressButton(page, page.getByRole("button", { name: /^(Bế mạc|Kết thúc)…$/ }));
  const dialog = page.getByRole("dialog");
  await tabTo(page, dialog.getByRole("textbox"));
  await page.keyboard.type(CONFERENCE);
  await day.press("Enter");
  await day.untilTold("conference_ended");
}

/** The line of one site: an endpoint in a process of its own, that is cut as by pulling its plug. */
class Line {
  readonly #server: Server;
  #endpoint: Headless;

  constructor(server: Server) {
    this.#server = server;
    this.#endpoint = new Headless(server, ASKS);
  }

  cut(): Promise<void> {
    return this.#endpoint.kill();
  }

  restore(): void {
    this.#endpoint = new Headless(this.#server, ASKS);
  }

  stop(): Promise<void> {
    return this.#endpoint.stop();
  }
}

/** The log of the day as the story has it. */
function storyToTell(wall: string[]): string[] {
  const take = (site: string) => [`take_ordered single ${site}`, "take_shown"];
  const report = (site: string, i: number) => [
    `item_finished ${i === 0 ? "khai-mac" : `bc-${i}`}`,
    `item_started bc-${i + 1}`,
    `preview_set ${site}`,
    ...take(site),
    ...(i === 0 ? [] : [`speech_ended ${REPORTS[i - 1]} replaced`]),
    `floor_granted ${site}`,
  ];
  const speaks = (site: string) => [`preview_set ${site}`, ...take(site), `floor_granted ${site}`];
  return [
    "setup_edited",
    ...wall.map((site) => `presence_marked ${site} ${site === ABSENT.site ? `absent: ${ABSENT.reason}` : "present"}`),
    "conference_opened",
    "item_started khai-mac",
    ...REPORTS.flatMap(report),
    `stage_cut single ${HALL} (back_to_hall)`,
    `speech_ended ${REPORTS.at(-1)} back_to_hall`,
    `item_finished bc-${REPORTS.length}`,
    "item_started thao-luan",
    "floor_mode_set queue",
    `floor_requested ${ASKS} request at 0`,
    `floor_requested ${ASKS_TOO} request at 1`,
    `floor_requested ${RESPONDS} response at 0`,
    ...speaks(RESPONDS),
    `clock_paused ${RESPONDS}`,
    `clock_resumed ${RESPONDS}`,
    `speech_extended ${RESPONDS}`,
    `speech_ended ${RESPONDS} ended`,
    ...speaks(ASKS),
    `endpoint_dropped ${ASKS} cut`,
    `holder_dropped ${ASKS}`,
    `holder_returned ${ASKS}`,
    `microphone_closed ${ASKS}`,
    `speech_ended ${ASKS} interrupted`,
    ...speaks(ASKS_TOO),
    `microphone_closed ${ASKS_TOO}`,
    `speech_ended ${ASKS_TOO} interrupted`,
    `stage_cut single ${HALL} (back_to_hall)`,
    "floor_mode_set closed",
    `tour_started ${TOURED.join(" ")}`,
    ...TOURED.flatMap((site) => ["tour_moved", ...take(site)]),
    "tour_ended done",
    ...take(HALL),
    'stage_cut holding slide "Hội nghị tạm nghỉ" (holding)',
    `stage_cut single ${HALL} (back_to_hall)`,
    "item_finished thao-luan",
    "item_started ket-luan",
    "item_finished ket-luan",
    "conference_ended",
  ];
}

test("a whole day by keyboard alone, and the log tells the same story", async () => {
  test.setTimeout(600_000);
  const server = await Server.start("day");
  const simulation = new Simulation(server, "day", { sites: SITES - 1, hall: true, decode: 0, except: [ASKS] });
  const line = new Line(server);
  const [desk, podium] = [await Browser.plain(), await Browser.plain()];

  try {
    const lead = await Person.lead(server);
    const president = await lead.appoint("chu-toa", "chair");
    await lead.sitDown(desk);
    await president.sitDown(podium);
    const operator = await Console.openAs(desk, server);
    const begins = (await lead.events()).at(-1)!.revision;
    const day = new Day(server, lead, operator, await podium.open(`${server.url}/chair`), begins);
    await day.page.setViewportSize({ width: 1920, height: 1080 });
    const items = AGENDA.map((item) => ({ ...item, speaker: null, planned_ms: 600_000, layout: null, documents: [] }));
    expect(await lead.command({ type: "set_agenda", items })).toBeNull();
    await countKeystrokes(day.page);

    await test.step("line-up", () => operator.untilWallIsAlive(SITES + 1));
    await test.step("roll call", () => callTheRoll(day));
    await test.step("opening", () => openTheConference(day));
    await test.step("five reports", () => hearTheReports(day));
    await test.step("discussion", () => discuss(day));
    await test.step("a speaker drops out and returns", () => loseAndFindTheSpeaker(day, line));
    await test.step("interruptions", () => interrupt(day));
    await test.step("tour", () => tour(day));
    await test.step("slide and conclusion", () => restAndConclude(day));

    // It fails if a pointer was pressed.
    console.log(`    ${(await keystrokes(day.page)).length} keys and no click in the whole day`);
    const wall = server.links().filter(({ endpoint, site }) => endpoint === "main" && site !== HALL).sort((a, b) => a.index - b.index);
    expect(await day.story()).toEqual(storyToTell(wall.map(({ site }) => site)));
  } finally {
    await Promise.all([desk, podium].map((browser) => browser.close()));
    await Promise.all([simulation, line].map((one) => one.stop()));
    await server.stop();
  }
});
