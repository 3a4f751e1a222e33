//! What goes into the log and what comes out of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::EventHash;

/// A log of its own: one conference, or the server itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamId(pub String);

/// Chosen by the sender of a command; in a stream once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub String);

/// Place of an event in its stream. The first event has 1; 0 stands for "before the first".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first event: the head of an empty stream.
    pub const START: Self = Self(0);

    /// The place after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event that is to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// When it happened, in milliseconds since the Unix epoch, by the sender's clock.
    pub at_ms: i64,
    /// Who caused it, as the sender names people and sites.
    pub actor: String,
    /// The command that caused it. None for what time caused; several events of one command share its id, and all of
    /// them go into one batch: a later batch with the same id is refused as repeated.
    pub command_id: Option<CommandId>,
    /// What kind of event; opaque here.
    pub kind: String,
    /// Version of the body's shape; opaque here.
    pub version: u32,
    /// The event itself, usually JSON; opaque here.
    pub body: Vec<u8>,
}

/// An event of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place.
    pub seq: Seq,
    /// What was appended.
    pub event: NewEvent,
    /// Link of the chain: covers this event and, through the one before it, all earlier ones.
    pub hash: EventHash,
}

/// The last event of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its place; [`Seq::START`] for an empty stream.
    pub seq: Seq,
    /// Its link; [`crate::FIRST_LINK`] for an empty stream.
    pub hash: EventHash,
}

/// Where an appended batch lies, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Place of the batch's first event.
    pub first: Seq,
    /// Place of the batch's last event: the stream's new head.
    pub last: Seq,
}
