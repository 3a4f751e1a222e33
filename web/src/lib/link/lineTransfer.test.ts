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
  it('measures a slow line by two transfers', async () => {
    const slow = line(40, 300);
    expect(Math.abs((await slow.measured())! - 300)).toBeLessThan(5);
    expect(slow.sizes).toEqual([32 << 10, 128 << 10]);
  });

  it('does not take a line that is fast and far away for a slow one', async () => {
    // Connecting, asking and the slow start take four round trips of 400 ms.
    const far = line(1_600, 5_000);
    expect(await far.measured()).toBeGreaterThan(3_000);
    expect(far.sizes).toHaveLength(4);
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

  it('says of a line that lets nothing through in time what it can have carried at most', async () => {
    let at = 0;
    const starved = () => {
      at += 10_000;
      return Promise.resolve(false);
    };
    expect(await carried(starved, () => at)).toBeLessThan(27);
  });
});
