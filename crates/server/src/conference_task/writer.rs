//! Carries batches to the journal, one at a time, and finds out what became of those whose commit did not come back.

use std::sync::Arc;
use std::time::Duration;

use conference::{EncodedEvent, Event};
use journal::{Journal, JournalError, NewEvent, Seq, StoredEvent, StreamId};
use tokio::sync::mpsc;

use super::ledger::{Batch, Outcome};

/// Pause between two looks at a journal that does not answer.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

pub(super) struct Writer {
    journal: Arc<dyn Journal>,
    stream: StreamId,
}

impl Writer {
    /// Starts the task. The ledger hands over one batch at a time, so neither channel holds more than a few messages.
    pub(super) fn start(
        journal: Arc<dyn Journal>,
        stream: StreamId,
    ) -> (mpsc::UnboundedSender<Batch>, mpsc::UnboundedReceiver<Outcome>) {
        let (batches, mut incoming) = mpsc::unbounded_channel();
        let (outcomes, reports) = mpsc::unbounded_channel();
        let writer = Self { journal, stream };
        tokio::spawn(async move {
            while let Some(batch) = incoming.recv().await {
                let outcome = writer.append(&batch, &outcomes).await;
                if outcomes.send(outcome).is_err() {
                    return;
                }
            }
        });
        (batches, reports)
    }

    #[tracing::instrument(level = "debug", skip_all, fields(conference = %self.stream, events = batch.events.len()))]
    async fn append(&self, batch: &Batch, outcomes: &mpsc::UnboundedSender<Outcome>) -> Outcome {
        let events: Vec<NewEvent> = batch.events.iter().map(encode).collect();
        let after = Seq(batch.after);
        match self.journal.append(&self.stream, after, events.clone()).await {
            Ok(_) => Outcome::Durable,
            Err(JournalError::OutcomeUnknown) => {
                tracing::warn!(stream = %self.stream, "a commit did not come back");
                // A task that has ended needs no outcome.
                let _ = outcomes.send(Outcome::Unknown);
                self.resolve(after, &events).await
            }
            Err(JournalError::HeadMoved { head }) => {
                tracing::warn!(stream = %self.stream, %head, "the log holds more than was known");
                self.resolve(after, &events).await
            }
            Err(JournalError::Repeated { command_id, events }) => {
                Outcome::Repeated(conference::CommandId(command_id.0), events.last.0)
            }
            Err(error) => {
                tracing::error!(stream = %self.stream, %error, "the journal cannot be written");
                Outcome::Failed
            }
        }
    }

    /// Reads what follows `after` until the journal answers.
    async fn resolve(&self, after: Seq, events: &[NewEvent]) -> Outcome {
        loop {
            match self.journal.read(&self.stream, after, journal::MAX_READ_EVENTS).await {
                Ok(found) => return judge(&found, events),
                Err(error) => {
                    tracing::warn!(stream = %self.stream, %error, "the journal cannot be read");
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
            }
        }
    }
}

/// What became of a batch, from what is in the log where it should be.
fn judge(found: &[StoredEvent], batch: &[NewEvent]) -> Outcome {
    if found.is_empty() {
        return Outcome::Failed;
    }
    if found.len() == batch.len() && found.iter().map(|stored| &stored.event).eq(batch) {
        return Outcome::Durable;
    }
    match found.iter().map(decode).collect() {
        Ok(events) => Outcome::Missed(events),
        Err(error) => {
            tracing::error!(%error, "the log holds an event that this program cannot read");
            Outcome::Failed
        }
    }
}

/// An event as the journal keeps it.
pub(super) fn encode(event: &Event) -> NewEvent {
    let EncodedEvent { at, actor, command_id, kind, version, body } = event.encode();
    NewEvent {
        at_ms: i64::try_from(at).unwrap_or(i64::MAX),
        actor,
        command_id: command_id.map(journal::CommandId),
        kind,
        version: u32::from(version),
        body: serde_json::to_vec(&body).expect("a JSON value can always be written"),
    }
}

/// Why an event of the log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableEvent {
    /// Its body is not JSON.
    #[error("event {seq} is not JSON")]
    NotJson {
        /// Where.
        seq: Seq,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// This program does not know it.
    #[error("event {seq} cannot be read")]
    Unknown {
        /// Where.
        seq: Seq,
        /// Why.
        source: conference::DecodeError,
    },
    /// A time before 1970 or a version that no program ever wrote.
    #[error("event {seq} has an impossible time or version")]
    Impossible {
        /// Where.
        seq: Seq,
    },
}

/// An event of the journal.
pub(super) fn decode(stored: &StoredEvent) -> Result<Event, UnreadableEvent> {
    let (seq, event) = (stored.seq, &stored.event);
    let impossible = UnreadableEvent::Impossible { seq };
    let (Ok(at), Ok(version)) = (u64::try_from(event.at_ms), u16::try_from(event.version)) else {
        return Err(impossible);
    };
    let encoded = EncodedEvent {
        at,
        actor: event.actor.clone(),
        command_id: event.command_id.as_ref().map(|id| id.0.clone()),
        kind: event.kind.clone(),
        version,
        body: serde_json::from_slice(&event.body).map_err(|source| UnreadableEvent::NotJson { seq, source })?,
    };
    Event::decode(&encoded).map_err(|source| UnreadableEvent::Unknown { seq, source })
}
