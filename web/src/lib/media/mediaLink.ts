/** A page's media for as long as the page lives: builds peer connections, replaces dead ones, follows the programme. */
import type { Cut, EndpointStats, MediaPlan, Picture, SentStats, TakeId, Uplink } from '$lib/wire';
import { type LocalTracks, MediaPeer, type SendName } from './peer';
import { PictureFollower } from './pictureFollower';
import type { SlotKey } from './slots';
import { LossBuffer, STEADY } from './lossBuffer';
import { type MediaCounters, type StatsEntry, countersOf, framesBySlot, statsBetween } from './statistics';
import { type Flow, type Still, Stillness } from './stillness';
import { MediaWatchdog } from './watchdog';

/** How often the media is looked at; a stall is noticed within its bound plus this. */
const WATCH_EVERY_MS = 1_000;
/** How often the page reports what it receives. */
const STATS_EVERY_MS = 2_000;

/** What the media tells its page. */
export type MediaListener = {
  /** Send an offer; false: no control connection now. */
  offer(generation: number, sdp: string): boolean;
  /** Send an offer right behind the hello, without waiting for the welcome. */
  offerAhead(generation: number, sdp: string): void;
  /** Streams or connection state changed: read them again. */
  changed(): void;
  /** Another picture is to be shown. */
  picture(picture: Picture): void;
  /** A take is on this page's screen. */
  shown(take: TakeId, elapsedMs: number): void;
  /** What was received in the last two seconds. */
  stats(stats: EndpointStats): void;
  /** What really arrives, each time it was looked at. */
  arrival(flow: Flow, still: ReadonlyMap<SlotKey, Still>): void;
};

const NO_UPLINK: Uplink = { low: true, mid: false, high: false, content: false };

/** One page's media. */
export class MediaLink {
  #listener: MediaListener;
  #peer: MediaPeer | null = null;
  #plan: MediaPlan | null = null;
  #tracks: LocalTracks = { camera: null, microphone: null, content: null };
  #uplink: Uplink = NO_UPLINK;
  #watchdog = new MediaWatchdog();
  #stillness = new Stillness();
  #lossBuffer = new LossBuffer();
  /** A connection that is built anew goes over the same line. */
  #waits = STEADY;
  #follower: PictureFollower | null = null;
  #followTimer: ReturnType<typeof setTimeout> | undefined;
  #counters: MediaCounters | null = null;
  #generation = 0;
  #negotiations = 0;
  #control = false;
  /** The offer of this generation does not wait for the welcome, which has not come yet. */
  #ahead = false;
  #expected = false;
  #measure: ((entries: readonly StatsEntry[]) => SentStats) | null = null;

  constructor(listener: MediaListener) {
    this.#listener = listener;
  }

