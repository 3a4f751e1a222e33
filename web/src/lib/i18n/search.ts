/** Search in Vietnamese names, whatever the keyboard: accents, case and đ are ignored. Pure. */

/** A text without accents, in lower case, words separated by one blank. */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[đĐ]/g, 'd')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** How well a text answers a query, smaller is better; none: not at all. Initials match too: `cb` finds Cao Bằng. */
export function rank(query: string, text: string): number | null {
  const wanted = fold(query);
  if (wanted === '') return 0;
  const found = fold(text);
  if (found === wanted) return 0;
  if (found.startsWith(wanted)) return 1;
  if (` ${found}`.includes(` ${wanted}`)) return 2;
  const initials = found.split(' ').map((word) => word[0]);
  if (initials.join('').startsWith(wanted.replaceAll(' ', ''))) return 3;
  return found.replaceAll(' ', '').includes(wanted.replaceAll(' ', '')) ? 4 : null;
}

/** Members whose texts answer the query, best first; of equal answers the one of an earlier text, ties in their own order. */
export function search<T>(query: string, members: readonly T[], textsOf: (member: T) => readonly string[]): T[] {
  const hits: { member: T; rank: number; text: number }[] = [];
  for (const member of members) {
    let best: { rank: number; text: number } | null = null;
    for (const [text, words] of textsOf(member).entries()) {
      const found = rank(query, words);
      if (found !== null && (best === null || found < best.rank)) best = { rank: found, text };
    }
    if (best !== null) hits.push({ member, ...best });
  }
  return hits.sort((left, right) => left.rank - right.rank || left.text - right.text).map((hit) => hit.member);
}
