// What people at a site do besides speaking: name their delegates, call the control room, read documents; what they are told when they are
// shown without sound, heard without a picture, muted; and how the hall interrupts.
import { mkdirSync, readFileSync } from "node:fs";

import { expect, type Page, test } from "@playwright/test";

import { checkAccess } from "../lib/axe.ts";
import { Browser } from "../lib/browsers.ts";
import { Simulation } from "../lib/endpoints.ts";
import { Operator } from "../lib/operator.ts";
import { joinSite } from "../lib/pages.ts";
import { Person, siteCommands } from "../lib/people.ts";
import { Server } from "../lib/server.ts";

const HALL = "dien-hong";
const SITE = "cao-bang";
/** The first of the list; it is simulated. */
const OTHER = "ha-noi";
const STATE_MS = 15_000;
const FOLDER = "test-results/screens";

interface Live {
  sites: Record<string, { calling_since: number | null; endpoints: { media: boolean }[] }>;
}
interface Item {
  id: string;
  documents: { id: string; name: string; bytes: number }[];
}

const status = (page: Page, name: string) => page.locator(`[data-status="${name}"]`).waitFor({ timeout: STATE_MS });
const picture = (page: Page, name: string) => page.screenshot({ path: `${FOLDER}/site-${name}.png` });
const namedBySite = async (lead: Person) => {
  const all = await lead.read<{ site: string; delegates: unknown[] }[]>(lead.path("delegates"));
  return all.find(({ site }) => site === SITE)?.delegates;
};
const calling = async (lead: Person) => (await lead.read<Live>(lead.path("live"))).sites[SITE]?.calling_since ?? null;

/** Uploads a document and names it at the first item of the agenda. */
async function addDocument(server: Server, lead: Person, operator: Operator, name: string, text: string): Promise<void> {
  const uploaded = await fetch(`${server.url}${lead.path("documents")}?name=${encodeURIComponent(name)}`, {
    method: "POST",
    headers: { cookie: lead.cookieHeader, "content-type": "application/octet-stream" },
    body: text,
  });
  expect(uploaded.status).toBe(201);
  const document = (await uploaded.json()) as Item["documents"][number];
  const { state } = await lead.read<{ state: { agenda: { items: (Item & Record<string, unknown>)[] } } }>(lead.path("state"));
  const items = state.agenda.items.map(({ id, title, speaker, site, planned_ms, layout, documents }, place) => ({
    ...{ id, title, speaker, site, planned_ms, layout },
    documents: place === 0 ? [document] : documents,
  }));
  await operator.do("set_agenda", { items });
}

test("a site names its delegates, calls the control room and reads a document, through the death of the server", async () => {
  mkdirSync(FOLDER, { recursive: true });
  const server = await Server.start("site-page");
  const browser = await Browser.withTestCard(server.link(SITE).index, server.link(SITE).name);
  let operator: Operator | null = null;

  try {
    const lead = await Person.lead(server);
    operator = await Operator.sitDown(server, lead);
    await addDocument(server, lead, operator, "Chương trình chi tiết.txt", "08:00 Khai mạc");
    const page = await joinSite(browser, server, SITE);
    await status(page, "waiting");

    const [download] = await Promise.all([page.waitForEvent("download"), page.locator("[data-document] button").click()]);
    expect(download.suggestedFilename()).toBe("Chương trình chi tiết.txt");
    expect(readFileSync(await download.path(), "utf8")).toBe("08:00 Khai mạc");
    await page.locator('[data-document][data-state="saved"]').waitFor();

    // Pasted from a spreadsheet, marked present, saved as a whole; the centre reads the names.
    await page.locator('[data-action="delegates"]').click();
    await page.locator('[data-action="paste"]').click();
    await page.locator("textarea").fill("STT\tHọ và tên\tChức vụ\tCơ quan\n1\tNguyễn Văn An\tChủ tịch\tUBND tỉnh\n2\tTrần Thị Bình\t\tSở Nội vụ");
    await page.locator('[data-action="add-lines"]').click();
    await page.locator('[data-action="all-present"]').click();
    await checkAccess(page, "site, delegates");
    await picture(page, "delegates");
    await page.locator('[data-action="save"]').click();
    await expect(page.locator('[data-action="save"]')).toBeDisabled();
    const named = [
      { name: "Nguyễn Văn An", title: "Chủ tịch", organisation: "UBND tỉnh", present: true },
      { name: "Trần Thị Bình", title: "", organisation: "Sở Nội vụ", present: true },
    ];
    expect(await namedBySite(lead)).toEqual(named);

    // What is being written outlives what somebody else saves meanwhile, and a reload.
    await page.locator('[data-action="add"]').click();
    await page.keyboard.type("Lê Văn Cường");
    await operator.do("set_delegates", { site: SITE, delegates: named.slice(0, 1) });
    await page.locator(".conflict").waitFor();
    await expect(page.locator("[data-row]")).toHaveCount(3);
    await picture(page, "delegates-conflict");
    await page.reload();
    await page.locator('[data-action="delegates"]').click();
    await expect(page.locator("[data-row]")).toHaveCount(3);
    await page.locator('[data-action="save"]').click();
    await expect(page.locator('[data-action="save"]')).toBeDisabled();
    expect(await namedBySite(lead)).toHaveLength(3);
    await page.keyboard.press("Escape");

    // A call rings until somebody answers, also when the server dies meanwhile.
    await page.locator('[data-action="call"]').click();
    await page.locator('[data-notice="call"] b').waitFor();
    expect(await calling(lead)).not.toBeNull();
    await checkAccess(page, "site, calling");
    await picture(page, "calling");
    await server.kill();
    await status(page, "lost");
    await page.locator('[data-notice="call"]').waitFor();
    await server.restart();
    await status(page, "waiting");
    await expect.poll(() => calling(lead), { timeout: STATE_MS }).not.toBeNull();
    await page.locator('[data-action="hang-up"]').click();
    await expect.poll(() => calling(lead), { timeout: STATE_MS }).toBeNull();
    await page.locator('[data-action="call"]').waitFor();
  } finally {
    operator?.close();
    await browser.close();
    await server.stop();
  }
});

