// Two consoles want what excludes each other, at the same moment, a thousand times: one gets it, the other is told why not, and both show
// the same conference.
import { expect, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Simulation } from "../lib/endpoints.ts";
import { type Figure, keepFigures, quantile } from "../lib/figures.ts";
import { Console } from "../lib/pages.ts";
import { type Command, Person } from "../lib/people.ts";
import { type Outcome, RawConsole } from "../lib/rawConsole.ts";
import { Server } from "../lib/server.ts";

const PAIRS = 1_000;
/** A connection may send a hundred messages a second for ever; each pair takes two of the first console's, ms. */
const PAIR_EVERY_MS = 25;
/** A refusal is there within this time, ms. */
const REFUSED_MS = 200;
/** The goal is judged by the bench; here neighbours may take both processors for a while. */
const REFUSED_SANITY_MS = 1_000;
/** Sites of the story; the first two send. */
const [A, B, ASKING] = ["ha-noi", "ha-giang", "cao-bang"] as const;
const ITEMS = ["bc-01", "bc-02", "bc-03"];

/** Two commands that exclude each other, and what may be the reason for the second. */
interface Conflict {
  name: string;
  commands: [Command, Command];
  reasons: string[];
  /** The chair may give it too. */
  chairs: boolean;
  /** Brings the conference back to where the next pair can begin. */
  after: Command[];
}

/** Kinds of conflict; `item` is the current one. */
function conflicts(item: string | null): Conflict[] {
  const [one, other] = ITEMS.filter((id) => id !== item);
  const twice = (command: Command): [Command, Command] => [command, command];
  return [
    {
      name: "two sites get the floor",
      commands: [{ type: "grant", site: A }, { type: "grant", site: B }],
      reasons: ["floor_held"],
      chairs: true,
      after: [{ type: "end_speech" }],
    },
    {
      name: "two items begin",
      commands: [{ type: "start_item", item: one, current: item }, { type: "start_item", item: other, current: item }],
      reasons: ["item_changed"],
      chairs: true,
      after: [],
    },
    {
      name: "the same site is invited",
      commands: twice({ type: "invite", site: ASKING }),
      reasons: ["already_so", "already_in_queue"],
      chairs: true,
      after: [{ type: "withdraw_request", site: ASKING }],
    },
    {
      name: "the same site is cued",
      commands: twice({ type: "cue", site: ASKING }),
      reasons: ["already_so"],
      chairs: false,
      after: [{ type: "uncue", site: ASKING }],
    },
    {
      name: "the same site is muted",
      commands: twice({ type: "mute", site: ASKING }),
      reasons: ["already_so"],
      chairs: false,
      after: [{ type: "unmute", site: ASKING }],
    },
  ];
}

/** What was measured and found over all pairs. */
class Tally {
  readonly refusedMs: number[] = [];
  readonly acceptedMs: number[] = [];
  /** Pairs that did not end as they must, in words. */
  readonly wrong: string[] = [];
  /** Pairs after which the pages did not show the same. */
  apart = 0;
  /** Pairs that the first console won. */
  won = 0;

  judge(what: string, { reasons }: Conflict, outcomes: Outcome[]): void {
    const refused = outcomes.filter(({ refusal }) => refusal !== null);
    const told = refused.every(({ refusal }) => reasons.includes(refusal!.code));
    if (refused.length !== 1 || !told) this.wrong.push(`${what}: ${JSON.stringify(outcomes)}`);
    for (const { refusal, ms } of outcomes) (refusal ? this.refusedMs : this.acceptedMs).push(ms);
  }

  get figures(): Figure[] {
    return [
      { figure: "conflicting pairs of which not exactly one was accepted", value: this.wrong.length, unit: `of ${PAIRS}`, goal: 0 },
      { figure: "conflicting pairs after which the pages differed", value: this.apart, unit: `of ${PAIRS}`, goal: 0 },
      { figure: "conflict → refusal with its reason, p95", value: quantile(this.refusedMs, 0.95), unit: "ms", goal: REFUSED_MS },
      { figure: "conflict → refusal with its reason, max", value: Math.max(...this.refusedMs), unit: "ms", goal: REFUSED_MS },
      { figure: "conflict → acceptance, p95", value: quantile(this.acceptedMs, 0.95), unit: "ms", goal: null },
      { figure: "conflicts won by the first console", value: this.won, unit: `of ${PAIRS}`, goal: null },
    ];
  }
}

