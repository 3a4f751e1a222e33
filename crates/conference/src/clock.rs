//! The speech clock: allowed time, warning, overrun, pause. It stands until its speaker is on air.

use serde::{Deserialize, Serialize};

use crate::Millis;

/// A speech clock. Spoken time now is `spoken_ms`, plus `now − running_since` while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeechClock {
    /// Time allowed, ms; 0: no limit.
    pub allowed_ms: u64,
    /// Remaining time at which a warning is shown, ms.
    pub warning_ms: u64,
    /// Time spoken until `running_since`, ms.
    pub spoken_ms: u64,
    /// Since when it runs; none: it stands.
    pub running_since: Option<Millis>,
}

/// How a speech stands against its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpeechTime {
    /// No limit was set.
    Unlimited,
    /// Time is left, ms.
    Left(u64),
    /// Time is left, ms, but no more than the warning.
    Warning(u64),
    /// Over its time by so much, ms.
    Over(u64),
}

impl SpeechClock {
    /// Time spoken until `now`, ms.
    pub fn spoken_at(&self, now: Millis) -> u64 {
        self.spoken_ms.saturating_add(self.running_since.map_or(0, |since| now.since(since)))
    }

    /// How the speech stands at `now`.
    pub fn time_at(&self, now: Millis) -> SpeechTime {
        let spoken = self.spoken_at(now);
        if self.allowed_ms == 0 {
            return SpeechTime::Unlimited;
        }
        match self.allowed_ms.checked_sub(spoken) {
            None | Some(0) => SpeechTime::Over(spoken.saturating_sub(self.allowed_ms)),
            Some(left) if left <= self.warning_ms => SpeechTime::Warning(left),
            Some(left) => SpeechTime::Left(left),
        }
    }

    /// Lets the clock run from `at`.
    pub(crate) fn start(&mut self, at: Millis) {
        self.running_since = Some(at);
    }

    /// Stops the clock at a known spoken time.
    pub(crate) fn stop(&mut self, spoken_ms: u64) {
        self.spoken_ms = spoken_ms;
        self.running_since = None;
    }
}
