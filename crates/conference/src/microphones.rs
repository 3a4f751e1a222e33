//! Open microphones beyond the holder's: sites that are heard although they are not in the picture, when the chair allows it.

use crate::{Conference, Refusal, SiteSlug, conference::Outcome};

/// Most microphones that are open beyond the picture: a discussion of more is not understood by anybody.
pub const MAX_OPENED: usize = 2;

impl Conference {
    pub(crate) fn allow_microphones(&self, _allowed: bool) -> Outcome {
        Err(Refusal::Busy)
    }

    pub(crate) fn open_microphone(&self, _site: &SiteSlug) -> Outcome {
        Err(Refusal::Busy)
    }

    pub(crate) fn close_microphone(&self, _site: &SiteSlug) -> Outcome {
        Err(Refusal::Busy)
    }
}
