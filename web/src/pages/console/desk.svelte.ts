/** What the console does: selection, preview, commands and their outcome. Its widgets read from here and call it. */
import { floorModeName, layoutName, refusalText } from '$lib/i18n/wording';
import type { CommandOutcome } from '$lib/link/machine';
import { openMicrophone } from '$lib/media/devices';
import { m } from '$lib/paraglide/messages';
import type { Connection } from '$lib/state/connection.svelte';
import type { SiteModel } from '$lib/state/site.svelte';
import { IDLE, tallies, type Tally } from '$lib/state/tally';
import type { Command, FloorMode, ItemId, Layout, MessageId, Readiness, SiteSlug, SourceRef } from '$lib/wire';
import { toast } from 'svelte-sonner';
import { SvelteSet } from 'svelte/reactivity';
import { awaitsCentre } from './openMessages';
import { type LayoutObstacle, obstacleTo, pick, previewOf } from './previewPlan';
import { barrierTo, type CommandType, mayClaim } from './rights';
import { previewVerdict } from './readiness';
import { TakeGuard } from './takeGuard';
import type { WallFilter } from './wallFilter';

/** Talkback ends by itself after this long, as on the server: a key that sticks must not keep a line open (ms). */
export const TALKBACK_LIMIT_MS = 60_000;
/** A refusal lies over the readiness of the preview, and goes once it has been read (ms). */
export const REFUSAL_SHOWN_MS = 8_000;
/** Seconds that one press adds to a speech. */
export const EXTENSION_S = 60;

/** The last command, as the desk shows it. */
export type LastCommand = { label: string; outcome: 'pending' | 'accepted' | 'refused'; reason: string };

/** The operator's desk. */
export class Desk {
  readonly connection: Connection;
  /** The tile that keys act on. */
  selected: SiteSlug | null = $state(null);
  layout: Layout = $state('single');
  picked: readonly SiteSlug[] = $state.raw([]);
  filter: WallFilter = $state({ region: '', state: 'all' });
  /** Listening to the programme. */
  monitoring: boolean = $state(false);
  solo: SiteSlug | null = $state(null);
  talkingTo: SiteSlug | null = $state(null);
  last: LastCommand | null = $state.raw(null);
  /** Keys of commands that wait for an answer, so that their buttons can say so. */
  readonly pending = new SvelteSet<string>();
  readonly tallies = $derived.by(() => tallies(this.connection.conference.stage, this.connection.conference.floor));
  /** Whether what is in preview would be good on air. */
  readonly verdict = $derived.by(() =>
    previewVerdict(
      this.connection.conference.stage?.preview?.sources ?? [],
      this.#readinessOf,
      (site) => this.conference.site(site)?.view.muted ?? false,
    ),
  );
  #guard = new TakeGuard();
  #talkbackTimer: ReturnType<typeof setTimeout> | undefined;
  #microphone: MediaStreamTrack | null = null;
  /** Whom the held key speaks to; the microphone may still be asked for. */
  #wantsToTalk: SiteSlug | null = null;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** The conference. */
  get conference() {
    return this.connection.conference;
  }

  /** True while this operator holds the control lease. */
  get inControl(): boolean {
    const { lease } = this.conference;
    return this.connection.ready && lease !== null && lease === this.connection.you?.name;
  }

  /** True while this operator may take the control lease. */
  get mayClaim(): boolean {
    return mayClaim(
      this.#standing,
      this.conference.operators.map((one) => one.name),
    );
  }

  /**
   * What a button of a command needs: whether it is disabled, and why. `obstacle` is a reason of the widget's own; `title` is said
   * while nothing is in the way.
   */
  may(command: CommandType, obstacle = '', title?: string): { disabled: boolean; title: string | undefined } {
    const barrier = barrierTo(command, this.#standing) || obstacle;
    return { disabled: barrier !== '', title: barrier || title };
  }

  get #standing() {
    const { you, ready } = this.connection;
    const { lease, journalOk } = this.conference;
    return { ready, role: you?.role ?? null, name: you?.name ?? null, lease, journalOk };
  }

