// A journal that cannot be written: another process holds the write lock of its database.
import { spawn } from "node:child_process";
import { join } from "node:path";

import { end } from "./process.ts";
import type { Server } from "./server.ts";

const HOLD = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
database.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
`;

/** Holds the lock until it is released. */
export async function lockJournal(server: Server): Promise<{ release(): Promise<void> }> {
  const holder = spawn("python3", ["-c", HOLD, join(server.data, "journal.db")], { stdio: ["pipe", "pipe", "inherit"] });
  await new Promise<void>((done, fail) => {
    holder.stdout.once("data", () => done());
    holder.once("exit", (code) => fail(new Error(`the journal was not locked: ${code}`)));
  });
  return { release: () => end(holder, "SIGTERM") };
}
