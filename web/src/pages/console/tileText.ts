/** What a tile says in words: every colour and every icon of it has one. Pure. */
import { m } from '$lib/paraglide/messages';
import type { Tally } from '$lib/state/tally';

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

/** Facts of a tile that it shows by an icon alone. */
export type TileIcons = { muted: boolean; heard: boolean; sharing: boolean; solo: boolean; silentPlayback: boolean };

/** The words of a tile's icons for a screen reader, for example `micro đang mở, đang chia sẻ màn hình`. */
export function unseenWords({ muted, heard, sharing, solo, silentPlayback }: TileIcons): string {
  const sound = muted ? m.muted() : heard ? m.microphone_open() : '';
  const content = sharing ? m.sharing_content() : '';
  return [sound, content, solo ? m.solo() : '', silentPlayback ? m.sound_blocked_there() : '']
    .filter((part) => part !== '')
    .join(', ');
}
