/** The three parts of a plan: how each is checked, merged and sent. */
import { m } from '$lib/paraglide/messages';
import type { Command, ItemPlan, SitePlan } from '$lib/wire';
import { checkAgenda, checkDetails, checkSites, checkTemplates } from './model/checks';
import { fieldsThatDiffer, same } from './model/listChange';
import { mergeLists } from './model/merge';
import type { Located } from './model/problem';
import { AgendaShape, type Details, DetailsShape, SitesShape } from './model/shapes';
import { tidyDetails, tidyItem, tidySite } from './model/tidy';
import type { PartKind } from './planPart.svelte';

const NO_DETAILS: Details = {
  title: '',
  support_phone: '',
  floor_mode: 'closed',
  speech: { allowed_ms: 0, warning_ms: 0, grace_ms: 0 },
  quorum: { sites: 0, delegates: 0 },
  templates: [],
};

/** Key of an item. */
export const itemKey = (item: ItemPlan) => item.id;
/** Key of a site. */
export const siteKey = (site: SitePlan) => site.slug;

/** The agenda; it names sites that are in force. */
export function agendaPart(sites: () => readonly SitePlan[]): PartKind<readonly ItemPlan[]> {
  return {
    name: 'agenda',
    label: m.plan_apply_agenda,
    empty: [],
    shape: AgendaShape,
    check: (items) => checkAgenda(items, new Set(sites().map(siteKey))),
    tidy: (items) => items.map(tidyItem),
    merge: (base, mine, theirs) => counted(mergeLists(base, mine, theirs, itemKey)),
    keysOf: (items) => items.map(itemKey),
    commands: (items) => [{ type: 'set_agenda', items: [...items] }],
  };
}

/** The sites; the agenda in force may name none that goes. */
export function sitesPart(agenda: () => readonly ItemPlan[]): PartKind<readonly SitePlan[]> {
  return {
    name: 'sites',
    label: m.plan_apply_sites,
    empty: [],
    shape: SitesShape,
    check: (sites) => [...checkSites(sites), ...missedByAgenda(sites, agenda())],
    tidy: (sites) => sites.map(tidySite),
    merge: (base, mine, theirs) => counted(mergeLists(base, mine, theirs, siteKey)),
    keysOf: (sites) => sites.map(siteKey),
    commands: (sites) => [{ type: 'set_sites', sites: [...sites] }],
  };
}

/** What is neither. */
export function detailsPart(): PartKind<Details> {
  return {
    name: 'details',
    label: m.plan_apply_details,
    empty: NO_DETAILS,
    shape: DetailsShape,
    check: (details) => [
      ...checkDetails(details).map((problem) => ({ key: 'details', problem })),
      ...checkTemplates(details.templates),
    ],
    tidy: tidyDetails,
    merge: mergeDetails,
    keysOf: () => [],
    commands: detailsCommands,
  };
}

/** Sites that the agenda names and that would go. */
function missedByAgenda(sites: readonly SitePlan[], agenda: readonly ItemPlan[]): Located[] {
  const here = new Set(sites.map(siteKey));
  return agenda
    .filter((item) => item.site !== null && !here.has(item.site))
    .map((item) => ({ key: null, problem: { code: 'site_in_agenda', site: item.site!, item: item.title } }));
}

function detailsCommands(edit: Details, server: Details): Command[] {
  const { quorum, templates, ...details } = edit;
  const { quorum: oldQuorum, templates: oldTemplates, ...oldDetails } = server;
  const commands: Command[] = [];
  if (!same(details, oldDetails)) commands.push({ type: 'set_details', details });
  if (!same(quorum, oldQuorum)) commands.push({ type: 'set_quorum', quorum });
  if (!same(templates, oldTemplates)) commands.push({ type: 'set_templates', texts: [...templates] });
  return commands;
}

function mergeDetails(base: Details, mine: Details, theirs: Details) {
  const edited = fieldsThatDiffer(base, mine);
  const merged = { ...theirs, ...Object.fromEntries(edited.map((field) => [field, mine[field]])) };
  const clashes = edited.filter((field) => !same(theirs[field], base[field]) && !same(theirs[field], mine[field]));
  return { merged, clashes: clashes.length };
}

const counted = <T>({ list, clashes }: { list: T; clashes: readonly string[] }) => ({
  merged: list,
  clashes: clashes.length,
});
