/** Files that a page makes or fetches for the person in front of it. */

/** The browser needs the address until it has begun to write the file, ms. */
const KEPT_MS = 10_000;

/** Saves a text as a file. */
export const saveText = (name: string, text: string, type: string) => saveFile(name, new Blob([text], { type }));

/** Saves a file. */
export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}
