/**
 * The control connection of a page as a pure state machine: no socket, no clock, no randomness of its own.
 *
 * ```text
 *                            start                opened            welcome
 *  idle ────────────────────────────────▶ opening ────────▶ greeting ───────▶ ready
 *                            probed ok ──▶   │ closed           │ closed        │ closed, silent
 *             probing ───────────────┘       ▼                  ▼               ▼
 *              ▲   └ failed ─▶ waiting ◀─────────────────────────────────────────
 *              └──────────────────┘
 * ```
 *
 * Every attempt but the first is probed before: browsers delay a WebSocket after many that failed. The first one follows a page
 * that has just been loaded from the same server, and far away a probe costs a third of a second.
 *
 * The shell calls one `handle…` method, then drains `pollOutput` and sleeps until `pollTimeout`.
 * The machine never gives up. `held` is the one state that a person must leave: the same device opened the page again.
 */
import type { ClientMessage, Command, ErrorCode, Hello, Refusal, ServerMessage, SiteSlug, Welcome } from '$lib/wire';
import { REFUSED_RETRY_MS, retryDelay } from './retry';
import { ServerClock } from './serverClock';

/** The server answers a ping within milliseconds; one each second keeps the lease's heartbeat and the clock fresh. */
export const PING_EVERY_MS = 1_000;
/** Without a word from the server for this long the socket is dead, whatever TCP believes. */
export const SILENCE_MS = 3_500;
/** A timer that comes this late means that the page itself was stopped: what the server said waits to be read. */
export const OVERSLEPT_MS = 500;
/** Time to read it, before the silence is blamed on the server. */
export const READ_MS = 1_000;
/** A socket that has not opened and greeted by then is given up. */
export const OPEN_TIMEOUT_MS = 4_000;
/** Commands that wait for an answer; a person cannot send more, so a flood means a fault. */
export const MAX_PENDING = 100;

/** Where the connection stands. `since` is when control was lost, ms of the shell's clock. */
export type LinkStatus =
  | { name: 'connecting'; since: number; retryAt: number | null; problem: ErrorCode | null }
  | { name: 'ready' }
  | { name: 'held' };

/** What the shell must do. */
export type LinkOutput =
  | { do: 'probe' }
  | { do: 'open' }
  | { do: 'close' }
  | { do: 'reload' }
  | { do: 'send'; message: ClientMessage }
  | { do: 'deliver'; message: ServerMessage }
  | { do: 'settle'; id: string; outcome: CommandOutcome }
  | { do: 'status'; status: LinkStatus };

/** How a command ended. */
export type CommandOutcome = { accepted: true; revision: number } | { accepted: false; reason: Refusal };

type Phase =
  | { name: 'idle' }
  | { name: 'waiting'; until: number }
  | { name: 'probing' }
  | { name: 'opening'; until: number }
  | { name: 'greeting'; until: number }
  | { name: 'ready'; pingAt: number }
  | { name: 'held' };

type Pending = { command: Command; seen: number | null; speaker: SiteSlug | null; givenAt: number };

/** What a page says of itself in `hello`; the machine adds what it has seen. */
export type Identity = Omit<Hello, 'instance' | 'since'>;

/** Pure state machine of a page's WebSocket; see the module's diagram. */
export class LinkMachine {
  readonly clock = new ServerClock();
  #identity: Identity;
  #random: () => number;
  #phase: Phase = { name: 'idle' };
  #outputs: LinkOutput[] = [];
  #pending = new Map<string, Pending>();
  #pings = new Map<number, number>();
  #ahead: ClientMessage | null = null;
  #nonce = 0;
  #attempt = 0;
  #greetedAt = 0;
  #heardAt = 0;
  #lostAt = 0;
  #problem: ErrorCode | null = null;
  #instance: string | null = null;
  #revision: number | null = null;

  constructor(identity: Identity, random: () => number) {
    this.#identity = identity;
    this.#random = random;
  }

  /** Revision of the state that was delivered last. */
  get revision(): number | null {
    return this.#revision;
  }

