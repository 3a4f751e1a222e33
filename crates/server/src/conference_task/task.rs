//! The loop: take what comes, then settle.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use conference::{ConnectionId, Live, Millis, Setup};
use relay_core::{EndpointId, Readiness, RelayEvent, Routes, Watch};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::MissedTickBehavior;
use wire::{ErrorCode, InstanceId, Revision};

use super::budgets::Budgets;
use super::doors::{DoorOffers, DoorRestarts};
use super::handle::Figures;
use super::health::{HealthBeginning, Wellbeing};
use super::lease::Lease;
use super::ledger::{Batch, Ledger, Outcome};
use super::letters::{Letter, Refused};
use super::media_relay::{MediaRelay, RelayOrder};
use super::publish::Publisher;
use super::requests::Asker;
use super::restart::RoleOf;
use super::speaker::SpeakerWatch;
use super::take::Takes;
use super::tally::Tally;
use crate::access::{Clock, Revocation};
use crate::config::Limits;
use crate::live::{Calls, Peers, SocketId};
use crate::{convert, routing, view};

/// Letters that wait for the task; a sender that finds the box full waits. All pages of a large conference may speak at
/// once after a restart.
pub const MAX_LETTERS: usize = 1_024;
/// Letters taken before the task settles: one settling serves a burst.
const LETTERS_AT_ONCE: usize = 64;
/// Timeouts, verdicts and live facts are looked at this often: live facts go out at most four times a second.
pub const TICK: Duration = Duration::from_millis(250);
/// A stop waits so long for the journal.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// What the task works with.
pub(super) struct Tools {
    pub(super) instance: InstanceId,
    pub(super) relay: Arc<dyn MediaRelay>,
    pub(super) audit: Arc<dyn Fn(Refused) + Send + Sync>,
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) batches: mpsc::UnboundedSender<Batch>,
    /// Weak, so that the task ends when nobody can write to it any more.
    pub(super) letters: mpsc::WeakSender<Letter>,
    pub(super) figures: watch::Sender<Figures>,
    pub(super) setup: watch::Sender<Arc<Setup>>,
    pub(super) tally: watch::Sender<Arc<Tally>>,
    pub(super) role_of: RoleOf,
    pub(super) keep_lease: Arc<dyn Fn(&str) + Send + Sync>,
}

/// What the task listens to.
pub(super) struct TaskInputs {
    pub(super) mailbox: mpsc::Receiver<Letter>,
    pub(super) outcomes: mpsc::UnboundedReceiver<Outcome>,
    pub(super) relay_events: mpsc::UnboundedReceiver<RelayEvent>,
    pub(super) revocations: broadcast::Receiver<Revocation>,
}

pub(super) struct Task {
    pub(super) ledger: Ledger<Asker>,
    pub(super) tools: Tools,
    pub(super) peers: Peers,
    pub(super) lease: Lease,
    pub(super) calls: Calls,
    pub(super) wellbeing: Wellbeing,
    pub(super) publisher: Publisher,
    pub(super) takes: Takes,
    pub(super) speaker: Option<SpeakerWatch>,
    pub(super) figures: Figures,
    pub(super) budgets: Budgets,
    pub(super) door_offers: DoorOffers,
    pub(super) door_restarts: DoorRestarts,
    pub(super) orders: Vec<RelayOrder>,
    pub(super) relay_keeps_up: bool,
    /// Sites came, went or changed places: every page is to join anew.
    pub(super) sites_changed: bool,
    last_peer: u64,
    last_socket: u64,
    last_endpoint: u64,
    settled: Settled,
}

/// What the relay and the pages were brought in line with.
#[derive(Default)]
struct Settled {
    version: Option<u64>,
    live: Live,
    ends: routing::MediaEnds,
    routes: Option<Routes>,
    watches: BTreeSet<Watch>,
}

/// Both clocks, read once per turn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) instant: Instant,
    pub(super) wall: Millis,
}

impl Task {
    pub(super) fn new(ledger: Ledger<Asker>, tools: Tools, health: HealthBeginning) -> Self {
        let wellbeing = Wellbeing::new(health, ledger.shown().setup(), (tools.clock)());
        Self {
            wellbeing,
            publisher: Publisher::new(view::whole(ledger.shown()), ledger.shown().state().revision),
            ledger,
            tools,
            peers: Peers::default(),
            lease: Lease::default(),
            calls: Calls::default(),
            takes: Takes::default(),
            speaker: None,
            figures: Figures { journal_ok: true, ..Figures::default() },
            budgets: Budgets::default(),
            door_offers: DoorOffers::default(),
            door_restarts: DoorRestarts::default(),
            orders: Vec::new(),
            relay_keeps_up: true,
            sites_changed: false,
            last_peer: 0,
            last_socket: 0,
            last_endpoint: 0,
            settled: Settled::default(),
        }
    }

