//! The speech: the holder of the floor, from the grant to its end, with its clock.
//!
//! A take of a site gives it the floor too, in every mode, so that reports in the order of the agenda need no grant.
//!
//! A holder of whom no line is left keeps its place for a grace time with its clock stopped. When another site comes on air meanwhile,
//! the speech is set aside: its site is first in the queue, and goes on with its time when it is granted the floor again. While the
//! server is down both the clock and the grace time stand: what they had left at the last event of the journal, they have at the start.

use crate::{
    Conference, EventBody, FloorMode, Holder, Item, Millis, PendingTake, Refusal, Request, Role, SetAside, SiteSlug,
    SpeechEnd, TourEnd, conference::Outcome, setup::MAX_SPEECH_MS,
};

/// Longest single extension of a speech, in seconds: an hour.
pub const MAX_EXTENSION_S: u32 = 3_600;
/// A speech that an undo or the chair brings back within this time of its end goes on with its clock, ms: it was ended by mistake.
pub const CALL_BACK_MS: u64 = 60_000;

impl Conference {
    pub(crate) fn grant(&self, site: &SiteSlug, by: Role, at: Millis) -> Outcome {
        self.known_site(site)?;
        self.may_wait(site)?;
        let floor = &self.state().floor;
        if let Some(holder) = &floor.holder {
            return Err(Refusal::FloorHeld { holder: holder.site.clone() });
        }
        let in_order = floor.mode == FloorMode::Queue && by != Role::Chair;
        let invited = floor.queue.iter().any(|entry| entry.site == *site && entry.invited);
        if let Some(first) = floor.queue.first().filter(|first| in_order && !invited && first.site != *site) {
            return Err(Refusal::NotFirstInQueue { first: first.site.clone() });
        }
        let called_back = if by == Role::Chair { self.ended_lately(site, at) } else { None };
        Ok(self.granted(site, called_back))
    }

    /// Refuses what meant the speech of somebody who no longer holds the floor: a take may have come between.
    pub(crate) fn check_speaker(&self, request: &Request) -> Result<(), Refusal> {
        let Some(meant) = request.speaker.as_ref().filter(|_| request.command.means_the_holder()) else {
            return Ok(());
        };
        match &self.state().floor.holder {
            None => Err(Refusal::NoHolder),
            Some(holder) if holder.site != *meant => Err(Refusal::FloorHeld { holder: holder.site.clone() }),
            Some(_) => Ok(()),
        }
    }

    pub(crate) fn end_speech(&self, at: Millis) -> Outcome {
        let ended = self.speech_ended(SpeechEnd::Ended, at);
        if ended.is_empty() { Err(Refusal::NoHolder) } else { Ok(ended) }
    }

    pub(crate) fn interrupt(&self, from: Option<&SiteSlug>, at: Millis) -> Outcome {
        // A site that interrupts is the hall.
        if from.is_some_and(|site| site != self.hall()) {
            return Err(Refusal::Forbidden);
        }
        let Some(holder) = &self.state().floor.holder else { return Err(Refusal::NoHolder) };
        let site = holder.site.clone();
        let mut bodies = Vec::new();
        if self.state().stage.opened.contains(&site) {
            bodies.push(EventBody::MicrophoneShut { site: site.clone() });
        }
        bodies.push(EventBody::MicrophoneClosed { site });
        bodies.extend(self.speech_ended(SpeechEnd::Interrupted, at));
        Ok(bodies)
    }

    pub(crate) fn pause_clock(&self, at: Millis) -> Outcome {
        let Some(holder) = &self.state().floor.holder else { return Err(Refusal::NoHolder) };
        match holder.clock.running_since {
            None => Err(Refusal::ClockState),
            Some(_) => {
                Ok(vec![EventBody::ClockPaused { site: holder.site.clone(), spoken_ms: holder.clock.spoken_at(at) }])
            }
        }
    }

    pub(crate) fn resume_clock(&self) -> Outcome {
        let Some(holder) = &self.state().floor.holder else { return Err(Refusal::NoHolder) };
        match holder.on_air && holder.grace.is_none() && holder.clock.running_since.is_none() {
            true => Ok(vec![EventBody::ClockResumed { site: holder.site.clone() }]),
            false => Err(Refusal::ClockState),
        }
    }

