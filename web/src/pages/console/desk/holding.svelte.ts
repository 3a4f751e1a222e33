/** The holding slide: what it says, and putting it on air. It takes every source and every sound off air, so it is the safe direction. */
import { recall, remember } from '$lib/link/storage';
import { m } from '$lib/paraglide/messages';
import type { Holding } from '$lib/wire';
import * as v from 'valibot';
import type { CommandLine } from './commandLine.svelte';

const Stored = v.pipe(v.string(), v.parseJson(), v.object({ title: v.string(), text: v.string() }));

/** The holding slide's part of the desk. */
export class HoldingDesk {
  /** What the slide will say; remembered, so that one key is enough when it is needed. */
  draft: Holding = $state({ title: '', text: '' });
  #line: CommandLine;

  constructor(line: CommandLine) {
    this.#line = line;
    const stored = v.safeParse(Stored, recall('holding'));
    this.draft = stored.success ? stored.output : { title: m.holding_break(), text: '' };
  }

  /** The slide on air; none: it is not. */
  get onAir(): Holding | null {
    return this.#line.conference.stage?.program.holding ?? null;
  }

  /** Takes everything off air and shows the slide. */
  show = () => {
    const { title, text } = this.draft;
    const slide = { title: title.trim() || m.holding_break(), text: text.trim() };
    remember('holding', JSON.stringify(slide));
    void this.#line.run('holding', m.command_holding({ title: slide.title }), { type: 'show_holding', ...slide });
  };
}
