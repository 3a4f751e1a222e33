import { describe, expect, it } from 'vitest';
import { isLocalAddress } from './navigation';

describe('an address that only this machine understands', () => {
  it.each(['http://localhost:8080', 'https://127.0.0.1', 'http://[::1]:8080', 'http://hop.localhost'])(
    '%s',
    (address) => {
      expect(isLocalAddress(address)).toBe(true);
    },
  );

  it.each(['https://hop.example.gov.vn', 'https://10.0.0.5:8443', 'nothing'])('is not %s', (address) => {
    expect(isLocalAddress(address)).toBe(false);
  });
});
