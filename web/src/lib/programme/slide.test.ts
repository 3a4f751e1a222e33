import { setLocale } from '$lib/i18n/locale.svelte';
import { conferenceView } from '$lib/state/samples';
import type { Phase, Picture } from '$lib/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { LastingSlide, slideOf } from './slide';

const info = (phase: Phase) => ({ ...conferenceView(['hall']).conference, title: 'Hội nghị toàn quốc', phase });
const picture = (count: number): Picture => ({
  take: 1,
  layout: 'single',
  cells: Array.from({ length: count }, (_, index) => ({
    slot: { name: 'program', index },
    site: `s${index}`,
    kind: 'camera',
  })),
  audio: [],
  plays_sound: true,
  on_air: false,
});
const holding = { title: 'Hội nghị tạm nghỉ', text: 'Tiếp tục lúc 14 giờ' };

afterEach(() => setLocale('vi'));

describe('the slide', () => {
  it('never lies over a picture, whatever the state says', () => {
    expect(slideOf(picture(1), info('live'), holding)).toBeNull();
    expect(slideOf(picture(4), info('preparing'), null)).toBeNull();
  });

  it('says what the operators wrote, above the title of the conference', () => {
    expect(slideOf(picture(0), info('live'), holding)).toEqual({ ...holding, foot: 'Hội nghị toàn quốc' });
    expect(slideOf(picture(0), info('rehearsal'), holding)?.title).toBe('Hội nghị tạm nghỉ');
  });

  it('says why there is no picture where nobody wrote anything', () => {
    const texts = (['preparing', 'live', 'ended'] as const).map(
      (phase) => slideOf(picture(0), info(phase), null)?.text,
    );
    expect(new Set(texts).size).toBe(3);
    expect(slideOf(null, null, null)?.text).toBe(slideOf(picture(0), info('preparing'), null)?.text);
    expect(slideOf(picture(0), info('rehearsal'), null)).toEqual(slideOf(picture(0), info('live'), null));
  });

  it('stays after the end, whatever still flows', () => {
    expect(slideOf(picture(1), info('ended'), null)?.text).toBe('Hội nghị đã kết thúc');
  });
});

describe('a slide whose end is ordered', () => {
  it('stays as it is until the picture is there, and does not come back', () => {
    const slide = new LastingSlide();
    const during = slide.read(picture(0), info('live'), holding);
    expect(during?.title).toBe('Hội nghị tạm nghỉ');
    expect(slide.read(picture(0), info('live'), null)).toEqual(during);
    expect(slide.read(picture(1), info('live'), null)).toBeNull();
    expect(slide.read(picture(0), info('live'), null)?.title).toBe('Hội nghị toàn quốc');
  });

  it('is not held back by a picture that is still there when it begins', () => {
    const slide = new LastingSlide();
    expect(slide.read(picture(1), info('live'), holding)).toBeNull();
    expect(slide.read(picture(0), info('live'), holding)?.title).toBe('Hội nghị tạm nghỉ');
  });
});
