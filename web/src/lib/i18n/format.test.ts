import { afterEach, describe, expect, it } from 'vitest';
import { fileSize } from './format';
import { setLocale } from './locale.svelte';

afterEach(() => setLocale('vi'));

describe('the size of a file', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1 kB'],
    [48_200, '48,2 kB'],
    [843_000, '843 kB'],
    [1_263_000, '1,3 MB'],
    [20_000_000_000_000, '20.000 GB'],
  ])('%i', (bytes, written) => {
    expect(fileSize(bytes)).toBe(written);
  });

  it('has the point of the language', () => {
    setLocale('en');
    expect(fileSize(1_263_000)).toBe('1.3 MB');
  });
});
