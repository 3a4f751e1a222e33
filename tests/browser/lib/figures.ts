// Figures that a test measured, written where `cargo xtask bench end-to-end` reads them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { outputFolder } from "./paths.ts";

export interface Figure {
  figure: string;
  value: number;
  unit: string;
  /** The largest value that is good; none: the figure is for information. */
  goal: number | null;
}

/** Prints and keeps the figures of one test. */
export function keepFigures(name: string, figures: Figure[]): void {
  for (const { figure, value, unit, goal } of figures) {
    const verdict = goal === null ? "" : value <= goal ? `  (goal ≤ ${goal}: met)` : `  (goal ≤ ${goal}: MISSED)`;
    console.log(`    ${figure}: ${Math.round(value * 100) / 100} ${unit}${verdict}`);
  }
  writeFileSync(join(outputFolder("figures"), `${name}.json`), JSON.stringify(figures, null, 2) + "\n");
}

/** The value below which a share `q` of the samples lies (nearest rank). */
export function quantile(samples: number[], q: number): number {
  if (samples.length === 0) return Number.NaN;
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}
