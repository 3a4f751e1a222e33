/** The holding slide: what it says, and putting it on air. It takes every source and every sound off air, so it is the safe direction. */
import { recall, remember } from '$lib/link/storage';
import { m } from '$lib/paraglide/messages';
import type { Holding } from '$lib/wire';
import * as v from 'valibot';
import { HOLDING_TEXTS } from '../holdingTexts';
import type { CommandLine } from '$lib/state/commandLine.svelte';

const DEFAULT = HOLDING_TEXTS[0]!;
const Stored = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ title: v.pipe(v.string(), v.minLength(1)), text: v.string() }),
);

/** The holding slide's part of the desk. */
export class HoldingDesk {
  /** What the slide will say; remembered, so that one key is enough when it is needed. */
  draft: Holding = $state({ ...DEFAULT });
  #line: CommandLine;

  constructor(line: CommandLine) {
    this.#line = line;
    const stored = v.safeParse(Stored, recall('holding'));
    if (stored.success) this.draft = stored.output;
  }

  /** The slide on air; none: it is not. */
  get onAir(): Holding | null {
    return this.#line.conference.stage?.program.holding ?? null;
  }

  /** Takes everything off air and shows the slide; a slide that is on air gets the new text. */
  show = () => {
    const title = this.draft.title.trim() || DEFAULT.title;
    const slide = { title, text: this.draft.text.trim() };
    remember('holding', JSON.stringify(slide));
    void this.#line.run('holding', m.command_holding({ title }), { type: 'show_holding', ...slide });
  };
}
