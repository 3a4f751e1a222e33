/** Draws the curves of a site and the band of its verdicts. */
import { clockTime, shortTime } from '$lib/i18n/format';
import type { Sheet } from '$lib/ui/canvas';
import type { SiteCurve } from '$lib/wire';
import { type Chart, heightOf, scaleOf } from './model/chart';
import { bands, trace } from './model/curve';
import { SECONDS_BELOW, timeTicks } from './model/lookout';

/** Colours by their names in the theme. */
export const INKS = [
  'accent',
  'health-good',
  'health-weak',
  'health-bad',
  'health-lost',
  'line',
  'text',
  'text-3',
] as const;
export type Inks = Record<(typeof INKS)[number], string>;

/** What is drawn: from and to, s; the second that is pointed at; the second of a replay. */
export type Window = { from: number; to: number; cursor: number | null; marker: number | null };

/** Units that one written time needs. */
const TICK_ROOM = 90;
const MARGIN = 4;

/** Draws one chart; `most`: the largest of its values that are seen. */
export function drawChart(
  sheet: Sheet,
  curve: SiteCurve,
  chart: Chart,
  most: number,
  window: Window,
  inks: Inks,
): void {
  const { context, width, height } = sheet;
  const { from, to } = window;
  const scale = scaleOf(chart, most);
  grid(sheet, window, inks);
  for (const [place, column] of chart.columns.entries()) {
    const line = trace(curve.at, curve[column], from, to, width);
    context.strokeStyle = place === 0 ? inks.accent : inks['health-weak'];
    context.setLineDash(place === 0 ? [] : [4, 2]);
    context.lineWidth = 1.25;
    context.beginPath();
    let drawing = false;
    line.value.forEach((value, corner) => {
      const x = line.x[corner]!;
      const y = height - MARGIN - heightOf(scale, value) * (height - 2 * MARGIN);
      if (Number.isNaN(value)) drawing = false;
      else {
        if (!drawing) context.moveTo(x - 0.5, y);
        context.lineTo(x + 0.5, y);
        drawing = true;
      }
    });
    context.stroke();
    context.setLineDash([]);
  }
  pointers(sheet, window, inks);
}

/** Draws the band of verdicts with the times below it. The worse, the higher: the band is read without its colours too. */
export function drawBand(sheet: Sheet, curve: SiteCurve, window: Window, inks: Inks): void {
  const { context, width, height } = sheet;
  const { from, to } = window;
  const colours = [inks['health-good'], inks['health-weak'], inks['health-bad'], inks['health-lost']];
  const band = height - TIME_HEIGHT;
  for (const { from: begins, to: ends, quality } of bands(curve, from, to)) {
    const left = Math.max(0, ((begins - from) / (to - from)) * width);
    const right = Math.min(width, ((ends - from) / (to - from)) * width);
    const high = ((quality + 1) / colours.length) * band;
    context.fillStyle = colours[quality] ?? inks['text-3'];
    context.fillRect(left, band - high, Math.max(1, right - left), high);
  }
  context.fillStyle = inks['text-3'];
  context.font = TIME_FONT;
  context.textBaseline = 'bottom';
  const write = to - from < SECONDS_BELOW ? clockTime : shortTime;
  for (const tick of timeTicks(from, to, Math.max(2, width / TICK_ROOM))) {
    const x = ((tick - from) / (to - from)) * width;
    const text = write(tick * 1_000);
    context.textAlign = x < TICK_ROOM / 3 ? 'left' : x > width - TICK_ROOM / 3 ? 'right' : 'center';
    context.fillText(text, x, height);
  }
  pointers(sheet, window, inks);
}

/** Room for the times below the band, units. */
const TIME_HEIGHT = 16;
const TIME_FONT = '11px sans-serif';

function grid({ context, width, height }: Sheet, { from, to }: Window, inks: Inks): void {
  context.fillStyle = inks.line;
  for (const y of [MARGIN, height / 2, height - MARGIN]) context.fillRect(0, Math.round(y), width, 1);
  for (const tick of timeTicks(from, to, Math.max(2, width / TICK_ROOM)))
    context.fillRect(Math.round(((tick - from) / (to - from)) * width), 0, 1, height);
}

function pointers({ context, width, height }: Sheet, { from, to, cursor, marker }: Window, inks: Inks): void {
  const at = (second: number) => Math.round(((second - from) / (to - from)) * width);
  if (marker !== null && marker >= from && marker <= to) {
    context.fillStyle = inks['health-weak'];
    context.fillRect(at(marker) - 1, 0, 2, height);
  }
  if (cursor !== null && cursor >= from && cursor <= to) {
    context.fillStyle = inks.text;
    context.fillRect(at(cursor), 0, 1, height);
  }
}
