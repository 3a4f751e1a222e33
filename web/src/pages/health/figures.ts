/** Figures as they are written in rows and curves. Pure. */
import { percent } from '$lib/i18n/format';
import { locale } from '$lib/i18n/locale.svelte';
import { m } from '$lib/paraglide/messages';
import type { Column } from './model/curve';

/** Nothing was measured. */
export const NOTHING = '–';
/** Digital silence, dBFS: what is below has no level. */
const SILENCE_DBFS = -127;

/** Numbers of each language; made once: a table of all sites writes hundreds of them each second. */
const WHOLE = {
  vi: new Intl.NumberFormat('vi-VN', { maximumFractionDigits: 0 }),
  en: new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 }),
};
/** Below this a number is written the same in all languages. */
const PLAIN = 1_000;

function whole(value: number): string {
  const rounded = Math.round(value);
  return Math.abs(rounded) < PLAIN ? String(rounded) : WHOLE[locale()].format(rounded);
}

/** A number without digits behind the point. */
export const wholeText = (value: number | null | undefined): string => (value == null ? NOTHING : whole(value));
/** A number with one. */
export const tenthText = (value: number | null | undefined): string =>
  value == null
    ? NOTHING
    : value.toLocaleString(locale() === 'vi' ? 'vi-VN' : 'en-GB', {
        minimumFractionDigits: 1,
        maximumFractionDigits: 1,
      });
/** A share. */
export const shareText = (value: number | null | undefined): string => (value == null ? NOTHING : percent(value));
/** A level. */
export const levelText = (value: number | null | undefined): string =>
  value == null ? NOTHING : value <= SILENCE_DBFS ? m.health_silence() : `${Math.round(value)} dB`;

/** A figure of a curve with its unit. */
export function figureText(column: Column, value: number | null | undefined): string {
  if (value == null) return NOTHING;
  switch (column) {
    case 'rtt_ms':
    case 'jitter_ms':
      return `${whole(value)} ms`;
    case 'loss':
      return percent(value);
    case 'kbps_up':
    case 'kbps_down':
      return `${whole(value)} kbit/s`;
    case 'fps':
      return m.health_fps_value({ fps: whole(value) });
    case 'level_dbfs':
      return levelText(value);
  }
}
