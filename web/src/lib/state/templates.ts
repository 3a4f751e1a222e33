/** Bounds of the prepared texts of messages; as in `conference::plan`, which has the last word. */

/** Most of them. */
export const MAX_TEMPLATES = 20;
/** Longest, in characters. */
export const MAX_TEMPLATE_CHARS = 300;
