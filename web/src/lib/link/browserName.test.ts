import { describe, expect, it } from 'vitest';
import { nameOf } from './browserName';

const GECKO = 'Mozilla/5.0 (X11; Linux x86_64; rv:152.0) Gecko/20100101 Firefox/152.0';
const WEBKIT = 'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15';

describe('the name of a browser', () => {
  it('is its brand, and not what it is made of', () => {
    const brands = [
      { brand: 'Not_A Brand', version: '8' },
      { brand: 'Chromium', version: '148' },
      { brand: 'Microsoft Edge', version: '148' },
    ];
    expect(nameOf('', { brands, platform: 'Windows' })).toBe('Microsoft Edge 148, Windows');
    expect(nameOf('', { brands: brands.slice(0, 2), platform: '' })).toBe('Chromium 148');
  });

  it('is read from the user agent where there are no brands', () => {
    expect(nameOf(GECKO, undefined)).toBe('Firefox 152');
    expect(nameOf(WEBKIT, undefined)).toBe('Safari 26');
    expect(nameOf('curl/8', undefined)).toBe('curl/8');
  });
});
