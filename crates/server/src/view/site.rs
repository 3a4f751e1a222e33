//! A site.

use conference::{Site, State};
use wire::SiteView;

use crate::convert;

/// A site with its delegates, whom not every audience may read.
pub(super) fn view(site: &Site, state: &State) -> SiteView {
    let delegates = state.roster.delegates.get(&site.slug).map(Vec::as_slice).unwrap_or_default();
    SiteView {
        slug: convert::site_out(site.slug.clone()),
        code: site.code.clone(),
        name: site.name.clone(),
        full_name: site.full_name.clone(),
        region: site.region.clone(),
        carrier: site.carrier.clone(),
        contact: convert::contact_out(site.contact.clone()),
        column: site.column,
        row: site.row,
        hall: site.hall,
        muted: state.stage.muted.contains(&site.slug),
        presence: match state.roster.presence_of(&site.slug) {
            conference::Presence::Unknown => wire::Presence::Unknown,
            conference::Presence::Present => wire::Presence::Present,
            conference::Presence::Absent { reason } => wire::Presence::Absent { reason },
        },
        spoken_ms: state.roster.spoken_by(&site.slug),
        receive_kbps: site.receive_kbps,
        delegates: count(delegates.len()),
        delegates_present: count(delegates.iter().filter(|delegate| delegate.present).count()),
        delegate_list: delegates.iter().cloned().map(convert::delegate_out).collect(),
    }
}

fn count(delegates: usize) -> u32 {
    u32::try_from(delegates).expect("a site has at most a hundred delegates")
}
