import { describe, expect, it } from 'vitest';
import type { ConferenceInfo, Picture } from '$lib/wire';
import { holdingText } from './model';

const info = (phase: ConferenceInfo['phase']) => ({ phase }) as ConferenceInfo;
const picture = (count: number) =>
  ({
    cells: Array.from({ length: count }, () => ({ slot: { name: 'return' }, site: 'a', kind: 'camera' })),
  }) as unknown as Picture;

describe('the holding slide', () => {
  it('gives way to a picture', () => {
    expect(holdingText(picture(1), info('live'))).toBeNull();
    expect(holdingText(picture(2), info('preparing'))).toBeNull();
  });

  it('says why there is none', () => {
    expect(holdingText(null, null)).toBe('before');
    expect(holdingText(picture(0), info('preparing'))).toBe('before');
    expect(holdingText(picture(0), info('live'))).toBe('pause');
  });

  it('stays after the end, whatever still flows', () => {
    expect(holdingText(picture(1), info('ended'))).toBe('ended');
  });
});
