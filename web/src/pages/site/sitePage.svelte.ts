/** The site page's data: the connection, the devices and the status that follows from both. */
import { browserName } from '$lib/link/browserName';
import { watchVisibility } from '$lib/link/visibility';
import { keepAwake } from '$lib/link/wakeLock';
import { type Known, recallKnown, rememberKnown } from '$lib/link/known';
import { keepShell } from '$lib/link/shell';
import { saveDocument } from '$lib/link/documents';
import { recall, remember } from '$lib/link/storage';
import { knowsCodec } from '$lib/media/codecs';
import { captureScreen } from '$lib/media/screenCapture';
import { SenderProbe } from '$lib/media/senderProbe';
import { Connection } from '$lib/state/connection.svelte';
import type { Joined } from '$lib/state/join';
import { Ticker } from '$lib/state/ticker.svelte';
import type { Command, ContentFault, Document, EndpointStatus, QualityReason, Refusal, VideoCodec } from '$lib/wire';
import { measureLine } from '$lib/link/lineTransfer';
import { CentreCall } from './centreCall.svelte';
import { Devices } from './devices.svelte';
import {
  interruptible,
  isHeard,
  isOnlyHeard,
  reception,
  sharedScreenOnAir,
  type SiteStatus,
  siteStatus,
} from './model';
import { LineCheck } from './lineCheck.svelte';
import { ScreenShare } from './screenShare.svelte';

/** A first connection that takes longer than this is a fault that people should see, ms. */
const FIRST_CONNECTION_MS = 1_500;

/** Everything that the site page shows. Create one, call `start` when the page mounts. */
export class SitePage {
  readonly connection: Connection;
  readonly devices: Devices;
  readonly share: ScreenShare;
  /** The check of its line. */
  readonly lineCheck: LineCheck;
  readonly call: CentreCall;
  /** People have seen the device check in this browser; a reload or a reboot goes straight on. */
  checked: boolean = $state(recall('site.checked') === 'yes');
  /** The browser wants a key press before it plays sound. */
  soundBlocked: boolean = $state(false);
  /** Grows with each key press, to try playing again. */
  unlocked: number = $state(0);
  /** People can see the page. */
  visible: boolean = $state(true);
  /** A command is on its way. */
  pending: boolean = $state(false);
  refusal: Refusal | null = $state.raw(null);
  #ticker: Ticker;
  #token: string;
  /** What the link's last connection knew, for when the server is away. */
  #known: Known | null;

