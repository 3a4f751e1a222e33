/** The sparklines of all rows: one canvas a row with a lane for each series, all drawn in one pass. */
import { Canvases, coloursOf } from '$lib/ui/canvas';
import type { SiteSlug } from '$lib/wire';
import { type Recent, SERIES } from './model/recent';
import { columnHeights, topsOf } from './model/spark';

/** Between two lanes, units. */
const LANE_GAP = 8;
/** One column of a line is so wide, units. */
const COLUMN = 2;
/** Above and below a line, units. */
const MARGIN = 3;

const INKS = ['accent', 'health-bad', 'text-2', 'line'] as const;

/** Draws them; give each row's canvas with `watch`. */
export class Sparklines {
  #recent: Recent;
  #canvases = new Map<SiteSlug, HTMLCanvasElement>();
  #sheets: Canvases;
  #heights = new Float32Array(0);

  constructor(recent: Recent) {
    this.#recent = recent;
    this.#sheets = new Canvases(() => this.paint());
  }

  /** Draws a site's on a canvas from now on; the returned function ends it. */
  watch(site: SiteSlug, canvas: HTMLCanvasElement): () => void {
    this.#canvases.set(site, canvas);
    const end = this.#sheets.watch(canvas);
    return () => {
      end();
      if (this.#canvases.get(site) === canvas) this.#canvases.delete(site);
    };
  }

  /** Draws all of them. */
  paint(): void {
    if (this.#canvases.size === 0) return;
    const colours = coloursOf(INKS);
    const inks = [colours.accent, colours['health-bad'], colours['text-2']];
    const tops = topsOf(
      this.#recent,
      [...this.#canvases.keys()].map((site) => this.#recent.of(site)),
    );
    for (const [site, canvas] of this.#canvases) {
      const sheet = this.#sheets.cleared(canvas);
      if (!sheet) continue;
      const { width, height } = sheet;
      const lane = (width - LANE_GAP * (SERIES.length - 1)) / SERIES.length;
      for (const [place, series] of SERIES.entries()) {
        const left = place * (lane + LANE_GAP);
        ground(sheet.context, left, height - MARGIN + 1, lane, colours.line);
        const heights = this.#room(Math.max(1, Math.floor(lane / COLUMN)));
        columnHeights(this.#recent.of(site), series, this.#recent.last, tops[series], heights);
        stroke(sheet.context, left, height, heights, inks[place]!);
      }
    }
  }

  #room(columns: number): Float32Array {
    if (this.#heights.length !== columns) this.#heights = new Float32Array(columns);
    return this.#heights;
  }
}

function ground(context: CanvasRenderingContext2D, left: number, y: number, width: number, ink: string): void {
  context.fillStyle = ink;
  context.fillRect(left, y, width, 1);
}

function stroke(
  context: CanvasRenderingContext2D,
  left: number,
  height: number,
  heights: Float32Array,
  ink: string,
): void {
  const room = height - 2 * MARGIN;
  context.strokeStyle = ink;
  context.lineWidth = 1.25;
  context.beginPath();
  let drawing = false;
  for (let column = 0; column < heights.length; column++) {
    const value = heights[column]!;
    if (Number.isNaN(value)) {
      drawing = false;
      continue;
    }
    const [x, y] = [left + column * COLUMN + COLUMN / 2, height - MARGIN - value * room];
    if (drawing) context.lineTo(x, y);
    else context.moveTo(x - COLUMN / 2, y);
    // A single second between gaps is seen as well.
    if (!drawing) context.lineTo(x, y);
    drawing = true;
  }
  context.stroke();
}
