/** Words for what the plan page knows as data. */
import { locale } from '$lib/i18n/locale.svelte';
import { layoutName } from '$lib/i18n/wording';
import { m } from '$lib/paraglide/messages';
import type { ItemPlan, Phase, SitePlan } from '$lib/wire';
import type { Barrier } from './model/barrier';
import { MINUTE_MS } from './model/bounds';
import type { ChangeCount, ListChange } from './model/listChange';
import type { Problem, ProblemField } from './model/problem';
import type { AgendaField } from './table/agendaTable';
import type { ReadFault } from './table/rows';
import type { SiteField } from './table/siteTable';
import type { ReadNote } from './text/programme';

type Name = (slug: string) => string;

const FIELD: Record<ProblemField, () => string> = {
  title: m.plan_field_title,
  speaker_name: m.plan_field_speaker,
  speaker_title: m.plan_field_speaker_title,
  organisation: m.plan_field_organisation,
  minutes: m.plan_field_minutes,
  documents: m.plan_field_documents,
  id: m.plan_field_id,
  slug: m.plan_field_slug,
  code: m.plan_field_code,
  name: m.plan_field_name,
  full_name: m.plan_field_full_name,
  region: m.plan_field_region,
  carrier: m.plan_field_carrier,
  contact_name: m.plan_field_contact_name,
  contact_phone: m.plan_field_contact_phone,
  receive_kbps: m.plan_field_receive_kbps,
  column: m.plan_field_column,
  row: m.plan_field_row,
  hall: m.plan_field_hall,
  support_phone: m.plan_field_support_phone,
  allowed: m.plan_field_allowed,
  warning: m.plan_field_warning,
  grace: m.plan_field_grace,
  template: m.plan_field_template,
};

const MARK: Record<Exclude<ListChange<unknown>['kind'], 'removed'>, () => string> = {
  added: m.plan_mark_added,
  changed: m.plan_mark_changed,
  moved: m.plan_mark_moved,
};
/** How a member is marked that would change. */
export const markText = (kind: keyof typeof MARK): string => MARK[kind]();

/** A field's name. */
export const fieldName = (field: ProblemField): string => FIELD[field]();

const numberText = (value: number) => new Intl.NumberFormat(locale()).format(value);

/** A problem in words. */
export function problemText(problem: Problem, name: Name): string {
  switch (problem.code) {
    case 'missing':
      return m.plan_problem_missing({ field: fieldName(problem.field) });
    case 'too_long':
      return m.plan_problem_too_long({ field: fieldName(problem.field), max: problem.max });
    case 'unreadable':
      return m.plan_problem_unreadable({ field: fieldName(problem.field) });
    case 'out_of_range':
      return m.plan_problem_out_of_range({
        field: fieldName(problem.field),
        min: numberText(problem.min),
        max: numberText(problem.max),
      });
    case 'twice':
      return m.plan_problem_twice({ field: fieldName(problem.field), value: problem.value });
    case 'bad_id':
      return m.plan_problem_bad_id({ value: problem.value });
    case 'unknown_site':
      return m.plan_problem_unknown_site({ site: problem.site });
    case 'site_in_agenda':
      return m.plan_problem_site_in_agenda({ site: name(problem.site), item: problem.item });
    case 'too_many':
      return m.plan_problem_too_many({ found: problem.found, limit: problem.limit });
    case 'halls':
      return m.plan_problem_halls({ found: problem.found });
    case 'same_place':
      return m.plan_problem_same_place({ others: problem.others.join(', ') });
    case 'server':
      return m.plan_problem_server({ text: problem.text });
  }
}

/** The field that a problem stands at; none: it is about the whole member. */
export function fieldOf(problem: Problem): ProblemField | 'site' | null {
  switch (problem.code) {
    case 'missing':
    case 'too_long':
    case 'unreadable':
    case 'out_of_range':
    case 'twice':
      return problem.field;
    case 'unknown_site':
      return 'site';
    case 'same_place':
      return 'column';
    case 'bad_id':
    case 'site_in_agenda':
    case 'too_many':
    case 'halls':
    case 'server':
      return null;
  }
}

/** Why the plan cannot be edited. */
export function barrierText(barrier: Barrier): string {
  switch (barrier.why) {
    case 'connecting':
      return m.plan_barrier_connecting();
    case 'role':
      return m.plan_barrier_role();
    case 'live':
      return m.plan_barrier_live();
    case 'ended':
      return m.plan_barrier_ended();
    case 'rehearsal':
      return m.plan_barrier_rehearsal();
    case 'locked':
      return m.plan_barrier_locked();
    case 'lease':
      return barrier.holder === null ? m.plan_barrier_nobody() : m.plan_barrier_lease({ holder: barrier.holder });
    case 'journal':
      return m.plan_barrier_journal();
  }
}

