/** What a tile says in words: every colour and every icon of it has one. Pure. */
import { qualityLabel } from '$lib/i18n/wording';
import { m } from '$lib/paraglide/messages';
import type { Tally } from '$lib/state/tally';
import type { Quality, SiteView } from '$lib/wire';

/** Label of a tally; empty for idle. */
export function tallyLabel(tally: Tally): string {
  switch (tally.name) {
    case 'program':
      return m.tally_program();
    case 'preview':
      return m.tally_preview();
    case 'cued':
      return m.tally_cued();
    case 'requested':
      return m.tally_requested();
    case 'idle':
      return '';
  }
}

/** Facts of a tile that are said. */
export type TileSays = {
  view: SiteView;
  tally: Tally;
  online: boolean;
  quality: Quality;
  heard: boolean;
  sharing: boolean;
};

/** The whole tile for a screen reader, for example `04 Cao Bằng, ĐANG LÊN HÌNH, TÍN HIỆU YẾU`. */
export function tileLabel({ view, tally, online, quality, heard, sharing }: TileSays): string {
  const place = tally.name === 'requested' ? ` ${tally.place}` : '';
  const health = !online ? m.quality_lost() : quality === 'good' ? '' : qualityLabel(quality);
  const sound = view.muted ? m.muted() : heard ? m.microphone_open() : '';
  const content = sharing ? m.sharing_content() : '';
  return [`${view.code} ${view.name}`, tallyLabel(tally) + place, health, sound, content]
    .filter((part) => part !== '')
    .join(', ');
}
