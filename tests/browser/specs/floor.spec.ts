// A site asks for the floor, is invited, goes on air and returns to the hall, as people do it on the pages.
import { expect, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { untilShows } from "../lib/marker.ts";
import { Console, joinSite, PROGRAMME, RETURN } from "../lib/pages.ts";
import { Person, siteCommands } from "../lib/people.ts";
import { Server } from "../lib/server.ts";

test("a site asks for the floor, is invited, goes on air and returns to the hall", async () => {
  const server = await Server.start("floor");
  const plain = await Browser.plain();
  const hallBrowser = await Browser.withTestCard(0, "Hội trường Diên Hồng");
  const siteBrowser = await Browser.withTestCard(server.link("cao-bang").index, "Cao Bằng");
  const index = server.link("cao-bang").index;

  try {
    const operator = await Console.open(plain, server);
    const hall = await joinSite(hallBrowser, server, "dien-hong");
    const site = await joinSite(siteBrowser, server, "cao-bang");
    const status = (name: string) => site.locator(`[data-status="${name}"]`).waitFor({ timeout: 10_000 });

    await status("waiting");
    await operator.page.getByRole("button", { name: "Khai mạc", exact: true }).click();
    await status("connected");
    await expect(site.getByRole("button", { name: "Đăng ký phát biểu" })).toHaveCount(0);
    await operator.page.getByRole("combobox").filter({ hasText: "Theo thứ tự" }).selectOption("queue");

    await site.getByRole("button", { name: "Đăng ký phát biểu" }).click();
    await status("queued");
    await operator.page.locator('[data-wall] [data-site="cao-bang"][data-tally="requested"]').waitFor();
    await operator.page.locator('[data-wall] [data-site="cao-bang"]').focus();
    await operator.page.keyboard.press("c");
    await status("next");

    await operator.page.keyboard.press("F10");
    await operator.untilStage((stage) => stage.preview?.sources[0]?.site === "cao-bang", "the next of the queue in preview");
    await operator.take();
    await operator.untilOnAir("cao-bang");
    await status("on_air");
    await untilShows(hall, PROGRAMME, index);
    await untilShows(site, RETURN, index);
    await expect(site.getByRole("timer")).toBeVisible();

    await operator.hall();
    await operator.untilOnAir("dien-hong");
    await status("connected");
    await untilShows(site, PROGRAMME, 0);
  } finally {
    await Promise.all([plain, hallBrowser, siteBrowser].map((browser) => browser.close()));
    await server.stop();
  }
});

test("the speaking order is changed by drag, and the server has it", async () => {
  const server = await Server.start("floor-drag");
  const desk = await Browser.plain();
  try {
    const lead = await Person.lead(server);
    await lead.sitDown(desk);
    const { page } = await Console.openAs(desk, server);
    expect(await lead.command({ type: "open_conference" })).toBeNull();
    expect(await lead.command({ type: "set_floor_mode", mode: "queue" })).toBeNull();
    for (const site of ["cao-bang", "bac-kan", "lao-cai"]) {
      expect(await siteCommands(server, site, { type: "request_floor", kind: "request" })).toBeNull();
    }
    const rows = page.locator('[data-panel="queue"] [role="listitem"]');
    const order = async () => (await rows.locator("b").allTextContents()).map((name) => name.trim());
    await expect.poll(order).toEqual(["Cao Bằng", "Bắc Kạn", "Lào Cai"]);

    await page.getByLabel("Kéo để đổi thứ tự Lào Cai").hover();
    await page.mouse.down();
    const first = (await rows.first().boundingBox())!;
    await page.mouse.move(first.x + 20, first.y + 12, { steps: 8 });
    await page.mouse.move(first.x + 20, first.y + 6, { steps: 2 });
    await expect.poll(order, { message: "the rows make room" }).toEqual(["Lào Cai", "Cao Bằng", "Bắc Kạn"]);
    await page.mouse.up();

    const reordered = async () => (await lead.events()).filter(({ kind }) => kind === "queue_reordered").length;
    await expect.poll(reordered, { message: "in the log, once" }).toBe(1);
    await page.reload();
    await expect.poll(order, { message: "as the server has it" }).toEqual(["Lào Cai", "Cao Bằng", "Bắc Kạn"]);
  } finally {
    await desk.close();
    await server.stop();
  }
});