test("of a thousand pairs of conflicting commands exactly one each is accepted, and all pages show the same", async () => {
  const server = await Server.start("conflicts");
  const pages: RawConsole[] = [];

  try {
    const lead = await Person.lead(server);
    const chair = await lead.appoint("chu-toa", "chair");
    const first = await RawConsole.connect(server, lead);
    const second = await RawConsole.connect(server, lead);
    const podium = await RawConsole.connect(server, chair, "chair");
    pages.push(first, second, podium);
    expect((await first.command({ type: "open_conference" })).refusal).toBeNull();
    expect((await first.command({ type: "set_floor_mode", mode: "operator" })).refusal).toBeNull();
    const tally = new Tally();

    for (let pair = 0; pair < PAIRS; pair++) {
      const paced = new Promise((done) => setTimeout(done, PAIR_EVERY_MS));
      const kinds = conflicts(first.section<{ current: string | null }>("agenda").current);
      const conflict = kinds[pair % kinds.length]!;
      const round = Math.floor(pair / kinds.length);
      const rival = conflict.chairs && round % 2 === 1 ? podium : second;
      const what = `pair ${pair}, ${conflict.name}`;
      // Who is first on the wire alternates, so that neither has an advantage.
      const senders = round % 4 < 2 ? [first, rival] : [rival, first];
      const outcomes = await Promise.all(senders.map((sender, i) => sender.command(conflict.commands[i]!)));
      tally.judge(what, conflict, outcomes);
      if (outcomes[senders.indexOf(first)]!.refusal === null) tally.won++;
      for (const command of conflict.after) {
        const { refusal } = await first.command(command);
        if (refusal) tally.wrong.push(`after ${what}: ${JSON.stringify(refusal)}`);
      }
      const revision = Math.max(...pages.map((page) => page.revision));
      await Promise.all(pages.map((page) => page.until(() => page.revision >= revision)));
      if (!first.showsTheSameAs(second) || !first.showsTheSameAs(podium)) tally.apart++;
      await paced;
    }

    keepFigures("conflicts", tally.figures);
    expect(tally.wrong).toEqual([]);
    expect(tally.apart, "pairs after which the pages differed").toBe(0);
    expect(tally.refusedMs.length).toBe(PAIRS);
    expect(quantile(tally.refusedMs, 0.95), "p95 of the refusals").toBeLessThan(REFUSED_SANITY_MS);
  } finally {
    for (const page of pages) page.close();
    await server.stop();
  }
});

/** Pairs of presses on two real pages. */
const PRESSES = 20;

test("two consoles in browsers put the same preview on air at once: one take, and the other console says why not", async () => {
  const server = await Server.start("conflicts-pages");
  const simulation = new Simulation(server, "conflicts", { sites: 2, hall: true, decode: 0 });
  const browsers = [await Browser.plain(), await Browser.plain()];

  try {
    const lead = await Person.lead(server);
    for (const browser of browsers) await lead.sitDown(browser);
    const [left, right] = [await Console.openAs(browsers[0]!, server), await Console.openAs(browsers[1]!, server)];
    const links = [server.link(A), server.link(B)];
    for (const operator of [left, right]) await operator.untilWallIsAlive(3);
    const before = (await lead.events()).at(-1)!.revision;

    for (let press = 0; press < PRESSES; press++) {
      const link = links[press % 2]!;
      await left.preview(link);
      await right.untilStage(({ preview }) => preview?.sources[0]?.site === link.site, "the same preview at both");
      await Promise.all([left.take(), right.take()]);
      await Promise.all([left, right].map((operator) => operator.untilOnAir(link.site)));
      expect(await left.stage(), "both consoles show the same stage").toEqual(await right.stage());
      const refusals = [left, right].map((operator) => operator.page.locator('.take-desk [role="status"] .refused'));
      // The two presses may have been so far apart that the second found nothing to take: then it is refused as well.
      await expect.poll(async () => (await Promise.all(refusals.map((one) => one.count()))).reduce((sum, n) => sum + n, 0)).toBe(1);
      // TAKE is debounced.
      await left.page.waitForTimeout(350);
    }

    const takes = (await lead.events(before)).filter(({ kind }) => kind === "take_ordered");
    expect(takes.length, "takes in the log").toBe(PRESSES);
  } finally {
    await Promise.all(browsers.map((browser) => browser.close()));
    await simulation.stop();
    await server.stop();
  }
});
