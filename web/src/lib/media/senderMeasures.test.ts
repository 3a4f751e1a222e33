import { describe, expect, it } from 'vitest';
import { lumaOf, measurePicture, SoundPeriod } from './senderMeasures';

const picture = (pixels: [number, number, number][]) =>
  lumaOf(new Uint8ClampedArray(pixels.flatMap((pixel) => [...pixel, 255])));

describe('what is sent, in numbers', () => {
  it('tells a black picture, a grey one and a white one by their luma', () => {
    for (const grey of [0, 128, 255]) {
      const { luma, spread, change } = measurePicture(
        picture([
          [grey, grey, grey],
          [grey, grey, grey],
        ]),
        null,
      );
      expect(luma).toBeCloseTo(grey, 3);
      expect(spread).toBeCloseTo(0, 3);
      expect(change).toBeNull();
    }
  });

  it('weighs green most, as eyes do', () => {
    const of = (...pixel: [number, number, number]) => measurePicture(picture([pixel]), null).luma;
    expect(of(0, 255, 0)).toBeGreaterThan(of(255, 0, 0));
    expect(of(255, 0, 0)).toBeGreaterThan(of(0, 0, 255));
  });

  it('says that nothing at all changed only if nothing did', () => {
    const before = picture([
      [10, 10, 10],
      [200, 200, 200],
    ]);
    expect(measurePicture(before, before).change).toBe(0);
    expect(
      measurePicture(
        picture([
          [10, 10, 10],
          [201, 200, 200],
        ]),
        before,
      ).change,
    ).toBeGreaterThan(0);
    expect(measurePicture(picture([[1, 1, 1]]), before).change, 'another size').toBeNull();
  });

  it('measures the level of a sine, its peak, and digital silence', () => {
    const period = new SoundPeriod();
    expect(period.take()).toBeNull();
    period.add(Float32Array.from({ length: 48_000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 440 * i) / 48_000)));
    const sine = period.take()!;
    expect(sine.peakDbfs).toBeCloseTo(-6.02, 1);
    expect(sine.rmsDbfs).toBeCloseTo(-9.03, 1);
    expect(sine.clipped).toBe(0);
    period.add(new Float32Array(480));
    expect(period.take()).toEqual({ rmsDbfs: -127, peakDbfs: -127, clipped: 0 });
  });

  it('counts samples that are cut off', () => {
    const period = new SoundPeriod();
    period.add(Float32Array.from({ length: 4_800 }, (_, i) => Math.max(-1, Math.min(1, 3 * Math.sin(i / 10)))));
    expect(period.take()!.clipped).toBeGreaterThan(0.7);
  });
});
