/** The roll call as sheets to keep: one of sites, one of delegates. Pure. */
import { csv } from '$lib/i18n/csv';
import { m } from '$lib/paraglide/messages';
import type { Presence, SiteDelegates, SiteView } from '$lib/wire';

/** A presence in words. */
export function presenceText(presence: Presence): string {
  switch (presence.state) {
    case 'present':
      return m.present();
    case 'absent':
      return m.absent();
    case 'unknown':
      return m.presence_unknown();
  }
}

/** All sites with their answer; the hall is among them for its delegates. */
export function sitesSheet(views: readonly SiteView[]): string {
  const head = [
    m.sheet_number(),
    m.sheet_code(),
    m.sheet_site(),
    m.sheet_region(),
    m.roll_call(),
    m.absence_reason(),
    m.sheet_named(),
    m.sheet_present(),
  ];
  const rows = views.map((view, index) => [
    index + 1,
    view.code,
    view.full_name || view.name,
    view.region,
    view.hall ? m.sheet_hall() : presenceText(view.presence),
    view.presence.state === 'absent' ? view.presence.reason : '',
    view.delegates,
    view.delegates_present,
  ]);
  return csv([head, ...rows]);
}

/** All delegates by name, in the order of the sites. */
export function delegatesSheet(views: readonly SiteView[], all: readonly SiteDelegates[]): string {
  const bySite = new Map(all.map(({ site, delegates }) => [site, delegates]));
  const head = [
    m.sheet_number(),
    m.sheet_code(),
    m.sheet_site(),
    m.sheet_name(),
    m.sheet_title(),
    m.sheet_organisation(),
    m.roll_call(),
  ];
  const people = views.flatMap((view) => (bySite.get(view.slug) ?? []).map((delegate) => ({ view, delegate })));
  const rows = people.map(({ view, delegate }, index) => [
    index + 1,
    view.code,
    view.full_name || view.name,
    delegate.name,
    delegate.title,
    delegate.organisation,
    delegate.present ? m.present() : m.absent(),
  ]);
  return csv([head, ...rows]);
}
