// Private sound, by ear: what an operator says to a site is heard there and nowhere else, and ends when the site comes on air; what an
// operator listens to alone is heard at that console and nowhere else.
import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { keepFigures } from "../lib/figures.ts";
import { Console, joinSite, openScreen, untilConnected } from "../lib/pages.ts";
import { Person } from "../lib/people.ts";
import { Server } from "../lib/server.ts";
import { Ears, NOTHING_DBFS, OFF_AIR_DBFS, type Span, toneHz } from "../lib/spectrum.ts";

const HALL = "dien-hong";
// Far enough from the hall and from each other in pitch.
const A = "quang-ninh";
const B = "da-nang";
/** A screen in a room of a site without another page. */
const ELSEWHERE = "ha-noi";
/** No site has this number: the tone is the operator's. */
const OPERATOR = 64;

/** By then a private sound is heard: two cores carry five browsers, ms. */
const HEARD_MS = 5_000;
/** What is in the buffers when a key is released or a take is shown has been played after this, ms. */
const DRAINED_MS = 1_000;
/** So long a word lasts, and so long one listens to what must be silent, ms. */
const WORD_MS = 1_500;
/** A key on its way to the server and back, ms. */
const PATIENCE_MS = 10_000;
/** What a person who speaks should wait for at most, ms: half of what disturbs a conversation. */
const GOAL_MS = 400;

/** A steady tone is noise to a browser; an operator's voice is not, and the page lets the browser remove noise. */
async function keepTones(browser: Browser): Promise<void> {
  await browser.context.addInitScript(() => {
    const original = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
    if (!original) return;
    navigator.mediaDevices.getUserMedia = (wish) => {
      const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      return original(wish?.audio ? { ...wish, audio: { ...(wish.audio === true ? {} : wish.audio), ...raw } } : wish);
    };
  });
}

/** Somebody whose page is listened to. */
interface Listener {
  name: string;
  page: Page;
  ears: Ears;
}

/** Whose tones are told apart: the operator's, and the sites'. */
const SPEAKERS = ["operator", HALL, A, B] as const;
type Speaker = (typeof SPEAKERS)[number];

/** A conference with the hall on air, whose pages are listened to all the time. */
class Room {
  readonly server: Server;
  readonly operator: Console;
  readonly listeners: Map<string, Listener>;
  /** Loudest tone where it must not be, dBFS. */
  worst = NOTHING_DBFS;

  private constructor(server: Server, operator: Console, listeners: Map<string, Listener>) {
    [this.server, this.operator, this.listeners] = [server, operator, listeners];
  }

  static async gather(server: Server, operator: Console, pages: Record<string, Page>): Promise<Room> {
    const index = (speaker: Speaker) => (speaker === "operator" ? OPERATOR : server.link(speaker).index);
    const tones = SPEAKERS.map((speaker) => toneHz(index(speaker)));
    const listeners = await Promise.all(
      Object.entries(pages).map(async ([name, page]): Promise<[string, Listener]> => [name, { name, page, ears: await Ears.on(page, tones) }]),
    );
    // The first windows hold what was before the elements played.
    await new Promise((done) => setTimeout(done, DRAINED_MS));
    return new Room(server, operator, new Map(listeners));
  }

  /** Chooses a site's tile, as keys of sites are for it. */
  async choose(site: string): Promise<void> {
    await this.operator.page.bringToFront();
    await this.operator.page.locator(`[data-wall] [data-site="${site}"]`).focus();
  }

  /** Waits until a speaker is heard at a page; ms since a moment. */
  async hears(at: string, speaker: Speaker, since: number): Promise<number> {
    const first = await this.listeners.get(at)!.ears.firstHeard(SPEAKERS.indexOf(speaker), since, HEARD_MS);
    expect(first, `${speaker} is heard at ${at}`).not.toBeNull();
    return first! - since;
  }

  /** Nobody but those hears a speaker in a span of time, not for one packet. */
  async onlyHeardBy(those: string[], speaker: Speaker, span: Span): Promise<void> {
    const others = [...this.listeners.values()].filter(({ name }) => !those.includes(name));
    await Promise.all(
      others.map(async ({ name, ears }) => {
        const { loudest, at } = (await ears.heard([span]))[0]![SPEAKERS.indexOf(speaker)]!;
        this.worst = Math.max(this.worst, loudest);
        expect(loudest, `${speaker} at ${name}, dBFS at ${new Date(at).toISOString()}`).toBeLessThan(OFF_AIR_DBFS);
      }),
    );
  }

  /** From when buffers are empty a speaker is heard nowhere for a while. */
  async silent(speaker: Speaker): Promise<void> {
    const from = Date.now() + DRAINED_MS;
    await this.onlyHeardBy([], speaker, { from, to: from + WORD_MS });
  }

