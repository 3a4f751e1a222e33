import { describe, expect, it } from 'vitest';
import { parseServerMessage } from './parse';

describe('a text from the server', () => {
  it('is a message when it is of a known kind', () => {
    expect(parseServerMessage('{"type":"pong","nonce":1,"now":2}')).toEqual({ type: 'pong', nonce: 1, now: 2 });
  });

  it.each(['', 'null', '[]', '{', '{"type":"unheard_of"}', '{"nonce":1}', new ArrayBuffer(4)])('%j is none', (text) => {
    expect(parseServerMessage(text)).toBeNull();
  });
});
