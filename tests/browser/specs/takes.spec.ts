// The main job: hall, two sites, a screen and a console, each with its own picture and tone, through takes.
// Who is seen is read from decoded pixels, who is heard from the received tracks' spectrum, all the time.
import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { keepFigures } from "../lib/figures.ts";
import { untilShows } from "../lib/marker.ts";
import { Console, facts, joinSite, openScreen, PROGRAMME, RETURN } from "../lib/pages.ts";
import { Server } from "../lib/server.ts";
import { type Receiver, Silence } from "../lib/silence.ts";
import { OFF_AIR_DBFS } from "../lib/spectrum.ts";

const HALL = "dien-hong";
// Far enough from the hall and from each other in pitch.
const A = "quang-ninh";
const B = "da-nang";

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
    const receivers: Receiver[] = [
      { name: HALL, site: HALL, page: pages[HALL]!, plays: true },
      { name: A, site: A, page: pages[A]!, plays: false },
      { name: B, site: B, page: pages[B]!, plays: true },
      { name: `screen of ${A}`, site: A, page: screen, plays: true },
      { name: "console", site: null, page: operator.page, plays: true },
    ];
    const everyone = receivers.map(({ page }) => page);
    const before = await Promise.all(everyone.map(facts));

    /** What everybody must see while `onAir` is on air. */
    const sees = async (onAir: string) => {
      await operator.untilOnAir(onAir);
      for (const { site, page } of receivers) {
        // A site on air sees the hall; the hall on air sees the programme, its own picture.
        await untilShows(page, PROGRAMME, index(site === onAir && onAir !== HALL ? HALL : onAir));
        if (site === onAir && onAir !== HALL && page !== screen) await untilShows(page, RETURN, index(onAir));
      }
    };
    await sees(HALL);
    const silence = await Silence.listen(receivers, [HALL, A, B], index, [HALL]);
    /** Orders something and judges what was seen and heard until it was done. */
    const check = async (onAir: string, order: () => Promise<void>) => {
      const orderedAt = Date.now();
      await order();
      await sees(onAir);
      await silence.judge([onAir], orderedAt);
    };

    await operator.preview(server.link(A));
    await check(A, () => operator.take());
    await operator.preview(server.link(B));
    await check(B, () => operator.take());
    await check(HALL, () => operator.hall());
    await check(B, () => operator.undo());

    const after = await Promise.all(everyone.map(facts));
    const negotiated = after.reduce((sum, now, i) => sum + now.negotiations - before[i]!.negotiations, 0);
    expect(negotiated).toBe(0);
    keepFigures("takes", [
      { figure: "off-air sound at everyone else, worst", value: silence.worst, unit: "dBFS", goal: OFF_AIR_DBFS },
      { figure: "longest time without a listener", value: silence.deaf, unit: "ms", goal: null },
      { figure: "negotiations during takes", value: negotiated, unit: "", goal: 0 },
    ]);
  } finally {
    for (const browser of browsers) await browser.close();
    await server.stop();
  }
});
