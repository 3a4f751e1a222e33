import { describe, expect, it } from 'vitest';
import { regionsOf } from './regions';

describe('regions', () => {
  it('stand in the order of their first site, each once, and no region is none', () => {
    const sites = ['Nam', 'Bắc', 'Nam', ''].map((region) => ({ region }));
    expect(regionsOf(sites)).toEqual(['Nam', 'Bắc']);
  });
});
