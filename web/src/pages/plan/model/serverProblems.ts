/** What the server finds wrong with a plan (`bad_plan`, in English), brought to the rows that it is about. Pure. */
import { MAX_NAME_CHARS, RECEIVE_KBPS } from './bounds';
import type { Located, Problem, ProblemField } from './problem';

const FIELDS: Readonly<Record<string, ProblemField>> = {
  title: 'title',
  'speaker.name': 'speaker_name',
  'speaker.title': 'speaker_title',
  'speaker.organisation': 'organisation',
  planned_ms: 'minutes',
  name: 'name',
  code: 'code',
  full_name: 'full_name',
  region: 'region',
  carrier: 'carrier',
  contact_name: 'contact_name',
  contact_phone: 'contact_phone',
  support_phone: 'support_phone',
  'speech.allowed_ms': 'allowed',
  'speech.warning_ms': 'warning',
  'speech.grace_ms': 'grace',
};

/** Sentences of `conference::SetupError`, and what they mean here. */
const SENTENCES: readonly { form: RegExp; problem: (parts: readonly string[]) => Problem | null }[] = [
  {
    form: /exactly one site must be the hall, found (\d+)/,
    problem: ([found]) => ({ code: 'halls', found: Number(found) }),
  },
  {
    form: /^(\d+) (?:sites|agenda items), at most (\d+)/,
    problem: ([found, limit]) => ({ code: 'too_many', found: Number(found), limit: Number(limit) }),
  },
  {
    form: /receive_kbps of \S+ must be/,
    problem: () => ({ code: 'out_of_range', field: 'receive_kbps', ...RECEIVE_KBPS }),
  },
  { form: /site slug (\S+) is used twice/, problem: ([value]) => ({ code: 'twice', field: 'slug', value: value! }) },
  { form: /agenda item id (\S+) is used twice/, problem: ([value]) => ({ code: 'twice', field: 'id', value: value! }) },
  { form: /names the unknown site (\S+)/, problem: ([site]) => ({ code: 'unknown_site', site: site! }) },
  { form: /^"(.*)" is no id/, problem: ([value]) => ({ code: 'bad_id', value: value! }) },
  {
    form: /^(\S+) of \S+ must have 1 to/,
    problem: ([field]) => ofField(field, (one) => ({ code: 'missing', field: one })),
  },
  {
    form: /^(\S+) of \S+ has \d+ characters/,
    problem: ([field]) => ofField(field, (one) => ({ code: 'too_long', field: one, max: MAX_NAME_CHARS })),
  },
];

/** Each problem with the member that it names; the longest key that stands in it as a word is the one. */
export function locate(problems: readonly string[], keys: readonly string[]): Located[] {
  const longestFirst = keys.toSorted((left, right) => right.length - left.length);
  return problems.map((text) => ({
    key: longestFirst.find((key) => isWordOf(key, text)) ?? null,
    problem: meaning(text),
  }));
}

function meaning(text: string): Problem {
  for (const { form, problem } of SENTENCES) {
    const hit = form.exec(text);
    const known = hit && problem(hit.slice(1));
    if (known) return known;
  }
  return { code: 'server', text };
}

function ofField(name: string | undefined, problem: (field: ProblemField) => Problem): Problem | null {
  const field = FIELDS[name ?? ''];
  return field === undefined ? null : problem(field);
}

function isWordOf(key: string, text: string): boolean {
  for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
    const around = `${text[at - 1] ?? ' '}${text[at + key.length] ?? ' '}`;
    if (!/[a-z0-9-]/.test(around)) return true;
  }
  return false;
}
