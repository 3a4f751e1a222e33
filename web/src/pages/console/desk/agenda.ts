/** The run of the day: rehearsal, opening, items, end. */
import { m } from '$lib/paraglide/messages';
import { nextItem } from '$lib/state/nextItem';
import { PressGuard } from '$lib/ui/pressGuard';
import type { ItemId } from '$lib/wire';
import type { CommandLine } from '$lib/state/commandLine.svelte';

/** The agenda's part of the desk. */
export class AgendaDesk {
  #line: CommandLine;
  #guard = new PressGuard();

  constructor(line: CommandLine) {
    this.#line = line;
  }

  startRehearsal = () => void this.#line.run('phase', m.command_start_rehearsal(), { type: 'start_rehearsal' });
  endRehearsal = () => void this.#line.run('phase', m.end_rehearsal_short(), { type: 'end_rehearsal' });
  open = () => void this.#line.run('phase', m.open_conference(), { type: 'open_conference' });
  end = (confirmation: string) => this.#line.run('phase', m.end_conference(), { type: 'end_conference', confirmation });

  /** Starts an item; its site comes into preview. The current item that is seen here is named, so that nobody starts two. */
  startItem = (item: ItemId) =>
    void this.#line.run(`item:${item}`, m.start_item(), {
      type: 'start_item',
      item,
      current: this.#line.conference.agenda.current,
    });
  finishItem = (item: ItemId) => void this.#line.run(`item:${item}`, m.finish_item(), { type: 'finish_item', item });

  /** Leaves an item out, or takes it back in. */
  skipItem = (item: ItemId, skipped: boolean) =>
    void this.#line.run(`item:${item}`, skipped ? m.skip_item() : m.unskip_item(), {
      type: 'skip_item',
      item,
      skipped,
    });

  /** Starts the item that comes next; a second press at once means no second item. */
  startNext = () => {
    if (!this.#guard.admit(performance.now(), false)) return;
    const next = nextItem(this.#line.conference.agenda);
    if (next) this.startItem(next.id);
    else this.#line.refuse(m.next_item(), m.no_next_item());
  };
}
