// The main job: hall, two sites, a screen and a console, each with its own picture and tone, through takes, in either codec.
// Who is seen is read from decoded pixels, who is heard from the received tracks' spectrum, all the time.
import { type Page, test } from "@playwright/test";

import { Audience } from "../lib/audience.ts";
import { Browser, type Camera } from "../lib/browsers.ts";
import { type Figure, keepFigures } from "../lib/figures.ts";
import { untilThreeLayers } from "../lib/layers.ts";
import { Console, joinSite, openScreen } from "../lib/pages.ts";
import { Server } from "../lib/server.ts";

const HALL = "dien-hong";
// Far enough from the hall and from each other in pitch.
const A = "quang-ninh";
const B = "da-nang";
/** The high layer of the first site's camera, which makes three of them. */
const WIDTH = 1_280;

const figures: Figure[] = [];
test.afterAll(() => keepFigures("takes", figures));

for (const codec of ["h264", "vp8"] as const) {
  test(`takes A → B → hall → undo in ${codec} are seen and heard right by everybody, without a freeze or a renegotiation`, async () => {
    const server = await Server.start(`takes-${codec}`, { codec });
    const browsers: Browser[] = [];
    const join = async (site: string, camera: Camera = "small"): Promise<Page> => {
      const browser = await Browser.withTestCard(server.link(site).index, server.link(site).name, { camera });
      browsers.push(browser);
      return joinSite(browser, server, site);
    };
    const plain = await Browser.plain();
    browsers.push(plain);

    try {
      const operator = await Console.open(plain, server);
      const [hall, a, b] = [await join(HALL), await join(A, "layered"), await join(B)];
      const screen = await openScreen(plain, server, A);
      await operator.page.getByRole("button", { name: "Nghe chương trình" }).click();
      const receivers = [
        { name: HALL, site: HALL, page: hall, plays: true },
        { name: A, site: A, page: a, plays: false, layered: WIDTH },
        { name: B, site: B, page: b, plays: true },
        { name: `screen of ${A}`, site: A, page: screen, plays: true },
        { name: "console", site: null, page: operator.page, plays: true, behind: true },
      ];
      const audience = await Audience.gather(server, operator, receivers, [HALL, A, B]);

      await untilThreeLayers(a, WIDTH, () => operator.preview(server.link(A)));
      await audience.check(A, () => operator.take());
      await operator.preview(server.link(B));
      await audience.check(B, () => operator.take());
      await audience.check(HALL, () => operator.hall());
      await audience.check(B, () => operator.undo());

      figures.push(...(await audience.figures()).map((one) => ({ ...one, figure: `${codec}: ${one.figure}` })));
    } finally {
      for (const browser of browsers) await browser.close();
      await server.stop();
    }
  });
}
