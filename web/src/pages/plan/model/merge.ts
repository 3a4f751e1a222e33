/** Puts two edits of one list together: this page's and what somebody else has saved meanwhile. Pure. */
import { same } from './listChange';

/** The list that holds both edits; `clashes` are keys of members that both changed differently, where this page's stands. */
export type Merged<T> = { list: readonly T[]; clashes: readonly string[] };

/** Merges by member and by field. What one side left alone is the other's; what both changed alike is no clash. */
export function mergeLists<T extends object>(
  base: readonly T[],
  mine: readonly T[],
  theirs: readonly T[],
  keyOf: (member: T) => string,
): Merged<T> {
  const [old, own, other] = [base, mine, theirs].map((list) => new Map(list.map((one) => [keyOf(one), one])));
  const clashes: string[] = [];
  const merged = new Map<string, T>();
  for (const key of new Set([...own!.keys(), ...other!.keys()])) {
    const member = mergeOne(old!.get(key), own!.get(key), other!.get(key), () => clashes.push(key));
    if (member) merged.set(key, member);
  }
  return {
    list: ordered(
      [base, mine, theirs].map((list) => list.map(keyOf)),
      merged,
    ),
    clashes,
  };
}

function mergeOne<T extends object>(
  base: T | undefined,
  mine: T | undefined,
  theirs: T | undefined,
  clash: () => void,
): T | undefined {
  if (same(mine, theirs) || same(theirs, base)) return mine;
  if (same(mine, base)) return theirs;
  if (!mine || !theirs) {
    // One removed what the other changed: it stays, and is asked about.
    clash();
    return mine ?? theirs;
  }
  const merged = { ...mine };
  let clashed = false;
  for (const field of Object.keys(theirs) as (keyof T)[]) {
    const untouched = same(mine[field], base?.[field]);
    if (untouched) merged[field] = theirs[field];
    else if (!same(theirs[field], base?.[field]) && !same(theirs[field], mine[field])) clashed = true;
  }
  if (clashed) clash();
  return merged;
}

/** This page's order if it changed the order, else the other's; strangers follow the member that they followed. */
function ordered<T>([base, mine, theirs]: string[][], merged: ReadonlyMap<string, T>): T[] {
  const common = (list: string[], other: string[]) => list.filter((key) => other.includes(key));
  const reordered = !same(common(mine!, base!), common(base!, mine!));
  const [lead, follow] = reordered ? [mine!, theirs!] : [theirs!, mine!];
  const order = lead.filter((key) => merged.has(key));
  for (const [index, key] of follow.entries()) {
    if (!merged.has(key) || order.includes(key)) continue;
    const before = follow.slice(0, index).findLast((one) => order.includes(one));
    order.splice(before === undefined ? 0 : order.indexOf(before) + 1, 0, key);
  }
  return order.map((key) => merged.get(key)!);
}
