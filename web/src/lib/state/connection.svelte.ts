/** One page's connection as signals: its session and the conference, tied together. */
import type { CommandOutcome, LinkStatus } from '$lib/link/machine';
import { exposeForTests } from '$lib/link/testHook';
import type { SendName } from '$lib/media/peer';
import type { StatsEntry } from '$lib/media/statistics';
import type { Flow, Still } from '$lib/media/stillness';
import type {
  ClientMessage,
  Command,
  HealthView,
  InstanceId,
  MediaPlan,
  Picture,
  SentStats,
  ServerMessage,
  SiteCheck,
  TakeReport,
  Uplink,
  Welcome,
  You,
} from '$lib/wire';
import { SvelteMap } from 'svelte/reactivity';
import { ConferenceStore } from './conference.svelte';
import type { Session } from './session';

/** A page's connection. Create one per page, call `start` when the page mounts. */
export class Connection {
  readonly conference = new ConferenceStore();
  /** Where the control connection stands. */
  status: LinkStatus = $state.raw({ name: 'connecting', since: 0, retryAt: null, problem: null });
  /** True once the first welcome has come. */
  welcomed: boolean = $state(false);
  you: You | null = $state.raw(null);
  plan: MediaPlan | null = $state.raw(null);
  /** The programme as this page shows it: it changes with the first frame of a take. */
  picture: Picture | null = $state.raw(null);
  uplink: Uplink = $state.raw({ low: true, mid: false, high: false, content: false });
  /** Health of all sites, once a second; only pages of technicians are told. */
  health: HealthView | null = $state.raw(null);
  /** How far the check of this site's line is, as the server said last. */
  check: SiteCheck | null = $state.raw(null);
  /** The latest take, for operators. */
  takeReport: TakeReport | null = $state.raw(null);
  /** The control room speaks to this site. */
  talkback: boolean = $state(false);
  /** Number of the peer connection: streams are read anew when it changes. */
  generation: number = $state(0);
  mediaState: RTCPeerConnectionState = $state('new');
  /** Whether media really arrives. */
  flow: Flow = $state('unknown');
  /** Slots whose picture stands. */
  #still = new SvelteMap<string, Still>();
  /** Server's time at which control was lost; none: it is not. */
  #lostAt: number | null = null;
  #session: Session;
  #instance: InstanceId | null = null;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Begins, unless the session has begun already; the returned function ends it. */
  start(): () => void {
    this.#session.start();
    this.#session.show({
      message: (message) => this.#receive(message),
      status: (status) => this.#setStatus(status),
      mediaChanged: () => this.#mediaChanged(),
      picture: (picture) => (this.picture = picture),
      arrival: (flow, still) => this.#setArrival(flow, still),
    });
    const { link, media } = this.#session;
    exposeForTests({
      negotiations: () => media.negotiations,
      generation: () => media.generation,
      connectionState: () => media.connectionState,
      status: () => this.status.name,
      instance: () => this.#instance,
      picture: () => $state.snapshot(this.picture),
      stage: () => $state.snapshot(this.conference.stage),
      uplink: () => $state.snapshot(this.uplink),
      cutControl: () => link.cut(),
    });
    return () => this.#session.end();
  }

  /** True while commands can be given. */
  get ready(): boolean {
    return this.status.name === 'ready';
  }

  /** Sends a command and waits for its answer. */
  command(command: Command): Promise<CommandOutcome> {
    return this.#session.link.command(command, this.conference.floor.holder?.site ?? null);
  }

  /** Sends what is not a command; false: not connected. */
  send(message: ClientMessage): boolean {
    return this.#session.link.send(message);
  }

  /** Takes the connection back from another page of the same device. */
  resume(): void {
    this.#session.link.resume();
  }

  /** Server's clock now, ms since the epoch. */
  serverNow(): number {
    return this.#session.link.serverNow();
  }

  /**
   * The time that a speech clock is read at. It stands while control is lost: the server's clock stands too while the server is away,
   * and a clock that is made up here would be corrected before everybody's eyes.
   */
  speechTime(now: number): number {
    return this.ready || this.#lostAt === null ? now : Math.min(now, this.#lostAt);
  }

  /** The clock of `status`'s times, ms; it has nothing to do with the time of day. */
  monotonicNow(): number {
    return performance.now();
  }

  /** Round trip of the control connection, ms. */
  get roundTrip(): number | undefined {
    return this.#session.link.roundTrip;
  }

  /** Picture of a slot, for example `program:0`; read it in an effect: it depends on the generation. */
  video(key: string): MediaStream | null {
    return this.generation > 0 ? this.#session.media.video(key) : null;
  }

  /** What is wrong with the picture of a slot; undefined: it moves. */
  still(key: string): Still | undefined {
    return this.#still.get(key);
  }

  /** Sound of a slot. */
  audio(key: string): MediaStream | null {
    return this.generation > 0 ? this.#session.media.audio(key) : null;
  }

  /** A frame of a slot is on the screen. */
  frame(key: string, rtpTimestamp: number): void {
    this.#session.media.handleFrame(key, rtpTimestamp);
  }

  /** Sets what one of the page's lines sends. */
  setTrack(name: SendName, track: MediaStreamTrack | null): Promise<void> {
    return this.#session.media.setTrack(name, track);
  }

  /** Measures what is sent, for each report to the server. */
  measureSent(measure: (entries: readonly StatsEntry[]) => SentStats): void {
    this.#session.media.measureSent(measure);
  }

  #setStatus(status: LinkStatus): void {
    if (status.name === 'ready') this.#lostAt = null;
    else if (this.status.name === 'ready') this.#lostAt = this.serverNow();
    this.status = status;
  }

  #mediaChanged(): void {
    this.generation = this.#session.media.generation;
    this.mediaState = this.#session.media.connectionState;
  }

  #setArrival(flow: Flow, still: ReadonlyMap<string, Still>): void {
    this.flow = this.mediaState === 'failed' || this.mediaState === 'closed' ? 'stopped' : flow;
    // One entry at a time: a picture that goes on wakes nobody.
    for (const key of [...this.#still.keys()]) if (!still.has(key)) this.#still.delete(key);
    for (const [key, what] of still) this.#still.set(key, what);
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        return this.#welcome(message);
      case 'event':
        return this.conference.applyChanges(message.changes);
      case 'live':
        this.conference.applyLive(message);
        return this.#expect();
      case 'check':
        this.check = message;
        return;
      case 'health':
        this.health = message;
        return;
      case 'offer_refused':
        return console.error('offer refused', message.generation, message.detail);
      case 'picture':
        return this.#session.media.setPicture(message);
      case 'cut':
        return this.#session.media.handleCut(message.take, message.cuts, message.picture);
      case 'uplink':
        this.uplink = message;
        return this.#session.media.setUplink(message);
      case 'take_report':
        this.takeReport = message;
        return;
      case 'talkback':
        this.talkback = message.active;
        return;
      case 'error':
        return console.warn('server:', message.code, message.detail);
      case 'accepted':
      case 'answer':
      case 'refused':
      case 'pong':
        return;
    }
  }

  #welcome(welcome: Welcome): void {
    if (welcome.state) this.conference.applySnapshot(welcome.state);
    this.conference.applyLive(welcome.live);
    this.you = welcome.you;
    this.plan = welcome.media;
    this.uplink = welcome.uplink;
    if (!this.welcomed) this.picture = welcome.picture;
    this.welcomed = true;
    this.#session.media.welcome(welcome.media, this.#instance === welcome.instance, welcome.picture, welcome.uplink);
    this.#instance = welcome.instance;
    this.#expect();
  }

  #expect(): void {
    const sends = this.plan?.lines.some((line) => line.slot.name === 'camera') ?? false;
    const shows = (this.picture?.cells ?? []).some((cell) => this.conference.site(cell.site)?.online);
    const tiles = this.plan?.lines.some((line) => line.slot.name === 'wall') ?? false;
    const wall = tiles && this.conference.sites.some((site) => site.online);
    this.#session.media.setExpected(sends || shows || wall);
  }
}
