//! Line checks, as far as the conference's task has to do with them: who can be checked, who is told, what is kept.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use conference::SiteSlug;
use wire::{CheckRequest, CheckState, EndpointRole, ServerMessage};

use super::publish::text_of;
use super::task::Task;
use crate::health_watch::{Candidate, is_on_air};
use crate::live::{Line, Peer, SocketId};

/// A site that is lost for so long, ms, is absent for a check. A shorter outage is of a line that comes and goes, which a check is to find.
const GONE_AFTER_MS: u64 = 15_000;

impl Task {
    /// Begins a line check of sites, or takes them into the one that is under way. Gives its number; none: no site is meant.
    pub(super) fn start_check(&mut self, by: &str, request: &CheckRequest) -> Option<u64> {
        let steady = self.steady_now();
        let lines = self.peers.lines(self.now().instant, &self.wellbeing.bounds);
        let setup = self.ledger.shown().setup();
        let meant = setup.sites.iter().filter(|site| {
            let named = request.sites.as_ref().is_none_or(|sites| sites.iter().any(|slug| slug.0 == site.slug.0));
            named && request.region.as_ref().is_none_or(|region| *region == site.region)
        });
        let candidate =
            |site: &conference::Site| (wire::SiteSlug(site.slug.0.clone()), self.candidate(&site.slug, &lines, steady));
        let candidates: Vec<_> = meant.map(candidate).collect();
        if candidates.is_empty() {
            return None;
        }
        Some(self.wellbeing.checks.start(steady, by, candidates))
    }

    /// A site wants its own line checked.
    pub(super) fn check_own_line(&mut self, socket: SocketId) {
        let Some(site) = self.peers.of_socket(socket).and_then(|peer| peer.who.site().cloned()) else { return };
        let steady = self.steady_now();
        let lines = self.peers.lines(self.now().instant, &self.wellbeing.bounds);
        let candidate = self.candidate(&site, &lines, steady);
        self.wellbeing.checks.start_own(steady, &wire::SiteSlug(site.0), candidate);
    }

    /// Whether a site can be checked. A lost line is remembered for long, but there is nothing to be seen of it.
    fn candidate(&self, site: &SiteSlug, lines: &BTreeMap<SiteSlug, Line<'_>>, steady: u64) -> Candidate {
        if is_live_on_air(self.ledger.shown(), site) {
            return Candidate::OnAir;
        }
        let lost_since = self.wellbeing.verdicts.get(site).and_then(|verdict| verdict.lost_since);
        let is_gone = lost_since.is_some_and(|since| steady.saturating_sub(since) >= GONE_AFTER_MS);
        let here = !is_gone && lines.get(site).is_some_and(|line| !line.left);
        if here { Candidate::Here } else { Candidate::Absent }
    }

    /// A site has measured what its line carries.
    pub(super) fn line_measured(&mut self, socket: SocketId, up: Option<f32>, down: Option<f32>) {
        let now = self.steady_now();
        let Some((site, EndpointRole::Main | EndpointRole::Backup)) =
            self.peers.of_socket(socket).and_then(|peer| peer.seat())
        else {
            return;
        };
        let site = wire::SiteSlug(site.0.clone());
        self.wellbeing.checks.transferred(now, &site, up, down);
    }

    /// Brings line checks on, tells sites how far theirs is, and keeps what is over. Whoever goes on air is left alone from then on.
    pub(super) fn watch_checks(&mut self, steady: u64) {
        let conference = self.ledger.shown();
        let on_air = |site: &wire::SiteSlug| is_live_on_air(conference, &SiteSlug(site.0.clone()));
        self.wellbeing.checks.leave_alone(steady, on_air);
        let now = self.now().instant;
        // Only of sites whose turn comes.
        let lines = LazyCell::new(|| self.peers.lines(now, &self.wellbeing.bounds));
        let in_touch = |site: &wire::SiteSlug| {
            lines.get(&SiteSlug(site.0.clone())).is_some_and(|line| !line.left && !line.peer.is_lost(now))
        };
        for run in self.wellbeing.checks.handle_timeout(steady, in_touch) {
            tracing::info!(number = run.number, sites = run.sites.len(), "line check done");
            self.wellbeing.store.check(run);
        }
        self.tell_checks();
    }

    fn tell_checks(&mut self) {
        for (site, check) in self.wellbeing.checks.take_changed() {
            // The line that is judged is the one to be filled, and no other of the site at the same time.
            let filled = check.state == CheckState::Transferring;
            let publisher = self.publisher_of(&SiteSlug(site.0.clone()));
            let text = text_of(&ServerMessage::Check(check));
            let of_site = |peer: &&Peer| {
                let meant = !filled || publisher.is_none_or(|publisher| publisher == peer.id);
                meant && peer.seat().is_some_and(|(seat, _)| seat.0 == site.0)
            };
            let controls = self.peers.iter().filter(of_site).filter_map(|peer| peer.control.as_ref());
            controls.for_each(|control| control.outbox.push(text.clone()));
        }
    }
}

/// The whole country sees or hears it: nobody may fill its line.
fn is_live_on_air(conference: &conference::Conference, site: &SiteSlug) -> bool {
    conference.state().phase == conference::Phase::Live && is_on_air(conference, site)
}
