//! The lamps of control surfaces: the same facts as pages have, as few as a panel of buttons needs.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use axum::extract::ws::Utf8Bytes;
use wire::{ConferenceView, EndpointRole, Lamp, Revision, SiteSlug, SiteTally, SourceRef, TallyView};

use super::task::Task;
use crate::convert;

/// Live facts of the lamps.
#[derive(Debug, Default)]
pub(super) struct Present {
    /// Sites of which something arrives.
    pub(super) online: BTreeSet<SiteSlug>,
    /// Name of the lease holder.
    pub(super) lease: Option<String>,
}

/// The lamps, and how they travel: many feeds send the same text.
#[derive(Debug)]
pub struct Tally {
    view: TallyView,
    text: OnceLock<Utf8Bytes>,
}

impl Tally {
    pub(super) fn new(view: TallyView) -> Self {
        Self { view, text: OnceLock::new() }
    }

    /// The lamps.
    pub fn view(&self) -> &TallyView {
        &self.view
    }

    /// The same as JSON.
    pub fn text(&self) -> Utf8Bytes {
        self.text.get_or_init(|| serde_json::to_string(&self.view).expect("lamps are plain JSON").into()).clone()
    }
}

impl Task {
    /// Tells surfaces the lamps, if they changed.
    pub(super) fn publish_tally(&self) {
        let now = self.now().instant;
        let sends = self.peers.iter().filter(|peer| peer.media_arrives(now)).filter_map(|peer| peer.seat());
        let lines = sends.filter(|(_, role)| *role != EndpointRole::Screen);
        let present = Present {
            online: lines.map(|(site, _)| convert::site_out(site.clone())).collect(),
            lease: self.lease.holder().map(str::to_owned),
        };
        let tally = tally_of(self.publisher.revision(), self.publisher.view(), &present);
        self.tools.tally.send_if_modified(|known| {
            let changed = *known.view() != tally;
            if changed {
                *known = Arc::new(Tally::new(tally));
            }
            changed
        });
    }
}

/// The lamps of a state.
pub(super) fn tally_of(revision: Revision, view: &ConferenceView, present: &Present) -> TallyView {
    let (stage, floor) = (&view.stage, &view.floor);
    let site = |site: &wire::SiteView| {
        let tally = SiteTally {
            lamp: lamp(view, &site.slug),
            muted: site.muted,
            heard: stage.program.microphones.contains(&site.slug),
            online: present.online.contains(&site.slug),
        };
        (site.slug.clone(), tally)
    };
    TallyView {
        revision,
        phase: view.conference.phase,
        preview: stage.preview.as_ref().map(|preview| preview.id),
        taking: stage.pending.is_some(),
        can_undo: stage.can_undo,
        holding: stage.program.holding.is_some(),
        touring: stage.tour.is_some(),
        sites: view.sites.iter().map(site).collect(),
        holder: floor.holder.as_ref().map(|holder| holder.site.clone()),
        clock_running: floor.holder.as_ref().is_some_and(|holder| holder.clock.running_since.is_some()),
        queue: floor.queue.iter().map(|entry| entry.site.clone()).collect(),
        item: view.agenda.current.clone(),
        lease: present.lease.clone(),
    }
}

/// While a take is under way both its sources are red: either may be what people see at this instant.
fn lamp(view: &ConferenceView, site: &SiteSlug) -> Lamp {
    let (stage, floor) = (&view.stage, &view.floor);
    let of_site = |source: &SourceRef| source.site == *site;
    let on_air = stage.program.sources.iter().any(|part| of_site(&part.source));
    if on_air || stage.pending.as_ref().is_some_and(|pending| pending.sources.iter().any(of_site)) {
        Lamp::Program
    } else if stage.preview.as_ref().is_some_and(|preview| preview.sources.iter().any(of_site)) {
        Lamp::Preview
    } else if floor.cued.contains(site) {
        Lamp::Cued
    } else if floor.queue.iter().any(|entry| entry.site == *site) {
        Lamp::Requested
    } else {
        Lamp::Idle
    }
}
