import { beforeEach, describe, expect, it } from 'vitest';
import { recallKnown, rememberKnown } from './known';

const TOKEN = 'zBxJDIh8v5qbHfstmMi-Ljmks3fLLamHqtG4nGQ4-1M';
const KNOWN = { site: 'Cao Bằng', title: 'Hội nghị', phone: '1900 0000' };

describe('what a page knew', () => {
  beforeEach(() => localStorage.clear());

  it('is known again for the same link only', () => {
    rememberKnown(TOKEN, KNOWN);
    expect(recallKnown(TOKEN)).toEqual(KNOWN);
    expect(recallKnown('another-link')).toBeNull();
  });

  it('never holds the whole token', () => {
    rememberKnown(TOKEN, KNOWN);
    const stored = Array.from({ length: localStorage.length }, (_, i) => localStorage.key(i) ?? '');
    expect(stored.some((key) => key.includes(TOKEN.slice(0, 16)))).toBe(false);
  });

  it('is nothing where the storage holds something else', () => {
    localStorage.setItem(`dienhong.known.${TOKEN.slice(0, 8)}`, '{"site":1}');
    expect(recallKnown(TOKEN)).toBeNull();
  });
});
