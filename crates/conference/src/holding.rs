//! The holding slide: on air in place of everything. No picture, no sound, the hall's neither.
//!
//! It is a programme like others, without sources and with the hall's slot alone: what comes after it is always ordered by somebody.

use serde::{Deserialize, Serialize};

use crate::{
    Conference, CutCause, EventBody, Millis, Program, Refusal, SpeechEnd, TourEnd, conference::Outcome,
    program::hall_program, text,
};

/// Longest large line, in characters: what a hall can read from its last row.
pub const MAX_TITLE_CHARS: usize = 120;
/// Longest small line, in characters.
pub const MAX_TEXT_CHARS: usize = 300;

/// The holding slide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Large line.
    pub title: String,
    /// Small line; may be empty.
    pub text: String,
}

impl Conference {
    pub(crate) fn show_holding(&self, title: &str, text: &str, at: Millis) -> Outcome {
        text::check_line(title, 1..=MAX_TITLE_CHARS)?;
        text::check_line(text, 0..=MAX_TEXT_CHARS)?;
        let holding = Holding { title: title.to_owned(), text: text.to_owned() };
        let there = self.state().stage.program.holding.as_ref() == Some(&holding);
        let mut bodies = self.supersede(TourEnd::Superseded);
        if there && bodies.is_empty() {
            return Err(Refusal::AlreadySo);
        }
        if !there {
            bodies.extend(self.cut_to_holding(holding, CutCause::Holding, at));
        }
        Ok(bodies)
    }

    /// The slide on air. Whoever speaks has the floor no more; who was granted it and waits to come on air waits on, as behind the hall.
    pub(crate) fn cut_to_holding(&self, holding: Holding, cause: CutCause, at: Millis) -> Vec<EventBody> {
        let take = self.next_take();
        let (sources, microphones, holding) = (Vec::new(), Vec::new(), Some(holding));
        let program = Program { sources, microphones, holding, ..hall_program(self.hall(), Some(take), at) };
        let mut bodies = vec![EventBody::StageCut { take, cause, program }];
        if self.state().floor.holder.as_ref().is_some_and(|holder| holder.on_air) {
            bodies.extend(self.speech_ended(SpeechEnd::Holding, at));
        }
        bodies
    }
}
