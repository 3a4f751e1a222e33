//! How the rest of the server speaks to a conference.

use std::sync::Arc;
use std::time::Duration;

use conference::{Millis, Setup};
use health::AlarmRefusal;
use journal::{Journal, JournalError, Seq, StreamId};
use tokio::sync::{mpsc, oneshot, watch};
use wire::{
    CheckRequest, ClientMessage, Command, CommandId, ConferenceId, ConferenceView, HealthView, LiveView, LoggedEvent,
    Moment, Refusal, Revision, SiteCurve, SiteDelegates, SiteSlug,
};

use super::doors::{DoorCaller, DoorPatch, DoorRefused, Opened, Opening, Patched};
use super::joining::{Joined, Visit};
use super::letters::{Departure, Letter, Sender};
use super::replay::Replayer;
use super::tally::Tally;
use crate::access::Clock;
use crate::health_store::HealthStore;
use crate::live::SocketId;
use crate::socket::outbox::Closing;
use crate::view::Audience;

/// Events of one answer of the log: a page of an export.
pub const MAX_EVENTS: u32 = 1_000;

/// The conference's task has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the conference has stopped")]
pub struct Stopped;

/// What a conference is doing, for metrics and readiness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Durable events.
    pub revision: u64,
    /// Open WebSockets.
    pub sockets: usize,
    /// Endpoints of sites that are here.
    pub endpoints: usize,
    /// Consoles that are here.
    pub consoles: usize,
    /// Media connections that are up.
    pub media: usize,
    /// The journal can be written.
    pub journal_ok: bool,
    /// Sites by their verdicts: good, weak, bad, lost.
    pub sites: [usize; 4],
    /// Alarms that are open.
    pub alarms: usize,
    /// Incidents that are open.
    pub incidents: usize,
    /// Time that the judgement of health took since the start.
    pub health_took: Duration,
    /// Bytes that the curves and windows of the sites hold.
    pub health_bytes: usize,
    /// Events that were acted on and are not written yet.
    pub unwritten: usize,
    /// Commands that were done since the start.
    pub accepted: u64,
    /// Commands that were refused since the start.
    pub refused: u64,
    /// Takes that were shown since the start.
    pub takes_shown: u64,
    /// Takes that failed since the start.
    pub takes_failed: u64,
    /// Pages that were cut because they did not read, since the start.
    pub slow_readers: u64,
}

/// The way to one conference. Cheap to clone.
#[derive(Clone)]
pub struct ConferenceHandle {
    pub(super) id: ConferenceId,
    pub(super) setup: watch::Receiver<Arc<Setup>>,
    pub(super) tally: watch::Receiver<Arc<Tally>>,
    pub(super) stream: StreamId,
    pub(super) letters: mpsc::Sender<Letter>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) clock: Clock,
    pub(super) figures: watch::Receiver<Figures>,
    pub(super) health: HealthStore,
    pub(super) replayer: Arc<Replayer>,
}

impl std::fmt::Debug for ConferenceHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConferenceHandle").field("id", &self.id).finish_non_exhaustive()
    }
}

impl ConferenceHandle {
    /// Id of the conference.
    pub fn id(&self) -> &ConferenceId {
        &self.id
    }

    /// The setup that counts now: the log's, which edits of the plan change until the conference is open.
    pub fn setup(&self) -> Arc<Setup> {
        Arc::clone(&self.setup.borrow())
    }

    /// The lamps, now and whenever they change.
    pub fn tally(&self) -> watch::Receiver<Arc<Tally>> {
        self.tally.clone()
    }

    /// The server's clock.
    pub fn now(&self) -> Millis {
        Millis((self.clock)())
    }

    /// False once its task has ended, for whatever reason.
    pub fn is_running(&self) -> bool {
        !self.letters.is_closed()
    }

    /// What it is doing, at most 250 ms old.
    pub fn figures(&self) -> Figures {
        *self.figures.borrow()
    }

    /// Sends a command; answered once it is in the journal. A safe command is done before that.
    ///
    /// # Errors
    /// Why it was not done.
    pub async fn command(
        &self,
        sender: Sender,
        id: CommandId,
        seen: Option<Revision>,
        command: Command,
    ) -> Result<Revision, Refusal> {
        let (answer, answered) = oneshot::channel();
        let letter = Letter::Command { sender, id, seen, command, answer };
        self.letters.send(letter).await.map_err(|_| Refusal::Busy)?;
        answered.await.map_err(|_| Refusal::Busy)?
    }