    pub(crate) fn extend_speech(&self, seconds: u32) -> Outcome {
        let Some(holder) = &self.state().floor.holder else { return Err(Refusal::NoHolder) };
        if !(1..=MAX_EXTENSION_S).contains(&seconds) {
            return Err(Refusal::OutOfRange { min: 1, max: u64::from(MAX_EXTENSION_S) });
        }
        if holder.clock.allowed_ms == 0 {
            return Err(Refusal::ClockState);
        }
        let allowed_ms = holder.clock.allowed_ms + u64::from(seconds) * 1_000;
        if allowed_ms > MAX_SPEECH_MS {
            return Err(Refusal::OutOfRange { min: 1, max: (MAX_SPEECH_MS - holder.clock.allowed_ms) / 1_000 });
        }
        Ok(vec![EventBody::SpeechExtended { site: holder.site.clone(), allowed_ms }])
    }

    /// The end of the holder's speech, if there is a holder.
    pub(crate) fn speech_ended(&self, reason: SpeechEnd, at: Millis) -> Vec<EventBody> {
        let holder = self.state().floor.holder.iter();
        holder
            .map(|holder| EventBody::SpeechEnded {
                site: holder.site.clone(),
                spoken_ms: holder.clock.spoken_at(at),
                reason,
            })
            .collect()
    }

    /// What a take that is shown does to the floor: its main site speaks; the hall takes the floor from a holder who left the
    /// picture. A holder who is granted and has not been on air yet keeps its grant while the hall is shown. A tour does nothing.
    pub(crate) fn speech_after(&self, pending: &PendingTake, at: Millis) -> Vec<EventBody> {
        let program = &pending.program;
        if program.tour {
            return Vec::new();
        }
        let holder = self.state().floor.holder.as_ref();
        let speaker = pending.speaker(&self.state().stage.program).filter(|site| *site != self.hall());
        match (speaker, holder) {
            (None, None) => Vec::new(),
            (Some(speaker), None) => vec![self.granted_by_take(pending, speaker, at)],
            (Some(speaker), Some(holder)) if holder.site != *speaker => {
                let mut bodies = self.replaced(holder, at);
                bodies.push(self.granted_by_take(pending, speaker, at));
                bodies
            }
            (_, Some(holder)) if program.shows(&holder.site) => match holder.on_air {
                true => Vec::new(),
                false => vec![EventBody::SpeechStarted { site: holder.site.clone() }],
            },
            (_, Some(holder)) if holder.on_air => self.replaced(holder, at),
            (_, Some(_)) => Vec::new(),
        }
    }

    /// Another site is on air in the holder's place. A holder who dropped out waits for its turn to go on, if the queue has room.
    fn replaced(&self, holder: &Holder, at: Millis) -> Vec<EventBody> {
        if holder.grace.is_none() || self.room_in_queue().is_err() {
            return self.speech_ended(SpeechEnd::Replaced, at);
        }
        let (site, allowed_ms) = (holder.site.clone(), holder.clock.allowed_ms);
        vec![EventBody::HolderSetAside { site, spoken_ms: holder.clock.spoken_at(at), allowed_ms }]
    }

    /// The last line of a site is gone, or the server started anew: if the site holds the floor, its place is held.
    pub(crate) fn holder_dropped(&self, stopped_at: Millis, at: Millis) -> Vec<EventBody> {
        let Some(holder) = self.state().floor.holder.as_ref().filter(|holder| holder.on_air) else { return Vec::new() };
        let grace_ms = holder.grace.map_or(self.setup().speech.grace_ms, |grace| grace.until.since(stopped_at));
        vec![EventBody::HolderDropped {
            site: holder.site.clone(),
            spoken_ms: holder.clock.spoken_at(stopped_at),
            grace_until: at.plus(grace_ms),
            resumes: holder.grace.map_or(holder.clock.running_since.is_some(), |grace| grace.resumes),
        }]
    }

    /// A line of the site is there again.
    pub(crate) fn holder_returned(&self, site: &SiteSlug) -> Vec<EventBody> {
        let holder = self.state().floor.holder.iter().filter(|holder| holder.site == *site);
        let grace = holder.filter_map(|holder| holder.grace);
        grace.map(|grace| EventBody::HolderReturned { site: site.clone(), running: grace.resumes }).collect()
    }

