/** Tables as CSV (RFC 4180) that spreadsheets open with their accents and execute nothing of. Pure. */

/** UTF-8's mark, without which Excel reads Vietnamese as another code page. */
const BYTE_ORDER_MARK = '\uFEFF';
/** A cell that begins so is a formula to a spreadsheet, whatever wrote it (OWASP: CSV injection). */
const FORMULA = /^[=+\-@\t\r]/u;
/** What must not stand outside quotation marks. */
const QUOTED = /[",\r\n]/u;

/** One cell; numbers are safe, texts that would be executed get an apostrophe, which spreadsheets take for "this is text". */
function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A table with its heading row first. */
export function csv(rows: readonly (readonly (string | number)[])[]): string {
  return BYTE_ORDER_MARK + rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
