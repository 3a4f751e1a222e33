/** Words between the centre and the sites: texts, templates of them, their acknowledgement. */
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

  /** Replaces the prepared texts; true: it was done. */
  async setTemplates(texts: string[]): Promise<boolean> {
    const outcome = await this.#line.run('templates', m.command_templates(), { type: 'set_templates', texts });
    return outcome?.accepted ?? false;
  }
}