    /// The durable state as an audience may read it, with its revision.
    ///
    /// # Errors
    /// The conference has stopped.
    pub async fn state(&self, audience: Audience) -> Result<(Revision, ConferenceView), Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(Letter::State(audience, answer)).await?;
        answered.await.map_err(|_| Stopped)
    }

    /// Live facts as an audience may read them.
    ///
    /// # Errors
    /// The conference has stopped.
    pub async fn live(&self, audience: Audience) -> Result<LiveView, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(Letter::Live(audience, answer)).await?;
        answered.await.map_err(|_| Stopped)
    }

    /// Delegates of all sites, in the order of the wall.
    ///
    /// # Errors
    /// The conference has stopped.
    pub async fn delegates(&self) -> Result<Vec<SiteDelegates>, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(Letter::Delegates(answer)).await?;
        answered.await.map_err(|_| Stopped)
    }

    /// Health of all sites.
    ///
    /// # Errors
    /// The conference has stopped.
    pub async fn health(&self) -> Result<HealthView, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(Letter::Health(answer)).await?;
        answered.await.map_err(|_| Stopped)
    }

    /// The seconds that are in memory, of one site or of all, from `from` on, seconds since the epoch.
    ///
    /// # Errors
    /// The conference has stopped.
    pub async fn curves(&self, site: Option<SiteSlug>, from: u32) -> Result<Vec<SiteCurve>, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(Letter::Curves(site, from, answer)).await?;
        answered.await.map_err(|_| Stopped)
    }

    /// Somebody has seen an alarm, or takes it off the list (`clear`).
    ///
    /// # Errors
    /// The conference has stopped; inside: why the alarm stays as it is.
    pub async fn settle_alarm(&self, alarm: u64, clear: bool, by: String) -> Result<Result<(), AlarmRefusal>, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(Letter::Alarm { alarm, clear, by, answer }).await?;
        answered.await.map_err(|_| Stopped)
    }

    /// Begins a line check; gives its number, none if no site is meant.
    ///
    /// # Errors
    /// The conference has stopped.
    pub async fn start_check(&self, by: String, request: CheckRequest) -> Result<Option<u64>, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(Letter::Check { by, request, answer }).await?;
        answered.await.map_err(|_| Stopped)
    }

    /// This moment, as a replay will show it.
    ///
    /// # Errors
    /// The conference has stopped.
    pub async fn moment(&self) -> Result<Moment, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(Letter::Moment(answer)).await?;
        answered.await.map_err(|_| Stopped)
    }

    /// What is kept of its health.
    pub fn health_store(&self) -> &HealthStore {
        &self.health
    }

    /// Shows the conference as it was.
    pub fn replayer(&self) -> &Replayer {
        &self.replayer
    }

    /// Events of the log after `after`, in order, at most `limit` and at most [`MAX_EVENTS`].
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn events(&self, after: Revision, limit: u32) -> Result<Vec<LoggedEvent>, JournalError> {
        let stored = self.journal.read(&self.stream, Seq(after.0), limit.min(MAX_EVENTS)).await?;
        let logged = stored.into_iter().map(|stored| {
            let event = stored.event;
            let malformed = |_| JournalError::Malformed { seq: stored.seq, what: "body" };
            Ok(LoggedEvent {
                revision: Revision(stored.seq.0),
                at: u64::try_from(event.at_ms).unwrap_or(0),
                actor: event.actor,
                command_id: event.command_id.map(|id| CommandId(id.0)),
                kind: event.kind,
                body: serde_json::from_slice(&event.body).map_err(malformed)?,
            })
        });
        logged.collect()
    }

    /// Lets a page in that said hello. Its welcome is the first message of its outbox.
    ///
    /// # Errors
    /// Why it is not let in.
    pub async fn connect(&self, visit: Visit) -> Result<Joined, Closing> {
        let stopping = || Closing { code: wire::ErrorCode::Stopping, detail: "the server stops".to_owned() };
        let (answer, answered) = oneshot::channel();
        self.send(Letter::Visit(Box::new(visit), answer)).await.map_err(|Stopped| stopping())?;
        answered.await.map_err(|_| stopping())?
    }

    /// Passes on what a page says after its hello.
    ///
    /// # Errors
    /// The conference has stopped.
    pub async fn page_says(&self, socket: SocketId, message: ClientMessage) -> Result<(), Stopped> {
        self.send(Letter::Says(socket, message)).await
    }

    /// A page's WebSocket has ended.
    pub async fn disconnect(&self, socket: SocketId, departure: Departure) {
        // A conference that has stopped misses nobody.
        let _ = self.send(Letter::Gone(socket, departure)).await;
    }

    /// Lets an encoder or player in that made an offer.
    ///
    /// # Errors
    /// Why it is not let in.
    pub async fn open_door(&self, opening: Opening) -> Result<Opened, DoorRefused> {
        let (answer, answered) = oneshot::channel();
        self.send(Letter::OpenDoor(Box::new(opening), answer)).await.map_err(|Stopped| DoorRefused::Stopping)?;
        answered.await.map_err(|_| DoorRefused::Stopping)?
    }

    /// Passes on what an encoder or player says of its ICE session.
    ///
    /// # Errors
    /// Why nothing was changed.
    pub async fn patch_door(&self, caller: DoorCaller, patch: DoorPatch) -> Result<Patched, DoorRefused> {
        let (answer, answered) = oneshot::channel();
        self.send(Letter::PatchDoor(caller, patch, answer)).await.map_err(|Stopped| DoorRefused::Stopping)?;
        answered.await.map_err(|_| DoorRefused::Stopping)?
    }

    /// Ends the session of an encoder or player.
    ///
    /// # Errors
    /// There is none, or it is another's.
    pub async fn close_door(&self, caller: DoorCaller) -> Result<(), DoorRefused> {
        let (answer, answered) = oneshot::channel();
        self.send(Letter::CloseDoor(caller, answer)).await.map_err(|Stopped| DoorRefused::Stopping)?;
        answered.await.map_err(|_| DoorRefused::Stopping)?
    }

    /// Tells every page that the server stops, writes what is not written yet, and ends the task.
    pub async fn stop(&self) {
        let (answer, answered) = oneshot::channel();
        if self.send(Letter::Stop(answer)).await.is_ok() {
            // An error says that the task has ended.
            let _ = answered.await;
        }
    }

    async fn send(&self, letter: Letter) -> Result<(), Stopped> {
        self.letters.send(letter).await.map_err(|_| Stopped)
    }
}
