import type { ServerMessage, Welcome } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { FIRST_RETRY_MS, LONGEST_RETRY_MS, REFUSED_RETRY_MS, retryDelay } from './retry';
import { LinkMachine, type LinkOutput, MAX_PENDING, PING_EVERY_MS, SILENCE_MS } from './machine';

const IDENTITY = { protocol: 1, client: 'console', token: null, conference: null, device: 'd', deflate: true } as const;

/** A machine on virtual time with a network that a test switches on and off. */
class Bench {
  now = 1_000;
  machine = new LinkMachine(IDENTITY, () => 0);
  seen: LinkOutput[] = [];

  step(input: () => void): LinkOutput[] {
    input();
    const fresh: LinkOutput[] = [];
    for (let output = this.machine.pollOutput(); output; output = this.machine.pollOutput()) fresh.push(output);
    this.seen.push(...fresh);
    return fresh;
  }

  start = () => this.step(() => this.machine.handleStart(this.now));
  probed = (ok: boolean) => this.step(() => this.machine.handleProbed(ok, this.now));
  opened = () => this.step(() => this.machine.handleOpened(this.now));
  closed = () => this.step(() => this.machine.handleClosed(this.now));
  message = (message: ServerMessage) => this.step(() => this.machine.handleMessage(message, this.now));
  command = (id: string) => this.step(() => this.machine.handleCommand(id, { type: 'back_to_hall' }, null, this.now));

  /** Sleeps until the machine wants to wake, and wakes it. */
  sleep(): LinkOutput[] {
    const at = this.machine.pollTimeout();
    expect(at).not.toBeNull();
    this.now = Math.max(this.now, at ?? 0);
    return this.step(() => this.machine.handleTimeout(this.now));
  }

  connect(revision = 5, instance = 'i1'): LinkOutput[] {
    this.probed(true);
    this.opened();
    return this.message(welcome(revision, instance));
  }
}

function welcome(revision: number, instance: string, state: unknown = {}): ServerMessage {
  return { type: 'welcome', instance, revision, now: 50_000, state } as unknown as { type: 'welcome' } & Welcome;
}

const sent = (outputs: LinkOutput[]) => outputs.flatMap((output) => (output.do === 'send' ? [output.message] : []));

describe('a connection', () => {
  it('opens, greets and is ready', () => {
    const bench = new Bench();

    expect(bench.start()[0]).toEqual({ do: 'open' });
    expect(sent(bench.opened())).toEqual([{ type: 'hello', ...IDENTITY, instance: null, since: null }]);
    expect(bench.message(welcome(5, 'i1'))).toContainEqual({ do: 'status', status: { name: 'ready' } });
  });

  it('sends what does not wait for the welcome right behind the hello, and not by another connection', () => {
    const bench = new Bench();
    const offer = { type: 'offer', generation: 1, sdp: 'v=0' } as const;
    const ahead = () => bench.step(() => bench.machine.handleAhead(offer));
    bench.start();

    expect(ahead()).toEqual([]);
    expect(sent(bench.opened()).map((message) => message.type)).toEqual(['hello', 'offer']);
    expect(sent(ahead())).toEqual([offer]);

    bench.closed();
    expect(ahead()).toEqual([]);
    bench.sleep();
    bench.probed(true);
    ahead();
    bench.closed();
    bench.sleep();
    bench.probed(true);
    expect(sent(bench.opened()).map((message) => message.type)).toEqual(['hello']);
  });

  it('resumes with the instance and the revision that it saw last', () => {
    const bench = new Bench();
    bench.start();
    bench.connect(5);
    bench.message({ type: 'event', revision: 9, changes: [] });

    bench.closed();
    bench.sleep();
    bench.probed(true);

    expect(sent(bench.opened())[0]).toMatchObject({ type: 'hello', instance: 'i1', since: 9 });
  });

  it('keeps its own revision when the server resumes without a state, and takes the server’s with one', () => {
    const bench = new Bench();
    bench.start();
    bench.connect(5);
    bench.closed();
    bench.sleep();
    bench.probed(true);
    bench.opened();
    bench.message(welcome(8, 'i1', null));
    expect(bench.machine.revision).toBe(5);

    bench.closed();
    bench.sleep();
    bench.probed(true);
    bench.opened();
    bench.message(welcome(3, 'i2', {}));
    expect(bench.machine.revision).toBe(3);
  });

  it('does not deliver an event older than what was seen', () => {
    const bench = new Bench();
    bench.start();
    bench.connect(5);

    expect(bench.message({ type: 'event', revision: 4, changes: [] })).toEqual([]);
  });
});

