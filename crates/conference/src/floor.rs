//! The floor: who may speak, who is next, for how long. At most one holder.
//!
//! A site is *requested*, *invited*, *granted*, *on air*. Requests wait in one queue: who was called comes first, responses
//! outrank requests, an operator may reorder. A grant makes a holder whose clock stands until it is on air; a take of a site
//! gives it the floor too, in every mode, so that reports in the order of the agenda need no grant. The hall never needs the
//! floor: its sound is always open. In the mode *queue* only the chair may pass over the first of the queue.
//!
//! A holder of whom no line is left keeps its place for a grace time with its clock stopped. While the server is down both the
//! clock and the grace time stand: what they had left at the last event of the journal, they have at the start.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    Conference, EventBody, FloorMode, Millis, Program, Refusal, RequestKind, Role, SiteSlug, SpeechClock, SpeechEnd,
    conference::Outcome, setup::MAX_SPEECH_MS,
};

/// Longest queue: every one of 63 provinces can be in it; more could not be read, nor heard in a day.
pub const MAX_QUEUE: usize = 64;
/// Longest single extension of a speech, in seconds: an hour.
pub const MAX_EXTENSION_S: u32 = 3_600;

/// The floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    /// How sites may ask.
    pub mode: FloorMode,
    /// In speaking order.
    pub queue: Vec<QueueEntry>,
    /// Sites that were told that they are next.
    pub cued: BTreeSet<SiteSlug>,
    /// Who has the floor.
    pub holder: Option<Holder>,
}

/// A place in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueEntry {
    /// The site.
    pub site: SiteSlug,
    /// Request or response.
    pub kind: RequestKind,
    /// Since when.
    pub requested_at: Millis,
    /// Called to speak.
    pub invited: bool,
    /// Its speech was cut off by a dropout and goes on from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<SetAside>,
}

/// A speech that was cut off by a dropout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// Time spoken, ms.
    pub spoken_ms: u64,
    /// Time allowed, ms; 0: no limit.
    pub allowed_ms: u64,
}

/// Who has the floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The site.
    pub site: SiteSlug,
    /// Its clock.
    pub clock: SpeechClock,
    /// It has come on air; before that it is granted and its clock stands.
    pub on_air: bool,
    /// It dropped out; its place is held.
    pub grace: Option<Grace>,
}

/// A place that is held for a holder who dropped out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grace {
    /// Until when.
    pub until: Millis,
    /// The clock runs on when it returns.
    pub resumes: bool,
}

impl Floor {
    pub(crate) fn empty(mode: FloorMode) -> Self {
        Self { mode, queue: Vec::new(), cued: BTreeSet::new(), holder: None }
    }

    /// The site's place in the queue, from 0.
    pub fn place_of(&self, site: &SiteSlug) -> Option<usize> {
        self.queue.iter().position(|entry| entry.site == *site)
    }

    pub(crate) fn apply(&mut self, body: &EventBody, at: Millis) {
        match body {
            EventBody::FloorModeSet { mode } => self.mode = *mode,
            EventBody::FloorRequested { site, kind, position, invited } => {
                let entry = QueueEntry {
                    site: site.clone(),
                    kind: *kind,
                    requested_at: at,
                    invited: *invited,
                    set_aside: None,
                };
                self.queue.insert((*position as usize).min(self.queue.len()), entry);
            }
            EventBody::RequestInvited { site } => {
                self.queue.iter_mut().filter(|entry| entry.site == *site).for_each(|entry| entry.invited = true);
            }
            EventBody::RequestWithdrawn { site } => self.queue.retain(|entry| entry.site != *site),
            EventBody::QueueReordered { site, position } => {
                if let Some(from) = self.place_of(site) {
                    let entry = self.queue.remove(from);
                    self.queue.insert((*position as usize).min(self.queue.len()), entry);
                }
            }
            EventBody::QueueCleared {} => self.queue.clear(),
            EventBody::SiteCued { site } => {
                self.cued.insert(site.clone());
            }
            EventBody::SiteUncued { site } => {
                self.cued.remove(site);
            }
            EventBody::FloorGranted { site, allowed_ms, warning_ms, on_air, spoken_ms } => {
                self.queue.retain(|entry| entry.site != *site);
                self.cued.remove(site);
                let running_since = on_air.then_some(at);
                let (allowed_ms, warning_ms, spoken_ms) = (*allowed_ms, *warning_ms, *spoken_ms);
                let clock = SpeechClock { allowed_ms, warning_ms, spoken_ms, running_since };
                self.holder = Some(Holder { site: site.clone(), clock, on_air: *on_air, grace: None });
            }
            EventBody::SpeechEnded { .. } => self.holder = None,
            EventBody::HolderSetAside { site, spoken_ms, allowed_ms } => {
                self.holder = None;
                let (kind, invited) = (RequestKind::Request, true);
                let set_aside = Some(SetAside { spoken_ms: *spoken_ms, allowed_ms: *allowed_ms });
                self.queue.insert(0, QueueEntry { site: site.clone(), kind, requested_at: at, invited, set_aside });
            }
            body => self.apply_to_holder(body, at),
        }
    }

