/** Canvases as sharp as the screen, in the colours of the page. */
import { theme, type Theme } from '$lib/theme/theme.svelte';

/** A canvas that can be drawn on, in sixteenths of a rem: lines and letters grow with the page's. */
export type Sheet = { context: CanvasRenderingContext2D; width: number; height: number };

/** What the units of a sheet are of a rem. */
const UNITS_PER_REM = 16;

/** Canvases with their sizes: they are watched, so that no drawing has to measure anything. */
export class Canvases {
  #sizes = new Map<Element, { width: number; height: number }>();
  /** CSS pixels of a unit. */
  #unit = 1;
  #observer: ResizeObserver;

  /** `changed` is told after sizes have changed. */
  constructor(changed: () => void) {
    this.#observer = new ResizeObserver((entries) => {
      this.#unit = parseFloat(getComputedStyle(document.documentElement).fontSize) / UNITS_PER_REM || 1;
      for (const { target, contentRect } of entries) this.#sizes.set(target, contentRect);
      changed();
    });
  }

  /** Watches a canvas; the returned function ends it. */
  watch(canvas: HTMLCanvasElement): () => void {
    this.#observer.observe(canvas);
    return () => {
      this.#observer.unobserve(canvas);
      this.#sizes.delete(canvas);
    };
  }

  /** Clears a canvas; none: there is nothing to draw on. */
  cleared(canvas: HTMLCanvasElement): Sheet | null {
    const { width, height } = this.#sizes.get(canvas) ?? { width: 0, height: 0 };
    const ratio = globalThis.devicePixelRatio || 1;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    const context = wide < 1 || high < 1 ? null : canvas.getContext('2d');
    if (!context) return null;
    // A new size clears and costs memory: it is set when it is one.
    if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, wide, high);
    const scale = ratio * this.#unit;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    return { context, width: width / this.#unit, height: height / this.#unit };
  }
}

/** Colours by the names of the theme, with the theme that they are of. Reading a style makes the browser lay out the page first. */
const known = new Map<readonly string[], { of: Theme; colours: Record<string, string> }>();

/** Colours of the theme by the names of their custom properties, for example `health-lost`. `names` is a constant list. */
export function coloursOf<Name extends string>(names: readonly Name[]): Record<Name, string> {
  const kept = known.get(names);
  if (kept?.of === theme()) return kept.colours as Record<Name, string>;
  const style = getComputedStyle(document.documentElement);
  const colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  known.set(names, { of: theme(), colours });
  return colours as Record<Name, string>;
}
