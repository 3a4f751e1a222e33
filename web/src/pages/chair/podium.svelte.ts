/** What the chair's page knows and does; its parts read from here and call it. */
import { m } from '$lib/paraglide/messages';
import type { Connection } from '$lib/state/connection.svelte';
import { nextItem } from '$lib/state/nextItem';
import { PressGuard } from '$lib/ui/pressGuard';
import { EXTENSION_S } from '$lib/state/speechClock';
import type { Ticker } from '$lib/state/ticker.svelte';
import type { ItemId, SiteSlug } from '$lib/wire';
import { CommandLine } from '$lib/state/commandLine.svelte';
import type { ChairAction } from './keys';
import { nextInQueue, type SpeechNow, speechNow } from './model';
import { type Power, powersOf } from './powers';

/** An item without a clock of its own warns this long before its planned end if the conference names no time, ms. */
const ITEM_WARNING_MS = 60_000;
/** Whoever was cut off by mistake can be called back by one press for this long, ms. */
export const CALL_BACK_MS = 60_000;

/** The podium. */
export class Podium {
  readonly connection: Connection;
  readonly line: CommandLine;
  /** The programme's sound is played here; in the hall it must not be. */
  listening: boolean = $state(false);
  /** Whose speech was ended from here last, and when by the server's clock. */
  #ended: { site: SiteSlug; at: number } | null = $state.raw(null);
  #ticker: Ticker;
  #guard = new PressGuard();

  constructor(connection: Connection, ticker: Ticker) {
    this.connection = connection;
    this.line = new CommandLine(connection);
    this.#ticker = ticker;
  }

  /** The conference. */
  get conference() {
    return this.connection.conference;
  }

  /** The time that clocks are read at. */
  get now(): number {
    return this.connection.speechTime(this.#ticker.now);
  }

  /** Commands reach the server. */
  get ready(): boolean {
    return this.connection.ready;
  }

  /** Short name of a site. */
  name = (site: SiteSlug): string => this.conference.nameOf(site);

  /** The person here may do this. */
  may(power: Power): boolean {
    return powersOf(this.connection.you?.role ?? null).has(power);
  }

  /** Nothing on this page does anything for the person here. */
  get onlyLooks(): boolean {
    const { you } = this.connection;
    return you !== null && powersOf(you.role).size === 0;
  }

  /** Who speaks now. */
  get speech(): SpeechNow {
    const { info, floor, agenda, stage, desk } = this.conference;
    return speechNow({
      info,
      floor,
      agenda,
      lowerThird: stage?.lower_third ?? { type: 'automatic' },
      warningMs: desk.speech.warning_ms || ITEM_WARNING_MS,
      online: this.online,
      now: this.now,
    });
  }

  /** Media of a site arrives. */
  online = (site: SiteSlug): boolean => this.conference.site(site)?.online ?? false;

  /** Somebody has the floor: nobody else can be given it. */
  get floorHeld(): boolean {
    return this.conference.floor.holder !== null;
  }

  /** The conference is under way, for real or in a rehearsal. */
  get open(): boolean {
    const phase = this.conference.info?.phase;
    return phase === 'live' || phase === 'rehearsal';
  }

  /** Who can be called back after a speech that was ended from here; none once somebody else was called. */
  get callBack(): SiteSlug | null {
    const ended = this.#ended;
    if (!ended || this.floorHeld || this.now - ended.at > CALL_BACK_MS) return null;
    return ended.site;
  }

  /** Does what a key or a button says. */
  do(action: ChairAction): void {
    const acts: Record<ChairAction, () => void> = {
      grant_next: this.grantNext,
      interrupt: this.interrupt,
      end_speech: this.endSpeech,
      next_item: this.startNext,
      extend: this.extend,
      clock: this.toggleClock,
    };
    acts[action]();
  }

  /** Gives the floor to a site. */
  grant = (site: SiteSlug): void => {
    if (this.may('speech')) void this.line.onSite('grant', m.chair_command_grant, { type: 'grant', site });
  };

  /** Gives the floor to the first of the queue, as it is seen here. */
  grantNext = (): void => {
    const next = nextInQueue(this.conference.floor);
    if (next) this.grant(next.site);
    else if (this.may('speech')) this.line.refuse(m.chair_grant_next(), m.chair_queue_empty());
  };

  interrupt = (): void => void this.#end(m.chair_interrupt(), 'interrupt');
  endSpeech = (): void => void this.#end(m.chair_end_speech(), 'end_speech');
  extend = (): void => this.#speech('extend', m.chair_extend(), { type: 'extend_speech', seconds: EXTENSION_S });

  /** Lets the speech clock run or stand. */
  toggleClock = (): void => {
    const running = this.conference.floor.holder?.clock.running_since != null;
    const label = running ? m.chair_pause() : m.chair_resume();
    this.#speech('clock', label, { type: running ? 'pause_clock' : 'resume_clock' });
  };

  /** Moves a request to a place, from 0. */
  moveTo = (site: SiteSlug, position: number): void => {
    const { queue } = this.conference.floor;
    if (position < 0 || position >= queue.length || queue[position]?.site === site) return;
    void this.line.onSite('reorder', m.chair_command_reorder, { type: 'reorder_queue', site, position });
  };

  invite = (site: SiteSlug): void => void this.line.onSite('invite', m.chair_command_invite, { type: 'invite', site });
  withdraw = (site: SiteSlug): void =>
    void this.line.onSite('withdraw', m.chair_command_withdraw, { type: 'withdraw_request', site });

  /** Starts the item that comes next; the current one, as it is seen here, ends by that. A second press at once means no second item. */
  startNext = (): void => {
    if (!this.may('agenda') || !this.#guard.admit(performance.now(), false)) return;
    const { agenda } = this.conference;
    const next = nextItem(agenda);
    if (!next) return this.line.refuse(m.chair_next_item(), m.chair_agenda_over());
    const command = { type: 'start_item', item: next.id, current: agenda.current } as const;
    void this.line.run('item', m.chair_command_start({ item: next.title }), command);
  };

  finishItem = (item: ItemId): void => void this.line.run('item', m.chair_finish_item(), { type: 'finish_item', item });

  allowMicrophones = (allowed: boolean): void => {
    const label = allowed ? m.chair_microphones_allow() : m.chair_microphones_forbid();
    void this.line.run('allow_microphones', label, { type: 'allow_microphones', allowed });
  };

  /** Opens or closes the microphone of a site that is not in the picture. */
  setMicrophone = (site: SiteSlug, open: boolean): void => {
    const label = open ? m.chair_command_microphone_open : m.chair_command_microphone_close;
    void this.line.onSite('microphone', label, { type: open ? 'open_microphone' : 'close_microphone', site });
  };

  /** Records a site as present or absent. */
  markPresence = (site: SiteSlug, present: boolean, reason: string): void => {
    const label = present ? m.chair_command_present : m.chair_command_absent;
    void this.line.onSite('presence', label, { type: 'mark_presence', site, present, reason });
  };

  #speech(key: string, label: string, command: Parameters<CommandLine['run']>[2]): void {
    if (!this.may('speech')) return;
    if (this.floorHeld) void this.line.run(key, label, command);
    else this.line.refuse(label, m.chair_nobody_speaks());
  }

  async #end(label: string, type: 'interrupt' | 'end_speech'): Promise<void> {
    if (!this.may('speech')) return;
    const { holder } = this.conference.floor;
    if (!holder) return this.line.refuse(label, m.chair_nobody_speaks());
    const outcome = await this.line.run(type, label, { type });
    if (outcome?.accepted) this.#ended = { site: holder.site, at: this.now };
  }
}
