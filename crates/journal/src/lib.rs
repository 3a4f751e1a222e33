//! The event log: append durably, read back, prove that nothing is missing.
//!
//! ```text
//!  server ── append(stream, after, batch) ──▶ Journal ──▶ SQLite (WAL, FULL)
//!                                              │  every event: sequence number + link of a hash chain
//!                                              │  every 1000 events: a checkpoint
//!                                              └▶ high-water mark, a file outside the database
//! ```
//!
//! An append that was answered with `Ok` is on the disk. Several events of one batch are there together or not at all.
//! A stream has one writer at a time: each append names the last event its sender knows (`after`), so that a sender
//! that missed something is told instead of writing over it. A command id is in a stream once.
//!
//! At open the chain is verified from the last checkpoint and compared with the high-water mark; what is wrong is
//! reported as [`Finding`]s, never repaired in silence. Findings are kept in a file beside the database, and are reported at every
//! start and by [`inspect`], until [`acknowledge`] is called.
//!
//! Deliberately absent: the meaning of an event (kind, version and bytes are opaque here), audit, tokens and sign-ins
//! (the server keeps them in its own tables through [`SqliteJournal::pool`]), deletion and update of events.

mod chain;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod event;
pub mod fault;
mod findings_file;
mod high_water;
mod log;
mod sqlite;

pub use chain::{EventHash, FIRST_LINK};
pub use error::{Cause, JournalError, OpenError};
pub use event::{Appended, CommandId, Head, NewEvent, Seq, StoredEvent, StreamId};
pub use log::{Answer, Finding, Journal};
pub use sqlite::{Inspected, Opened, SqliteJournal, acknowledge, inspect, open_pool};

use std::time::Duration;

/// Most events in one batch. One command makes a handful; a server that catches up after an outage of its disk
/// appends what it did meanwhile in batches of this size. Keeps a commit far below [`APPEND_DEADLINE`].
pub const MAX_BATCH_EVENTS: usize = 1_024;
/// Largest body of one event, in bytes. The largest real one (a whole conference as it was set up) is about 60 KB.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Longest name (stream, actor, command id, kind), in bytes. They are keys and labels, not text.
pub const MAX_NAME_BYTES: usize = 256;
/// Most events that one read answers with; a longer log is read in pages.
pub const MAX_READ_EVENTS: u32 = 10_000;
/// An append is answered within this time whatever the disk does. An operator waits two seconds at most for a reason.
pub const APPEND_DEADLINE: Duration = Duration::from_millis(1_800);
/// How long a write waits for another process's lock on the database. Below [`APPEND_DEADLINE`], so that the answer
/// says "locked" and not merely "late".
pub const BUSY_TIMEOUT: Duration = Duration::from_millis(1_200);
/// A checkpoint is kept every so many events: verifying the tail at start then reads at most this many rows per stream.
pub const CHECKPOINT_EVERY: u64 = 1_000;
