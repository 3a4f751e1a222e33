//! What is written into the picture: the lower third, and the names of sites.

use serde::{Deserialize, Serialize};

use crate::{Conference, EventBody, Refusal, Stage, conference::Outcome, setup::MAX_NAME_CHARS, text};

/// What is written under the picture.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum LowerThird {
    /// Name, title and organisation of whom the agenda names for the site on air, else the site's name.
    #[default]
    Automatic,
    /// Nothing.
    Hidden,
    /// These two lines, until another site comes on air.
    Text {
        /// Upper line: a name.
        name: String,
        /// Lower line: title, organisation; may be empty.
        description: String,
    },
}

impl LowerThird {
    /// True if the agenda decides.
    pub fn is_automatic(&self) -> bool {
        *self == Self::Automatic
    }
}

impl Stage {
    pub(crate) fn apply_captions(&mut self, body: &EventBody) {
        match body {
            EventBody::LowerThirdSet { lower_third } => self.lower_third.clone_from(lower_third),
            EventBody::NamesShown { shown } => self.names_hidden = !shown,
            _ => {}
        }
    }
}

impl Conference {
    /// Adds the end of a text that somebody wrote, if these events bring another site on air: it names who was there before.
    pub(crate) fn end_own_text(&self, mut bodies: Vec<EventBody>) -> Vec<EventBody> {
        let stage = &self.state().stage;
        let own = matches!(stage.lower_third, LowerThird::Text { .. });
        if !own || bodies.iter().any(|body| matches!(body, EventBody::LowerThirdSet { .. })) {
            return bodies;
        }
        let next = bodies.iter().rev().find_map(|body| match body {
            EventBody::TakeShown { .. } => stage.pending.as_ref().map(|pending| &pending.program),
            EventBody::StageCut { program, .. } => Some(program),
            _ => None,
        });
        if next.is_some_and(|next| next.main_site() != stage.program.main_site()) {
            bodies.push(EventBody::LowerThirdSet { lower_third: LowerThird::Automatic });
        }
        bodies
    }

    pub(crate) fn set_lower_third(&self, lower_third: &LowerThird) -> Outcome {
        if let LowerThird::Text { name, description } = lower_third {
            text::check_line(name, 1..=MAX_NAME_CHARS)?;
            text::check_line(description, 0..=MAX_NAME_CHARS)?;
        }
        match self.state().stage.lower_third == *lower_third {
            true => Err(Refusal::AlreadySo),
            false => Ok(vec![EventBody::LowerThirdSet { lower_third: lower_third.clone() }]),
        }
    }

    pub(crate) fn show_names(&self, shown: bool) -> Outcome {
        match self.state().stage.names_hidden != shown {
            true => Err(Refusal::AlreadySo),
            false => Ok(vec![EventBody::NamesShown { shown }]),
        }
    }
}