  /** The site that keys act on. */
  get selectedSite(): SiteModel | undefined {
    return this.selected === null ? undefined : this.conference.site(this.selected);
  }

  /** Tally of a site. */
  tallyOf(site: SiteSlug): Tally {
    return this.tallies.get(site) ?? IDLE;
  }

  /** True while a site shares content. */
  shares = (site: SiteSlug): boolean => this.conference.site(site)?.sharing ?? false;

  // What is judged is the camera and its microphone; of content only its presence is known.
  #readinessOf = ({ site, kind }: SourceRef): Readiness | null => {
    if (kind === 'content') return { state: this.shares(site) ? 'ready' : 'offline' };
    return this.conference.site(site)?.live?.ready ?? null;
  };

  /** Short name of a site. */
  name = (site: SiteSlug): string => this.conference.nameOf(site);

  /** Sends a command and tells how it ended. `key` marks the widgets that wait for it. */
  async run(key: string, label: string, command: Command): Promise<CommandOutcome | null> {
    if (!this.connection.ready || this.pending.has(key)) return null;
    this.pending.add(key);
    this.last = { label, outcome: 'pending', reason: '' };
    const outcome = await this.connection.command(command);
    this.pending.delete(key);
    // Somebody was quicker: it is as it was wanted.
    const done = outcome.accepted || outcome.reason.code === 'already_so';
    if (done) this.last = { label, outcome: 'accepted', reason: '' };
    else this.#refuse(label, refusalText(outcome.reason, this.name));
    return outcome;
  }

  /** A click on a tile: select it and look at it, in silence. */
  async preview(site: SiteSlug, add = false): Promise<void> {
    this.selected = site;
    this.picked = pick(this.picked, site, add, this.layout);
    await this.#sendPreview();
  }

  /** Chooses a layout and rebuilds the preview from what was picked. */
  async chooseLayout(layout: Layout): Promise<void> {
    this.layout = layout;
    this.picked = this.targets;
    await this.#sendPreview();
  }

  /** A site's shared content, large, with its camera. */
  async previewContent(site: SiteSlug): Promise<void> {
    this.layout = 'content_speaker';
    await this.preview(site);
  }

  /** Sites that a layout would show: those picked, else those of the preview. */
  get targets(): readonly SiteSlug[] {
    if (this.picked.length > 0) return this.picked;
    return [...new Set((this.conference.stage?.preview?.sources ?? []).map((source) => source.site))];
  }

  /** Why a layout cannot be chosen now; none: it can. */
  obstacleTo(layout: Layout): LayoutObstacle | null {
    return obstacleTo(layout, this.targets, this.shares);
  }

  /** Empties the preview. */
  clearPreview(): void {
    this.picked = [];
    void this.run('preview', m.command_clear_preview(), { type: 'clear_preview' });
  }

  /** Puts on air what is in preview now. `repeat` is the keyboard's. */
  take(repeat = false): void {
    const preview = this.conference.stage?.preview;
    if (!preview) {
      this.#refuse(m.take(), refusalText({ code: 'preview_empty' }, this.name));
      return;
    }
    if (!this.#guard.admit(performance.now(), repeat)) return;
    const label = m.command_take({ sites: preview.sources.map((source) => this.name(source.site)).join(' + ') });
    void this.run('take', label, { type: 'take', preview: preview.id });
  }

  backToHall = () => void this.run('hall', m.back_to_hall(), { type: 'back_to_hall' });
  undo = () => void this.run('undo', m.undo(), { type: 'undo' });
  muteAll = () => void this.run('mute_all', m.mute_all(), { type: 'mute_all' });
  clearQueue = () => void this.run('clear_queue', m.clear_queue(), { type: 'clear_queue' });
  endSpeech = () => void this.run('speech', m.end_speech(), { type: 'end_speech' });
  interrupt = () => void this.run('speech', m.interrupt(), { type: 'interrupt' });
  extend = () => void this.run('speech', m.extend_speech(), { type: 'extend_speech', seconds: EXTENSION_S });
  openConference = () => void this.run('phase', m.open_conference(), { type: 'open_conference' });
  endConference = (confirmation: string) =>
    this.run('phase', m.end_conference(), { type: 'end_conference', confirmation });

  /** Lets the clock run or stand. */
  toggleClock(): void {
    const holder = this.conference.floor.holder;
    if (!holder) return;
    const running = holder.clock.running_since !== null;
    const label = running ? m.pause_clock() : m.resume_clock();
    void this.run('clock', label, { type: running ? 'pause_clock' : 'resume_clock' });
  }

  removeFromAir = (site: SiteSlug) => this.#site('remove', m.remove_from_air, { type: 'remove_from_air', site });
  invite = (site: SiteSlug) => this.#site('invite', m.invite, { type: 'invite', site });
  grant = (site: SiteSlug) => this.#site('grant', m.grant, { type: 'grant', site });
  withdraw = (site: SiteSlug) => this.#site('withdraw', m.withdraw, { type: 'withdraw_request', site });

  /** Tells a site that it is next, or takes that back. */
  toggleCue(site: SiteSlug): void {
    const cued = this.conference.floor.cued.includes(site);
    void this.#site('cue', cued ? m.uncue : m.cue, { type: cued ? 'uncue' : 'cue', site });
  }

  /** Mutes a site for everybody, or lets it be heard. */
  toggleMute(site: SiteSlug): void {
    const muted = this.conference.site(site)?.view.muted ?? false;
    void this.#site('mute', muted ? m.unmute : m.mute, { type: muted ? 'unmute' : 'mute', site });
  }

  /** Moves a request by `step` places. */
  reorder(site: SiteSlug, step: number): void {
    const place = this.conference.floor.queue.findIndex((entry) => entry.site === site);
    if (place < 0) return;
    void this.moveTo(site, Math.min(Math.max(0, place + step), this.conference.floor.queue.length - 1));
  }

  /** Moves a request to a place, from 0. */
  async moveTo(site: SiteSlug, position: number): Promise<void> {
    if (this.conference.floor.queue[position]?.site === site) return;
    await this.#site('reorder', m.reorder, { type: 'reorder_queue', site, position });
  }

  /** Looks at the queue's next or previous site, from the one that is in preview. */
  previewInQueue(step: 1 | -1): void {
    const queue = this.conference.floor.queue.map((entry) => entry.site);
    if (queue.length === 0) return;
    const main = this.conference.stage?.preview?.sources[0]?.site;
    const place = main === undefined ? -1 : queue.indexOf(main);
    const next =
      place < 0 ? (step === 1 ? 0 : queue.length - 1) : Math.min(Math.max(0, place + step), queue.length - 1);
    void this.preview(queue[next]!);
  }

  setFloorMode(mode: FloorMode): void {
    void this.run('floor', m.command_floor({ mode: floorModeName(mode) }), { type: 'set_floor_mode', mode });
  }

  startItem = (item: ItemId) => void this.run(`item:${item}`, m.start_item(), { type: 'start_item', item });
  finishItem = (item: ItemId) => void this.run(`item:${item}`, m.finish_item(), { type: 'finish_item', item });

  /** Records a site as present or absent. */
  markPresence(site: SiteSlug, present: boolean, reason: string): void {
    void this.#site('presence', present ? m.mark_present : m.mark_absent, {
      type: 'mark_presence',
      site,
      present,
      reason,
    });
  }

  /** Sends a text; true: it was taken. */
  async sendMessage(to: SiteSlug[], text: string): Promise<boolean> {
    const outcome = await this.run('message', m.send_message(), { type: 'send_message', to, text });
    return outcome?.accepted ?? false;
  }

  acknowledge = (message: MessageId) =>
    void this.run(`ack:${message}`, m.acknowledge(), { type: 'acknowledge_message', message });

  /** Acknowledges the oldest message of a site that nobody at the centre has acknowledged. */
  acknowledgeOldest(): void {
    const open = this.conference.messages.find(awaitsCentre);
    if (open) this.acknowledge(open.id);
  }

  /** Takes the control lease, or gives it to another operator. */
  claimLease = () => {
    if (this.mayClaim) return void this.connection.send({ type: 'lease', action: { type: 'claim' } });
    const { lease } = this.conference;
    if (!this.inControl)
      this.#refuse(m.control_claim(), lease === null ? m.commands_locked() : m.control_of({ name: lease }));
  };
  handOver = (to: string) => this.connection.send({ type: 'lease', action: { type: 'hand_over', to } });

  /** Listens to one site alone, or to nobody. */
  toggleSolo(site: SiteSlug): void {
    const next = this.solo === site ? null : site;
    if (this.connection.send({ type: 'solo', site: next })) this.solo = next;
  }

  /** Speaks privately to the selected site while a key is held. Nobody is said to speak before a microphone is open. */
  async talk(site: SiteSlug): Promise<void> {
    if (this.#wantsToTalk !== null || !this.connection.ready) return;
    this.#wantsToTalk = site;
    if (this.#microphone?.readyState !== 'live') this.#microphone = (await openMicrophone()).track;
    // The key may have been released while the browser was asking for the microphone.
    if (this.#wantsToTalk !== site) return;
    if (!this.#microphone) {
      this.#wantsToTalk = null;
      toast.error(m.talkback_no_microphone());
      return;
    }
    if (!this.connection.send({ type: 'talkback', sites: [site] })) return this.endTalk();
    this.talkingTo = site;
    this.#talkbackTimer = setTimeout(() => this.endTalk(), TALKBACK_LIMIT_MS);
    await this.connection.setTrack('microphone', this.#microphone);
  }

  /** Ends talkback: key released, window left, connection lost, or time over. */
  endTalk(): void {
    this.#wantsToTalk = null;
    if (this.talkingTo === null) return;
    clearTimeout(this.#talkbackTimer);
    this.talkingTo = null;
    this.connection.send({ type: 'talkback', sites: [] });
    void this.connection.setTrack('microphone', null);
  }

  /** A new connection knows nothing of what was live: solo is asked for again. */
  handleReconnected(): void {
    if (this.solo !== null) this.connection.send({ type: 'solo', site: this.solo });
  }

  #refuse(label: string, reason: string): void {
    const refused: LastCommand = { label, outcome: 'refused', reason };
    this.last = refused;
    setTimeout(() => this.last === refused && (this.last = null), REFUSAL_SHOWN_MS);
  }

  async #sendPreview(): Promise<void> {
    const plan = this.#plan();
    if (!plan) return;
    const sites = [...new Set(plan.sources.map((source) => this.name(source.site)))].join(' + ');
    const label = m.command_preview({ sites, layout: layoutName(plan.layout) });
    const before = JSON.stringify(plan);
    await this.run('preview', label, { type: 'set_preview', ...plan });
    // A pick made while the answer was under way is sent now: the latest click is the one that counts.
    const latest = this.#plan();
    if (latest && JSON.stringify(latest) !== before) await this.#sendPreview();
  }

  #plan() {
    const hall = this.conference.info?.hall;
    return hall === undefined ? null : previewOf(this.layout, this.picked, hall, this.shares);
  }

  async #site(key: string, label: (inputs: { site: string }) => string, command: Command): Promise<void> {
    const site = 'site' in command ? command.site : '';
    await this.run(`${key}:${site}`, label({ site: this.name(site) }), command);
  }
}
