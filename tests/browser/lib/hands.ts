// A person without a mouse: goes from one thing to the next by Tab, and presses what has the focus.
import { expect, type Locator, type Page } from "@playwright/test";

/** More stops than any page has between two things that belong together. */
const MOST_STOPS = 120;

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

/** Goes to a choice (`<select>`) and moves on with the arrows until it has the value. */
export async function choose(page: Page, choice: Locator, value: string): Promise<void> {
  await tabTo(page, choice);
  const values = await choice.evaluate((select: HTMLSelectElement) => [...select.options].map((option) => option.value));
  const steps = values.indexOf(value) - values.indexOf(await choice.inputValue());
  for (let step = 0; step < Math.abs(steps); step++) await page.keyboard.press(steps > 0 ? "ArrowDown" : "ArrowUp");
  await expect(choice).toHaveValue(value);
  await page.keyboard.press("Escape");
}