    fn apply_to_holder(&mut self, body: &EventBody, at: Millis) {
        let Some(holder) = &mut self.holder else { return };
        match body {
            EventBody::SpeechStarted { .. } => {
                holder.on_air = true;
                holder.clock.start(at);
            }
            EventBody::ClockPaused { spoken_ms, .. } => holder.clock.stop(*spoken_ms),
            EventBody::ClockResumed { .. } => holder.clock.start(at),
            EventBody::SpeechExtended { allowed_ms, .. } => holder.clock.allowed_ms = *allowed_ms,
            EventBody::HolderDropped { spoken_ms, grace_until, resumes, .. } => {
                holder.clock.stop(*spoken_ms);
                holder.grace = Some(Grace { until: *grace_until, resumes: *resumes });
            }
            EventBody::HolderReturned { running, .. } => {
                holder.grace = None;
                if *running {
                    holder.clock.start(at);
                }
            }
            _ => {}
        }
    }

    /// Where a new entry goes: behind those who were called; a response also behind the responses; a request at the end.
    fn place_for(&self, kind: RequestKind, called: bool) -> u32 {
        let called_first = self.queue.iter().take_while(|entry| entry.invited).count();
        let place = match kind {
            _ if called => called_first,
            RequestKind::Request => self.queue.len(),
            RequestKind::Response => {
                let last = self.queue.iter().rposition(|entry| entry.kind == RequestKind::Response);
                last.map_or(called_first, |place| (place + 1).max(called_first))
            }
        };
        place as u32
    }
}

impl Conference {
    pub(crate) fn set_floor_mode(&self, mode: FloorMode) -> Outcome {
        match self.state().floor.mode == mode {
            true => Err(Refusal::AlreadySo),
            false => Ok(vec![EventBody::FloorModeSet { mode }]),
        }
    }

    pub(crate) fn request_floor(&self, site: Option<&SiteSlug>, kind: RequestKind) -> Outcome {
        let Some(site) = site else { return Err(Refusal::Forbidden) };
        let floor = &self.state().floor;
        self.may_wait(site)?;
        if floor.mode == FloorMode::Closed {
            return Err(Refusal::FloorClosed);
        }
        if floor.place_of(site).is_some() {
            return Err(Refusal::AlreadyInQueue);
        }
        if floor.mode == FloorMode::Open && floor.holder.is_none() {
            return Ok(vec![self.granted(site)]);
        }
        self.room_in_queue()?;
        let position = floor.place_for(kind, false);
        Ok(vec![EventBody::FloorRequested { site: site.clone(), kind, position, invited: false }])
    }

    pub(crate) fn withdraw_request(&self, site: &SiteSlug) -> Outcome {
        self.known_site(site)?;
        let floor = &self.state().floor;
        if floor.place_of(site).is_none() {
            return Err(Refusal::NotInQueue);
        }
        let mut bodies = vec![EventBody::RequestWithdrawn { site: site.clone() }];
        if floor.cued.contains(site) {
            bodies.push(EventBody::SiteUncued { site: site.clone() });
        }
        Ok(bodies)
    }

    pub(crate) fn reorder_queue(&self, site: &SiteSlug, position: u32) -> Outcome {
        self.known_site(site)?;
        let queue = &self.state().floor.queue;
        let Some(place) = self.state().floor.place_of(site) else { return Err(Refusal::NotInQueue) };
        if position as usize >= queue.len() {
            return Err(Refusal::OutOfRange { min: 0, max: queue.len() as u64 - 1 });
        }
        match place == position as usize {
            true => Err(Refusal::AlreadySo),
            false => Ok(vec![EventBody::QueueReordered { site: site.clone(), position }]),
        }
    }

    pub(crate) fn clear_queue(&self) -> Outcome {
        let floor = &self.state().floor;
        if floor.queue.is_empty() {
            return Err(Refusal::AlreadySo);
        }
        // As with a withdrawal: who waits no longer is not next either. A site that was cued without asking stays so.
        let cued = floor.queue.iter().filter(|entry| floor.cued.contains(&entry.site));
        let mut bodies = vec![EventBody::QueueCleared {}];
        bodies.extend(cued.map(|entry| EventBody::SiteUncued { site: entry.site.clone() }));
        Ok(bodies)
    }

