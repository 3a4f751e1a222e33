/** Files that a page makes for the person in front of it. */

/** The browser needs the address until it has begun to write the file, ms. */
const KEPT_MS = 10_000;

/** Saves a text as a file. */
export function saveText(name: string, text: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}
