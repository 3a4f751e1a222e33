/** What is not ready yet before a conference, for whoever prepares it. Pure. */
import type { ItemPlan, SitePlan } from '$lib/wire';
import type { Section } from '../sections';
import type { Details } from '../model/shapes';

/** What is looked at, in the order in which it is prepared. */
export type CheckName =
  'agenda' | 'minutes' | 'speakers' | 'sites' | 'phones' | 'codes' | 'support_phone' | 'floor' | 'draft' | 'locked';
/** One line: done, or how many are missing. `hint`: a conference can do without. */
export type Check = { name: CheckName; state: 'done' | 'missing' | 'hint'; count: number; section: Section };

/** Looks at a plan as it is in force. `drafts`: edits that nobody has applied. */
export function checklist(
  plan: { agenda: readonly ItemPlan[]; sites: readonly SitePlan[]; details: Details },
  drafts: number,
  locked: boolean,
): Check[] {
  const { agenda, sites, details } = plan;
  const speeches = agenda.filter((item) => item.site !== null);
  const others = sites.filter((site) => !site.hall);
  const line = (name: CheckName, section: Section, count: number, otherwise: 'missing' | 'hint'): Check => ({
    name,
    state: count === 0 ? 'done' : otherwise,
    count,
    section,
  });
  return [
    line('agenda', 'agenda', agenda.length === 0 ? 1 : 0, 'missing'),
    line('minutes', 'agenda', agenda.filter((item) => item.planned_ms === 0).length, 'hint'),
    line('speakers', 'agenda', speeches.filter((item) => item.speaker === null).length, 'hint'),
    line('sites', 'sites', others.length === 0 ? 1 : 0, 'missing'),
    line('phones', 'sites', others.filter((site) => site.contact.phone === '').length, 'hint'),
    line('codes', 'sites', sites.filter((site) => site.code === '').length, 'hint'),
    line('support_phone', 'details', details.support_phone === '' ? 1 : 0, 'missing'),
    { name: 'floor', state: 'done', count: 0, section: 'details' },
    line('draft', 'agenda', drafts, 'missing'),
    line('locked', 'rehearsal', locked ? 0 : 1, 'hint'),
  ];
}
