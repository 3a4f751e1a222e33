/** The order of Vietnamese names: a, ă, â, … đ after d; tones last. Names are Vietnamese in both languages of the pages. Pure. */
const COLLATOR = new Intl.Collator('vi', { numeric: true });

/** For `toSorted`: by a text of each member. */
export function byName<T>(textOf: (member: T) => string): (left: T, right: T) => number {
  return (left, right) => COLLATOR.compare(textOf(left), textOf(right));
}
