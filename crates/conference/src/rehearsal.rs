//! The rehearsal (tổng duyệt): everything works as on the day, and nothing of it counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Agenda, Conference, Floor, Millis, Presence, Refusal, SiteSlug, conference::Outcome};

/// What comes back when a rehearsal ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeforeRehearsal {
    /// The agenda.
    pub agenda: Agenda,
    /// The floor, nobody holding it.
    pub floor: Floor,
    /// Roll call.
    pub presence: BTreeMap<SiteSlug, Presence>,
    /// Times spoken, ms.
    pub spoken_ms: BTreeMap<SiteSlug, u64>,
}

impl Conference {
    pub(crate) fn start_rehearsal(&self) -> Outcome {
        Err(Refusal::Busy)
    }

    pub(crate) fn end_rehearsal(&self, _at: Millis) -> Outcome {
        Err(Refusal::NotRehearsing)
    }
}
