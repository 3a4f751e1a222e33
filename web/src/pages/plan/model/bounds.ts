/** Bounds of a plan; as in `conference::setup` and `conference::plan`, which have the last word. */

/** Longest name, title or phone number, in characters. */
export const MAX_NAME_CHARS = 300;
/** Longest slug or id, in characters. */
export const MAX_ID_CHARS = 64;
/** Most items of an agenda. */
export const MAX_ITEMS = 500;
/** Most sites. */
export const MAX_SITES = 150;
/** Most documents of an item. */
export const MAX_DOCUMENTS = 10;
/** What a site's devices may be limited to, kbit/s. */
export const RECEIVE_KBPS = { min: 250, max: 100_000 } as const;
/** Last column and row of the map of tiles. */
export const MAX_GRID = 63;
/** Longest speech or item, ms. */
export const MAX_SPEECH_MS = 24 * 60 * 60 * 1_000;
/** Longest grace time after a dropout, ms. */
export const MAX_GRACE_MS = 10 * 60 * 1_000;
export const MINUTE_MS = 60_000;
