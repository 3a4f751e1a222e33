/** Sites that call the control room. */
import type { SiteSlug } from '$lib/wire';
import { type Call, callsOf } from '../panels/callOrder';
import type { CommandLine } from '$lib/state/commandLine.svelte';
import type { SoundDesk } from './sound.svelte';

/** The calls' part of the desk. */
export class CallDesk {
  #line: CommandLine;
  #sound: SoundDesk;
  #select: (site: SiteSlug) => void;

  constructor(line: CommandLine, sound: SoundDesk, select: (site: SiteSlug) => void) {
    this.#line = line;
    this.#sound = sound;
    this.#select = select;
  }

  /** Who calls, the longest wait first. */
  get waiting(): Call[] {
    return callsOf(this.#line.conference.sites);
  }

  /** The operator, not this one, who listens to a site that calls and so has answered it; none: nobody has. */
  answeredBy(site: SiteSlug): string | null {
    const me = this.#line.connection.you?.name;
    return this.#line.conference.operators.find((one) => one.solo === site && one.name !== me)?.name ?? null;
  }

  /** Listens to a site that calls, and selects it, so that talkback reaches it. The call goes on until it is ended. */
  answer = (site: SiteSlug): void => {
    this.#select(site);
    if (this.#sound.solo !== site) this.#sound.toggleSolo(site);
  };

  /** Ends a call: what had to be said is said. */
  end = (site: SiteSlug): void => {
    this.#line.connection.send({ type: 'call', site, calling: false });
    if (this.#sound.solo === site) this.#sound.toggleSolo(site);
  };

  /** One key for both: ends the call that this operator has answered, or answers the one that has waited longest for anybody. */
  answerOldest(): void {
    const { waiting } = this;
    const mine = waiting.find(({ site }) => site === this.#sound.solo);
    if (mine) return this.end(mine.site);
    const next = waiting.find(({ site }) => this.answeredBy(site) === null) ?? waiting[0];
    if (next) this.answer(next.site);
  }
}
