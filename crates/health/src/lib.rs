//! The health of a conference: who is in trouble, why, and what belongs together. Pure: samples and time come in, verdicts,
//! findings, alarms and incidents go out.
//!
//! It lacks, deliberately: a clock, sockets, storage, threads, randomness, wording, and any label of a fault. What it says of
//! a site follows from numbers that were measured on the media: packets, pixels, samples of sound.
//!
//! ```text
//!  Arriving ───▶ Finding ─▶ Verdict (good, weak, bad, lost) ─┬─▶ Alarms ────▶ raised, acknowledged, cleared
//!  ContentSample, levels ─▶ ContentWatch (named faults) ─────┘
//!                           Verdict: lost, back ─────────────▶ Incidents ─▶ opened, changed, closed
//!  Point, each second ────▶ Curve (hours in memory) ─▶ TenSeconds (to be stored)
//! ```
//!
//! [`Health`] ties them together for a whole conference. Its loop is that of every core here: call what came in, then
//! `handle_timeout(now)`, then `poll_event()` until it is empty; nothing happens before `poll_timeout()`.
//!
//! Numbers are read in one place, [`units`]: what is no number is refused there, what is out of range is brought into it.

#![forbid(unsafe_code)]

pub mod alarms;
pub mod content;
pub mod curve;
mod held;
mod ids;
pub mod incidents;
mod judge;
pub mod line_check;
mod monitor;
mod samples;
pub mod sound_score;
pub mod ten_seconds;
mod thresholds;
pub mod units;
mod verdict;

pub use alarms::{Alarm, AlarmEvent, AlarmId, AlarmKind, AlarmRefusal, Alarms};
pub use content::{ContentBounds, ContentFault, ContentWatch, Context};
pub use curve::{Curve, Point, Second};
pub use ids::{Millis, SiteSlug};
pub use incidents::{Cause, Dropped, End, Incident, IncidentEvent, IncidentId, Incidents, Place};
pub use judge::{Arriving, Finding, Quality, Reason, Receiving};
pub use line_check::{CheckBounds, CheckFault, CheckItem, CheckReport, CheckVerdict, CheckedItem, LineCheck};
pub use monitor::{Health, HealthEvent, MAX_SITES, Settings};
pub use samples::{CandidatePath, ContentSample, Direction, EncoderLimit, LineSample, NetworkType, PageSample};
pub use sound_score::{SoundLine, SoundScore};
pub use ten_seconds::{Spread, TenSeconds, TenSecondsOf};
pub use thresholds::{ThresholdError, Thresholds};
pub use verdict::Verdict;

/// Nothing that people are told changes to and fro more often than this, ms: an alarm or incident whose cause has gone is kept
/// for a minute, and is the same one if the cause comes back. The floor of one minute is the requirement's.
pub const QUIET_MS: u64 = 60_000;
