/** What came of a command. Pure. */
import { refusalText } from '$lib/i18n/wording';
import type { CommandOutcome } from '$lib/link/machine';
import { m } from '$lib/paraglide/messages';
import type { Refusal, SiteSlug } from '$lib/wire';

/** Why it was not done; none: it was, or somebody was quicker and it is as it was wanted. */
export function refusalOf(outcome: CommandOutcome): Refusal | null {
  return outcome.accepted || outcome.reason.code === 'already_so' ? null : outcome.reason;
}

/** The same in words, empty if it was done; an outcome of null: it was not even sent. `nameOf` gives the short name of a site. */
export function whyNot(outcome: CommandOutcome | null, nameOf: (site: SiteSlug) => string): string {
  if (outcome === null) return m.refusal_busy();
  const refusal = refusalOf(outcome);
  return refusal ? refusalText(refusal, nameOf) : '';
}
