/**
 * The browser's side of the control connection: socket, probe and timer around `LinkMachine`.
 * Its time is `performance.now()`: a clock that somebody sets must not drop a connection.
 */
import type { ClientMessage, Command, ServerMessage, SiteSlug } from '$lib/wire';
import { takeEarlySocket } from './earlySocket';
import { Inbox } from './inbox';
import { type CommandOutcome, type Identity, LinkMachine, type LinkStatus } from './machine';
import { parseServerMessage } from './parse';
import { newId } from './storage';

/** Where pages open their WebSocket; equals `wire::SOCKET_PATH`. */
export const SOCKET_PATH = '/api/v1/ws';
/** Browsers delay WebSockets after many failures, but never `fetch`: so each attempt asks this first. */
const PROBE_PATH = '/healthz';
/** A server that does not answer the probe by then is not there. */
const PROBE_TIMEOUT_MS = 1_500;

/** What the link tells its page. */
export type LinkListener = {
  message(message: ServerMessage): void;
  status(status: LinkStatus): void;
};

/** One page's connection to the server, for as long as the page lives. */
export class Link {
  #machine: LinkMachine;
  #listener: LinkListener;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiters = new Map<string, (outcome: CommandOutcome) => void>();

  constructor(identity: Identity, listener: LinkListener) {
    this.#machine = new LinkMachine(identity, Math.random);
    this.#listener = listener;
  }

  /** Begins; the returned function ends it. */
  start(): () => void {
    const hint = () => this.#step(() => this.#machine.handleHint(performance.now()));
    window.addEventListener('online', hint);
    document.addEventListener('visibilitychange', hint);
    this.resume();
    return () => {
      window.removeEventListener('online', hint);
      document.removeEventListener('visibilitychange', hint);
      clearTimeout(this.#timer);
      this.#close();
    };
  }

  /** Takes the connection back from another page of this device. */
  resume(): void {
    this.#step(() => this.#machine.handleStart(performance.now()));
  }

  /** Server's clock now, ms since the epoch; this device's own until the server was heard. */
  serverNow(): number {
    return this.#machine.clock.known ? performance.now() + this.#machine.clock.offset : Date.now();
  }

  /** Round trip of the control connection, ms; none before the first pong. */
  get roundTrip(): number | undefined {
    return this.#machine.clock.roundTrip;
  }

  /** Sends a command and waits for its answer, across cuts if need be. `speaker`: who holds the floor, as the person sees it. */
  command(command: Command, speaker: SiteSlug | null): Promise<CommandOutcome> {
    return new Promise((resolve) => {
      const id = newId();
      this.#waiters.set(id, resolve);
      this.#step(() => {
        if (this.#machine.handleCommand(id, command, speaker, performance.now())) return;
        this.#waiters.delete(id);
        resolve({ accepted: false, reason: { code: 'busy' } });
      });
    });
  }

  /** Sends what loses its meaning with a cut (offer, status, solo…); false: not connected. */
  send(message: ClientMessage): boolean {
    let sent = false;
    this.#step(() => (sent = this.#machine.handleSend(message)));
    return sent;
  }

  /** Sends something right behind the hello, or not at all; it does not wait for the welcome. */
  sendAhead(message: ClientMessage): void {
    this.#step(() => this.#machine.handleAhead(message));
  }

  /** Closes the socket as a fault would; the machine comes back by itself. For tests of resuming. */
  cut(): void {
    this.#socket?.close();
  }

  #step(input: () => void): void {
    input();
    for (let output = this.#machine.pollOutput(); output; output = this.#machine.pollOutput()) {
      switch (output.do) {
        case 'probe':
          void this.#probe();
          break;
        case 'open':
          this.#open();
          break;
        case 'close':
          this.#close();
          break;
        case 'reload':
          location.reload();
          break;
        case 'send':
          this.#socket?.send(JSON.stringify(output.message));
          break;
        case 'deliver':
          this.#listener.message(output.message);
          break;
        case 'settle':
          this.#waiters.get(output.id)?.(output.outcome);
          this.#waiters.delete(output.id);
          break;
        case 'status':
          this.#listener.status(output.status);
          break;
      }
    }
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const at = this.#machine.pollTimeout();
    if (at === null) return;
    this.#timer = setTimeout(
      () => this.#step(() => this.#machine.handleTimeout(performance.now())),
      Math.max(0, at - performance.now()),
    );
  }

  async #probe(): Promise<void> {
    let reachable = false;
    try {
      const answer = await fetch(PROBE_PATH, { cache: 'no-store', signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
      reachable = answer.ok;
      // Read to the end, so that the connection can be used again.
      await answer.text();
    } catch {
      // Refused, timed out or offline: all the same to the machine.
    }
    this.#step(() => this.#machine.handleProbed(reachable, performance.now()));
  }

  #open(): void {
    this.#close();
    const socket = takeEarlySocket() ?? new WebSocket(SOCKET_PATH);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    // A socket that was replaced may still speak; only the current one is heard.
    const current = (input: () => void) => () => this.#socket === socket && this.#step(input);
    const opened = current(() => this.#machine.handleOpened(performance.now()));
    const closed = current(() => this.#machine.handleClosed(performance.now()));
    const inbox = new Inbox((text) => {
      const message = parseServerMessage(text);
      if (message === null) return console.warn('not a message of this protocol');
      current(() => this.#machine.handleMessage(message, performance.now()))();
    });
    socket.onopen = opened;
    socket.onclose = () => inbox.inTurn(closed);
    socket.onmessage = (event: MessageEvent<unknown>) => inbox.take(event.data);
    if (socket.readyState === WebSocket.OPEN) opened();
  }

  #close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
