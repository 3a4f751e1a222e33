// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { search } from './search';

const SITES = readFileSync(new URL('../../../../config/sites/sites-63-2021.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(','))
  .map(([code = '', , name = '', full = '']) => ({ code, name, full }));
const best = (query: string) => search(query, SITES, ({ name, code, full }) => [name, code, full])[0]?.name;
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];

describe('finding one of 63 sites', () => {
  it.each([
    ['cb', 'Cao Bằng'],
    ['lc', 'Lào Cai'],
    ['kg', 'Kiên Giang'],
    ['dl', 'Đắk Lắk'],
    ['yb', 'Yên Bái'],
    ['tth', 'Thừa Thiên Huế'],
  ])('%s is %s', (query, name) => {
    expect(best(query)).toBe(name);
  });

  it('takes two characters at most: letters without marks for nearly all, the code for every one', () => {
    const queries = LETTERS.flatMap((one) => [one, ...LETTERS.map((other) => one + other)]);
    const found = new Set(queries.map(best));
    expect(found.size).toBeGreaterThan(55);
    for (const { code, name } of SITES) expect(best(code)).toBe(name);
  });
});
