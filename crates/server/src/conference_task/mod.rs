//! One task owns one conference: its state, its live facts, its way to the journal, the relay and the pages.
//!
//! ```text
//!  socket, http ──Letter──▶ ┌──────┐ ──Batch──▶ writer ──▶ journal
//!  relay ─────RelayEvent──▶ │ Task │ ◀─Outcome─ writer
//!  revocations ───────────▶ │      │ ──RelayOrder──▶ relay
//!  tick, 4 a second ──────▶ └──────┘ ──text──▶ outboxes of the pages
//! ```
//!
//! The task mutates on whatever comes, then settles: it hands the next batch to the writer, answers, publishes what changed,
//! and brings the relay and the pages' pictures in line with the state. It waits for no disk and no page. What it decides
//! about the conference it asks the core (`conference`); the files here are the mechanisms around it, one each.

mod budgets;
mod calls;
mod doors;
mod handle;
mod health;
mod joining;
mod lease;
mod ledger;
mod letters;
mod line_checks;
mod media;
mod media_relay;
mod presence;
mod private_sound;
mod publish;
mod replay;
mod requests;
mod restart;
mod sites;
mod spans;
mod speaker;
mod take;
mod tally;
mod task;
#[cfg(test)]
mod test_setup;
mod writer;

pub use doors::{DoorCaller, DoorPatch, DoorRefused, Opened, Opening, Patched};
pub use handle::{ConferenceHandle, Figures, Stopped};
pub use health::HealthBeginning;
pub use joining::{Joined, Visit};
pub use lease::{MISSING_AFTER, SILENT_AFTER};
pub use ledger::{LATE_RESERVE, MAX_BATCH_COMMANDS, MAX_LATE, MAX_WAITING, WAIT_AT_MOST, WAITING_RESERVE};
pub use letters::{Departure, Refused, Sender};
pub use media_relay::{MediaRelay, Pending, RelayOrder};
pub use replay::{MAX_MARKS, ReplayError, Replayer};
pub use restart::{LeaseMemory, Recalled, RoleOf, StartError, Surroundings};
pub use speaker::{SPEAKER_BEGINS_WITHIN, SPEAKER_LOST_AFTER};
pub use tally::Tally;
pub use task::{MAX_LETTERS, TICK};
