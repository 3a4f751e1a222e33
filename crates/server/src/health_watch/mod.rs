//! The health of a conference, beside its task: gives the core of `health` what was measured, and passes on what it says.
//!
//! ```text
//!  relay's reports, pages' reports ─▶ samples ─▶ health::Health ─▶ entries ─▶ store, pages
//!                                                     └──────────▶ view (every second)
//! ```
//!
//! It never waits: what is to be stored is handed to a queue with a bound ([`crate::health_store`]).

mod checks;
pub(crate) mod columns;
mod convert;
mod samples;
mod told;
mod watch;

/// An incident of the centre that is open, for tests.
#[cfg(test)]
pub(crate) fn open_incident(id: u64) -> wire::Incident {
    wire::Incident {
        id,
        began: 1,
        ended: None,
        cause: wire::IncidentCause::Centre,
        inside: 1.0,
        outside: 0.0,
        sites: std::collections::BTreeMap::new(),
        closed_at: None,
        merged_into: None,
    }
}

pub use checks::{Candidate, Checks, OBSERVED_MS, TRANSFER_WITHIN_MS, TRANSFERS_AT_ONCE};
pub use samples::{Judged, content_sample, context_of, is_on_air, line_down, line_up, page_sample, sound_loss};
pub use told::{Told, hash_of};
pub(crate) use watch::level_of;
pub use watch::{Before, HealthWatch, Listener, SiteNow};
