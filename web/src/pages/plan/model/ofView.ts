/** The plan out of the state of the conference. Pure. */
import type { ConferenceInfo, DeskView, FloorView, ItemPlan, ItemView, SitePlan, SiteView } from '$lib/wire';
import type { Details } from './shapes';

/** What of an item is planned. */
export const itemOfView = ({ id, title, speaker, site, planned_ms, layout, documents }: ItemView): ItemPlan => ({
  id,
  title,
  speaker,
  site,
  planned_ms,
  layout,
  documents,
});

/** What of a site is planned. */
export const siteOfView = (site: SiteView): SitePlan => ({
  slug: site.slug,
  code: site.code,
  name: site.name,
  full_name: site.full_name,
  region: site.region,
  carrier: site.carrier,
  contact: { name: site.contact.name, phone: site.contact.phone },
  receive_kbps: site.receive_kbps,
  column: site.column,
  row: site.row,
  hall: site.hall,
});

/** What is neither agenda nor sites. */
export const detailsOfView = (info: ConferenceInfo, desk: DeskView, floor: FloorView): Details => ({
  title: info.title,
  support_phone: info.support_phone,
  // Before anybody planned another one, the mode that is there is that of the start.
  floor_mode: desk.floor_mode ?? floor.mode,
  speech: desk.speech,
  quorum: desk.quorum,
  templates: desk.templates,
});