  /** Begins watching; the returned function ends all. */
  start(): () => void {
    const watch = setInterval(() => void this.#watch(), WATCH_EVERY_MS);
    const report = setInterval(() => void this.#report(), STATS_EVERY_MS);
    return () => {
      clearInterval(watch);
      clearInterval(report);
      clearTimeout(this.#followTimer);
      this.#peer?.close();
    };
  }

  /** Number of the peer connection, from 1. */
  get generation(): number {
    return this.#generation;
  }

  /** Answers that were applied: more than one per generation would be a renegotiation. */
  get negotiations(): number {
    return this.#negotiations;
  }

  /** State of the peer connection. */
  get connectionState(): RTCPeerConnectionState {
    return this.#peer?.connection.connectionState ?? 'new';
  }

  /** The page is being connected for the first time and its plan is known already: the offer travels with the hello. */
  prepare(plan: MediaPlan): void {
    this.#plan = plan;
    this.#ahead = true;
    void this.#build();
  }

  /** The server welcomed the page. Media that still lives under the same instance is kept, and so is an offer that came ahead. */
  welcome(plan: MediaPlan, sameInstance: boolean, picture: Picture, uplink: Uplink): void {
    this.#control = true;
    const kept = this.#ahead || (sameInstance && this.#peer?.answered);
    this.#ahead = false;
    const samePlan = JSON.stringify(plan) === JSON.stringify(this.#plan);
    this.#plan = plan;
    this.setUplink(uplink);
    if (!this.#follower) this.#follower = new PictureFollower(picture);
    this.setPicture(picture);
    if (!kept || !samePlan) void this.#build();
  }

  /** The control connection is gone; media goes on. */
  controlLost(): void {
    this.#control = false;
    this.#ahead = false;
  }

  /** The server's answer; one of an older generation is ignored. */
  async handleAnswer(generation: number, sdp: string): Promise<void> {
    const peer = this.#peer;
    if (!peer || peer.generation !== generation || peer.answered) return;
    try {
      await peer.answer(sdp);
    } catch (fault) {
      console.error('answer not applied', fault);
      return;
    }
    this.#negotiations += 1;
    await this.#applyUplink();
    this.#listener.changed();
  }

  /** Something should be arriving from the relay now. */
  setExpected(expected: boolean): void {
    this.#expected = expected;
  }

  /** Layers that the relay wants. */
  setUplink(uplink: Uplink): void {
    this.#uplink = uplink;
    void this.#applyUplink();
  }

  /** Measures what is sent, for each report; pages that send nothing measure nothing. */
  measureSent(measure: (entries: readonly StatsEntry[]) => SentStats): void {
    this.#measure = measure;
  }

  /** Sets what a line sends; kept for the peer connections to come. */
  async setTrack(name: SendName, track: MediaStreamTrack | null): Promise<void> {
    this.#tracks[name] = track;
    await this.#peer?.setTrack(name, track);
  }

  /** Picture of a slot, of the current generation. */
  video(key: SlotKey): MediaStream | null {
    return this.#peer?.video(key) ?? null;
  }

  /** Sound of a slot, of the current generation. */
  audio(key: SlotKey): MediaStream | null {
    return this.#peer?.audio(key) ?? null;
  }

  /** The programme without a take. */
  setPicture(picture: Picture): void {
    this.#follow((follower) => follower.handlePicture(picture));
  }

  /** A take reached this page. */
  handleCut(take: TakeId, cuts: readonly Cut[], picture: Picture): void {
    this.#follow((follower) => follower.handleCut(take, cuts, picture, performance.now()));
  }

  /** A frame of a slot is on the screen. */
  handleFrame(key: SlotKey, rtpTimestamp: number): void {
    this.#follow((follower) => follower.handleFrame(key, rtpTimestamp, performance.now()));
  }

  #follow(input: (follower: PictureFollower) => void): void {
    const follower = this.#follower;
    if (!follower) return;
    const before = follower.picture;
    input(follower);
    if (follower.picture !== before) this.#listener.picture(follower.picture);
    for (let shown = follower.pollShown(); shown; shown = follower.pollShown()) {
      this.#listener.shown(shown.take, shown.elapsedMs);
    }
    clearTimeout(this.#followTimer);
    const at = follower.pollTimeout();
    if (at === null) return;
    const wake = () => this.#follow((one) => one.handleTimeout(performance.now()));
    this.#followTimer = setTimeout(wake, Math.max(0, at - performance.now()));
  }

  async #build(): Promise<void> {
    // A page without media lines (plan, buttons) has no peer connection.
    if (!this.#plan || this.#plan.lines.length === 0) return;
    this.#peer?.close();
    this.#generation += 1;
    const peer = new MediaPeer(this.#generation, this.#plan);
    this.#peer = peer;
    peer.setWaits(this.#waits);
    this.#counters = null;
    this.#watchdog.handleBuilt(performance.now());
    this.#stillness.handleBuilt();
    this.#follower?.handleRebuilt();
    peer.connection.onconnectionstatechange = () => this.#peer === peer && this.#listener.changed();
    this.#listener.changed();
    try {
      const sdp = await peer.offer(this.#tracks);
      if (this.#peer !== peer) return;
      if (this.#ahead) this.#listener.offerAhead(peer.generation, sdp);
      else this.#listener.offer(peer.generation, sdp);
    } catch (fault) {
      // A newer generation began while this one was being described, and closed it.
      if (this.#peer === peer) console.error('offer not made', fault);
    }
  }

  async #applyUplink(): Promise<void> {
    const peer = this.#peer;
    if (!peer?.answered) return;
    await peer.setUplink(this.#uplink);
  }

  async #entries(peer: MediaPeer): Promise<StatsEntry[]> {
    const report = await peer.connection.getStats();
    return [...report.values()] as StatsEntry[];
  }

  #count(peer: MediaPeer, entries: readonly StatsEntry[]): MediaCounters {
    return countersOf(entries, (track) => peer.isProgram(track), performance.now());
  }

  #notice(peer: MediaPeer, entries: readonly StatsEntry[], bytes: number): void {
    const now = performance.now();
    this.#stillness.handleCounts(bytes, framesBySlot(entries, peer.videoSlots), now);
    this.#listener.arrival(this.#stillness.flowAt(now), this.#stillness.stillAt(now));
  }

  async #watch(): Promise<void> {
    const peer = this.#peer;
    if (!peer) return;
    const entries = await this.#entries(peer);
    if (this.#peer !== peer) return;
    const { bytes } = this.#count(peer, entries);
    this.#notice(peer, entries, bytes);
    const facts = {
      connection: peer.connection.connectionState,
      bytes,
      expected: this.#expected,
      control: this.#control,
    };
    if (this.#watchdog.handleFacts(facts, performance.now())) void this.#build();
  }

  async #report(): Promise<void> {
    const peer = this.#peer;
    if (!peer || !this.#control) return;
    const entries = await this.#entries(peer);
    if (this.#peer !== peer) return;
    const counters = this.#count(peer, entries);
    const before = this.#counters;
    this.#counters = counters;
    if (!before) return;
    const stats = statsBetween(before, counters);
    this.#waits = this.#lossBuffer.handleLoss(stats.loss, stats.rtt_ms, counters.at);
    peer.setWaits(this.#waits);
    this.#listener.stats(this.#measure ? { ...stats, sent: this.#measure(entries) } : stats);
  }
}
