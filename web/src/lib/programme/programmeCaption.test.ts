import { camera, itemView, siteView, stageView } from '$lib/state/samples';
import type { Picture } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { type CaptionedConference, previewCaption, programmeCaption } from './programmeCaption';

const text = { type: 'text', name: 'Ông Nông Văn An', description: 'Cao Bằng' } as const;
const conference = (changes: Partial<NonNullable<CaptionedConference['stage']>> = {}): CaptionedConference => ({
  stage: { ...stageView(['cao-bang']), names_shown: true, ...changes },
  agenda: { items: [], current: null },
  site: (slug) => ({ view: siteView(slug, { full_name: `Tỉnh ${slug}` }) }),
});
const picture = (sites: string[], on_air = false): Picture => ({
  take: 1,
  layout: sites.length > 1 ? 'side_by_side' : 'single',
  cells: sites.map((site, index) => ({ slot: { name: 'program', index }, site, kind: 'camera' })),
  audio: [],
  plays_sound: true,
  on_air,
});

describe('the caption of a receiver’s programme', () => {
  it('is what everybody reads, also in the hall on air and beside others on air', () => {
    const stage = { lower_third: text };
    expect(programmeCaption(picture(['cao-bang']), conference(stage), null).lines?.name).toBe(text.name);
    expect(programmeCaption(picture(['hall'], true), conference(stage), 'hall').lines?.name).toBe(text.name);
    expect(programmeCaption(picture(['cao-bang', 'hall'], true), conference(stage), 'cao-bang').lines?.name).toBe(
      text.name,
    );
  });

  it('says nothing of the site on air under the hall’s picture that this site gets instead', () => {
    expect(programmeCaption(picture(['hall'], true), conference({ lower_third: text }), 'cao-bang').lines).toBeNull();
  });

  it('is nothing before the state has come', () => {
    expect(programmeCaption(null, conference(), null).lines).toBeNull();
    expect(programmeCaption(picture(['a']), { ...conference(), stage: null }, null).lines).toBeNull();
  });
});

it('a speaker whose item is over is named until the next take, and not in what is prepared', () => {
  const speaker = { name: 'Nông Văn An', title: '', organisation: '' };
  const item = itemView('a', { speaker, site: 'cao-bang', started_at: 1, finished_at: 20 });
  const since = (at: number) => ({
    ...conference({ program: { ...stageView(['cao-bang']).program, since: at } }),
    agenda: { items: [item], current: null },
  });
  expect(programmeCaption(picture(['cao-bang']), since(10), null).lines?.name).toBe('Nông Văn An');
  expect(programmeCaption(picture(['cao-bang']), since(30), null).lines?.name).toBe('Tỉnh cao-bang');
  expect(previewCaption('single', [camera('cao-bang')], since(10)).lines?.name).toBe('Tỉnh cao-bang');
});

it('the preview’s caption is the one that a take brings', () => {
  const sources = [camera('ha-noi')];
  const later = programmeCaption(picture(['ha-noi']), conference(), null);
  expect(previewCaption('single', sources, conference())).toEqual(later);
  // A tour ends with the take.
  const touring = conference({ program: { ...stageView(['x']).program, tour: true } });
  expect(previewCaption('single', sources, touring)).toEqual(later);
});
