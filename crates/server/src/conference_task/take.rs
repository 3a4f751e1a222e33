//! A take: ordered at the relay once it is in the journal, then shown or failed; and how well it went.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use conference::{ConnectionId, Fact, Setup, SiteSlug};
use relay_core::{EndpointId, Feed, Routes, SlotId, TakeFailure};
use tracing::Span;
use wire::{Cut, MediaKind, ServerMessage, TakeId, TakeReport};

use super::media_relay::RelayOrder;
use super::spans;
use super::task::Task;
use crate::live::SocketId;
use crate::{convert, media_plan};

/// Reports that pages may still add to: a page says what it shows within a second or two.
const KEPT_REPORTS: usize = 8;
/// A command that is older than this did not lead to the take that is ordered now.
const COMMAND_AT_MOST: Duration = Duration::from_secs(4);

/// Cuts of one receiver, in the words of its page.
pub(super) type CutsOf = (TakeId, Vec<Cut>);

/// A take that ends after so long was ended by the stage's deadline, which counts from a moment earlier or later: the log was written
/// in between.
const GIVEN_UP_AFTER: Duration = Duration::from_millis(conference::takes::TAKE_DEADLINE_MS - 200);

/// Takes on their way.
#[derive(Debug, Default)]
pub(super) struct Takes {
    /// When the latest take or undo was asked for.
    asked_at: Option<Instant>,
    at_relay: Option<AtRelay>,
    cuts: BTreeMap<ConnectionId, CutsOf>,
    reports: VecDeque<Report>,
}

#[derive(Debug)]
struct AtRelay {
    take: relay_core::TakeId,
    routes: Routes,
    /// Main site of what it puts on air.
    main: Option<SiteSlug>,
    /// From the command, for the operators.
    began: Instant,
    /// Open until the take has ended, however.
    span: Span,
}

#[derive(Debug)]
struct Report {
    report: TakeReport,
    shown_by: BTreeSet<SiteSlug>,
    changed: bool,
}

impl Takes {
    /// A take or undo is asked for.
    pub(super) fn asked(&mut self, now: Instant) {
        if self.at_relay.is_none() {
            self.asked_at = Some(now);
        }
    }

    /// Orders the pending take, and again whenever what it leads to changes.
    pub(super) fn order(
        &mut self,
        setup: &Setup,
        take: relay_core::TakeId,
        routes: Routes,
        main: Option<SiteSlug>,
        now: Instant,
    ) -> Option<RelayOrder> {
        if self.at_relay.as_ref().is_some_and(|at_relay| at_relay.routes == routes) {
            return None;
        }
        let (began, span) = match self.at_relay.take() {
            Some(at_relay) => (at_relay.began, at_relay.span),
            None => {
                let asked = self.asked_at.take().filter(|at| now.saturating_duration_since(*at) < COMMAND_AT_MOST);
                let id = convert::take_out(convert::take_from_relay(take));
                (asked.unwrap_or(now), spans::of_take(setup, id, main.as_ref()))
            }
        };
        self.at_relay = Some(AtRelay { take, routes: routes.clone(), main, began, span });
        Some(RelayOrder::OrderTake(take, routes))
    }

    /// Cuts that pages are to be told with their new picture.
    pub(super) fn cuts_to_tell(&mut self) -> BTreeMap<ConnectionId, CutsOf> {
        std::mem::take(&mut self.cuts)
    }

    fn keep(&mut self, report: TakeReport) {
        self.reports.push_back(Report { report, shown_by: BTreeSet::new(), changed: true });
        if self.reports.len() > KEPT_REPORTS {
            self.reports.pop_front();
        }
    }
}

impl Task {
    /// The relay has switched: log it, tell the receivers their first frames, and the consoles how it went.
    pub(super) fn take_done(
        &mut self,
        take: relay_core::TakeId,
        at: Instant,
        elapsed: Duration,
        cuts: &[(SlotId, u32)],
    ) {
        // Whatever the state says now, the relay carries the take's routes.
        let before = self.forget_routes().unwrap_or_default();
        let Some(at_relay) = self.takes.at_relay.take_if(|at_relay| at_relay.take == take) else { return };
        let receiving: BTreeSet<EndpointId> = at_relay.routes.slots.keys().map(|slot| slot.endpoint).collect();
        let receivers = self.sites_of(receiving.iter().copied());
        let (main, uncut) = (self.main_site_of_pending(), self.uncut(&before, &at_relay.routes, cuts));
        let fact = Fact::TakeShown { take: convert::take_from_relay(take), receivers, elapsed_ms: millis(elapsed) };
        if !self.happened(fact) {
            return;
        }
        self.figures.takes_shown += 1;
        at_relay.span.record("outcome", "shown");
        self.note_cuts(convert::take_out(convert::take_from_relay(take)), cuts, &receiving);
        if let Some(site) = main {
            self.takes.keep(TakeReport {
                take: convert::take_out(convert::take_from_relay(take)),
                site: convert::site_out(site),
                elapsed_ms: millis(at.saturating_duration_since(at_relay.began)),
                forwarded: receivers - self.sites_of(uncut.into_iter()),
                receivers,
                shown: 0,
                failed: None,
            });
        }
    }

    /// The relay stayed on the old source.
    pub(super) fn take_failed(&mut self, take: relay_core::TakeId, reason: TakeFailure) {
        let Some(at_relay) = self.takes.at_relay.take_if(|at_relay| at_relay.take == take) else { return };
        let reason = convert::take_failure_from_relay(reason);
        // Left out when too much is unwritten; then the stage's own deadline ends the take.
        let _ = self.happened(Fact::TakeFailed { take: convert::take_from_relay(take), reason });
        self.report_failed(at_relay, reason);
    }

