// Processes that a test starts.
import type { ChildProcess } from "node:child_process";

/** What a shell says before a program that takes what processor time others leave. */
// Shares are divided among sessions first, then among the threads of each: both have to yield.
export const YIELDING = "test ! -w /proc/self/autogroup || echo 10 > /proc/self/autogroup; exec nice -n 10";

/** Sends the signal and waits for the end; a process that has ended already is left alone. */
export async function end(child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  child.kill(signal);
  await gone;
}