    /// Who speaks is not heard and not seen any more, though its control lives: its place is held as if it had dropped out, and the
    /// silence is not counted.
    pub(crate) fn source_lost(&self, site: &SiteSlug, silent_ms: u64, at: Millis) -> Vec<EventBody> {
        match &self.state().floor.holder {
            Some(holder) if holder.site == *site && holder.grace.is_none() => {
                self.holder_dropped(Millis(at.0.saturating_sub(silent_ms)), at)
            }
            _ => Vec::new(),
        }
    }

    /// The site is seen or heard again: its speech goes on, if one of its lines is here.
    pub(crate) fn source_arrives(&self, site: &SiteSlug) -> Vec<EventBody> {
        if self.state().roster.can_publish(site) { self.holder_returned(site) } else { Vec::new() }
    }

    pub(crate) fn floor_deadline(&self) -> Option<Millis> {
        self.state().floor.holder.as_ref()?.grace.map(|grace| grace.until)
    }

    pub(crate) fn floor_timeout(&self, at: Millis) -> Vec<EventBody> {
        match self.floor_deadline() {
            Some(deadline) if at >= deadline => self.speech_ended(SpeechEnd::GraceOver, at),
            _ => Vec::new(),
        }
    }

    /// Who is in the picture speaks at once, and a tour that has shown nobody yet gives way. Who is shown by a tour waits for the air
    /// like who is not shown.
    pub(crate) fn granted(&self, site: &SiteSlug, called_back: Option<SetAside>) -> Vec<EventBody> {
        let stage = &self.state().stage;
        let on_air = stage.program.shows(site) && !stage.program.tour;
        let mut bodies = if on_air && stage.tour.is_some() { self.supersede(TourEnd::Superseded) } else { Vec::new() };
        bodies.push(self.granting(site, on_air, called_back));
        bodies
    }

    /// An undo brings a speech back that it had ended; any other take begins one.
    fn granted_by_take(&self, pending: &PendingTake, speaker: &SiteSlug, at: Millis) -> EventBody {
        let called_back = if pending.undoes { self.ended_lately(speaker, at) } else { None };
        self.granting(speaker, true, called_back)
    }

    /// A speech that was set aside or is called back goes on with what it had; another begins.
    fn granting(&self, site: &SiteSlug, on_air: bool, called_back: Option<SetAside>) -> EventBody {
        let limits = &self.setup().speech;
        let waiting = self.state().floor.queue.iter().find(|entry| entry.site == *site);
        let set_aside = waiting.and_then(|entry| entry.set_aside);
        let begins = || SetAside { spoken_ms: 0, allowed_ms: self.planned_speech(site).unwrap_or(limits.allowed_ms) };
        let SetAside { spoken_ms, allowed_ms } = set_aside.or(called_back).unwrap_or_else(begins);
        let (warning_ms, called_back) = (limits.warning_ms, set_aside.is_none() && called_back.is_some());
        EventBody::FloorGranted { site: site.clone(), allowed_ms, warning_ms, on_air, spoken_ms, called_back }
    }

    /// The site's speech that ended last of all, and a moment ago.
    fn ended_lately(&self, site: &SiteSlug, at: Millis) -> Option<SetAside> {
        let ended = self.state().floor.ended.as_ref()?;
        (ended.site == *site && at.since(ended.at) <= CALL_BACK_MS).then_some(ended.speech)
    }

    /// The holder's item begins: so does its speech, with the time that the item plans. Who has dropped out keeps its place as it is.
    pub(crate) fn speech_of_item(&self, item: &Item, at: Millis) -> Vec<EventBody> {
        let holder = self.state().floor.holder.as_ref();
        let Some(holder) = holder.filter(|holder| item.site.as_ref() == Some(&holder.site) && holder.grace.is_none())
        else {
            return Vec::new();
        };
        let limits = &self.setup().speech;
        let allowed_ms = if item.planned_ms > 0 { item.planned_ms } else { limits.allowed_ms };
        let mut bodies = self.speech_ended(SpeechEnd::Ended, at);
        bodies.push(EventBody::FloorGranted {
            site: holder.site.clone(),
            allowed_ms,
            warning_ms: limits.warning_ms,
            on_air: holder.on_air,
            spoken_ms: 0,
            called_back: false,
        });
        bodies
    }
}