    pub(crate) fn invite(&self, site: &SiteSlug) -> Outcome {
        self.known_site(site)?;
        self.may_wait(site)?;
        let floor = &self.state().floor;
        match floor.place_of(site).map(|place| floor.queue[place].invited) {
            Some(true) => Err(Refusal::AlreadySo),
            Some(false) => Ok(vec![EventBody::RequestInvited { site: site.clone() }]),
            None => {
                self.room_in_queue()?;
                let kind = RequestKind::Request;
                let position = floor.place_for(kind, true);
                Ok(vec![EventBody::FloorRequested { site: site.clone(), kind, position, invited: true }])
            }
        }
    }

    pub(crate) fn cue(&self, site: &SiteSlug) -> Outcome {
        self.known_site(site)?;
        self.may_wait(site)?;
        match self.state().floor.cued.contains(site) {
            true => Err(Refusal::AlreadySo),
            false => Ok(vec![EventBody::SiteCued { site: site.clone() }]),
        }
    }

    pub(crate) fn uncue(&self, site: &SiteSlug) -> Outcome {
        self.known_site(site)?;
        match self.state().floor.cued.contains(site) {
            true => Ok(vec![EventBody::SiteUncued { site: site.clone() }]),
            false => Err(Refusal::AlreadySo),
        }
    }

    pub(crate) fn grant(&self, site: &SiteSlug, by: Role) -> Outcome {
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
        Ok(vec![self.granted(site)])
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
        let mut bodies = vec![EventBody::MicrophoneClosed { site }];
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
    /// picture. A holder who is granted and has not been on air yet keeps its grant while the hall is shown.
    pub(crate) fn speech_after(&self, program: &Program, at: Millis) -> Vec<EventBody> {
        let holder = self.state().floor.holder.as_ref();
        let speaker = program.main_site().filter(|site| *site != self.hall());
        match (speaker, holder) {
            (None, None) => Vec::new(),
            (Some(speaker), None) => vec![self.granted_on_air(speaker)],
            (Some(speaker), Some(holder)) if holder.site != *speaker => {
                let mut bodies = self.speech_ended(SpeechEnd::Replaced, at);
                bodies.push(self.granted_on_air(speaker));
                bodies
            }
            (_, Some(holder)) if program.shows(&holder.site) => match holder.on_air {
                true => Vec::new(),
                false => vec![EventBody::SpeechStarted { site: holder.site.clone() }],
            },
            (_, Some(holder)) if holder.on_air => self.speech_ended(SpeechEnd::Replaced, at),
            (_, Some(_)) => Vec::new(),
        }
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

    pub(crate) fn floor_deadline(&self) -> Option<Millis> {
        self.state().floor.holder.as_ref()?.grace.map(|grace| grace.until)
    }

    pub(crate) fn floor_timeout(&self, at: Millis) -> Vec<EventBody> {
        match self.floor_deadline() {
            Some(deadline) if at >= deadline => self.speech_ended(SpeechEnd::GraceOver, at),
            _ => Vec::new(),
        }
    }

    fn granted(&self, site: &SiteSlug) -> EventBody {
        self.granting(site, self.state().stage.program.shows(site))
    }

    fn granted_on_air(&self, site: &SiteSlug) -> EventBody {
        self.granting(site, true)
    }

    fn granting(&self, site: &SiteSlug, on_air: bool) -> EventBody {
        let allowed_ms = self.planned_speech(site).unwrap_or(self.setup().speech.allowed_ms);
        let warning_ms = self.setup().speech.warning_ms;
        EventBody::FloorGranted { site: site.clone(), allowed_ms, warning_ms, on_air, spoken_ms: 0 }
    }

    /// The hall needs no floor, and who has it needs not ask.
    fn may_wait(&self, site: &SiteSlug) -> Result<(), Refusal> {
        let holds = self.state().floor.holder.as_ref().is_some_and(|holder| holder.site == *site);
        if holds || site == self.hall() { Err(Refusal::AlreadySo) } else { Ok(()) }
    }

    fn room_in_queue(&self) -> Result<(), Refusal> {
        match self.state().floor.queue.len() < MAX_QUEUE {
            true => Ok(()),
            false => Err(Refusal::QueueFull { limit: MAX_QUEUE as u32 }),
        }
    }
}