  constructor({ token, session }: Joined) {
    this.#token = token;
    this.#known = recallKnown(token);
    this.connection = new Connection(session);
    const probe = new SenderProbe();
    this.connection.measureSent((entries) => probe.measure(entries));
    this.devices = new Devices((name, track) => {
      probe.setTrack(name, track);
      void this.connection.setTrack(name, track);
    });
    this.share = new ScreenShare(captureScreen, (track) => void this.connection.setTrack('content', track));
    this.call = new CentreCall((calling) => this.connection.send({ type: 'call', site: null, calling }));
    this.lineCheck = new LineCheck(
      (message) => this.connection.send(message),
      () => measureLine(this.#token),
    );
    this.#ticker = new Ticker(() => this.connection.serverNow());
  }

  /** Begins; the returned function ends it. */
  start(): () => void {
    void keepShell(this.#token);
    const ends = [
      this.connection.start(),
      this.devices.start(),
      this.#ticker.start(),
      keepAwake(),
      watchVisibility((visible) => (this.visible = visible)),
    ];
    return () => {
      ends.forEach((end) => end());
      this.share.end();
    };
  }

  get slug(): string {
    return this.connection.you?.site ?? '';
  }

  get name(): string {
    return (
      this.connection.conference.site(this.slug)?.view.name ?? this.connection.you?.name ?? this.#known?.site ?? ''
    );
  }

  /** Title of the conference; empty: never heard. */
  get title(): string {
    return this.connection.conference.info?.title ?? this.#known?.title ?? '';
  }

  /** Phone number of the control room; empty: never heard. */
  get phone(): string {
    return this.connection.conference.info?.support_phone ?? this.#known?.phone ?? '';
  }

  /** Keeps who the site is and whom to ring. */
  keepKnown(): void {
    if (this.connection.conference.info && this.name)
      rememberKnown(this.#token, { site: this.name, title: this.title, phone: this.phone });
  }

  /** True while the page connects for the first time and nothing is wrong yet. */
  get connecting(): boolean {
    void this.#ticker.now;
    const { status, welcomed } = this.connection;
    const young = status.name === 'connecting' && this.connection.monotonicNow() - status.since < FIRST_CONNECTION_MS;
    return !welcomed && young;
  }

  /** The browser lacks the conference's video codec: nothing can be sent or seen. */
  get codecMissing(): VideoCodec | null {
    const codec = this.connection.plan?.codec;
    return codec && !knowsCodec(codec) ? codec : null;
  }

  /** Round trip to the server, whole ms; none before it was measured. */
  get roundTrip(): number | null {
    void this.#ticker.now;
    const measured = this.connection.roundTrip;
    return measured === undefined ? null : Math.round(measured);
  }

  get now(): number {
    return this.#ticker.now;
  }

  /** Whole seconds until an instant of the connection's clock. */
  secondsUntil(at: number): number {
    // Read for its signal: the answer changes as time passes.
    void this.#ticker.now;
    return Math.max(0, Math.ceil((at - this.connection.monotonicNow()) / 1_000));
  }

  get status(): SiteStatus {
    const { conference, status, picture } = this.connection;
    return siteStatus({
      slug: this.slug,
      link: status,
      checked: this.checked,
      info: conference.info,
      floor: conference.floor,
      agenda: conference.agenda,
      stage: conference.stage,
      picture,
      muted: this.muted,
      now: this.now,
    });
  }

  /** Muted by the centre. */
  get muted(): boolean {
    return this.connection.conference.site(this.slug)?.view.muted ?? false;
  }

  /** Everybody sees or hears the site, whatever this page shows at the moment. */
  get onAir(): boolean {
    return this.connection.picture?.on_air ?? false;
  }

  /** Everybody hears the site and nobody sees it. */
  get onlyHeard(): boolean {
    const { stage, info } = this.connection.conference;
    return isOnlyHeard({ slug: this.slug, stage, muted: this.muted, info });
  }

  /** What everybody sees now is a step of a tour. */
  get touring(): boolean {
    return this.connection.conference.stage?.program.tour ?? false;
  }

  /** Whom the hall's own page can interrupt; none on other pages. */
  get interruptible(): string | null {
    const { info, floor } = this.connection.conference;
    return interruptible(this.slug, info, floor);
  }

  /** Saves a document of the agenda; true: it came. */
  async save(document: Document): Promise<boolean> {
    const conference = this.connection.conference.info?.id ?? '';
    return (await saveDocument(conference, document, this.#token)) === null;
  }

  /** Everybody hears the site. */
  get heard(): boolean {
    return isHeard({ slug: this.slug, stage: this.connection.conference.stage, muted: this.muted });
  }

  get reception() {
    const site = this.connection.conference.site(this.slug);
    return reception(site?.live ? { ...site.live, level_dbfs: site.level } : null);
  }

  /** What the centre's measurements say of the site's picture and sound; nothing while nothing arrives. */
  get faults(): ContentFault[] {
    return this.reception === 'nothing' ? [] : (this.connection.conference.site(this.slug)?.live?.faults ?? []);
  }

  /** Why its line is not good, as the centre has it; null: it is good, or nothing is known. */
  get lineReason(): QualityReason | null {
    const live = this.connection.conference.site(this.slug)?.live;
    return live?.quality === 'weak' || live?.quality === 'bad' ? live.reason : null;
  }

  /** People may begin to share a screen: the centre hears of it. */
  get mayShare(): boolean {
    return this.connection.ready && this.connection.conference.info?.phase !== 'ended';
  }

  /** Its line may be filled: nobody is on air by it. */
  get mayCheck(): boolean {
    return this.connection.ready && !this.onAir && this.connection.conference.info?.phase !== 'live';
  }

  /** Everybody sees the site's shared screen. */
  get sharedScreenOnAir(): boolean {
    return sharedScreenOnAir(this.connection.picture, this.slug);
  }

  /** What the centre is told of devices and playback. */
  get endpointStatus(): EndpointStatus {
    return {
      camera: this.devices.camera.state,
      microphone: this.devices.microphone.state,
      sound_playing: !this.soundBlocked,
      content: this.share.track !== null,
      visible: this.visible,
      device_changes: this.devices.changes,
      browser: browserName(),
    };
  }

  /** Leaves the device check. */
  enter(): void {
    this.checked = true;
    remember('site.checked', 'yes');
  }

  /** Goes back to the device check; media goes on meanwhile. */
  recheck(): void {
    this.checked = false;
  }

  /** A key or a click: browsers allow sound from now on. */
  unlock(): void {
    if (this.soundBlocked) this.unlocked += 1;
  }

  /** Sends a command; a refusal is shown until the next one. */
  async send(command: Command): Promise<void> {
    this.pending = true;
    this.refusal = null;
    const outcome = await this.connection.command(command);
    this.pending = false;
    if (!outcome.accepted) this.refusal = outcome.reason;
  }
}