  /** A private sound begins, is heard by those and by nobody else, and ends; gives how long each waited for it, ms. */
  async privately(speaker: Speaker, those: string[], begin: () => Promise<void>, end: () => Promise<void>): Promise<number[]> {
    const from = Date.now();
    await begin();
    const waited = await Promise.all(those.map((at) => this.hears(at, speaker, from)));
    await new Promise((done) => setTimeout(done, WORD_MS));
    await end();
    const to = Date.now() + DRAINED_MS;
    await this.onlyHeardBy(those, speaker, { from, to });
    await this.silent(speaker);
    return waited;
  }
}

/** The operator speaks to a site on air: the console says why not, and nothing is heard. */
async function refusedOnAir(room: Room): Promise<void> {
  const { page } = room.operator;
  const from = Date.now();
  await page.keyboard.down("k");
  const refusal = page.locator('[data-outcome="refused"]');
  await expect(refusal).toHaveText(`✕ Nói riêng với ${room.server.link(A).name}: đang lên hình – không nói riêng được`, { timeout: PATIENCE_MS });
  await expect(page.locator("p.talking")).toHaveCount(0);
  await page.waitForTimeout(WORD_MS);
  await page.keyboard.up("k");
  await room.onlyHeardBy([], "operator", { from, to: Date.now() + DRAINED_MS });
}

test("a private word and a site that is listened to alone are heard by those alone whom they are for", async () => {
  const server = await Server.start("talkback");
  const browsers: Browser[] = [];
  const card = async (index: number, name: string) => {
    const browser = await Browser.withTestCard(index, name);
    browsers.push(browser);
    return browser;
  };
  const join = async (site: string) => joinSite(await card(server.link(site).index, server.link(site).name), server, site);

  try {
    const desk = await card(OPERATOR, "Bàn điều khiển");
    await keepTones(desk);
    const plain = await Browser.plain();
    browsers.push(plain);
    const lead = await Person.lead(server);
    const assistant = await lead.appoint("tro-ly", "assistant");
    await lead.sitDown(desk);
    await assistant.sitDown(plain);
    const operator = await Console.openAs(desk, server);
    const second = await Console.openAs(plain, server);
    await second.page.getByRole("button", { name: "Nghe chương trình" }).click();
    const screen = await openScreen(plain, server, ELSEWHERE);
    const [hall, a, b] = [await join(HALL), await join(A), await join(B)];
    await operator.untilWallIsAlive(3);
    await untilConnected(screen);
    const room = await Room.gather(server, operator, { [HALL]: hall, [A]: a, [B]: b, screen, console: operator.page, second: second.page });
    const { page } = operator;
    const told = (site: Page) => site.locator('[data-notice="talkback"]');

    const toOne = await test.step("to one site", async () => {
      await room.choose(A);
      const down = async () => {
        await page.keyboard.down("k");
        await told(a).waitFor({ timeout: PATIENCE_MS });
      };
      const waited = await room.privately("operator", [A], down, () => page.keyboard.up("k"));
      await expect(told(a)).toHaveCount(0);
      return waited;
    });

    const toAll = await test.step("to all sites off air", async () => {
      const down = async () => {
        await page.keyboard.down("Shift");
        await page.keyboard.down("K");
      };
      const up = async () => {
        await page.keyboard.up("K");
        await page.keyboard.up("Shift");
      };
      return room.privately("operator", [A, B], down, up);
    });

    const solo = await test.step("solo", async () => {
      await room.choose(A);
      return room.privately(A, ["console"], () => page.keyboard.press("s"), () => page.keyboard.press("s"));
    });

    await test.step("a take ends the word", async () => {
      await operator.preview(server.link(A));
      await room.choose(A);
      const from = Date.now();
      await page.keyboard.down("k");
      await room.hears(A, "operator", from);
      await operator.take();
      await operator.untilOnAir(A);
      await expect(page.locator("p.talking"), "the key is held, and nobody is spoken to").toHaveCount(0);
      const to = Date.now() + DRAINED_MS;
      await room.silent("operator");
      await room.onlyHeardBy([A], "operator", { from, to });
      await room.hears(B, A, from);
      await expect(told(a)).toHaveCount(0);
      await page.keyboard.up("k");
    });

    await test.step("none to a site on air", async () => {
      await room.choose(A);
      await refusedOnAir(room);
    });

    keepFigures("talkback", [
      { figure: "talkback: key → the site hears the operator", value: Math.max(...toOne), unit: "ms", goal: GOAL_MS },
      { figure: "talkback to all: key → the last site hears the operator", value: Math.max(...toAll), unit: "ms", goal: GOAL_MS },
      { figure: "solo: key → the console hears the site", value: Math.max(...solo), unit: "ms", goal: GOAL_MS },
      { figure: "private sound at everyone else, worst", value: room.worst, unit: "dBFS", goal: OFF_AIR_DBFS },
    ]);
  } finally {
    for (const browser of browsers) await browser.close();
    await server.stop();
  }
});
