import { describe, expect, it } from 'vitest';
import type { AgendaView, Picture, SiteView } from '$lib/wire';
import { lowerThird } from './lowerThird';

const SPEAKER = { name: 'Trưởng Ban Tổ chức Trung ương', title: 'Trưởng ban', organisation: 'Ban Tổ chức Trung ương' };

describe('the lower third', () => {
  it('names the speaker while it is the turn of the speaker’s site', () => {
    expect(lowerThird(picture('cao-bang'), agenda('cao-bang'), site)).toEqual({
      name: SPEAKER.name,
      detail: 'Trưởng ban, Ban Tổ chức Trung ương — Tỉnh Cao Bằng',
    });
  });

  it('names the place when another site is on air', () => {
    expect(lowerThird(picture('cao-bang'), agenda('ha-noi'), site)).toEqual({ name: 'Tỉnh Cao Bằng', detail: '' });
  });

  it('says nothing when nothing is on air', () => {
    expect(lowerThird({ ...picture('cao-bang'), cells: [] }, agenda('cao-bang'), site)).toBeNull();
    expect(lowerThird(null, agenda('cao-bang'), site)).toBeNull();
  });
});

function picture(slug: string): Picture {
  const cell = { slot: { name: 'program', index: 1 } as const, site: slug, kind: 'camera' as const };
  return { take: 1, layout: 'single', cells: [cell], audio: [], plays_sound: true, on_air: false };
}

function agenda(slug: string): AgendaView {
  const item = { id: 'a', title: 't', speaker: SPEAKER, site: slug, planned_ms: 1, started_at: 1, finished_at: null };
  return { items: [item], current: 'a' };
}

function site(slug: string): SiteView | undefined {
  return slug === 'cao-bang'
    ? ({ slug, name: 'Cao Bằng', full_name: 'Tỉnh Cao Bằng', hall: false } as SiteView)
    : undefined;
}
