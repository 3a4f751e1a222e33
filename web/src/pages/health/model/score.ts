/** A mean opinion score in one of five words, by the bands of ITU-T P.800. Pure. */
export const SCORE_WORDS = ['excellent', 'good', 'fair', 'poor', 'bad'] as const;
/** One of them. */
export type ScoreWord = (typeof SCORE_WORDS)[number];

/** From which score on each is said; ITU-T G.107, Annex B, gives what users are satisfied with. */
const FROM: Record<ScoreWord, number> = { excellent: 4.3, good: 4.0, fair: 3.6, poor: 2.6, bad: 0 };

/** The word of a score. */
export const scoreWord = (score: number): ScoreWord => SCORE_WORDS.find((word) => score >= FROM[word]) ?? 'bad';
