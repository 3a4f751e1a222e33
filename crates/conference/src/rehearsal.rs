//! The rehearsal (tổng duyệt): everything works as on the day, and nothing of it counts.
//!
//! Its events are in the log like all others, between `RehearsalStarted` and `RehearsalEnded`; [`Counted`] tells which ones a record
//! of the conference leaves out. At its end agenda, floor, roll call and times spoken are as they were before, and the stage is at the
//! hall with nothing muted, nothing open, nothing to undo. What people wrote stays: messages, the names of delegates, the plan.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Agenda, Conference, Delegate, EventBody, Floor, LowerThird, Millis, Phase, Presence, Refusal, SiteSlug, SpeechEnd,
    Stage, State, TourEnd, conference::Outcome,
};

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
    /// Delegates that were marked present; those named since are absent at the end.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub delegates_present: BTreeMap<SiteSlug, Vec<Delegate>>,
}

/// Tells of the events of a log, one after the other, which ones count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    rehearsing: bool,
}

impl Counted {
    /// False if the minutes leave this event out: those of a rehearsal, its start and its end included. Give it every event of the
    /// log, from the first one on.
    pub fn counts(&mut self, body: &EventBody) -> bool {
        match body {
            EventBody::RehearsalStarted {} => self.rehearsing = true,
            EventBody::RehearsalEnded {} => {
                self.rehearsing = false;
                return false;
            }
            _ => {}
        }
        !self.rehearsing
    }
}

impl State {
    pub(crate) fn begin_rehearsal(&mut self) {
        let present = self.roster.delegates.iter().filter_map(|(site, delegates)| {
            let present: Vec<_> = delegates.iter().filter(|delegate| delegate.present).cloned().collect();
            (!present.is_empty()).then(|| (site.clone(), present))
        });
        self.plan.rehearsal = Some(Box::new(BeforeRehearsal {
            agenda: self.agenda.clone(),
            floor: Floor { holder: None, ..self.floor.clone() },
            presence: self.roster.presence.clone(),
            spoken_ms: self.roster.spoken_ms.clone(),
            delegates_present: present.collect(),
        }));
        self.phase = Phase::Rehearsal;
    }

    pub(crate) fn end_rehearsal(&mut self) {
        self.phase = Phase::Preparing;
        self.stage.forget_rehearsal();
        let Some(before) = self.plan.rehearsal.take() else { return };
        let BeforeRehearsal { agenda, floor, presence, spoken_ms, delegates_present } = *before;
        self.agenda = agenda;
        self.floor = floor;
        self.roster.presence = presence;
        self.roster.spoken_ms = spoken_ms;
        for (site, delegates) in &mut self.roster.delegates {
            let present = delegates_present.get(site).map_or(&[][..], Vec::as_slice);
            for delegate in delegates {
                delegate.present = true;
                delegate.present = present.contains(delegate);
            }
        }
    }
}

impl Stage {
    /// What is on air was brought to the hall before.
    fn forget_rehearsal(&mut self) {
        self.let_go();
        self.muted.clear();
        self.closed.clear();
        self.microphones_allowed = false;
        self.lower_third = LowerThird::Automatic;
        self.names_hidden = false;
    }
}

impl Conference {
    pub(crate) fn start_rehearsal(&self, at: Millis) -> Outcome {
        match self.state().phase {
            Phase::Preparing => {
                // Who speaks now began to speak before it.
                let mut bodies = self.speech_ended(SpeechEnd::Ended, at);
                bodies.push(EventBody::RehearsalStarted {});
                Ok(bodies)
            }
            Phase::Rehearsal => Err(Refusal::AlreadySo),
            Phase::Live => Err(Refusal::PlanLocked),
            Phase::Ended => Err(Refusal::Ended),
        }
    }

    pub(crate) fn end_rehearsal(&self, at: Millis) -> Outcome {
        if self.state().phase != Phase::Rehearsal {
            return Err(Refusal::NotRehearsing);
        }
        let stage = &self.state().stage;
        let mut bodies = self.supersede(TourEnd::Over);
        bodies.extend(stage.preview.iter().map(|_| EventBody::PreviewCleared {}));
        if !stage.program.is_hall_alone(self.hall()) {
            bodies.push(self.cut_to_hall(at));
        }
        bodies.extend(self.speech_ended(SpeechEnd::BackToHall, at));
        bodies.push(EventBody::RehearsalEnded {});
        Ok(bodies)
    }

    /// The opening ends a rehearsal under way.
    pub(crate) fn open_conference(&self, at: Millis) -> Outcome {
        let mut bodies = match self.state().phase {
            Phase::Rehearsal => self.end_rehearsal(at)?,
            Phase::Preparing => Vec::new(),
            Phase::Live | Phase::Ended => return Err(Refusal::AlreadySo),
        };
        bodies.push(EventBody::ConferenceOpened {});
        Ok(bodies)
    }
}
