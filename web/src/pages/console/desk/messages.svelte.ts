/** Words between the centre and the sites: texts, templates of them, their acknowledgement. */
import { m } from '$lib/paraglide/messages';
import type { MessageId, SiteSlug } from '$lib/wire';
import { awaitsCentre } from '../openMessages';
import { type Audience, receiversOf } from '../panels/audience';
import type { CommandLine } from '$lib/state/commandLine.svelte';

/** The messages' part of the desk. */
export class MessageDesk {
  /** What is being written; it outlives the panel, which may give way to another one. */
  text: string = $state('');
  /** How the receivers are chosen. */
  audience: Audience = $state('selected');
  /** Receivers that were picked one by one or by groups. */
  picked: ReadonlySet<SiteSlug> = $state.raw(new Set());
  /** Somebody wants to write: the field takes the focus when it is there, and clears this. */
  wanted: boolean = $state(false);
  #line: CommandLine;

  constructor(line: CommandLine) {
    this.#line = line;
  }

  /** Receivers of what is being written; an empty list is all, none: nobody was chosen. `selected` is the selected site. */
  receivers(selected: SiteSlug | null): SiteSlug[] | null {
    return receiversOf(this.audience, selected, this.picked);
  }

  /** Sends what was written; it is kept unless it was taken. */
  async send(to: SiteSlug[]): Promise<void> {
    const { text } = this;
    const command = { type: 'send_message', to, text: text.trim() } as const;
    const outcome = await this.#line.run('message', m.send_message(), command);
    // What was written while the answer was under way is the next message.
    if (outcome?.accepted && this.text === text) this.text = '';
  }

  /** Puts a template into the text; what was begun by hand is kept, and stands before it. */
  insert(template: string): void {
    this.text = this.text.trim() === '' ? template : `${this.text.trimEnd()} ${template}`;
    this.wanted = true;
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
