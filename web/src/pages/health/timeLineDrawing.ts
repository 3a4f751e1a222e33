/** Draws the lanes of the time line with their marks. Pure but for the canvas. */
import { clockTime, shortTime } from '$lib/i18n/format';
import type { Sheet } from '$lib/ui/canvas';
import type { TimeLine } from '$lib/wire';
import { SECONDS_BELOW, timeTicks } from './model/lookout';
import { clusters, type Lane, LANES } from './model/marks';

/** Colours by their names in the theme. */
export const INKS = ['accent', 'text', 'text-2', 'text-3', 'line', 'health-weak', 'health-lost', 'surface-2'] as const;
export type Inks = Record<(typeof INKS)[number], string>;

/** Marks nearer than this are drawn as one, units. */
const APART = 6;
/** Room for the times below, and for one of them, units. */
const TIME_HEIGHT = 15;
const TICK_ROOM = 90;

/** Draws it; `at`: the time that is looked at. */
export function drawTimeLine({ context, width, height }: Sheet, line: TimeLine, at: number, inks: Inks): void {
  const { from, to, marks } = line;
  const x = (ms: number) => (to > from ? ((ms - from) / (to - from)) * width : 0);
  const lane = (height - TIME_HEIGHT) / LANES.length;
  const ink: Record<Lane, string> = {
    air: inks.accent,
    floor: inks.text,
    line: inks['health-lost'],
    alarm: inks['health-weak'],
    order: inks['text-3'],
  };
  context.fillStyle = inks.line;
  for (const place of LANES.keys()) context.fillRect(0, Math.round((place + 0.5) * lane), width, 1);
  for (const { lane: of, x: left, count } of clusters(marks, from, to, width, APART)) {
    // The more there are, the taller: a crowd is seen from afar.
    const tall = Math.min(lane - 2, 4 + 2 * Math.log2(count + 1));
    context.fillStyle = ink[of];
    context.fillRect(left - 1.5, (LANES.indexOf(of) + 0.5) * lane - tall / 2, 3, tall);
  }
  context.fillStyle = inks['text-2'];
  context.font = '11px sans-serif';
  context.textBaseline = 'bottom';
  const write = to - from < SECONDS_BELOW * 1_000 ? clockTime : shortTime;
  for (const tick of timeTicks(from / 1_000, to / 1_000, Math.max(2, width / TICK_ROOM))) {
    const left = x(tick * 1_000);
    context.textAlign = left < TICK_ROOM / 3 ? 'left' : left > width - TICK_ROOM / 3 ? 'right' : 'center';
    context.fillText(write(tick * 1_000), left, height);
  }
  context.fillStyle = inks.text;
  context.fillRect(Math.round(x(at)) - 1, 0, 2, height - TIME_HEIGHT);
}
