// Processes that a test starts.
import type { ChildProcess } from "node:child_process";

/** Sends the signal and waits for the end; a process that has ended already is left alone. */
export async function end(child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  child.kill(signal);
  await gone;
}
