/** What is wrong with a plan, as data; its words are in `problemText.ts`. Checks mirror the server's, which has the last word. */

/** Fields of items and sites that can be wrong. */
export type ProblemField =
  | 'title'
  | 'speaker_name'
  | 'speaker_title'
  | 'organisation'
  | 'minutes'
  | 'documents'
  | 'id'
  | 'slug'
  | 'code'
  | 'name'
  | 'full_name'
  | 'region'
  | 'carrier'
  | 'contact_name'
  | 'contact_phone'
  | 'receive_kbps'
  | 'column'
  | 'row'
  | 'hall'
  | 'support_phone'
  | 'allowed'
  | 'warning'
  | 'grace'
  | 'template';

/** One problem. */
export type Problem =
  | { code: 'missing'; field: ProblemField }
  | { code: 'too_long'; field: ProblemField; max: number }
  /** Control characters, or such as turn the direction of a text. */
  | { code: 'unreadable'; field: ProblemField }
  | { code: 'out_of_range'; field: ProblemField; min: number; max: number }
  | { code: 'twice'; field: ProblemField; value: string }
  | { code: 'bad_id'; value: string }
  | { code: 'unknown_site'; site: string }
  /** The agenda names a site that would go. */
  | { code: 'site_in_agenda'; site: string; item: string }
  | { code: 'too_many'; limit: number; found: number }
  | { code: 'halls'; found: number }
  /** Two sites on one place of the map: seen, not refused. */
  | { code: 'same_place'; others: readonly string[] }
  /** What the server says and this page does not know. */
  | { code: 'server'; text: string };

/** A problem of one member, or of the whole list. */
export type Located = { key: string | null; problem: Problem };

/** True for what the server would refuse. */
export function isFatal(problem: Problem): boolean {
  return problem.code !== 'same_place';
}

/** As `conference::text::is_unreadable`: control characters, directions (UAX #9, section 2), line and paragraph separators. */
const UNREADABLE = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\u2028\u2029]/u;

/** Checks a text; `required`: it may not be empty. */
export function textProblems(field: ProblemField, text: string, max: number, required = false): Problem[] {
  const problems: Problem[] = [];
  if (required && text.trim() === '') problems.push({ code: 'missing', field });
  if ([...text].length > max) problems.push({ code: 'too_long', field, max });
  if (UNREADABLE.test(text)) problems.push({ code: 'unreadable', field });
  return problems;
}

/** Checks a number. */
export function rangeProblems(field: ProblemField, value: number, min: number, max: number): Problem[] {
  return Number.isInteger(value) && value >= min && value <= max ? [] : [{ code: 'out_of_range', field, min, max }];
}

/** Values that occur more than once. */
export function doubles(values: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(values.filter((value) => seen.has(value) || !seen.add(value)));
}
