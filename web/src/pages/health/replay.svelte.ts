/**
 * The conference as it was at another time. A moment is asked for once nobody moves along the time line for a blink; of several
 * answers only the latest counts, and the question before it is given up.
 */
import type { HttpFailure, HttpResult } from '$lib/link/http';
import type { Moment, TimeLine } from '$lib/wire';
import { nextMark } from './model/marks';

/** A hand that moves along the line rests this long before anything is asked, ms. */
export const REST_MS = 120;
/** While it plays, the next moment is asked for this often, ms. */
export const PLAY_EVERY_MS = 500;
/** How fast it may run. */
export const SPEEDS = [1, 10, 60] as const;
/** One of them; 0: it stands. */
export type Speed = 0 | (typeof SPEEDS)[number];

/** Where moments come from. */
export type ReplaySource = {
  line(signal: AbortSignal): Promise<HttpResult<TimeLine>>;
  moment(at: number, signal: AbortSignal): Promise<HttpResult<Moment>>;
};

/** One replay. */
export class Replay {
  /** What there is; none before it has come. */
  line: TimeLine | null = $state.raw(null);
  /** The time that is looked at, ms since the epoch; none: now, live. */
  at: number | null = $state(null);
  /** The conference at the latest time that was answered. */
  moment: Moment | null = $state.raw(null);
  /** An answer is awaited. */
  busy: boolean = $state(false);
  failure: HttpFailure | null = $state.raw(null);
  speed: Speed = $state(0);
  #source: ReplaySource;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #play: ReturnType<typeof setInterval> | undefined;
  #asking: AbortController | null = null;
  #asked: number | null = null;

  constructor(source: ReplaySource) {
    this.#source = source;
  }

  /** True while another time than now is looked at. */
  get active(): boolean {
    return this.at !== null;
  }

  /** Reads what there is; a site's history wants it as well. */
  async load(): Promise<void> {
    const answer = await this.#source.line(new AbortController().signal);
    if (answer.ok) this.line = answer.value;
    else this.failure = answer.failure;
  }

  /** Goes back to a time; none: to the last that there is. */
  async enter(at: number | null, now: number): Promise<void> {
    this.failure = null;
    this.at = at ?? now;
    await this.load();
    // Whoever went back to live meanwhile is not fetched from there.
    if (this.at === null) return;
    this.seek(this.at);
  }

  /** Goes to a time, into what there is. */
  seek(at: number): void {
    this.at = this.#within(at);
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => void this.#ask(), REST_MS);
  }

  /** Goes on or back by so many ms. */
  step(by: number): void {
    if (this.at !== null) this.seek(this.at + by);
  }

  /** Goes to the mark after this time, or before it. */
  jump(direction: 1 | -1): void {
    const mark = this.at === null ? null : nextMark(this.line?.marks ?? [], this.at, direction);
    if (mark) this.seek(mark.at);
  }

  /** Runs; the same speed again, or 0: stands. */
  play(speed: Speed): void {
    clearInterval(this.#play);
    this.speed = speed === this.speed ? 0 : speed;
    if (this.speed !== 0) this.#play = setInterval(() => this.#tick(), PLAY_EVERY_MS);
  }

  /** Back to now. */
  leave(): void {
    clearTimeout(this.#rest);
    clearInterval(this.#play);
    this.#asking?.abort();
    this.#asking = null;
    this.#asked = null;
    this.speed = 0;
    this.at = null;
    this.moment = null;
    this.busy = false;
    this.failure = null;
  }

  #within(at: number): number {
    return this.line ? Math.min(this.line.to, Math.max(this.line.from, at)) : at;
  }

  #tick(): void {
    if (this.at === null) return;
    this.at = this.#within(this.at + PLAY_EVERY_MS * this.speed);
    if (this.line && this.at >= this.line.to) {
      this.play(0);
      return this.seek(this.at);
    }
    // A moment that takes long is waited for: questions given up one after the other would never show anything.
    if (this.#asking === null) void this.#ask();
  }

  async #ask(): Promise<void> {
    if (this.at === null || this.at === this.#asked) return;
    const at = this.at;
    this.#asking?.abort();
    const mine = (this.#asking = new AbortController());
    this.#asked = at;
    this.busy = true;
    const answer = await this.#source.moment(at, mine.signal);
    if (this.#asking !== mine) return;
    this.#asking = null;
    this.busy = false;
    if (answer.ok) {
      this.moment = answer.value;
      this.failure = null;
    } else {
      this.failure = answer.failure;
      this.#asked = null;
    }
  }
}
