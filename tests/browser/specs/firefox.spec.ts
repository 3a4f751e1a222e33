// Debian's Firefox ESR as a site among Chromium: it sends and receives through takes in VP8, and is told why it cannot in H.264.
import { expect, test } from "@playwright/test";

import { Audience } from "../lib/audience.ts";
import { Browser } from "../lib/browsers.ts";
import { keepFigures } from "../lib/figures.ts";
import { Firefox } from "../lib/firefox.ts";
import { untilThreeLayers } from "../lib/layers.ts";
import { Console, joinSite } from "../lib/pages.ts";
import { Server } from "../lib/server.ts";

const HALL = "dien-hong";
// Far enough from the hall and from each other in pitch.
const A = "quang-ninh";
const B = "da-nang";
/** The high layer of Firefox's camera. */
const WIDTH = 640;

test("Firefox sends and receives through takes A → B → hall → A in vp8, without a freeze or a renegotiation", async () => {
  const server = await Server.start("firefox", { codec: "vp8" });
  const plain = await Browser.plain();
  const chromium = await Promise.all([HALL, B].map((site) => Browser.withTestCard(server.link(site).index, server.link(site).name)));
  const firefox = await Firefox.withTestCard(server.link(A).index, server);

  try {
    const operator = await Console.open(plain, server);
    const [hall, b] = [await joinSite(chromium[0]!, server, HALL), await joinSite(chromium[1]!, server, B)];
    const a = await firefox.joinSite(server, A);
    await operator.page.getByRole("button", { name: "Nghe chương trình" }).click();
    const receivers = [
      { name: HALL, site: HALL, page: hall, plays: true },
      { name: A, site: A, page: a, plays: true, layered: WIDTH },
      { name: B, site: B, page: b, plays: true },
      { name: "console", site: null, page: operator.page, plays: true },
    ];
    const audience = await Audience.gather(server, operator, receivers, [HALL, A, B]);

    await untilThreeLayers(a, WIDTH, () => operator.preview(server.link(A)));
    await audience.check(A, () => operator.take());
    await operator.preview(server.link(B));
    await audience.check(B, () => operator.take());
    await audience.check(HALL, () => operator.hall());
    await operator.preview(server.link(A));
    await audience.check(A, () => operator.take());

    keepFigures("firefox", await audience.figures());
  } finally {
    await firefox.close();
    for (const browser of [plain, ...chromium]) await browser.close();
    await server.stop();
  }
});

test("Firefox without OpenH264 is told at the device check that it lacks the codec of an H.264 conference", async () => {
  const server = await Server.start("firefox-h264", { codec: "h264" });
  const firefox = await Firefox.withTestCard(server.link(A).index, server);
  try {
    const page = await firefox.open(server.joinUrl(A));
    const network = () => page.evaluate(() => document.querySelector('[data-network="missing"]')?.textContent ?? "");
    await expect.poll(network, { message: "the reason", timeout: 10_000 }).toContain("H.264");
  } finally {
    await firefox.close();
    await server.stop();
  }
});
