// Figures that a test measured, written where `cargo xtask bench end-to-end` reads them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { outputFolder } from "./paths.ts";

export interface Figure {
  figure: string;
  value: number;
  unit: string;
  /** The largest value that is good; none: there is none. */
  goal: number | null;
  /** The smallest value that is good; neither this nor `goal`: the figure is for information. */
  least?: number;
}

/** What is to be printed beside a figure. */
function verdict({ value, goal, least }: Figure): string {
  if (least !== undefined) return `  (goal ≥ ${least}: ${value >= least ? "met" : "MISSED"})`;
  if (goal !== null) return `  (goal ≤ ${goal}: ${value <= goal ? "met" : "MISSED"})`;
  return "";
}

/** Prints and keeps the figures of one test. */
export function keepFigures(name: string, figures: Figure[]): void {
  for (const one of figures) {
    console.log(`    ${one.figure}: ${Math.round(one.value * 100) / 100} ${one.unit}${verdict(one)}`);
  }
  writeFileSync(join(outputFolder("figures"), `${name}.json`), JSON.stringify(figures, null, 2) + "\n");
}

/** The value below which a share `q` of the samples lies (nearest rank). */
export function quantile(samples: number[], q: number): number {
  if (samples.length === 0) return Number.NaN;
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}
