/** Checks of a whole agenda, list of sites and details, before they are sent. Pure. */
import { MAX_TEMPLATE_CHARS, MAX_TEMPLATES } from '$lib/state/templates';
import type { ItemPlan, PlanDetails, SitePlan, SiteSlug } from '$lib/wire';
import {
  MAX_DOCUMENTS,
  MAX_GRACE_MS,
  MAX_GRID,
  MAX_ITEMS,
  MAX_NAME_CHARS,
  MAX_SITES,
  MAX_SPEECH_MS,
  MINUTE_MS,
  RECEIVE_KBPS,
} from './bounds';
import { isId } from './ids';
import { doubles, type Located, type Problem, rangeProblems, textProblems } from './problem';

/** Problems of an agenda. */
export function checkAgenda(items: readonly ItemPlan[], sites: ReadonlySet<SiteSlug>): Located[] {
  const twice = doubles(items.map((item) => item.id));
  const found = items.flatMap((item) => located(item.id, itemProblems(item, sites, twice)));
  if (items.length > MAX_ITEMS) found.push(whole({ code: 'too_many', limit: MAX_ITEMS, found: items.length }));
  return found;
}

/** Problems of a list of sites. */
export function checkSites(sites: readonly SitePlan[]): Located[] {
  const twice = doubles(sites.map((site) => site.slug));
  const places = new Map<string, SitePlan[]>();
  const placeOf = (site: SitePlan) => `${site.column}:${site.row}`;
  for (const site of sites) places.set(placeOf(site), [...(places.get(placeOf(site)) ?? []), site]);
  const found = sites.flatMap((site) => {
    const others = places.get(placeOf(site))!.filter((one) => one !== site);
    const problems = siteProblems(site, twice);
    if (others.length > 0) problems.push({ code: 'same_place', others: others.map((one) => one.name) });
    return located(site.slug, problems);
  });
  const halls = sites.filter((site) => site.hall).length;
  if (halls !== 1) found.push(whole({ code: 'halls', found: halls }));
  if (sites.length > MAX_SITES) found.push(whole({ code: 'too_many', limit: MAX_SITES, found: sites.length }));
  return found;
}

/** Problems of the details. */
export function checkDetails({ title, support_phone, speech }: PlanDetails): Problem[] {
  return [
    ...textProblems('title', title, MAX_NAME_CHARS, true),
    ...textProblems('support_phone', support_phone, MAX_NAME_CHARS),
    ...rangeProblems('allowed', speech.allowed_ms, 0, MAX_SPEECH_MS),
    ...rangeProblems('warning', speech.warning_ms, 0, MAX_SPEECH_MS),
    ...rangeProblems('grace', speech.grace_ms, 0, MAX_GRACE_MS),
  ];
}

/** Problems of the prepared texts, by their place. */
export function checkTemplates(texts: readonly string[]): Located[] {
  const found = texts.flatMap((text, index) =>
    located(String(index), textProblems('template', text, MAX_TEMPLATE_CHARS, true)),
  );
  if (texts.length > MAX_TEMPLATES) found.push(whole({ code: 'too_many', limit: MAX_TEMPLATES, found: texts.length }));
  return found;
}

function itemProblems(item: ItemPlan, sites: ReadonlySet<SiteSlug>, twice: ReadonlySet<string>): Problem[] {
  const { speaker } = item;
  const problems = [
    ...textProblems('title', item.title, MAX_NAME_CHARS, true),
    ...(speaker
      ? [
          ...textProblems('speaker_name', speaker.name, MAX_NAME_CHARS, true),
          ...textProblems('speaker_title', speaker.title, MAX_NAME_CHARS),
          ...textProblems('organisation', speaker.organisation, MAX_NAME_CHARS),
        ]
      : []),
    ...inMinutes(rangeProblems('minutes', item.planned_ms, 0, MAX_SPEECH_MS)),
    ...rangeProblems('documents', item.documents.length, 0, MAX_DOCUMENTS),
  ];
  if (!isId(item.id)) problems.push({ code: 'bad_id', value: item.id });
  if (twice.has(item.id)) problems.push({ code: 'twice', field: 'id', value: item.id });
  if (item.site !== null && !sites.has(item.site)) problems.push({ code: 'unknown_site', site: item.site });
  return problems;
}

function siteProblems(site: SitePlan, twice: ReadonlySet<string>): Problem[] {
  const problems = [
    ...textProblems('name', site.name, MAX_NAME_CHARS, true),
    ...textProblems('code', site.code, MAX_NAME_CHARS),
    ...textProblems('full_name', site.full_name, MAX_NAME_CHARS),
    ...textProblems('region', site.region, MAX_NAME_CHARS),
    ...textProblems('carrier', site.carrier, MAX_NAME_CHARS),
    ...textProblems('contact_name', site.contact.name, MAX_NAME_CHARS),
    ...textProblems('contact_phone', site.contact.phone, MAX_NAME_CHARS),
    ...rangeProblems('column', site.column, 0, MAX_GRID),
    ...rangeProblems('row', site.row, 0, MAX_GRID),
  ];
  if (site.receive_kbps !== null) {
    problems.push(...rangeProblems('receive_kbps', site.receive_kbps, RECEIVE_KBPS.min, RECEIVE_KBPS.max));
  }
  if (!isId(site.slug)) problems.push({ code: 'bad_id', value: site.slug });
  if (twice.has(site.slug)) problems.push({ code: 'twice', field: 'slug', value: site.slug });
  return problems;
}

/** Times of items are spoken of in minutes. */
function inMinutes(problems: Problem[]): Problem[] {
  return problems.map((problem) =>
    problem.code === 'out_of_range' ? { ...problem, max: Math.floor(problem.max / MINUTE_MS) } : problem,
  );
}

const located = (key: string, problems: readonly Problem[]): Located[] => problems.map((problem) => ({ key, problem }));
const whole = (problem: Problem): Located => ({ key: null, problem });
