/** The table that was copied out of Word, a browser or a spreadsheet: its cells may have several lines, which plain text loses. */
import { cleaned, MAX_ROWS, type Rows } from './rows';

/** Rows of the largest table of copied markup; none: there is no table in it. */
export function htmlTable(markup: string): Rows | null {
  // Parsed as a document of its own: nothing in it is loaded or run.
  const page = new DOMParser().parseFromString(markup, 'text/html');
  for (const hidden of page.querySelectorAll('script, style')) hidden.remove();
  const tables = [...page.querySelectorAll('table')].map((table) => [...table.querySelectorAll('tr')]);
  const largest = tables.toSorted((left, right) => right.length - left.length)[0];
  if (!largest || largest.length < 2) return null;
  const read = cleaned(spread(largest.slice(0, MAX_ROWS + 1)));
  return read.ok && Math.max(...read.rows.map((row) => row.length)) > 1 ? read.rows : null;
}

/** Cells in their columns. What is spread over several rows is said in the first of them, and keeps its place in the others. */
function spread(rows: readonly Element[]): string[][] {
  const taken: number[] = [];
  return rows.map((row) => {
    const cells: string[] = [];
    for (const cell of row.querySelectorAll('td, th')) {
      while ((taken[cells.length] ?? 0) > 0) cells.push('');
      const wide = spanOf(cell, 'colspan');
      const high = spanOf(cell, 'rowspan');
      for (let column = 0; column < wide; column++) {
        taken[cells.length] = high;
        cells.push(column === 0 ? textOf(cell) : '');
      }
    }
    for (let column = 0; column < taken.length; column++) taken[column] = Math.max(0, (taken[column] ?? 0) - 1);
    return cells;
  });
}

function textOf(cell: Element): string {
  for (const end of cell.querySelectorAll('br, p, div, li')) end.append(' ');
  for (const line of cell.querySelectorAll('br')) line.replaceWith(' ');
  return cell.textContent ?? '';
}

function spanOf(cell: Element, name: string): number {
  const span = Number(cell.getAttribute(name) ?? 1);
  return Number.isInteger(span) && span > 0 ? Math.min(span, 100) : 1;
}
