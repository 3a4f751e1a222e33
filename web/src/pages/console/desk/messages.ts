/** Words between the centre and the sites: texts, their acknowledgement, calls. */
import { m } from '$lib/paraglide/messages';
import type { MessageId, SiteSlug } from '$lib/wire';
import { awaitsCentre } from '../openMessages';
import type { CommandLine } from './commandLine.svelte';

/** The messages' part of the desk. */
export class MessageDesk {
  #line: CommandLine;

  constructor(line: CommandLine) {
    this.#line = line;
  }

  /** Sends a text; true: it was taken. */
  async send(to: SiteSlug[], text: string): Promise<boolean> {
    const outcome = await this.#line.run('message', m.send_message(), { type: 'send_message', to, text });
    return outcome?.accepted ?? false;
  }

  acknowledge = (message: MessageId) =>
    void this.#line.run(`ack:${message}`, m.acknowledge(), { type: 'acknowledge_message', message });

  /** Acknowledges the oldest message of a site that nobody at the centre has acknowledged. */
  acknowledgeOldest(): void {
    const open = this.#line.conference.messages.find(awaitsCentre);
    if (open) this.acknowledge(open.id);
  }

  /** The site that has been calling the longest; none calls: none. */
  get oldestCall(): SiteSlug | null {
    let oldest: { site: SiteSlug; since: number } | null = null;
    for (const { view, live } of this.#line.conference.sites) {
      const since = live?.calling_since ?? null;
      if (since !== null && (oldest === null || since < oldest.since)) oldest = { site: view.slug, since };
    }
    return oldest?.site ?? null;
  }

  /** Ends a site's call: it has been answered. */
  answerCall = (site: SiteSlug) => void this.#line.connection.send({ type: 'call', site, calling: false });
}
