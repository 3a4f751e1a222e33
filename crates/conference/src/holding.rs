//! The holding slide: on air in place of everything. No picture, no sound, the hall's neither.

use serde::{Deserialize, Serialize};

use crate::{Conference, Millis, Refusal, conference::Outcome};

/// The holding slide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Large line.
    pub title: String,
    /// Small line; may be empty.
    pub text: String,
}

impl Conference {
    pub(crate) fn show_holding(&self, _title: &str, _text: &str, _at: Millis) -> Outcome {
        Err(Refusal::Busy)
    }
}
