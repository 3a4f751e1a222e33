/** What a page knew when it was last connected, for times when the server is away: who it is and whom to ring. */
import * as v from 'valibot';
import { recall, remember } from './storage';

const Known = v.object({ site: v.string(), title: v.string(), phone: v.string() });
const Text = v.pipe(v.string(), v.parseJson(), Known);

/** Name of the site, title of the conference and phone number of the control room. */
export type Known = v.InferOutput<typeof Known>;

/** Enough of a token to tell links apart on one machine, too little to join with. */
const LABEL_CHARS = 8;
const nameOf = (token: string) => `known.${token.slice(0, LABEL_CHARS)}`;

/** What was known for a link; none: the link was never connected from here. */
export function recallKnown(token: string): Known | null {
  const parsed = v.safeParse(Text, recall(nameOf(token)));
  return parsed.success ? parsed.output : null;
}

/** Keeps it for the next time. */
export function rememberKnown(token: string, known: Known): void {
  remember(nameOf(token), JSON.stringify(known));
}
