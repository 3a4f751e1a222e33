//! The trait that every store of the log implements.

use std::fmt;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

use crate::{Appended, CommandId, Head, JournalError, NewEvent, Seq, StoredEvent, StreamId};

/// A boxed future, so that a server can hold an `Arc<dyn Journal>`.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, JournalError>> + Send + 'a>>;

/// An append-only log of several streams. [`crate::contract`] says in tests what each method promises.
pub trait Journal: Send + Sync + fmt::Debug {
    /// Appends a batch after the event `after`, all or nothing, and answers once it is durable, within
    /// [`crate::APPEND_DEADLINE`]. A repeated command is told before a moved head, so that a retry with an old head gets
    /// its first answer. Who drops the future does not know the outcome, as after [`JournalError::OutcomeUnknown`].
    ///
    /// # Errors
    /// [`JournalError::HeadMoved`] if `after` is not the head, [`JournalError::Repeated`] if a command of the batch is
    /// in the stream already, [`JournalError::Unavailable`] and [`JournalError::OutcomeUnknown`] if the store cannot.
    fn append<'a>(&'a self, stream: &'a StreamId, after: Seq, events: Vec<NewEvent>) -> Answer<'a, Appended>;

    /// Events after `after`, in order, at most `limit` (and at most [`crate::MAX_READ_EVENTS`]).
    ///
    /// # Errors
    /// [`JournalError::Unavailable`], [`JournalError::Malformed`].
    fn read<'a>(&'a self, stream: &'a StreamId, after: Seq, limit: u32) -> Answer<'a, Vec<StoredEvent>>;

    /// The last event of a stream.
    ///
    /// # Errors
    /// [`JournalError::Unavailable`].
    fn head<'a>(&'a self, stream: &'a StreamId) -> Answer<'a, Head>;

    /// The events of one command, in order; empty if it is unknown.
    ///
    /// # Errors
    /// [`JournalError::Unavailable`], [`JournalError::Malformed`].
    fn find_command<'a>(&'a self, stream: &'a StreamId, command: &'a CommandId) -> Answer<'a, Vec<StoredEvent>>;

    /// All streams that have an event, in the order of their names.
    ///
    /// # Errors
    /// [`JournalError::Unavailable`].
    fn streams(&self) -> Answer<'_, Vec<StreamId>>;

    /// Verifies every event from the first one on, every checkpoint and the high-water mark. An empty answer means that
    /// the log is whole.
    ///
    /// # Errors
    /// [`JournalError::Unavailable`].
    fn verify(&self) -> Answer<'_, Vec<Finding>>;

    /// Finishes what is under way, writes the high-water mark and lets go of the store. Later calls are answered with
    /// [`crate::Cause::Closed`]. A journal that is dropped without it loses nothing but the newest mark.
    ///
    /// # Errors
    /// [`JournalError::Unavailable`] if the mark could not be written.
    fn close(&self) -> Answer<'_, ()>;
}

/// Something that is wrong with a stored log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// Events that were once durable are no longer there: the log ends too early.
    LostTail {
        /// The stream.
        stream: StreamId,
        /// Last event that is known to have been durable.
        expected: Seq,
        /// Last event that is there.
        found: Seq,
    },
    /// The event does not fit the chain: it, or the one before it, was changed.
    BrokenChain {
        /// The stream.
        stream: StreamId,
        /// The event.
        seq: Seq,
    },
    /// Events in the middle are not there.
    Missing {
        /// The stream.
        stream: StreamId,
        /// First one that is missing.
        first: Seq,
        /// Last one that is missing.
        last: Seq,
    },
    /// The event fits the chain, but a checkpoint remembers another one: checkpoint or history was rewritten.
    CheckpointDiffers {
        /// The stream.
        stream: StreamId,
        /// The event.
        seq: Seq,
    },
    /// The event fits the chain, but the high-water mark remembers another one: mark or history was rewritten.
    MarkDiffers {
        /// The stream.
        stream: StreamId,
        /// The event.
        seq: Seq,
    },
    /// There are events, but the file of the high-water mark is gone: a lost tail could not be noticed.
    MarkMissing,
    /// The file of the high-water mark cannot be understood: a lost tail could not be noticed.
    MarkUnreadable,
    /// The file of earlier findings cannot be understood: it may have named others.
    FindingsUnreadable,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LostTail { stream, expected, found } => write!(
                f,
                "{stream}: events {} to {expected} were durable once and were gone when the log was opened",
                found.next()
            ),
            Self::BrokenChain { stream, seq } => {
                write!(f, "{stream}: event {seq} does not fit the chain; it, or the one before it, was changed")
            }
            Self::Missing { stream, first, last } => write!(f, "{stream}: events {first} to {last} are missing"),
            Self::CheckpointDiffers { stream, seq } => write!(
                f,
                "{stream}: the checkpoint of event {seq} is of another event; the checkpoint or the history was rewritten"
            ),
            Self::MarkDiffers { stream, seq } => write!(
                f,
                "{stream}: the high-water mark is of another event {seq}; the mark or the history was rewritten"
            ),
            Self::MarkMissing => {
                f.write_str("the file of the high-water mark is gone; a lost end of the log could not be noticed")
            }
            Self::MarkUnreadable => f.write_str(
                "the file of the high-water mark cannot be understood; a lost end of the log could not be noticed",
            ),
            Self::FindingsUnreadable => f.write_str("the file of earlier findings cannot be understood"),
        }
    }
}