  /** Begins, or takes the connection back after `held`. */
  handleStart(now: number): void {
    if (this.#phase.name !== 'idle' && this.#phase.name !== 'held') return;
    this.#lostAt = now;
    this.#problem = null;
    this.#open(now);
    this.#status(null);
  }

  /** The probe answered, or not. */
  handleProbed(reachable: boolean, now: number): void {
    if (this.#phase.name !== 'probing') return;
    if (!reachable) return this.#retry(now);
    this.#open(now);
  }

  /** The socket is open. */
  handleOpened(now: number): void {
    if (this.#phase.name !== 'opening') return;
    this.#phase = { name: 'greeting', until: now + OPEN_TIMEOUT_MS };
    this.#heardAt = now;
    this.#greetedAt = now;
    this.#send({ type: 'hello', ...this.#identity, instance: this.#instance, since: this.#revision });
    if (this.#ahead) this.#send(this.#ahead);
    this.#ahead = null;
  }

  /** The socket closed or failed. */
  handleClosed(now: number): void {
    if (this.#phase.name === 'opening' || this.#phase.name === 'greeting' || this.#phase.name === 'ready')
      this.#retry(now);
  }

  /** The browser says that the network is back, or the page is visible again: do not wait any longer. */
  handleHint(now: number): void {
    if (this.#phase.name === 'waiting' && this.#problem === null) this.#phase = { name: 'waiting', until: now };
  }

  /** A message arrived. */
  handleMessage(message: ServerMessage, now: number): void {
    if (this.#phase.name !== 'greeting' && this.#phase.name !== 'ready') return;
    // What a page reads after a sleep was said to the page of then.
    const stale = now - this.#heardAt > SILENCE_MS;
    this.#heardAt = now;
    switch (message.type) {
      case 'welcome':
        return this.#welcome(message, now);
      case 'event':
        if (this.#revision !== null && message.revision < this.#revision) return;
        this.#revision = message.revision;
        break;
      case 'accepted':
        return this.#settle(message.id, { accepted: true, revision: message.revision });
      case 'refused':
        return this.#settle(message.id, { accepted: false, reason: message.reason });
      case 'pong':
        return this.#pong(message.nonce, message.now, now);
      case 'error':
        if (message.fatal) return stale ? this.#drop(now) : this.#fatal(message.code, now);
        break;
      default:
        break;
    }
    this.#outputs.push({ do: 'deliver', message });
  }

  /**
   * Sends a command; it is sent again after a cut until it is answered, with its age: the server knows whether it was done, and
   * does not do late what meant the moment. `speaker`: who holds the floor, as the person sees it. False: too many wait already.
   */
  handleCommand(id: string, command: Command, speaker: SiteSlug | null, now: number): boolean {
    if (this.#pending.size >= MAX_PENDING) return false;
    const pending = { command, seen: this.#revision, speaker, givenAt: now };
    this.#pending.set(id, pending);
    if (this.#phase.name === 'ready') this.#sendCommand(id, pending, now);
    return true;
  }

  /** Sends something that loses its meaning when the connection is cut; false: there is none now. */
  handleSend(message: ClientMessage): boolean {
    if (this.#phase.name !== 'ready') return false;
    this.#send(message);
    return true;
  }

  /** Sends something right behind the hello of the connection that is being made, without waiting for its welcome. */
  handleAhead(message: ClientMessage): void {
    switch (this.#phase.name) {
      case 'opening':
        this.#ahead = message;
        return;
      case 'greeting':
      case 'ready':
        return this.#send(message);
      default:
        return;
    }
  }

  /** Time passes. */
  handleTimeout(now: number): void {
    const due = this.pollTimeout();
    if (due === null || now < due) return;
    if (now > due + OVERSLEPT_MS) this.#forgiveOversleeping(now);
    const phase = this.#phase;
    switch (phase.name) {
      case 'waiting':
        this.#probe();
        return;
      case 'opening':
      case 'greeting':
        if (now >= phase.until) this.#drop(now);
        return;
      case 'ready':
        if (now >= this.#heardAt + SILENCE_MS) return this.#drop(now);
        if (now >= phase.pingAt) this.#ping(now);
        return;
      default:
        return;
    }
  }

  /** When `handleTimeout` wants to be called next, ms of the shell's clock. */
  pollTimeout(): number | null {
    const phase = this.#phase;
    switch (phase.name) {
      case 'waiting':
      case 'opening':
      case 'greeting':
        return phase.until;
      case 'ready':
        return Math.min(phase.pingAt, this.#heardAt + SILENCE_MS);
      default:
        return null;
    }
  }

  /** Next thing to do. */
  pollOutput(): LinkOutput | undefined {
    return this.#outputs.shift();
  }

  #forgiveOversleeping(now: number): void {
    const phase = this.#phase;
    if (phase.name === 'opening' || phase.name === 'greeting') this.#phase = { ...phase, until: now + READ_MS };
    if (phase.name === 'ready') this.#heardAt = Math.max(this.#heardAt, now - SILENCE_MS + READ_MS);
  }

  #open(now: number): void {
    this.#phase = { name: 'opening', until: now + OPEN_TIMEOUT_MS };
    this.#outputs.push({ do: 'open' });
  }

  #probe(): void {
    this.#phase = { name: 'probing' };
    this.#outputs.push({ do: 'probe' });
    this.#status(null);
  }

  #welcome(welcome: { type: 'welcome' } & Welcome, now: number): void {
    this.#phase = { name: 'ready', pingAt: now };
    this.#attempt = 0;
    this.#problem = null;
    this.#instance = welcome.instance;
    this.clock.sample(this.#greetedAt, now, welcome.now);
    if (welcome.state !== null || this.#revision === null) this.#revision = welcome.revision;
    this.#outputs.push({ do: 'deliver', message: welcome }, { do: 'status', status: { name: 'ready' } });
    for (const [id, pending] of this.#pending) this.#sendCommand(id, pending, now);
  }

  #settle(id: string, outcome: CommandOutcome): void {
    if (this.#pending.delete(id)) this.#outputs.push({ do: 'settle', id, outcome });
  }

  #ping(now: number): void {
    this.#nonce += 1;
    // Only the latest few matter: an older one is past the silence bound.
    if (this.#pings.size > SILENCE_MS / PING_EVERY_MS) this.#pings.clear();
    this.#pings.set(this.#nonce, now);
    this.#phase = { name: 'ready', pingAt: now + PING_EVERY_MS };
    this.#send({ type: 'ping', nonce: this.#nonce });
  }

  #pong(nonce: number, serverNow: number, now: number): void {
    const sentAt = this.#pings.get(nonce);
    if (sentAt === undefined) return;
    this.#pings.delete(nonce);
    this.clock.sample(sentAt, now, serverNow);
  }

  #fatal(code: ErrorCode, now: number): void {
    this.#problem = code;
    this.#outputs.push({ do: 'close' });
    switch (code) {
      case 'wrong_protocol':
      case 'sites_changed':
        this.#outputs.push({ do: 'reload' });
        return this.#wait(now + REFUSED_RETRY_MS, now);
      case 'replaced':
        this.#phase = { name: 'held' };
        this.#outputs.push({ do: 'status', status: { name: 'held' } });
        return;
      case 'unauthorized':
      case 'revoked':
      case 'in_use':
      case 'server_full':
        return this.#wait(now + REFUSED_RETRY_MS, now);
      case 'bad_message':
      case 'too_large':
      case 'too_many':
      case 'too_slow':
      case 'stopping':
        this.#problem = null;
        return this.#retry(now);
    }
  }

  #drop(now: number): void {
    this.#outputs.push({ do: 'close' });
    this.#retry(now);
  }

  #retry(now: number): void {
    this.#wait(now + retryDelay(this.#attempt, this.#random()), now);
    this.#attempt += 1;
  }

  #wait(until: number, now: number): void {
    if (this.#phase.name === 'ready') this.#lostAt = now;
    this.#phase = { name: 'waiting', until };
    this.#ahead = null;
    this.#pings.clear();
    this.#status(until);
  }

  #status(retryAt: number | null): void {
    const status: LinkStatus = { name: 'connecting', since: this.#lostAt, retryAt, problem: this.#problem };
    this.#outputs.push({ do: 'status', status });
  }

  #send(message: ClientMessage): void {
    this.#outputs.push({ do: 'send', message });
  }

  #sendCommand(id: string, { command, seen, speaker, givenAt }: Pending, now: number): void {
    this.#send({ type: 'command', id, command, seen, speaker, age_ms: Math.round(now - givenAt) });
  }
}