    /// Gives up the take at the relay unless it is still the pending one. What nothing has overtaken ran into the stage's deadline while
    /// the relay said nothing: it failed, and the consoles are told.
    pub(super) fn give_up_unless(&mut self, pending: Option<relay_core::TakeId>, now: Instant) {
        let Some(stale) = self.takes.at_relay.take_if(|at_relay| Some(at_relay.take) != pending) else { return };
        self.orders.push(RelayOrder::CancelTake(stale.take));
        if now.saturating_duration_since(stale.began) >= GIVEN_UP_AFTER {
            self.report_failed(stale, conference::TakeFailure::NoKeyframe);
        }
    }

    fn report_failed(&mut self, at_relay: AtRelay, reason: conference::TakeFailure) {
        let receivers = self.sites_of(at_relay.routes.slots.keys().map(|slot| slot.endpoint));
        self.figures.takes_failed += 1;
        at_relay.span.record("outcome", "failed");
        if let Some(site) = at_relay.main {
            self.takes.keep(TakeReport {
                take: convert::take_out(convert::take_from_relay(at_relay.take)),
                site: convert::site_out(site),
                elapsed_ms: millis(at_relay.began.elapsed()),
                forwarded: 0,
                receivers,
                shown: 0,
                failed: Some(convert::take_failure_out(reason)),
            });
        }
    }

    /// A page shows the new picture.
    pub(super) fn shown(&mut self, socket: SocketId, take: TakeId, elapsed_ms: u32) {
        let Some(site) = self.peers.of_socket(socket).and_then(|peer| peer.who.site().cloned()) else { return };
        tracing::debug!(site = site.as_str(), take = take.0, elapsed_ms, "take shown");
        let Some(report) = self.takes.reports.iter_mut().find(|kept| kept.report.take == take) else { return };
        if report.shown_by.insert(site) {
            report.report.shown = u32::try_from(report.shown_by.len()).unwrap_or(u32::MAX);
            report.changed = true;
        }
    }

    /// Tells the consoles how takes went, as far as that changed.
    pub(super) fn send_take_reports(&mut self) {
        let changed: Vec<TakeReport> = self
            .takes
            .reports
            .iter_mut()
            .filter_map(|kept| std::mem::take(&mut kept.changed).then(|| kept.report.clone()))
            .collect();
        for report in changed {
            self.tell_consoles(&ServerMessage::TakeReport(report));
        }
    }

    /// Every receiver is told, also one in whose slots nothing changes: its layout or its names do.
    fn note_cuts(&mut self, take: TakeId, cuts: &[(SlotId, u32)], receiving: &BTreeSet<EndpointId>) {
        for endpoint in receiving {
            let Some(peer) = self.peers.of_endpoint(*endpoint) else { continue };
            self.takes.cuts.entry(peer.id).or_insert_with(|| (take, Vec::new()));
        }
        for (slot, rtp_timestamp) in cuts {
            let Some(peer) = self.peers.of_endpoint(slot.endpoint) else { continue };
            let Some(line) = media_plan::slot_at(&peer.plan, slot.line) else { continue };
            let cut = Cut { slot: line.slot, rtp_timestamp: *rtp_timestamp };
            self.takes.cuts.entry(peer.id).or_insert_with(|| (take, Vec::new())).1.push(cut);
        }
    }

    /// Endpoints that were to get a picture of a source of this take and were not switched to it. One that has it already needs no
    /// cut, and who comes on air sees something else.
    fn uncut(&self, before: &Routes, after: &Routes, cuts: &[(SlotId, u32)]) -> BTreeSet<EndpointId> {
        let Some(program) = self.ledger.shown().state().stage.pending_program() else { return BTreeSet::new() };
        let peer =
            |end| self.peers.iter().find(|peer| peer.media.as_ref().is_some_and(|media| media.end.endpoint == end));
        let is_of_take = |(slot, feed): &(&SlotId, &Feed)| {
            let source = peer(feed.track.endpoint).and_then(|peer| peer.who.site());
            let line = peer(slot.endpoint).and_then(|peer| media_plan::slot_at(&peer.plan, slot.line));
            source.is_some_and(|site| program.shows(site)) && line.is_some_and(|line| line.kind == MediaKind::Video)
        };
        let stays = |slot: &SlotId, feed: &Feed| before.slots.get(slot).is_some_and(|old| old.track == feed.track);
        let changed =
            after.slots.iter().filter(|(slot, feed)| !stays(slot, feed) && !cuts.iter().any(|cut| cut.0 == **slot));
        changed.filter(is_of_take).map(|(slot, _)| slot.endpoint).collect()
    }

    pub(super) fn main_site_of_pending(&self) -> Option<SiteSlug> {
        self.ledger.shown().state().stage.pending_program()?.main_site().cloned()
    }

    /// Number of sites to which these endpoints belong.
    fn sites_of(&self, endpoints: impl Iterator<Item = EndpointId>) -> u32 {
        let endpoints: BTreeSet<EndpointId> = endpoints.collect();
        let sites: BTreeSet<&SiteSlug> = self
            .peers
            .iter()
            .filter(|peer| peer.media.as_ref().is_some_and(|media| endpoints.contains(&media.end.endpoint)))
            .filter_map(|peer| peer.who.site())
            .collect();
        u32::try_from(sites.len()).unwrap_or(u32::MAX)
    }
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}
