// What the hands of an operator have to do, counted by the page that gets the keys: from a half-written message to the next report on
// air, to a site's request on air, to a site that somebody names, back to the hall, and back from a mistake.
import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Simulation } from "../lib/endpoints.ts";
import { type Figure, keepFigures } from "../lib/figures.ts";
import { countKeystrokes, keystrokes } from "../lib/keystrokes.ts";
import { Console, MESSAGE_BOX } from "../lib/pages.ts";
import { Person, siteCommands } from "../lib/people.ts";
import { Server } from "../lib/server.ts";

const SITES = 63;
const HALL = "dien-hong";
/** So many of them are there: the hands have the same to do, whoever else sends. */
const SENDING = 3;
/** Reports from provinces, in the order of the agenda. */
const REPORTS = ["ha-noi", "ha-giang"];
/** It asks for the floor. */
const ASKS = "cao-bang";
/** Goals: keys that go down. */
const GOAL = { report: 2, request: 2, find: 4, hall: 1, undo: 1 };

/** The operator is in the middle of a message when it has to go quickly. */
async function writeMessage(page: Page): Promise<void> {
  await page.locator(MESSAGE_BOX).focus();
  await page.keyboard.insertText("Đề nghị các điểm cầu ");
  await expect(page.locator(MESSAGE_BOX)).toBeFocused();
  await countKeystrokes(page);
}

/** A code is typed as it stands on the tile, a name as somebody says it: the first letters of its words. */
const initials = (name: string): string =>
  name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[đĐ]/g, "d")
    .split(/[^\p{L}]+/u)
    .map((word) => word[0]?.toLowerCase() ?? "")
    .join("")
    .slice(0, 2);

test("an operator with the hands in a message needs few keys", async () => {
  const server = await Server.start("effort");
  const simulation = new Simulation(server, "effort", { sites: SENDING, hall: true, decode: 0 });
  const browser = await Browser.plain();
  const figures: Figure[] = [];
  const count = (figure: string, value: number, goal: number | null) => figures.push({ figure, value, unit: "keys", goal });

  try {
    const lead = await Person.lead(server);
    await lead.sitDown(browser);
    const operator = await Console.openAs(browser, server);
    const items = REPORTS.map((site, i) => ({ id: `bc-${i + 1}`, title: `Báo cáo ${i + 1}`, speaker: null, site, planned_ms: 600_000, layout: null, documents: [] }));
    expect(await lead.command({ type: "set_agenda", items })).toBeNull();
    expect(await lead.command({ type: "open_conference" })).toBeNull();
    expect(await lead.command({ type: "set_floor_mode", mode: "queue" })).toBeNull();
    const { page } = operator;
    await page.setViewportSize({ width: 1920, height: 1080 });
    await operator.untilWallIsAlive(SENDING + 1);
    await page.locator("#tab-messages").click();
    const press = (key: string) => page.keyboard.press(key);
    const inPreview = (site: string) => operator.untilStage(({ preview }) => preview?.sources[0]?.site === site, `${site} in preview`);

    await test.step("next report → on air", async () => {
      await writeMessage(page);
      await press("F7");
      await inPreview(REPORTS[0]!);
      await press("F12");
      await operator.untilOnAir(REPORTS[0]!);
      count("next report → on air", (await keystrokes(page)).length, GOAL.report);
    });

    await test.step("back to the hall", async () => {
      await writeMessage(page);
      await press("F8");
      await operator.untilOnAir(HALL);
      count("→ back to the hall", (await keystrokes(page)).length, GOAL.hall);
    });

    await test.step("undo", async () => {
      await writeMessage(page);
      await press("F4");
      await operator.untilOnAir(REPORTS[0]!);
      count("→ undo", (await keystrokes(page)).length, GOAL.undo);
      await operator.hall();
      await operator.untilOnAir(HALL);
    });

    await test.step("a site's request → on air", async () => {
      await writeMessage(page);
      expect(await siteCommands(server, ASKS, { type: "request_floor", kind: "request" })).toBeNull();
      await page.locator(`[data-wall] [data-site="${ASKS}"][data-tally="requested"]`).waitFor();
      await press("F10");
      await inPreview(ASKS);
      await press("F12");
      await operator.untilOnAir(ASKS);
      count("a site's request → on air", (await keystrokes(page)).length, GOAL.request);
    });

    await test.step("find and preview each of 63 sites", async () => {
      const sites = server.links().filter((link) => link.endpoint === "main" && link.site !== HALL);
      expect(sites.length).toBe(SITES);
      const codes = await operator.codes();
      const byCode: number[] = [];
      let byName = 0;
      for (const { site, name } of sites) {
        await page.locator(MESSAGE_BOX).focus();
        await press("Escape");
        await expect(page.locator(MESSAGE_BOX)).not.toBeFocused();
        // With two letters of its name it may be another site that is found; then the code on the tile names it for certain.
        await countKeystrokes(page);
        await press("Slash");
        await page.keyboard.type(initials(name));
        const first = page.locator(`#find-hits [role="option"]`).first();
        if ((await first.count()) > 0 && (await first.innerText()).includes(name)) byName++;
        await press("Escape");
        await countKeystrokes(page);
        await press("Slash");
        await page.keyboard.type(codes.get(site)!);
        await press("Enter");
        byCode.push((await keystrokes(page)).length);
        await inPreview(site);
      }
      count("find and preview a named site among 63, by its code, most", Math.max(...byCode), GOAL.find);
      figures.push({ figure: "sites that two letters of their names find as well", value: byName, unit: `of ${SITES}`, goal: null });
    });

    keepFigures("effort", figures);
    for (const { figure, value, goal } of figures) if (goal !== null) expect(value, figure).toBeLessThanOrEqual(goal);
  } finally {
    await browser.close();
    await simulation.stop();
    await server.stop();
  }
});
