/** What the columns of a table hold, by their headings in either language. A person can correct it. Pure. */
import { fold } from '$lib/i18n/search';
import type { Rows } from './rows';

/** Headings by the field that they mean, folded; an exact one counts before the beginning of one. */
export type Headings<Field extends string> = Record<Field, readonly string[]>;
/** The field of each column; none: it is left out. */
export type Columns<Field extends string> = readonly (Field | null)[];
/** Where a table's heading is and what its columns hold. */
export type Recognised<Field extends string> = {
  columns: Columns<Field>;
  /** Index of the heading row; none: the table has none. */
  heading: number | null;
};

/** A heading stands near the top, below a title or two. */
const LOOKED_AT = 12;

/** Recognises the columns; with fewer than two known headings in a row there is no heading. */
export function recognise<Field extends string>(rows: Rows, headings: Headings<Field>): Recognised<Field> {
  let best: Recognised<Field> = { columns: [], heading: null };
  let most = 1;
  for (const [index, row] of rows.slice(0, LOOKED_AT).entries()) {
    const columns = fieldsOf(row, headings);
    const known = columns.filter((field) => field !== null).length;
    if (known > most) {
      most = known;
      best = { columns, heading: index };
    }
  }
  return best;
}

/** Columns as many as the table has. */
export function widthOf(rows: Rows): number {
  return rows.reduce((widest, row) => Math.max(widest, row.length), 0);
}

/** Gives a column a field; the column that had it loses it. */
export function assign<Field extends string>(
  columns: Columns<Field>,
  column: number,
  field: Field | null,
): Columns<Field> {
  const width = Math.max(columns.length, column + 1);
  return Array.from({ length: width }, (_, index) => {
    if (index === column) return field;
    const held = columns[index] ?? null;
    return held === field ? null : held;
  });
}

/** Reads cells of a row by field. */
export function cellReader<Field extends string>(
  columns: Columns<Field>,
): (row: readonly string[], field: Field) => string {
  return (row, field) => {
    const column = columns.indexOf(field);
    return column < 0 ? '' : (row[column] ?? '');
  };
}

/** Each field goes to the column that fits it best; a column has one field. */
function fieldsOf<Field extends string>(row: readonly string[], headings: Headings<Field>): Columns<Field> {
  const columns: (Field | null)[] = row.map(() => null);
  const texts = row.map((cell) => fold(cell.replace(/\([^)]*\)/gu, ' ')) || fold(cell));
  const used = new Set<Field>();
  const claim = (fits: (text: string, heading: string) => boolean) => {
    for (const [column, text] of texts.entries()) {
      if (columns[column] !== null || text === '') continue;
      const field = (Object.keys(headings) as Field[]).find(
        (one) => !used.has(one) && headings[one].some((heading) => fits(text, heading)),
      );
      if (field === undefined) continue;
      columns[column] = field;
      used.add(field);
    }
  };
  claim((text, heading) => text === heading);
  claim((text, heading) => ` ${text} `.includes(` ${heading} `) && text.length <= heading.length + 25);
  return columns;
}
