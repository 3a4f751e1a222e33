// What people at the sites and in the halls see, in every state: into one folder of pictures (target/gallery), and past axe.
// The story is that of a conference: device check, waiting, opened, asked, called, on air, over time, lost, ended.
import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Simulation } from "../lib/endpoints.ts";
import { Gallery } from "../lib/gallery.ts";
import { untilShows } from "../lib/marker.ts";
import { Console, joinSite, openScreen, PROGRAMME, untilConnected } from "../lib/pages.ts";
import { type Command, CONFERENCE, Person } from "../lib/people.ts";
import { Server } from "../lib/server.ts";

const HALL = "dien-hong";
const SITE = "cao-bang";
/** Headless sites, so that the conference is one. */
const SIMULATED = 3;
/** Short enough that a speech is over time within the test, long enough that each state before can be seen, s. */
const SPEECH = { allowed: 25, warning: 12 };
const STATE_MS = 40_000;
/** The line check of a site: forty seconds, and its transfers, ms. */
const CHECK_MS = 90_000;

/** Both themes of a site's page; the dark one is what it comes with. */
async function bothThemes(gallery: Gallery, page: Page, state: string): Promise<void> {
  await gallery.show(page, state);
  await page.getByRole("button", { name: "Nền sáng" }).click();
  await gallery.show(page, `${state}-light`, { sizes: ["desk"] });
  await page.getByRole("button", { name: "Nền tối" }).click();
}

test("site and screen in every state", async () => {
  test.setTimeout(600_000);
  const server = await Server.start("gallery-rooms", { speech: SPEECH });
  const index = server.link(SITE).index;
  const simulation = new Simulation(server, "gallery-rooms", { sites: SIMULATED, hall: false, decode: 0, except: [SITE] });
  const [desk, rooms] = [await Browser.plain(), await Browser.plain()];
  const hallBrowser = await Browser.withTestCard(0, server.link(HALL).name);
  const siteBrowser = await Browser.withTestCard(index, server.link(SITE).name);
  const [sites, screens] = [new Gallery("site"), new Gallery("screen")];

  try {
    const lead = await Person.lead(server);
    await lead.sitDown(desk);
    const operator = await Console.openAs(desk, server);
    const order = async (command: Command) => expect(await lead.command(command), JSON.stringify(command)).toBeNull();
    const onAir = async (site: string) => {
      await operator.page.bringToFront();
      await operator.preview(server.link(site));
      await operator.take();
      await operator.untilOnAir(site);
    };
    await joinSite(hallBrowser, server, HALL);
    const screen = await openScreen(rooms, server, "ha-noi");
    await untilShows(screen, PROGRAMME, 0, STATE_MS);
    await screens.show(screen, "hall-on-air");

    const site = await siteBrowser.open(server.joinUrl(SITE));
    const status = (name: string) => site.locator(`[data-status="${name}"]`).waitFor({ timeout: STATE_MS });
    await untilConnected(site);
    await bothThemes(sites, site, "check");
    await site.locator('[data-action="enter"]').click();
    await status("waiting");
    await untilShows(site, PROGRAMME, 0, STATE_MS);
    await bothThemes(sites, site, "waiting");
    await site.locator('[data-action="delegates"]').click();
    await site.getByRole("dialog").waitFor();
    await sites.show(site, "delegates");
    await site.keyboard.press("Escape");
    await site.locator('[data-action="check-line"]').click();
    await site.locator('[data-check="observing"]').waitFor({ timeout: STATE_MS });
    await bothThemes(sites, site, "line-check");
    await site.locator('[data-check="done"]').waitFor({ timeout: CHECK_MS });
    await bothThemes(sites, site, "line-check-result");
    await site.locator('[data-action="check-read"]').click();
    await order({ type: "start_rehearsal" });
    await status("connected");
    await sites.show(site, "rehearsal");
    await order({ type: "end_rehearsal" });

    await order({ type: "open_conference" });
    await status("connected");
    await sites.show(site, "connected-floor-closed");
    await order({ type: "set_floor_mode", mode: "queue" });
    await site.getByRole("button", { name: "Đăng ký phát biểu" }).waitFor();
    await order({ type: "send_message", to: [SITE], text: "Đề nghị điểm cầu kiểm tra lại micro trước khi phát biểu." });
    await bothThemes(sites, site, "connected");
    await site.locator('[data-action="call"]').click();
    await site.locator('[data-action="hang-up"]').waitFor();
    await sites.show(site, "calling");
    await site.locator('[data-action="hang-up"]').click();
    await site.getByRole("button", { name: "Đăng ký phát biểu" }).click();
    await status("queued");
    await bothThemes(sites, site, "queued");
    await order({ type: "cue", site: SITE });
    await status("next");
    await bothThemes(sites, site, "next");

    await onAir(SITE);
    await status("on_air");
    await site.bringToFront();
    await bothThemes(sites, site, "on-air");
    await untilShows(screen, PROGRAMME, index, STATE_MS);
    await screens.show(screen, "site-on-air");
    await screen.keyboard.press("a");
    await screen.locator("[data-strip]").waitFor();
    await screens.show(screen, "agenda-strip");
    await screen.keyboard.press("a");
    await status("overtime");
    await bothThemes(sites, site, "overtime");
    await screens.show(screen, "overtime", { sizes: ["desk"] });

    await order({ type: "show_holding", title: "Hội nghị tạm nghỉ", text: "Tiếp tục lúc 10 giờ 15" });
    await sites.show(site, "holding");
    await screens.show(screen, "holding");
    await order({ type: "back_to_hall" });

    await server.kill();
    await status("lost");
    await bothThemes(sites, site, "lost");
    await screen.locator('[data-status="lost"]').waitFor({ timeout: STATE_MS });
    await screens.show(screen, "lost");
    await server.restart();
    await status("connected");
    await untilConnected(operator.page);
    await expect.poll(() => lead.command({ type: "end_conference", confirmation: CONFERENCE }), { timeout: STATE_MS }).toBeNull();
    await status("ended");
    await sites.show(site, "ended");
    await screens.show(screen, "ended");
    await site.getByRole("button", { name: /English/ }).click();
    await sites.show(site, "english", { sizes: ["desk"] });
    console.log(`    ${sites.taken + screens.taken} pictures in target/gallery`);
  } finally {
    await Promise.all([desk, rooms, hallBrowser, siteBrowser].map((browser) => browser.close()));
    await simulation.stop();
    await server.stop();
  }
});