const PHASE: Record<Phase, () => string> = {
  preparing: m.plan_phase_preparing,
  rehearsal: m.plan_phase_rehearsal,
  live: m.plan_phase_live,
  ended: m.plan_phase_ended,
};
/** Where the conference stands. */
export const phaseName = (phase: Phase): string => PHASE[phase]();

/** How much would change: `thêm 2 · sửa 1`. */
export function countText({ added, changed, removed, moved }: ChangeCount): string {
  return [
    added > 0 ? m.plan_count_added({ count: added }) : '',
    changed > 0 ? m.plan_count_changed({ count: changed }) : '',
    removed > 0 ? m.plan_count_removed({ count: removed }) : '',
    moved > 0 ? m.plan_count_moved({ count: moved }) : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Minutes of an item; empty: none planned. */
export const minutesText = (planned_ms: number): string =>
  planned_ms === 0 ? '' : m.plan_minutes({ count: Math.round(planned_ms / MINUTE_MS) });

/** When an item would begin, after the first one: `+1:05`. */
export function offsetText(ms: number): string {
  const minutes = Math.round(ms / MINUTE_MS);
  return `+${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}

/** A length of time in hours and minutes. */
export function lengthText(ms: number): string {
  const minutes = Math.round(ms / MINUTE_MS);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (hours === 0) return m.plan_minutes({ count: rest });
  return rest === 0 ? m.plan_hours({ hours }) : m.plan_hours_minutes({ hours, minutes: rest });
}

/** A speaker in a line. */
export const speakerText = (speaker: ItemPlan['speaker']): string =>
  speaker ? [speaker.name, speaker.title, speaker.organisation].filter(Boolean).join(', ') : '';

/** A field of an item and what it says. */
export function itemFieldText(field: keyof ItemPlan, item: ItemPlan, name: Name): { field: string; text: string } {
  switch (field) {
    case 'id':
      return { field: m.plan_field_id(), text: item.id };
    case 'title':
      return { field: m.plan_field_title(), text: item.title };
    case 'speaker':
      return { field: m.plan_field_speaker(), text: speakerText(item.speaker) };
    case 'site':
      return { field: m.plan_field_site(), text: item.site === null ? '' : name(item.site) };
    case 'planned_ms':
      return { field: m.plan_field_minutes(), text: minutesText(item.planned_ms) };
    case 'layout':
      return { field: m.plan_field_layout(), text: item.layout === null ? '' : layoutName(item.layout) };
    case 'documents':
      return { field: m.plan_field_documents(), text: item.documents.map((one) => one.name).join(', ') };
  }
}

/** A field of a site and what it says. */
export function siteFieldText(field: keyof SitePlan, site: SitePlan): { field: string; text: string } {
  switch (field) {
    case 'contact':
      return {
        field: m.plan_field_contact_name(),
        text: [site.contact.name, site.contact.phone].filter(Boolean).join(', '),
      };
    case 'receive_kbps':
      return { field: m.plan_field_receive_kbps(), text: site.receive_kbps === null ? '' : String(site.receive_kbps) };
    case 'hall':
      return { field: m.plan_field_hall(), text: site.hall ? m.plan_yes() : m.plan_no() };
    case 'column':
    case 'row':
    case 'slug':
    case 'code':
    case 'name':
    case 'full_name':
    case 'region':
    case 'carrier':
      return { field: fieldName(field), text: String(site[field]) };
  }
}

const NOTE: Record<ReadNote, () => string> = {
  unknown_site: m.plan_note_unknown_site,
  similar_site: m.plan_note_similar_site,
  bad_time: m.plan_note_bad_time,
  two_times: m.plan_note_two_times,
  each_speech: m.plan_note_each_speech,
  shared_time: m.plan_note_shared_time,
};
/** What a person should look at. */
export const noteText = (note: ReadNote): string => NOTE[note]();

const FAULT: Record<ReadFault, () => string> = {
  empty: m.plan_fault_empty,
  too_large: m.plan_fault_too_large,
  too_many_rows: m.plan_fault_too_many_rows,
  wrong_kind: m.plan_fault_wrong_kind,
  damaged: m.plan_fault_damaged,
};
/** Why a file could not be read. */
export const faultText = (fault: ReadFault): string => FAULT[fault]();

const AGENDA_COLUMN: Record<AgendaField, () => string> = {
  order: m.plan_field_order,
  time: m.plan_field_time,
  minutes: m.plan_field_minutes,
  title: m.plan_field_title,
  speaker: m.plan_field_speaker,
  speaker_title: m.plan_field_speaker_title,
  organisation: m.plan_field_organisation,
  site: m.plan_field_site,
  layout: m.plan_field_layout,
  id: m.plan_field_id,
};
/** What a column of a programme holds. */
export const agendaColumnName = (field: AgendaField): string => AGENDA_COLUMN[field]();
/** What a column of a list of sites holds. */
export const siteColumnName = (field: SiteField): string => fieldName(field);
