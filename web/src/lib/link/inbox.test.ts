import { describe, expect, it, vi } from 'vitest';
import { Inbox } from './inbox';

async function deflated(text: string): Promise<ArrayBuffer> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Response(stream).arrayBuffer();
}

describe('an inbox', () => {
  it('delivers texts at once while nothing is being inflated', () => {
    const heard: unknown[] = [];
    const inbox = new Inbox((text) => heard.push(text));

    inbox.take('one');
    inbox.inTurn(() => heard.push('end'));

    expect(heard).toEqual(['one', 'end']);
  });

  it('keeps the order of long and short messages', async () => {
    const heard: unknown[] = [];
    const inbox = new Inbox((text) => heard.push(text));
    const long = ['a', 'c'].map((letter) => letter.repeat(50_000));
    const [first, third] = await Promise.all(long.map(deflated));

    inbox.take(first);
    inbox.take('b');
    inbox.take(third);
    inbox.take('d');
    inbox.inTurn(() => heard.push('end'));
    await vi.waitFor(() => expect(heard).toHaveLength(5));

    expect(heard).toEqual([long[0], 'b', long[1], 'd', 'end']);
    inbox.take('at once again');
    expect(heard).toHaveLength(6);
  });

  it('goes on after bytes that are no deflated text, and after a fault in what is delivered to', async () => {
    const report = vi.fn();
    vi.stubGlobal('reportError', report);
    const heard: unknown[] = [];
    const inbox = new Inbox((text) => {
      heard.push(text);
      if (text === 'bad') throw new Error('a fault');
    });

    inbox.take(new Uint8Array([255, 255, 255]).buffer);
    inbox.take('bad');
    inbox.take('good');
    await vi.waitFor(() => expect(heard).toHaveLength(3));

    expect(heard).toEqual([null, 'bad', 'good']);
    expect(report).toHaveBeenCalledOnce();
    vi.unstubAllGlobals();
  });
});
