//! The tour (lướt điểm cầu): sites are shown by turns, in silence but for the hall.

use serde::{Deserialize, Serialize};

use crate::{Conference, Live, Millis, Program, Refusal, SiteSlug, conference::Outcome};

/// Shortest time for which a site is shown, ms: below it nobody recognises a hall.
pub const MIN_DWELL_MS: u32 = 2_000;
/// Longest, ms.
pub const MAX_DWELL_MS: u32 = 120_000;

/// A tour under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tour {
    /// In this order.
    pub sites: Vec<SiteSlug>,
    /// Which of them is shown or coming, from 0.
    pub place: u32,
    /// How long each is shown, ms.
    pub dwell_ms: u32,
    /// When the next one comes.
    pub next_at: Millis,
    /// Begins anew after the last.
    pub repeat: bool,
    /// What was on air before it.
    pub before: Program,
}

impl Conference {
    pub(crate) fn start_tour(
        &self,
        _sites: &[SiteSlug],
        _dwell_ms: u32,
        _repeat: bool,
        _live: &Live,
        _at: Millis,
    ) -> Outcome {
        Err(Refusal::Busy)
    }

    pub(crate) fn stop_tour(&self, _live: &Live, _at: Millis) -> Outcome {
        Err(Refusal::NoTour)
    }
}
