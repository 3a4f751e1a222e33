/** What changed between two lists, as a person would tell it. Pure. */

/** One change. `fields` names what differs. */
export type ListChange<T> =
  | { kind: 'added'; after: T; place: number }
  | { kind: 'removed'; before: T; place: number }
  | { kind: 'changed'; before: T; after: T; fields: readonly (keyof T)[]; place: number }
  | { kind: 'moved'; after: T; from: number; place: number };

/** How many changes there are of each kind. */
export type ChangeCount = { added: number; removed: number; changed: number; moved: number };

/** Changes in the order of the new list, what was removed last. Of moves only those that cannot be left out are told. */
export function changesOf<T extends object>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (member: T) => string,
): ListChange<T>[] {
  const old = new Map(before.map((member, index) => [keyOf(member), { member, index }]));
  const kept = new Set(after.map(keyOf));
  const stayed = stayers(after.map((member) => old.get(keyOf(member))?.index ?? null));
  const changes: ListChange<T>[] = [];
  for (const [place, member] of after.entries()) {
    const previous = old.get(keyOf(member));
    if (!previous) {
      changes.push({ kind: 'added', after: member, place });
      continue;
    }
    if (!stayed.has(place)) changes.push({ kind: 'moved', after: member, from: previous.index, place });
    const fields = fieldsThatDiffer(previous.member, member);
    if (fields.length > 0) changes.push({ kind: 'changed', before: previous.member, after: member, fields, place });
  }
  for (const [place, member] of before.entries()) {
    if (!kept.has(keyOf(member))) changes.push({ kind: 'removed', before: member, place });
  }
  return changes;
}

/** The change of each member that is still there; of several the last. */
export function changesByKey<T>(
  changes: readonly ListChange<T>[],
  keyOf: (member: T) => string,
): Map<string, Exclude<ListChange<T>, { kind: 'removed' }>> {
  return new Map(changes.flatMap((change) => (change.kind === 'removed' ? [] : [[keyOf(change.after), change]])));
}

/** Counts changes by kind. */
export function countChanges<T>(changes: readonly ListChange<T>[]): ChangeCount {
  const count = { added: 0, removed: 0, changed: 0, moved: 0 };
  for (const { kind } of changes) count[kind] += 1;
  return count;
}

/** Fields in which two members differ. */
export function fieldsThatDiffer<T extends object>(left: T, right: T): (keyof T)[] {
  return (Object.keys(right) as (keyof T)[]).filter((field) => !same(left[field], right[field]));
}

/** Two plain values say the same. */
export function same(left: unknown, right: unknown): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}

/** Places of a longest rising subsequence: those members need not have moved. Strangers are passed over. */
function stayers(indexes: readonly (number | null)[]): Set<number> {
  const tails: number[] = [];
  const previous = new Map<number, number | undefined>();
  for (const [place, index] of indexes.entries()) {
    if (index === null) continue;
    let low = tails.findIndex((tail) => indexes[tail]! > index);
    if (low < 0) low = tails.length;
    previous.set(place, tails[low - 1]);
    tails[low] = place;
  }
  const stayed = new Set<number>();
  for (let place = tails.at(-1); place !== undefined; place = previous.get(place)) stayed.add(place);
  return stayed;
}
