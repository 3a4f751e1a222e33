//! From the journal to a running conference: read, decode, fold, say that the server started and what its files say.

use std::sync::Arc;
use std::time::Instant;

use conference::{Conference, Event, Fact, Millis, Phase, Setup};
use journal::{Journal, JournalError, MAX_BODY_BYTES, Seq, StreamId};
use tokio::sync::{broadcast, mpsc, watch};
use wire::{ConferenceId, InstanceId, Revision, Role};

use super::handle::{ConferenceHandle, Figures};
use super::health::HealthBeginning;
use super::ledger::Ledger;
use super::letters::Refused;
use super::media_relay::MediaRelay;
use super::replay::Replayer;
use super::tally::{Present, Tally, tally_of};
use super::task::{MAX_LETTERS, Task, TaskInputs, Tools};
use super::writer::{UnreadableEvent, Writer, decode, encode};
use crate::access::{Clock, Revocation, millis};
use crate::config::Limits;
use crate::view;

// A setup is one event.
const _: () = assert!(conference::MAX_SETUP_BYTES <= MAX_BODY_BYTES, "the largest setup is a body of the journal");
// An edit replaces the agenda or the sites whole.
const _: () = assert!(conference::MAX_SETUP_BYTES < wire::MAX_MESSAGE_BYTES, "a page can send the largest agenda");

/// Everything that a conference's task works with, beside its log.
pub struct Surroundings {
    /// The relay, for this conference alone.
    pub relay: Arc<dyn MediaRelay>,
    /// What the relay tells.
    pub relay_events: mpsc::UnboundedReceiver<relay_core::RelayEvent>,
    /// Rights that end.
    pub revocations: broadcast::Receiver<Revocation>,
    /// Takes refusals for the audit; must not wait.
    pub audit: Arc<dyn Fn(Refused) + Send + Sync>,
    /// How many may be connected; more are refused.
    pub limits: Limits,
    /// The role of an operator of this name, if there is one.
    pub role_of: RoleOf,
    /// Where the control lease is remembered.
    pub lease: LeaseMemory,
    /// What the watch over the sites' health begins with.
    pub health: HealthBeginning,
}

/// Who held the control lease before the server stopped, and where a new holder is noted.
pub struct LeaseMemory {
    /// Name of the last holder.
    pub last: Option<String>,
    /// Notes a new holder; must not wait.
    pub keep: Arc<dyn Fn(&str) + Send + Sync>,
}

/// Who an operator is, by name; must not wait.
pub type RoleOf = Arc<dyn Fn(&str) -> Option<Role> + Send + Sync>;

