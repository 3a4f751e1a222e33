// A site's control connection that sends commands without a pause, whatever becomes of the server.
import { randomUUID } from "node:crypto";
import WebSocket from "ws";

import type { Server } from "./server.ts";

/** Each client sends a command this often, ms: two of them together above 20 a second. */
const COMMAND_EVERY_MS = 60;
/** A client makes up for so many commands at once: a sixth of the burst that the server lets it have. */
const MOST_AT_ONCE = 10;

/** A client that sends messages for as long as it lives, and remembers which were acknowledged. */
export class CommandingSite {
  readonly acknowledged = new Set<string>();
  sent = 0;
  #url: string;
  #token: string;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setInterval>;
  #asked = false;
  #sentTo = Date.now();

  constructor(server: Server, token: string) {
    this.#url = server.url.replace("http", "ws") + "/api/v1/ws";
    this.#token = token;
    this.#open();
    this.#timer = setInterval(() => this.#sendDue(), COMMAND_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#socket?.removeAllListeners("close");
    this.#socket?.terminate();
  }

  #open(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    const device = `commanding-${this.#token.slice(0, 8)}`;
    const hello = { type: "hello", protocol: 1, client: "site", token: this.#token, conference: null, device, instance: null, since: null };
    socket.on("open", () => socket.send(JSON.stringify(hello)));
    socket.on("message", (data) => this.#receive(JSON.parse(String(data)) as { type: string; id?: string }));
    socket.on("error", () => {});
    socket.on("close", () => setTimeout(() => this.#open(), 100));
  }

  #receive(message: { type: string; id?: string }): void {
    if (message.type === "welcome") this.#asked = true;
    if (message.type === "accepted" && message.id) this.acknowledged.add(message.id);
  }

  /** Sends what is due since the last time: a test that waits for its turn sends no less. */
  #sendDue(): void {
    const due = Math.floor((Date.now() - this.#sentTo) / COMMAND_EVERY_MS);
    this.#sentTo += due * COMMAND_EVERY_MS;
    if (!this.#asked || this.#socket?.readyState !== WebSocket.OPEN) return;
    for (let i = 0; i < Math.min(due, MOST_AT_ONCE); i++) this.#send(this.#socket);
  }

  #send(socket: WebSocket): void {
    const id = randomUUID();
    this.sent++;
    const command = { type: "send_message", to: [], text: `báo cáo số ${this.sent}` };
    socket.send(JSON.stringify({ type: "command", id, seen: null, command }));
  }
}
