import type { ServerMessage } from '$lib/wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Link } from './link';
import type { LinkStatus } from './machine';

const IDENTITY = { protocol: 1, client: 'screen', token: 't', conference: null, device: 'd', deflate: true } as const;
const WELCOME = { type: 'welcome', instance: 'i1', revision: 1, now: 1, state: null };

/** A WebSocket that a test opens, feeds and closes. */
class FakeSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  static made: FakeSocket[] = [];
  readyState = FakeSocket.CONNECTING;
  binaryType = 'blob';
  sent: { type: string }[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;

  constructor() {
    FakeSocket.made.push(this);
  }

  open(): void {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as { type: string });
  }

  close(): void {
    this.readyState = FakeSocket.CLOSED;
    this.onclose?.();
  }

  get kinds(): string[] {
    return this.sent.map((message) => message.type);
  }
}

/** A page that opened a socket in its HTML, in this state. */
function early(readyState: number): FakeSocket {
  const socket = new FakeSocket();
  socket.readyState = readyState;
  (window as { earlySocket?: unknown }).earlySocket = socket;
  FakeSocket.made = [];
  return socket;
}

describe('a link', () => {
  let end: () => void = () => {};
  let messages: ServerMessage[] = [];
  let statuses: LinkStatus[] = [];

  function start(): Link {
    const link = new Link(IDENTITY, {
      message: (message) => messages.push(message),
      status: (status) => statuses.push(status),
    });
    end = link.start();
    return link;
  }

  beforeEach(() => {
    vi.stubGlobal('WebSocket', FakeSocket);
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => new Response('ok')),
    );
    vi.useFakeTimers();
    FakeSocket.made = [];
    messages = [];
    statuses = [];
  });

  afterEach(() => {
    end();
    vi.useRealTimers();
    vi.unstubAllGlobals();
    delete (window as { earlySocket?: unknown }).earlySocket;
  });

  it('says hello at once on the socket that the page opened early', () => {
    const socket = early(FakeSocket.OPEN);

    start();

    expect(FakeSocket.made).toEqual([]);
    expect(socket.kinds).toEqual(['hello']);
    socket.onmessage?.({ data: JSON.stringify(WELCOME) });
    expect(messages.map((message) => message.type)).toEqual(['welcome']);
    expect(statuses.at(-1)).toEqual({ name: 'ready' });
  });

  it('says hello on an early socket that is still being opened as soon as it is open', () => {
    const socket = early(FakeSocket.CONNECTING);

    const link = start();
    link.sendAhead({ type: 'offer', generation: 1, sdp: 'v=0' });
    expect(socket.kinds).toEqual([]);
    socket.open();

    expect(socket.kinds).toEqual(['hello', 'offer']);
  });

  it('opens one of its own where the early socket has died, or none was opened', () => {
    early(FakeSocket.CLOSED);
    start();
    expect(FakeSocket.made).toHaveLength(1);
    end();

    start();
    expect(FakeSocket.made).toHaveLength(2);
  });

  it('adopts the early socket once: the next attempt opens one of its own', async () => {
    const socket = early(FakeSocket.OPEN);
    start();

    socket.close();
    await vi.advanceTimersByTimeAsync(2_000);

    expect(FakeSocket.made).toHaveLength(1);
    FakeSocket.made[0]!.open();
    expect(FakeSocket.made[0]!.kinds).toEqual(['hello']);
    expect(socket.kinds).toEqual(['hello']);
  });

  it('hears the reason for its end though a long message before it is still being inflated', async () => {
    vi.useRealTimers();
    const socket = early(FakeSocket.OPEN);
    start();
    const packed = new Blob([JSON.stringify(WELCOME)]).stream().pipeThrough(new CompressionStream('deflate-raw'));

    socket.onmessage?.({ data: await new Response(packed).arrayBuffer() });
    socket.onmessage?.({ data: JSON.stringify({ type: 'error', code: 'replaced', detail: '', fatal: true }) });
    socket.close();

    await vi.waitFor(() => expect(statuses.at(-1)).toEqual({ name: 'held' }));
    expect(messages.map((message) => message.type)).toEqual(['welcome']);
  });
});
