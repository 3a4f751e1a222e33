// People who see, hear or point less well: what axe finds on a page as it is now.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { expect, type Page } from "@playwright/test";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  id: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** A finding that is accepted, with the reason why. */
interface Exception {
  rule: string;
  /** The elements, as a selector. */
  elements: string;
  why: string;
}

/** None today. An entry needs a reason that a person who cannot see or point well would accept. */
const EXCEPTIONS: Exception[] = [];

/** Elements of one rule that are named; the others, of a wall of 64, say the same. */
const NAMED = 5;

/** What axe finds, of any weight; each line names the rule, an element and the fault. */
export async function faultsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const violations = await page.evaluate(async (exceptions): Promise<Violation[]> => {
    // Colours that are still on their way from one theme or state to the other are nobody's colours. A transition of something
    // that is not drawn never ends by itself.
    for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish();
    const { axe } = window as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } };
    // The size of targets is a rule of WCAG 2.2 that axe leaves off by default. Streams have nothing to preload.
    const { violations } = await axe.run({ preload: false, resultTypes: ["violations"], rules: { "target-size": { enabled: true } } });
    const accepted = (rule: string, target: string[]) =>
      exceptions.some((one) => one.rule === rule && document.querySelector(target[0]!)?.matches(one.elements));
    return violations.map(({ id, nodes }) => ({ id, nodes: nodes.filter(({ target }) => !accepted(id, target)) }));
  }, EXCEPTIONS);
  return violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, NAMED).map((node) => `${id} (${nodes.length}) at ${node.target.join(" ")}: ${node.failureSummary.replace(/\s+/g, " ")}`),
  );
}

/** Checks a page in a state; softly, so that one run tells all faults. */
export async function checkAccess(page: Page, state: string): Promise<void> {
  expect.soft(await faultsOf(page), state).toEqual([]);
}