test("a site is told of a rehearsal, a tour, an open microphone, a slide and being muted; the hall interrupts who speaks", async () => {
  mkdirSync(FOLDER, { recursive: true });
  const server = await Server.start("site-states");
  const simulation = new Simulation(server, "site-states", { sites: 1, hall: false, decode: 0 });
  const siteBrowser = await Browser.withTestCard(server.link(SITE).index, server.link(SITE).name);
  const hallBrowser = await Browser.withTestCard(0, server.link(HALL).name);
  let operator: Operator | null = null;

  try {
    const lead = await Person.lead(server);
    operator = await Operator.sitDown(server, lead);
    const hall = await joinSite(hallBrowser, server, HALL);
    const page = await joinSite(siteBrowser, server, SITE);
    const connected = async () => {
      const live = await lead.read<Live>(lead.path("live"));
      return [SITE, OTHER, HALL].every((site) => live.sites[site]?.endpoints.some((endpoint) => endpoint.media));
    };
    await expect.poll(connected, { timeout: 30_000 }).toBe(true);

    await operator.do("start_rehearsal");
    await page.locator('[data-notice="rehearsal"]').waitFor();
    await status(page, "connected");
    await picture(page, "rehearsal");
    await operator.do("end_rehearsal");
    await page.locator('[data-notice="rehearsal"]').waitFor({ state: "detached" });

    await operator.do("open_conference");
    // The floor is closed: there is nothing to ask for.
    await status(page, "connected");
    await expect(page.locator("[data-status] button")).toHaveCount(0);

    await operator.do("start_tour", { sites: [SITE], dwell_ms: 5_000, repeat: true });
    await status(page, "touring");
    await expect(page.locator('[data-status="touring"]')).toContainText("micro không phát");
    await checkAccess(page, "site, touring");
    await picture(page, "touring");
    await operator.do("stop_tour");
    await status(page, "connected");

    await operator.do("allow_microphones", { allowed: true });
    await operator.do("open_microphone", { site: SITE });
    await status(page, "microphone");
    await picture(page, "microphone");
    await operator.do("close_microphone", { site: SITE });
    await status(page, "connected");

    await operator.do("mute", { site: SITE });
    await page.locator("[data-muted]").waitFor();
    await operator.do("unmute", { site: SITE });
    await page.locator("[data-muted]").waitFor({ state: "detached" });

    await operator.do("show_holding", { title: "Hội nghị tạm nghỉ", text: "Tiếp tục lúc 10 giờ 15" });
    await expect(page.locator("[data-slide]")).toContainText("Hội nghị tạm nghỉ");
    await picture(page, "holding");
    await operator.do("back_to_hall");
    await page.locator("[data-slide]").waitFor({ state: "detached" });

    // Only the hall's page can interrupt, only while another site speaks, and by one press.
    await expect(hall.locator('[data-action="interrupt"]')).toHaveCount(0);
    await operator.putOnAir(OTHER);
    await operator.until((floor) => floor.holder?.site === OTHER);
    await hall.locator('[data-action="interrupt"]').waitFor();
    await expect(page.locator('[data-action="interrupt"]')).toHaveCount(0);
    expect(await siteCommands(server, SITE, { type: "interrupt" })).toMatchObject({ code: "forbidden" });
    await picture(hall, "hall-interrupt");
    await hall.locator('[data-action="interrupt"]').click();
    await operator.until((floor) => floor.holder === null);
    expect(operator.stage.program.microphones).not.toContain(OTHER);
    await hall.locator('[data-action="interrupt"]').waitFor({ state: "detached" });
  } finally {
    operator?.close();
    await Promise.all([siteBrowser, hallBrowser].map((browser) => browser.close()));
    await simulation.stop();
    await server.stop();
  }
});
