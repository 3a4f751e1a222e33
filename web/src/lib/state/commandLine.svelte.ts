/** The way of every command from a page of the centre to the server, and what came of it. */
import type { CommandOutcome } from '$lib/link/machine';
import type { ConferenceStore } from '$lib/state/conference.svelte';
import type { Connection } from '$lib/state/connection.svelte';
import type { Command, SiteSlug } from '$lib/wire';
import { SvelteSet } from 'svelte/reactivity';
import { whyNot } from './outcome';

/** A refusal lies over the readiness of the preview, and goes once it has been read (ms). */
export const REFUSAL_SHOWN_MS = 8_000;

/** The last command, as the desk shows it. */
export type LastCommand = { label: string; outcome: 'pending' | 'accepted' | 'refused'; reason: string };

/** Sends commands; shared by all parts of a page. */
export class CommandLine {
  readonly connection: Connection;
  last: LastCommand | null = $state.raw(null);
  /** Keys of commands that wait for an answer, so that their buttons can say so. */
  readonly pending = new SvelteSet<string>();

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** The conference. */
  get conference(): ConferenceStore {
    return this.connection.conference;
  }

  /** Short name of a site. */
  name = (site: SiteSlug): string => this.conference.nameOf(site);

  /** Sends a command and tells how it ended. `key` marks the widgets that wait for it; one that waits is not sent again. */
  async run(key: string, label: string, command: Command): Promise<CommandOutcome | null> {
    if (!this.connection.ready || this.pending.has(key)) return null;
    this.pending.add(key);
    const mine: LastCommand = { label, outcome: 'pending', reason: '' };
    this.last = mine;
    const outcome = await this.connection.command(command);
    this.pending.delete(key);
    const reason = whyNot(outcome, this.name);
    if (reason !== '') this.refuse(label, reason);
    // A newer command that waits is what is looked at, and what was refused meanwhile has yet to be read.
    else if (this.last === mine) this.last = { label, outcome: 'accepted', reason };
    return outcome;
  }

  /** Sends a command about one site: its label names the site, and other sites' buttons do not wait for it. */
  onSite(
    key: string,
    label: (inputs: { site: string }) => string,
    command: Command & { site: SiteSlug },
  ): Promise<CommandOutcome | null> {
    return this.run(`${key}:${command.site}`, label({ site: this.name(command.site) }), command);
  }

  /** Says why something was not even sent. */
  refuse(label: string, reason: string): void {
    const refused: LastCommand = { label, outcome: 'refused', reason };
    this.last = refused;
    setTimeout(() => this.last === refused && (this.last = null), REFUSAL_SHOWN_MS);
  }
}
