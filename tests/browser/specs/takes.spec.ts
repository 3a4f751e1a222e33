// The main job: hall, two sites, a screen and a console, each with its own picture and tone, through takes.
// Who is seen is read from decoded pixels, who is heard from the received tracks' spectrum.
import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { keepFigures } from "../lib/figures.ts";
import { untilShows } from "../lib/marker.ts";
import { Console, facts, joinSite, openScreen, PROGRAMME, RETURN } from "../lib/pages.ts";
import { Server } from "../lib/server.ts";
import { HEARD_DBFS, OFF_AIR_DBFS, toneHz, toneLevels } from "../lib/spectrum.ts";

const HALL = "dien-hong";
const A = "ha-noi";
const B = "cao-bang";

test("takes A → B → hall → undo are seen and heard right by everybody, without a renegotiation", async () => {
  const server = await Server.start("takes");
  const index = (site: string) => server.link(site).index;
  const browsers: Browser[] = [];
  const camera = async (site: string) => {
    const browser = await Browser.withTestCard(index(site), server.link(site).name);
    browsers.push(browser);
    return joinSite(browser, server, site);
  };
  const plain = await Browser.plain();
  browsers.push(plain);

  try {
    const operator = await Console.open(plain, server);
    const pages: Record<string, Page> = { [HALL]: await camera(HALL), [A]: await camera(A), [B]: await camera(B) };
    const screen = await openScreen(plain, server, A);
    await operator.page.getByRole("button", { name: "Nghe chương trình" }).click();
    const receivers: [string, Page][] = [...Object.entries(pages), [A, screen], ["console", operator.page]];
    const everyone = receivers.map(([, page]) => page);
    const before = await Promise.all(everyone.map(facts));
    let worstOffAir = -140;

    /** What everybody must see and hear while `onAir` is on air. */
    const check = async (onAir: string) => {
      await operator.untilOnAir(onAir);
      for (const [site, page] of receivers) {
        // A site on air sees the hall; the hall on air sees the programme, its own picture.
        await untilShows(page, PROGRAMME, index(site === onAir && onAir !== HALL ? HALL : onAir));
        if (site === onAir && onAir !== HALL && page !== screen) await untilShows(page, RETURN, index(onAir));
      }
      const sites = [HALL, A, B];
      for (const [site, page] of receivers) {
        const levels = await toneLevels(page, sites.map((one) => toneHz(index(one))));
        sites.forEach((source, i) => {
          const level = levels[i]!;
          const who = `${source} at ${site}${page === screen ? " (screen)" : ""} while ${onAir} is on air: ${level} dBFS`;
          const sounds = site !== A || page === screen;
          if (source === site) expect(level, `own sound: ${who}`).toBeLessThan(OFF_AIR_DBFS);
          else if (source === HALL || source === onAir) {
            if (sounds) expect(level, who).toBeGreaterThan(HEARD_DBFS);
            else expect(level, `only the screen of ${A} plays: ${who}`).toBeLessThan(OFF_AIR_DBFS);
          } else {
            expect(level, `off air: ${who}`).toBeLessThan(OFF_AIR_DBFS);
            worstOffAir = Math.max(worstOffAir, level);
          }
        });
      }
    };

    await check(HALL);
    await operator.preview(server.link(A));
    await operator.take();
    await check(A);
    await operator.preview(server.link(B));
    await operator.take();
    await check(B);
    await operator.hall();
    await check(HALL);
    await operator.undo();
    await check(B);

    const after = await Promise.all(everyone.map(facts));
    const negotiated = after.reduce((sum, now, i) => sum + now.negotiations - before[i]!.negotiations, 0);
    expect(negotiated).toBe(0);
    keepFigures("takes", [
      { figure: "off-air sound at everyone else, worst", value: worstOffAir, unit: "dBFS", goal: OFF_AIR_DBFS },
      { figure: "negotiations during takes", value: negotiated, unit: "", goal: 0 },
    ]);
  } finally {
    for (const browser of browsers) await browser.close();
    await server.stop();
  }
});
