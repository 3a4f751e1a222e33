//! The plan: what is edited by hand before the conference opens, and what operators arrange among themselves.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{BeforeRehearsal, Conference, Details, Item, PlanPart, Quorum, Refusal, Site, conference::Outcome};

/// What was planned by hand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// Parts of the setup that were edited by hand: of these the files count no more.
    pub edited: BTreeSet<PlanPart>,
    /// Locked against edits.
    pub locked: bool,
    /// How many must be present.
    pub quorum: Quorum,
    /// Prepared texts of messages.
    pub templates: Vec<String>,
    /// Regions by the operator who looks after them.
    pub delegations: BTreeMap<String, BTreeSet<String>>,
    /// What comes back when the rehearsal under way ends.
    pub rehearsal: Option<Box<BeforeRehearsal>>,
}

impl Plan {
    /// True if nothing was planned by hand.
    pub fn is_untouched(&self) -> bool {
        *self == Self::default()
    }
}

impl Conference {
    pub(crate) fn lock_plan(&self, _locked: bool) -> Outcome {
        Err(Refusal::Busy)
    }

    pub(crate) fn set_details(&self, _details: &Details) -> Outcome {
        Err(Refusal::Busy)
    }

    pub(crate) fn set_agenda(&self, _items: &[Item]) -> Outcome {
        Err(Refusal::Busy)
    }

    pub(crate) fn set_sites(&self, _sites: &[Site]) -> Outcome {
        Err(Refusal::Busy)
    }

    pub(crate) fn delegate_regions(&self, _to: &str, _regions: &[String]) -> Outcome {
        Err(Refusal::Busy)
    }

    pub(crate) fn set_templates(&self, _texts: &[String]) -> Outcome {
        Err(Refusal::Busy)
    }
}
