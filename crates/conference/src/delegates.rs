//! Delegates of the sites, and the quorum.

use serde::{Deserialize, Serialize};

use crate::{Conference, Refusal, SiteSlug, conference::Outcome};

/// Most delegates of one site: a hall of a province.
pub const MAX_DELEGATES: usize = 100;

/// Somebody who takes part at a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegate {
    /// Name.
    pub name: String,
    /// Title; may be empty.
    pub title: String,
    /// Organisation; may be empty.
    pub organisation: String,
    /// There at the roll call.
    pub present: bool,
}

/// How many must be present; 0: no matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    /// Sites that are marked present, the hall not counted.
    pub sites: u32,
    /// Delegates that are marked present, of all sites.
    pub delegates: u32,
}

impl Conference {
    pub(crate) fn set_delegates(&self, _site: &SiteSlug, _delegates: &[Delegate]) -> Outcome {
        Err(Refusal::Busy)
    }

    pub(crate) fn set_quorum(&self, _quorum: Quorum) -> Outcome {
        Err(Refusal::Busy)
    }
}
