/** Plans as they are sent: no blanks around texts, no speaker without a name. Pure. */
import type { ItemPlan, SitePlan } from '$lib/wire';
import type { Details } from './shapes';

/** An item. A speaker of whom only an office is known is named by the office. */
export function tidyItem(item: ItemPlan): ItemPlan {
  const { speaker } = item;
  return { ...item, title: item.title.trim(), speaker: speaker && tidySpeaker(speaker) };
}

/** A site. */
export function tidySite(site: SitePlan): SitePlan {
  const { code, name, full_name, region, carrier, contact } = site;
  return {
    ...site,
    code: code.trim(),
    name: name.trim(),
    full_name: full_name.trim(),
    region: region.trim(),
    carrier: carrier.trim(),
    contact: { name: contact.name.trim(), phone: contact.phone.trim() },
  };
}

/** Details; empty prepared texts are none. */
export function tidyDetails(details: Details): Details {
  return {
    ...details,
    title: details.title.trim(),
    support_phone: details.support_phone.trim(),
    templates: details.templates.map((text) => text.trim()).filter(Boolean),
  };
}

function tidySpeaker({ name, title, organisation }: NonNullable<ItemPlan['speaker']>): ItemPlan['speaker'] {
  const [who, office, body] = [name.trim(), title.trim(), organisation.trim()];
  if (who !== '') return { name: who, title: office, organisation: body };
  const named = office || body;
  return named === '' ? null : { name: named, title: '', organisation: office === '' ? '' : body };
}
