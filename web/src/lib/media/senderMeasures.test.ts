import { describe, expect, it } from 'vitest';
import { candidatePath, encoderLimit, lumaOf, measurePicture, networkType, SoundPeriod } from './senderMeasures';

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

  it('tells the gravest limit of the layers of a camera', () => {
    const layer = (reason: string) => ({ type: 'outbound-rtp', kind: 'video', qualityLimitationReason: reason });
    expect(encoderLimit([])).toBe('none');
    expect(encoderLimit([layer('none'), layer('bandwidth'), layer('cpu')])).toBe('cpu');
    expect(encoderLimit([layer('bandwidth'), { type: 'outbound-rtp', kind: 'audio' }])).toBe('bandwidth');
  });

  it('tells the way by the local end of the pair in use', () => {
    const entries = (candidate: object) => [
      { type: 'candidate-pair', nominated: false, state: 'waiting', localCandidateId: 'b' },
      { type: 'candidate-pair', nominated: true, state: 'succeeded', localCandidateId: 'a' },
      { type: 'local-candidate', id: 'a', ...candidate },
    ];
    expect(candidatePath(entries({ candidateType: 'host', protocol: 'udp' }))).toBe('udp');
    expect(candidatePath(entries({ candidateType: 'prflx', protocol: 'tcp' }))).toBe('tcp');
    expect(candidatePath(entries({ candidateType: 'relay', protocol: 'udp' }))).toBe('relayed');
    expect(candidatePath([])).toBe('unknown');
  });

  it('tells the network by the candidate in use, else by what the browser says of the machine', () => {
    const entries = (candidate: object) => [
      { type: 'candidate-pair', nominated: true, state: 'succeeded', localCandidateId: 'a' },
      { type: 'local-candidate', id: 'a', ...candidate },
    ];
    expect(networkType(entries({ networkType: 'wifi' }), 'ethernet')).toBe('wifi');
    expect(networkType(entries({ networkType: 'unknown' }), 'ethernet')).toBe('wired');
    expect(networkType([], 'cellular')).toBe('cellular');
    expect(networkType([], undefined)).toBe('unknown');
  });
});
