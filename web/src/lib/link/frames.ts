/** Work that belongs to a frame of the screen, and how long it takes. */

/** A page that nobody sees draws no frames, and still has to know what is going on: then the work is done after so long, ms. */
const UNSEEN_MS = 500;
/** The browser keeps every measure for ever: so many of one name are enough to judge it by. */
const MAX_MEASURES = 600;

/** Does `work` before the next frame; the returned function calls it off. */
export function beforeNextFrame(work: () => void): () => void {
  const once = () => {
    cancel();
    work();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, UNSEEN_MS);
  const cancel = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  return cancel;
}

/** Does `work` and leaves its duration where tests find it: `performance.getEntriesByName(name)`. */
export function measured(name: string, work: () => void): void {
  const start = performance.now();
  work();
  performance.measure(name, { start, end: performance.now() });
  if (performance.getEntriesByName(name).length > MAX_MEASURES) performance.clearMeasures(name);
}
