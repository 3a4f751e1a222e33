// A person without a mouse: goes from one thing to the next by Tab, and presses what has the focus.
import { expect, type Locator, type Page } from "@playwright/test";

/** More stops than any page has between two things that belong together. */
const MOST_STOPS = 120;

/** A little more than the time in which a key that moves the day on counts once, ms (`web/src/lib/ui/pressGuard.ts`). */
export const SAME_PRESS_MS = 350;

/** Presses Tab until an element has the focus; fails if it never gets it. */
export async function tabTo(page: Page, target: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  await target.waitFor();
  for (let stops = 0; stops < MOST_STOPS; stops++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  await expect(target, `reached with ${key}`).toBeFocused();
}

/** Goes to a button and presses it. */
export async function pressButton(page: Page, button: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  await tabTo(page, button, key);
  await page.keyboard.press("Enter");
}

/** Goes to a choice (`<select>`) and types the beginning of what it is to be: arrows would choose everything in between as well. */
export async function choose(page: Page, choice: Locator, value: string): Promise<void> {
  await tabTo(page, choice);
  const beginning = await choice.evaluate((select: HTMLSelectElement, value) => {
    const labels = [...select.options].map((option) => option.label);
    const label = [...select.options].find((option) => option.value === value)!.label;
    const length = [...label].findIndex((_, i) => labels.filter((one) => one.startsWith(label.slice(0, i + 1))).length === 1) + 1;
    return label.slice(0, length);
  }, value);
  // A closed list would choose at each letter on the way.
  await page.keyboard.press("Space");
  await page.keyboard.type(beginning);
  await page.keyboard.press("Enter");
  await expect(choice).toHaveValue(value);
  await page.keyboard.press("Escape");
}