/// A conference cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The setup is wrong.
    #[error("the conference's setup is wrong: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Setup(Vec<conference::SetupError>),
    /// The journal cannot be read.
    #[error("the journal cannot be used")]
    Journal(#[from] JournalError),
    /// The journal holds something that this program cannot read.
    #[error("the log cannot be replayed")]
    Unreadable(#[from] UnreadableEvent),
}

/// A conference as its log has it, before it runs. Nothing is written yet: whoever starts it may still fail to open a port.
pub struct Recalled {
    instance: InstanceId,
    journal: Arc<dyn Journal>,
    stream: StreamId,
    clock: Clock,
    /// What the configuration says.
    file: Setup,
    durable: Conference,
    /// `durable` and then `start`.
    started: Conference,
    /// What this start adds to the log.
    start: Vec<Event>,
}

impl Recalled {
    /// Replays the log of the conference that `file`, its setup in the configuration, names, and lets the conference decide which
    /// setup counts.
    ///
    /// `instance` is this start of the server. `clock` gives milliseconds since the epoch and is read once: a step of the
    /// machine's clock during a conference must not end a speech or a grace time, so the time of the start and what has passed
    /// since make the conference's clock.
    ///
    /// # Errors
    /// The setup is wrong, or the log cannot be read or understood.
    pub async fn read(
        file: Setup,
        journal: Arc<dyn Journal>,
        instance: InstanceId,
        clock: &Clock,
    ) -> Result<Self, StartError> {
        let clock = steady(clock);
        let stream = StreamId(file.id.0.clone());
        let mut durable = Conference::new(file.clone()).map_err(StartError::Setup)?;
        replay(&mut durable, journal.as_ref(), &stream).await?;
        let mut started = durable.clone();
        let mut start = Vec::new();
        let begun = Fact::ServerStarted { instance: conference::InstanceId(instance.0.clone()) };
        for fact in [begun, Fact::SetupRead { setup: file.clone() }] {
            let events = started.handle_fact(fact, Millis(clock()));
            events.iter().for_each(|event| started.apply(event));
            start.extend(events);
        }
        Ok(Self { instance, journal, stream, clock, file, durable, started, start })
    }

    /// The setup that counts in this run of the server.
    pub fn setup(&self) -> &Setup {
        self.started.setup()
    }

    /// Writes what this start adds to the log. Gives the conference as it is durable then, and the events that could not be
    /// written now: sites come back and the hall can be called also with a full disk.
    async fn log_start(&mut self) -> (Conference, Vec<Event>) {
        let after = Seq(self.durable.state().revision);
        let stream = &self.stream;
        match self.journal.append(stream, after, self.start.iter().map(encode).collect()).await {
            // Timeouts of the time in which the server was down (a grace that ran out) are the task's first business.
            Ok(_) => (self.started.clone(), Vec::new()),
            Err(error) => {
                tracing::error!(%stream, %error, "the journal cannot be written: started all the same, what happens is written later");
                (self.durable.clone(), std::mem::take(&mut self.start))
            }
        }
    }

    /// Tells people if the files were changed and do not count.
    fn warn_of_left_out_changes(&self, audit: &dyn Fn(Refused)) {
        let changes = self.started.left_out_of(&self.file);
        if changes.is_empty() {
            return;
        }
        let changes = changes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let why = match self.started.state().phase {
            Phase::Preparing => "it does not fit what was edited by hand",
            Phase::Rehearsal => "a rehearsal is under way",
            Phase::Live | Phase::Ended => "the conference was opened",
        };
        tracing::warn!(
            conference = %self.stream,
            changes,
            "the configuration was changed and {why}: the setup in the log counts, the changes do not"
        );
        audit(Refused {
            who: conference::SYSTEM_ACTOR.to_owned(),
            what: format!("changing the setup of {} by its files", self.stream),
            reason: format!("{why}: the setup in the log counts; in the files differ: {changes}"),
            address: None,
        });
    }
}

impl ConferenceHandle {
    /// Logs that the server started, and starts the conference's task.
    pub async fn spawn(mut recalled: Recalled, around: Surroundings) -> Self {
        recalled.warn_of_left_out_changes(around.audit.as_ref());
        let (durable, unwritten) = recalled.log_start().await;
        let id = ConferenceId(recalled.setup().id.0.clone());
        tracing::info!(conference = %id.0, revision = durable.state().revision, "conference ready");

        let Recalled { instance, journal, stream, clock, started, file, .. } = recalled;
        let store = around.health.store.clone();
        let replayer = Arc::new(Replayer::new(file, Arc::clone(&journal), stream.clone(), store.clone()));
        let (batches, outcomes) = Writer::start(Arc::clone(&journal), stream.clone());
        let (letters, mailbox) = mpsc::channel(MAX_LETTERS);
        let (figures, latest) = watch::channel(Figures { journal_ok: true, ..Figures::default() });
        let (setup, known_setup) = watch::channel(Arc::new(started.setup().clone()));
        let (tally, lamps) =
            watch::channel(Arc::new(Tally::new(tally_of(Revision(0), &view::whole(&started), &Present::default()))));
        let handle = Self {
            id,
            setup: known_setup,
            tally: lamps,
            stream,
            letters: letters.clone(),
            journal,
            clock: Arc::clone(&clock),
            figures: latest,
            health: store,
            replayer,
        };
        let inputs =
            TaskInputs { mailbox, outcomes, relay_events: around.relay_events, revocations: around.revocations };
        let tools = Tools {
            instance,
            relay: around.relay,
            audit: around.audit,
            clock,
            limits: around.limits,
            batches,
            letters: letters.downgrade(),
            figures,
            setup,
            tally,
            role_of: around.role_of,
            keep_lease: around.lease.keep,
        };
        let mut task = Task::new(Ledger::with_unwritten(durable, unwritten, Instant::now()), tools, around.health);
        task.recall_lease(around.lease.last);
        tokio::spawn(task.run(inputs));
        handle
    }
}

/// A clock that begins where the given one stands and then only runs on.
fn steady(clock: &Clock) -> Clock {
    let (began, at) = (tokio::time::Instant::now(), clock());
    Arc::new(move || at.saturating_add(millis(began.elapsed())))
}

async fn replay(conference: &mut Conference, journal: &dyn Journal, stream: &StreamId) -> Result<(), StartError> {
    let started = Instant::now();
    loop {
        let after = Seq(conference.state().revision);
        let stored = journal.read(stream, after, journal::MAX_READ_EVENTS).await?;
        if stored.is_empty() {
            tracing::info!(%stream, events = after.0, took = ?started.elapsed(), "log replayed");
            return Ok(());
        }
        for event in &stored {
            if conference.replay(&decode(event)?).is_break() {
                // It has begun anew, with the setup of the log: from the first event again.
                break;
            }
        }
    }
}