    pub(super) async fn run(mut self, mut inputs: TaskInputs) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.settle().await;
        loop {
            tokio::select! {
                letter = inputs.mailbox.recv() => {
                    let Some(letter) = letter else { return };
                    if let Some(stopped) = self.letters(letter, &mut inputs.mailbox) {
                        self.stop(&mut inputs).await;
                        // Whoever asked may have gone.
                        let _ = stopped.send(());
                        return;
                    }
                }
                Some(outcome) = inputs.outcomes.recv() => self.outcome(outcome),
                Some(event) = inputs.relay_events.recv() => self.relay_event(event),
                revocation = inputs.revocations.recv() => self.revocation(revocation),
                _ = tick.tick() => self.tick(),
            }
            self.settle().await;
        }
    }

    /// Takes letters until the box is empty, or many were taken, or somebody wants the conference to stop.
    fn letters(&mut self, first: Letter, mailbox: &mut mpsc::Receiver<Letter>) -> Option<oneshot::Sender<()>> {
        let mut letter = first;
        for _ in 0..LETTERS_AT_ONCE {
            if let Letter::Stop(stopped) = letter {
                return Some(stopped);
            }
            self.letter(letter);
            let Ok(next) = mailbox.try_recv() else { return None };
            letter = next;
        }
        if let Letter::Stop(stopped) = letter {
            return Some(stopped);
        }
        self.letter(letter);
        None
    }

    // An asker that has gone needs no answer, here and below.
    fn letter(&mut self, letter: Letter) {
        match letter {
            Letter::Visit(visit, answer) => {
                let joined = self.visit(*visit);
                let _ = answer.send(joined);
            }
            Letter::Says(socket, message) => self.page_says(socket, message),
            Letter::Gone(socket, departure) => self.gone(socket, departure),
            Letter::Command { sender, id, seen, command, answer } => {
                self.command_by_http(sender, id, seen, command, answer);
            }
            Letter::Answered { peer, socket, generation, offer, endpoint, answer } => {
                self.offer_answered(peer, socket, generation, offer, endpoint, answer);
            }
            Letter::OpenDoor(opening, answer) => self.open_door(*opening, answer),
            Letter::DoorAnswered(answered) => self.door_answered(answered),
            Letter::PatchDoor(caller, patch, answer) => self.patch_door(caller, patch, answer),
            Letter::DoorRestarted(restarted) => self.door_restarted(restarted),
            Letter::CloseDoor(caller, answer) => {
                let _ = answer.send(self.close_door(&caller));
            }
            Letter::State(audience, answer) => {
                let view = view::view_for(&audience, view::whole(self.ledger.shown()));
                let _ = answer.send((Revision(self.ledger.shown().state().revision), view));
            }
            Letter::Live(audience, answer) => {
                let view = crate::live::live_for(&audience, &self.live_view());
                let _ = answer.send(view);
            }
            Letter::Delegates(answer) => {
                let _ = answer.send(view::delegates(self.ledger.shown()));
            }
            Letter::Health(answer) => {
                let _ = answer.send(self.health_view());
            }
            Letter::Curves(site, from, answer) => {
                let _ = answer.send(self.curves(site.as_ref(), from));
            }
            Letter::Alarm { alarm, clear, by, answer } => {
                let _ = answer.send(self.settle_alarm(alarm, clear, &by));
            }
            Letter::Check { by, request, answer } => {
                let _ = answer.send(self.start_check(&by, &request));
            }
            Letter::Moment(answer) => {
                let _ = answer.send(self.moment());
            }
            Letter::Stop(_) => unreachable!("a stop is taken out of the letters first"),
        }
    }

    fn outcome(&mut self, outcome: Outcome) {
        let now = self.now();
        let live = self.live(now);
        self.ledger.outcome(outcome, &live, now.instant);
    }

    fn tick(&mut self) {
        let now = self.now();
        self.of_health(Self::watch_health);
        self.watch_presence();
        self.watch_speaker();
        self.make_waiting_offers();
        self.watch_lease();
        self.watch_calls();
        self.end_long_talkback();
        self.ledger.expire(now.instant);
        self.publish_live();
        self.publish_tally();
        self.figures.revision = self.ledger.durable_revision();
        self.figures.journal_ok = self.ledger.journal_ok();
        self.figures.unwritten = self.ledger.unwritten_events();
        self.figures.sockets = self.peers.sockets();
        self.figures.media = self.peers.media_ends().len();
        self.figures.consoles = self.peers.iter().filter(|peer| peer.is_console()).count();
        self.figures.endpoints = self.peers.iter().filter(|peer| peer.logged).count();
        self.note_health_figures();
        self.tools.figures.send_replace(self.figures);
    }

    /// Hands over what is to be written, answers what is decided, and tells the pages and the relay.
    async fn settle(&mut self) {
        let now = self.now();
        let mut live = self.live(now);
        self.ledger.timeout(&live, now.wall);
        if let Some(batch) = self.ledger.next_batch(&live, now.wall, now.instant) {
            // The writer lives as long as this task.
            let _ = self.tools.batches.send(batch);
        }
        let version = Some(self.ledger.version());
        if self.settled.version != version {
            self.publish_changes();
            if self.follow_sites() {
                live = self.live(now);
            }
            self.publish_tally();
        }
        let ends = self.peers.media_ends();
        if self.settled.version != version || self.settled.live != live || self.settled.ends != ends {
            self.settled.version = version;
            self.route(&live, &ends);
            self.tell_pictures(&live);
            self.tell_talkback();
            (self.settled.live, self.settled.ends) = (live, ends);
        }
        self.send_answers();
        self.send_take_reports();
        self.note_lease();
        for order in std::mem::take(&mut self.orders) {
            self.tools.relay.order(order).await;
        }
    }

    fn route(&mut self, live: &Live, ends: &routing::MediaEnds) {
        let now = self.now().instant;
        let conference = self.ledger.shown();
        let stage = &conference.state().stage;
        let routing = conference.routes(stage.program(), live);
        let (before, watches) = (routing::to_relay(&routing, ends), routing::watches_to_relay(&routing, ends));
        let pending = stage.pending.as_ref().map(|pending| {
            let after = routing::to_relay(&conference.routes(&pending.program, live), ends);
            (convert::take_to_relay(pending.take), after)
        });
        self.give_up_unless(pending.as_ref().map(|(take, _)| *take), now);
        // The relay may have carried the take out already: then these are late. When the take has ended they are told again without
        // it, whatever they were: what was late then must not be taken for settled.
        let before = Routes { until: pending.as_ref().map(|(take, _)| *take), ..before };
        if self.settled.routes.as_ref() != Some(&before) {
            self.orders.push(RelayOrder::SetRoutes(before.clone()));
            self.settled.routes = Some(before);
        }
        // After the routes, which say what is asked of a source that comes into preview.
        self.watch(watches);
        if let Some((take, after)) = pending {
            let main = self.main_site_of_pending();
            self.orders.extend(self.takes.order(self.ledger.shown().setup(), take, after, main, now));
        }
    }

    fn watch(&mut self, watches: BTreeSet<Watch>) {
        if self.settled.watches == watches {
            return;
        }
        let watched: BTreeSet<EndpointId> = watches.iter().map(|watch| watch.endpoint).collect();
        for media in self.peers.iter_mut().filter_map(|peer| peer.media.as_mut()) {
            if !watched.contains(&media.end.endpoint) {
                media.readiness = None;
            }
        }
        self.orders.push(RelayOrder::SetWatches(watches.clone()));
        self.settled.watches = watches;
    }

    /// The verdict on a source; of one that is no longer watched it may come late, and nobody would take it back.
    pub(super) fn readiness_changed(&mut self, watch: Watch, readiness: Readiness) {
        if !self.settled.watches.contains(&watch) {
            return;
        }
        if let Some(media) = self.peers.of_endpoint(watch.endpoint).and_then(|peer| peer.media.as_mut()) {
            media.readiness = Some(readiness);
        }
    }

    /// The relay may carry something else than it was told last: tell it again. Gives what that was.
    pub(super) fn forget_routes(&mut self) -> Option<Routes> {
        self.settled.version = None;
        self.settled.routes.take()
    }

    async fn stop(&mut self, inputs: &mut TaskInputs) {
        for peer in self.peers.iter() {
            if let Some(control) = &peer.control {
                control.outbox.close(ErrorCode::Stopping, "the server stops");
            }
        }
        let steady = self.steady_now();
        self.wellbeing.watch.finish(steady);
        let written = async {
            while !self.ledger.is_settled() {
                self.settle().await;
                let Some(outcome) = inputs.outcomes.recv().await else { return };
                self.outcome(outcome);
            }
        };
        if tokio::time::timeout(STOP_WITHIN, written).await.is_err() {
            tracing::error!(events = self.ledger.unwritten_events(), "stopped before everything was written");
        }
        self.send_answers();
    }

    pub(super) fn now(&self) -> Now {
        // The runtime's clock, so that tests can let it stand.
        Now { instant: tokio::time::Instant::now().into_std(), wall: Millis((self.tools.clock)()) }
    }

    /// Live facts as they were when the task settled last.
    pub(super) fn settled_live(&self) -> &Live {
        &self.settled.live
    }

    pub(super) fn live(&self, now: Now) -> Live {
        self.peers.live(self.lease.holder().map(str::to_owned), now.instant)
    }

    pub(super) fn next_peer(&mut self) -> ConnectionId {
        self.last_peer += 1;
        ConnectionId(self.last_peer)
    }

    pub(super) fn next_socket(&mut self) -> SocketId {
        self.last_socket += 1;
        SocketId(self.last_socket)
    }

    pub(super) fn next_endpoint(&mut self) -> EndpointId {
        self.last_endpoint += 1;
        EndpointId(self.last_endpoint)
    }
}
