// What a person's hands do, counted in the page itself: every key that goes down, with the instant at which the browser had it.
import type { Page } from "@playwright/test";

/** Begins to count; what was counted before is forgotten. */
export async function countKeystrokes(page: Page): Promise<void> {
  await page.evaluate(() => {
    const holder = window as unknown as { keystrokes?: string[]; clicks?: number };
    const counting = holder.keystrokes !== undefined;
    holder.keystrokes = [];
    holder.clicks = 0;
    if (counting) return;
    // Before anybody else's listener, so that nobody can hide a press.
    window.addEventListener("keydown", (event) => holder.keystrokes!.push(event.code), { capture: true });
    window.addEventListener("pointerdown", () => holder.clicks!++, { capture: true });
  });
}

/** The keys that went down since the count began; fails if a pointer was used. */
export async function keystrokes(page: Page): Promise<string[]> {
  const { keys, clicks } = await page.evaluate(() => {
    const holder = window as unknown as { keystrokes: string[]; clicks: number };
    return { keys: holder.keystrokes, clicks: holder.clicks };
  });
  if (clicks > 0) throw new Error(`a pointer was pressed ${clicks} times`);
  return keys;
}
