// Processes that a test starts.
import type { ChildProcess } from "node:child_process";

/** Sends the signal and waits for the end; a process that has ended already is left alone. */
export async function end(child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  child.kill(signal);
  await gone;
}

/** Niceness of what lets others go first: it weighs half as much as they do. */
const YIELDING = 3;

/**
 * A script for `sh` that runs a program with its arguments and lets others go first. Shares are divided among sessions first, then among the
 * threads of each: both have to yield.
 */
export function yieldingScript(program: string): string {
  const group = `test ! -w /proc/self/autogroup || echo ${YIELDING} > /proc/self/autogroup`;
  return `${group}\nexec nice -n ${YIELDING} ${program} "$@"\n`;
}
