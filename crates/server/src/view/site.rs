//! A site.

use conference::{Conference, Site, State};
use wire::{SiteDelegates, SiteView};

use crate::convert;

/// A site with its delegates, whom not every audience may read.
pub(super) fn view(site: &Site, state: &State) -> SiteView {
    let delegates = state.roster.delegates_of(&site.slug);
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
        // A microphone that an interruption has shut is as deaf as one that was muted, and the same key opens it.
        muted: state.stage.muted.contains(&site.slug) || state.stage.closed.contains(&site.slug),
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

/// The delegates of all sites, in the order of the wall.
pub fn delegates(conference: &Conference) -> Vec<SiteDelegates> {
    let roster = &conference.state().roster;
    let of_site = |site: &Site| SiteDelegates {
        site: convert::site_out(site.slug.clone()),
        delegates: roster.delegates_of(&site.slug).iter().cloned().map(convert::delegate_out).collect(),
    };
    conference.wall().map(of_site).collect()
}

fn count(delegates: usize) -> u32 {
    u32::try_from(delegates).expect("a site has at most a hundred delegates")
}
