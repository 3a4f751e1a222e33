import { describe, expect, it } from 'vitest';
import { carried } from './lineTransfer';

/** A line with a delay before each transfer, and what it then carries. */
function line(delayMs: number, kbps: number) {
  let at = 0;
  const sizes: number[] = [];
  const transfer = (bytes: number) => {
    sizes.push(bytes);
    at += delayMs + (bytes * 8) / kbps;
    return Promise.resolve(true);
  };
  return { sizes, measured: () => carried(transfer, () => at) };
}

describe('carried', () => {
  it('needs one transfer on a slow line', async () => {
    const slow = line(0, 300);
    expect(await slow.measured()).toBeCloseTo(300);
    expect(slow.sizes).toEqual([64 << 10]);
  });

  it('takes larger ones on a line that is fast and far away', async () => {
    const far = line(400, 5_000);
    expect(await far.measured()).toBeGreaterThan(3_000);
    expect(far.sizes).toHaveLength(3);
  });

  it('keeps what was measured before a transfer broke off', async () => {
    let count = 0;
    let at = 0;
    const transfer = (bytes: number) => {
      at += bytes / 1_000;
      return ++count < 3 ? Promise.resolve(true) : Promise.reject(new Error('cut'));
    };
    expect(await carried(transfer, () => at)).toBeCloseTo(8_000);
    expect(await carried(() => Promise.resolve(false))).toBeNull();
  });
});