describe('a connection that is lost', () => {
  it('is tried again within 300 ms, then ever more slowly up to a second, without end', () => {
    const bench = new Bench();
    bench.start();
    const delays: number[] = [];
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const failedAt = bench.now;
      if (attempt === 0) bench.closed();
      else bench.probed(false);
      expect(bench.sleep()).toContainEqual({ do: 'probe' });
      delays.push(bench.now - failedAt);
    }

    expect(delays[0]).toBeLessThanOrEqual(300);
    expect(Math.max(...delays)).toBe(LONGEST_RETRY_MS);
    expect(delays.at(-1)).toBe(LONGEST_RETRY_MS);
  });

  it('starts again at the short delay after it was ready', () => {
    const bench = new Bench();
    bench.start();
    bench.closed();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      bench.sleep();
      bench.probed(false);
    }
    bench.sleep();
    bench.connect();
    bench.closed();

    expect(bench.machine.pollTimeout()).toBe(bench.now + FIRST_RETRY_MS);
  });

  it('is noticed by silence, though the socket never closes', () => {
    const bench = new Bench();
    bench.start();
    bench.connect();
    const heardAt = bench.now;
    let outputs: LinkOutput[] = [];
    while (!outputs.some((output) => output.do === 'close')) outputs = bench.sleep();

    expect(bench.now - heardAt).toBe(SILENCE_MS);
  });

  it('is not blamed for a page that was stopped itself: it reads first', () => {
    const bench = new Bench();
    bench.start();
    bench.connect();
    bench.now += SILENCE_MS + 60_000;
    expect(bench.step(() => bench.machine.handleTimeout(bench.now))).not.toContainEqual({ do: 'close' });
    bench.message({ type: 'event', revision: 6, changes: [] });
    expect(bench.sleep()).not.toContainEqual({ do: 'close' });

    bench.now += SILENCE_MS + 60_000;
    bench.step(() => bench.machine.handleTimeout(bench.now));
    const outputs = [...bench.sleep(), ...bench.sleep()];
    expect(outputs).toContainEqual({ do: 'close' });
  });

  it('does not wait when the browser says that the network is back', () => {
    const bench = new Bench();
    bench.start();
    bench.closed();
    bench.step(() => bench.machine.handleHint(bench.now));

    expect(bench.machine.pollTimeout()).toBe(bench.now);
  });
});

describe('heartbeat', () => {
  it('pings each second and learns the server’s clock from the shortest round trip', () => {
    const bench = new Bench();
    bench.start();
    bench.connect();
    const first = sent(bench.sleep())[0];
    expect(first).toEqual({ type: 'ping', nonce: 1 });
    bench.now += 10;
    bench.message({ type: 'pong', nonce: 1, now: 90_000 });
    const pingedAt = bench.now;
    bench.sleep();

    expect(bench.now - pingedAt).toBe(PING_EVERY_MS - 10);
    expect(bench.machine.clock.roundTrip).toBe(0);
    expect(Number.isFinite(bench.machine.clock.offset)).toBe(true);
  });
});

