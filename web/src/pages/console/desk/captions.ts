/** What is written into the picture: the lower third, the names of sites. */
import { m } from '$lib/paraglide/messages';
import type { LowerThird } from '$lib/wire';
import type { CommandLine } from '$lib/state/commandLine.svelte';

/** The captions' part of the desk. */
export class CaptionDesk {
  #line: CommandLine;

  constructor(line: CommandLine) {
    this.#line = line;
  }

  /** What is asked for now. */
  get lowerThird(): LowerThird {
    return this.#line.conference.stage?.lower_third ?? { type: 'automatic' };
  }

  /** Names of sites are written. */
  get namesShown(): boolean {
    return this.#line.conference.stage?.names_shown ?? true;
  }

  /** Lets the agenda decide what is written, or writes nothing. */
  choose(type: 'automatic' | 'hidden'): void {
    const label = type === 'automatic' ? m.command_caption_automatic() : m.command_caption_hidden();
    void this.#line.run('lower_third', label, { type: 'set_lower_third', lower_third: { type } });
  }

  /** Writes these two lines; the second may be empty. */
  write(name: string, description: string): void {
    const lower_third: LowerThird = { type: 'text', name: name.trim(), description: description.trim() };
    const label = m.command_caption_text({ name: name.trim() });
    void this.#line.run('lower_third', label, { type: 'set_lower_third', lower_third });
  }

  /** Writes the names of sites, or not. */
  showNames(shown: boolean): void {
    const label = shown ? m.command_names_on() : m.command_names_off();
    void this.#line.run('names', label, { type: 'show_names', shown });
  }
}
