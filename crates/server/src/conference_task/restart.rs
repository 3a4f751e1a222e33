//! From the journal to a running conference: read, decode, fold, say that the server started.

use std::sync::Arc;
use std::time::Instant;

use conference::{Conference, Event, Fact, Millis, Setup};
use journal::{Journal, JournalError, Seq, StreamId};
use tokio::sync::{broadcast, mpsc, watch};
use wire::{ConferenceId, InstanceId};

use super::handle::{ConferenceHandle, Figures};
use super::ledger::Ledger;
use super::letters::Refused;
use super::media_relay::MediaRelay;
use super::task::{MAX_LETTERS, Task, TaskInputs, Tools};
use super::writer::{UnreadableEvent, Writer, decode, encode};
use crate::access::{Clock, Revocation};
use crate::config::Limits;

/// Everything that a conference's task works with.
pub struct Surroundings {
    /// This start of the server.
    pub instance: InstanceId,
    /// The log; the conference's id names its stream.
    pub journal: Arc<dyn Journal>,
    /// The relay, for this conference alone.
    pub relay: Arc<dyn MediaRelay>,
    /// What the relay tells.
    pub relay_events: mpsc::UnboundedReceiver<relay_core::RelayEvent>,
    /// Rights that end.
    pub revocations: broadcast::Receiver<Revocation>,
    /// Takes refusals for the audit; must not wait.
    pub audit: Arc<dyn Fn(Refused) + Send + Sync>,
    /// Milliseconds since the epoch. Read once: a step of the machine's clock during a conference must not end a speech or
    /// a grace time, so the time of the start and what has passed since make the conference's clock.
    pub clock: Clock,
    /// How many may be connected; more are refused.
    pub limits: Limits,
}

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

impl ConferenceHandle {
    /// Replays the journal, logs that the server started, and starts the task.
    ///
    /// # Errors
    /// The setup is wrong, or the log cannot be read or understood.
    pub async fn spawn(setup: Setup, mut around: Surroundings) -> Result<Self, StartError> {
        around.clock = steady(&around.clock);
        let stream = StreamId(setup.id.0.clone());
        let mut conference = Conference::new(setup).map_err(StartError::Setup)?;
        replay(&mut conference, around.journal.as_ref(), &stream).await?;
        let unwritten = log_start(&mut conference, &around, &stream).await;
        let id = ConferenceId(conference.setup().id.0.clone());
        tracing::info!(conference = %id.0, revision = conference.state().revision, "conference ready");

        let (batches, outcomes) = Writer::start(Arc::clone(&around.journal), stream.clone());
        let (letters, mailbox) = mpsc::channel(MAX_LETTERS);
        let (figures, latest) = watch::channel(Figures { journal_ok: true, ..Figures::default() });
        let handle = Self {
            id,
            stream,
            letters: letters.clone(),
            journal: around.journal,
            clock: Arc::clone(&around.clock),
            figures: latest,
        };
        let inputs =
            TaskInputs { mailbox, outcomes, relay_events: around.relay_events, revocations: around.revocations };
        let tools = Tools {
            instance: around.instance,
            relay: around.relay,
            audit: around.audit,
            clock: around.clock,
            limits: around.limits,
            batches,
            letters: letters.downgrade(),
            figures,
        };
        let task = Task::new(Ledger::with_unwritten(conference, unwritten, Instant::now()), tools);
        tokio::spawn(task.run(inputs));
        Ok(handle)
    }
}

/// A clock that begins where the given one stands and then only runs on.
fn steady(clock: &Clock) -> Clock {
    let (began, at) = (tokio::time::Instant::now(), clock());
    Arc::new(move || at.saturating_add(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)))
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
            conference.apply(&decode(event)?);
        }
    }
}

/// Logs that the server started; gives the events if they cannot be written now. Sites come back and the hall can be called
/// also with a full disk.
async fn log_start(conference: &mut Conference, around: &Surroundings, stream: &StreamId) -> Vec<Event> {
    let instance = conference::InstanceId(around.instance.0.clone());
    let now = Millis((around.clock)());
    let events = conference.handle_fact(Fact::ServerStarted { instance }, now);
    let after = Seq(conference.state().revision);
    if let Err(error) = around.journal.append(stream, after, events.iter().map(encode).collect()).await {
        tracing::error!(%stream, %error, "the journal cannot be written: started all the same, what happens is written later");
        return events;
    }
    for event in &events {
        conference.apply(event);
    }
    // Timeouts of the time in which the server was down (a grace that ran out) are the task's first business.
    Vec::new()
}
