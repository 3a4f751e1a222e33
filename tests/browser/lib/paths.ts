// Where the tests find the program and put what they make.
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
export const binary = process.env["DIENHONG_BIN"] ?? join(root, "target/debug/dienhong");
export const networkBed = process.env["NETWORK_BED_BIN"] ?? join(root, "target/debug/network-bed");
export const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
export const firefox = process.env["FIREFOX"] ?? "/usr/bin/firefox-esr";

/** A folder below `target`, made if it is missing. */
export function outputFolder(name: string): string {
  const folder = join(root, "target", name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