describe('commands', () => {
  it('are sent again with the same id after a cut, until they are answered', () => {
    const bench = new Bench();
    bench.start();
    bench.connect();
    expect(sent(bench.command('c1'))).toMatchObject([{ type: 'command', id: 'c1', seen: 5 }]);
    bench.closed();
    bench.sleep();
    expect(sent(bench.connect(6))).toMatchObject([{ type: 'command', id: 'c1' }]);

    const settled = bench.message({ type: 'accepted', id: 'c1', revision: 7 });

    expect(settled).toEqual([{ do: 'settle', id: 'c1', outcome: { accepted: true, revision: 7 } }]);
    bench.closed();
    bench.sleep();
    expect(sent(bench.connect(7)).filter((message) => message.type === 'command')).toEqual([]);
  });

  it('carry their age, so that the server does not do late what meant the moment', () => {
    const bench = new Bench();
    bench.start();
    bench.connect();
    expect(sent(bench.command('c1'))).toMatchObject([{ id: 'c1', age_ms: 0 }]);
    bench.closed();
    const given = bench.now;
    bench.now += 30_000;
    bench.sleep();
    expect(sent(bench.connect(6))).toMatchObject([{ id: 'c1', age_ms: bench.now - given }]);
  });

  it('wait for the connection when there is none', () => {
    const bench = new Bench();
    bench.start();
    expect(sent(bench.command('c1'))).toEqual([]);

    expect(sent(bench.connect())).toMatchObject([{ type: 'command', id: 'c1' }]);
  });

  it('are bounded', () => {
    const bench = new Bench();
    for (let index = 0; index < MAX_PENDING; index += 1) bench.command(`c${index}`);

    expect(bench.machine.handleCommand('one-more', { type: 'undo' }, null, bench.now)).toBe(false);
  });

  it('tell the reason of a refusal', () => {
    const bench = new Bench();
    bench.start();
    bench.connect();
    bench.command('c1');

    expect(bench.message({ type: 'refused', id: 'c1', reason: { code: 'take_pending' } })).toEqual([
      { do: 'settle', id: 'c1', outcome: { accepted: false, reason: { code: 'take_pending' } } },
    ]);
  });
});

describe('a server that refuses', () => {
  const fatal = (code: 'revoked' | 'replaced' | 'wrong_protocol' | 'sites_changed' | 'stopping'): ServerMessage => ({
    type: 'error',
    code,
    detail: '',
    fatal: true,
  });

  it('is asked again rarely, and the reason is shown', () => {
    const bench = new Bench();
    bench.start();
    bench.probed(true);
    bench.opened();
    const outputs = bench.message(fatal('revoked'));

    expect(outputs.at(-1)).toMatchObject({ do: 'status', status: { name: 'connecting', problem: 'revoked' } });
    expect(bench.machine.pollTimeout()).toBe(bench.now + REFUSED_RETRY_MS);
  });

  it('holds a page that was replaced by another of the same device until a person takes it back', () => {
    const bench = new Bench();
    bench.start();
    bench.connect();
    bench.message(fatal('replaced'));
    expect(bench.machine.pollTimeout()).toBeNull();

    expect(bench.start()[0]).toEqual({ do: 'open' });
  });

  it('does not hold a page that slept and reads afterwards that it was replaced', () => {
    const bench = new Bench();
    bench.start();
    bench.connect();
    bench.now += SILENCE_MS + 60_000;
    bench.message(fatal('replaced'));

    expect(bench.machine.pollTimeout()).toBeLessThanOrEqual(bench.now + 300);
  });

  it.each(['wrong_protocol', 'sites_changed'] as const)('makes a page reload: %s', (code) => {
    const bench = new Bench();
    bench.start();
    bench.probed(true);
    bench.opened();

    expect(bench.message(fatal(code))).toContainEqual({ do: 'reload' });
  });

  it('is tried at once when it only restarts', () => {
    const bench = new Bench();
    bench.start();
    bench.connect();
    bench.message(fatal('stopping'));

    expect(bench.machine.pollTimeout()).toBeLessThanOrEqual(bench.now + 300);
  });
});

describe('retry delay', () => {
  it('never exceeds 300 ms the first time or a second later, and is spread', () => {
    for (const random of [0, 0.25, 0.5, 0.99]) {
      expect(retryDelay(0, random)).toBeLessThanOrEqual(300);
      expect(retryDelay(1_000, random)).toBeLessThanOrEqual(LONGEST_RETRY_MS);
    }
    expect(retryDelay(3, 0.9)).toBeLessThan(retryDelay(3, 0.1));
  });
});
