/** One page's connection as signals: the link, the media and the conference, tied together. */
import { canInflate } from '$lib/link/inbox';
import { Link } from '$lib/link/link';
import type { CommandOutcome, LinkStatus } from '$lib/link/machine';
import { deviceId } from '$lib/link/storage';
import { exposeForTests } from '$lib/link/testHook';
import { MediaLink } from '$lib/media/mediaLink';
import type { SendName } from '$lib/media/peer';
import type { Flow, Still } from '$lib/media/stillness';
import type {
  ClientKind,
  ClientMessage,
  Command,
  InstanceId,
  MediaPlan,
  Picture,
  ServerMessage,
  TakeReport,
  Uplink,
  Welcome,
  You,
} from '$lib/wire';
import { SvelteMap } from 'svelte/reactivity';
import { ConferenceStore } from './conference.svelte';

/** Version of the messages; must equal `wire::PROTOCOL_VERSION`. */
export const PROTOCOL_VERSION = 1;

/** Who the page says it is, and the media plan that its welcome will bring, if that is known. */
export type ConnectionOptions = {
  client: ClientKind;
  token?: string | null;
  conference?: string | null;
  plan?: MediaPlan | null;
};

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
  #link: Link;
  #media: MediaLink;
  #instance: InstanceId | null = null;
  #expectedPlan: MediaPlan | null;

  constructor(options: ConnectionOptions) {
    const identity = {
      protocol: PROTOCOL_VERSION,
      client: options.client,
      token: options.token ?? null,
      conference: options.conference ?? null,
      device: deviceId(),
      deflate: canInflate,
    };
    this.#expectedPlan = options.plan ?? null;
    this.#link = new Link(identity, {
      message: (message) => this.#receive(message),
      status: (status) => this.#setStatus(status),
    });
    this.#media = new MediaLink({
      offer: (generation, sdp) => this.#link.send({ type: 'offer', generation, sdp }),
      offerAhead: (generation, sdp) => this.#link.sendAhead({ type: 'offer', generation, sdp }),
      changed: () => this.#mediaChanged(),
      picture: (picture) => (this.picture = picture),
      shown: (take, elapsed_ms) => this.#link.send({ type: 'shown', take, elapsed_ms }),
      stats: (stats) => this.#link.send({ type: 'stats', ...stats }),
      arrival: (flow, still) => this.#setArrival(flow, still),
    });
  }

  /** Begins; the returned function ends it. */
  start(): () => void {
    const stopMedia = this.#media.start();
    const stopLink = this.#link.start();
    if (this.#expectedPlan) this.#media.prepare(this.#expectedPlan);
    exposeForTests({
      negotiations: () => this.#media.negotiations,
      generation: () => this.#media.generation,
      connectionState: () => this.#media.connectionState,
      status: () => this.status.name,
      instance: () => this.#instance,
      picture: () => $state.snapshot(this.picture),
      stage: () => $state.snapshot(this.conference.stage),
      uplink: () => $state.snapshot(this.uplink),
      cutControl: () => this.#link.cut(),
    });
    return () => {
      stopLink();
      stopMedia();
    };
  }

  /** True while commands can be given. */
  get ready(): boolean {
    return this.status.name === 'ready';
  }

  /** Sends a command and waits for its answer. */
  command(command: Command): Promise<CommandOutcome> {
    return this.#link.command(command);
  }

  /** Sends what is not a command; false: not connected. */
  send(message: ClientMessage): boolean {
    return this.#link.send(message);
  }

  /** Takes the connection back from another page of the same device. */
  resume(): void {
    this.#link.resume();
  }

  /** Server's clock now, ms since the epoch. */
  serverNow(): number {
    return this.#link.serverNow();
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
    return this.#link.roundTrip;
  }

  /** Picture of a slot, for example `program:0`; read it in an effect: it depends on the generation. */
  video(key: string): MediaStream | null {
    return this.generation > 0 ? this.#media.video(key) : null;
  }

  /** What is wrong with the picture of a slot; undefined: it moves. */
  still(key: string): Still | undefined {
    return this.#still.get(key);
  }

  /** Sound of a slot. */
  audio(key: string): MediaStream | null {
    return this.generation > 0 ? this.#media.audio(key) : null;
  }

  /** A frame of a slot is on the screen. */
  frame(key: string, rtpTimestamp: number): void {
    this.#media.handleFrame(key, rtpTimestamp);
  }

  /** Sets what one of the page's lines sends. */
  setTrack(name: SendName, track: MediaStreamTrack | null): Promise<void> {
    return this.#media.setTrack(name, track);
  }

  #setStatus(status: LinkStatus): void {
    if (status.name === 'ready') this.#lostAt = null;
    else if (this.status.name === 'ready') this.#lostAt = this.serverNow();
    this.status = status;
    if (status.name !== 'ready') this.#media.controlLost();
  }

  #mediaChanged(): void {
    this.generation = this.#media.generation;
    this.mediaState = this.#media.connectionState;
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
      case 'answer':
        return void this.#media.handleAnswer(message.generation, message.sdp);
      case 'offer_refused':
        return console.error('offer refused', message.generation, message.detail);
      case 'picture':
        return this.#media.setPicture(message);
      case 'cut':
        return this.#media.handleCut(message.take, message.cuts, message.picture);
      case 'uplink':
        this.uplink = message;
        return this.#media.setUplink(message);
      case 'take_report':
        this.takeReport = message;
        return;
      case 'talkback':
        this.talkback = message.active;
        return;
      case 'error':
        return console.warn('server:', message.code, message.detail);
      case 'accepted':
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
    this.#media.welcome(welcome.media, this.#instance === welcome.instance, welcome.picture, welcome.uplink);
    this.#instance = welcome.instance;
    this.#expect();
  }

  #expect(): void {
    const sends = this.plan?.lines.some((line) => line.slot.name === 'camera') ?? false;
    const shows = (this.picture?.cells ?? []).some((cell) => this.conference.site(cell.site)?.online);
    const tiles = this.plan?.lines.some((line) => line.slot.name === 'wall') ?? false;
    const wall = tiles && this.conference.sites.some((site) => site.online);
    this.#media.setExpected(sends || shows || wall);
  }
}
