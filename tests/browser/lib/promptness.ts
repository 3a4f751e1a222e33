// How soon a page shows something: from the key press on the console to the next painted frame, there or on another page. All pages are on
// one machine, whose clock they share.
import type { Page } from "@playwright/test";

/** Something that a page came to show. */
export interface Shown {
  what: string;
  /** When its frame was painted, ms since the epoch. */
  at: number;
}

interface Watching {
  pressed: number[];
  /** How long each press waited for the next painted frame, whatever that showed, ms. */
  frames: number[];
  shown: Shown[];
}

/** Begins to write down key presses, and each new value of an attribute of the elements of `selector`. */
export async function watchPromptness(page: Page, selector: string, attribute: string): Promise<void> {
  await page.evaluate(
    ({ selector, attribute }) => {
      const watching: Watching = { pressed: [], frames: [], shown: [] };
      (window as unknown as { promptness: Watching }).promptness = watching;
      const epoch = (at: number) => performance.timeOrigin + at;
      // The first task after a frame's callbacks runs when that frame was made.
      const painted = (then: (at: number) => void): void => {
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => {
            // An open port is held by the page for ever.
            port1.close();
            then(epoch(performance.now()));
          };
          port2.postMessage(null);
        });
      };
      // By the browser's time stamp: what the press waited for the thread counts.
      const press = (event: KeyboardEvent): void => {
        const at = epoch(event.timeStamp);
        watching.pressed.push(at);
        painted((frame) => watching.frames.push(frame - at));
      };
      window.addEventListener("keydown", press, { capture: true });
      let last = "";
      const look = (): void => {
        const what = document.querySelector(selector)?.getAttribute(attribute) ?? "";
        if (what === last) return;
        last = what;
        painted((at) => watching.shown.push({ what, at }));
      };
      new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: [attribute] });
      look();
    },
    { selector, attribute },
  );
}

/** The latest key press, ms since the epoch. */
export function lastPress(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as { promptness: Watching }).promptness.pressed.at(-1) ?? Number.NaN);
}

/** How long each press waited for the next painted frame, whatever that showed: less no answer of the page can take, ms. */
export function frameWaits(page: Page): Promise<number[]> {
  return page.evaluate(() => (window as unknown as { promptness: Watching }).promptness.frames);
}

/** The first time after `since` that the page showed `what`; none: not yet. */
export function shownAfter(page: Page, what: string, since: number): Promise<number | null> {
  return page.evaluate(
    ({ what, since }) => (window as unknown as { promptness: Watching }).promptness.shown.find((one) => one.what === what && one.at >= since)?.at ?? null,
    { what, since },
  );
}
