//! The floor: who may speak, who is next, for how long. At most one holder.
//!
//! A site is *requested*, *invited*, *granted*, *on air*. Requests wait in one queue (`queue.rs`): who was called comes first,
//! responses outrank requests, an operator may reorder. A grant makes a holder (`speech.rs`) whose clock stands until it is on air.
//! The hall never needs the floor: its sound is always open. In the mode *queue* only the chair may pass over the first of the queue.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    Conference, EventBody, FloorMode, Millis, Refusal, RequestKind, SiteSlug, SpeechClock, SpeechEnd,
    conference::Outcome,
};

/// Longest queue: every one of 63 provinces can be in it; more could not be read, nor heard in a day.
pub const MAX_QUEUE: usize = 64;

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
    /// The speech that ended last, by somebody's hand: who is called back soon goes on with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<EndedSpeech>,
}

/// A speech that ended, and may have been ended by mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedSpeech {
    /// Whose.
    pub site: SiteSlug,
    /// What it had.
    pub speech: SetAside,
    /// When.
    pub at: Millis,
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

/// What a speech had when it stopped.
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
        Self { mode, queue: Vec::new(), cued: BTreeSet::new(), holder: None, ended: None }
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
            EventBody::FloorGranted { site, allowed_ms, warning_ms, on_air, spoken_ms, called_back: _ } => {
                self.ended = None;
                self.queue.retain(|entry| entry.site != *site);
                self.cued.remove(site);
                let running_since = on_air.then_some(at);
                let (allowed_ms, warning_ms, spoken_ms) = (*allowed_ms, *warning_ms, *spoken_ms);
                let clock = SpeechClock { allowed_ms, warning_ms, spoken_ms, running_since };
                self.holder = Some(Holder { site: site.clone(), clock, on_air: *on_air, grace: None });
            }
            EventBody::SpeechEnded { site, spoken_ms, reason } => {
                let holder =
                    self.holder.take().filter(|_| !matches!(reason, SpeechEnd::GraceOver | SpeechEnd::ConferenceEnded));
                self.ended = holder.map(|holder| {
                    let speech = SetAside { spoken_ms: *spoken_ms, allowed_ms: holder.clock.allowed_ms };
                    EndedSpeech { site: site.clone(), speech, at }
                });
            }
            EventBody::HolderSetAside { site, spoken_ms, allowed_ms } => {
                self.holder = None;
                let (kind, invited) = (RequestKind::Request, true);
                let set_aside = Some(SetAside { spoken_ms: *spoken_ms, allowed_ms: *allowed_ms });
                self.queue.insert(0, QueueEntry { site: site.clone(), kind, requested_at: at, invited, set_aside });
            }
            EventBody::SetAsideEnded { site, .. } => {
                self.queue.iter_mut().filter(|entry| entry.site == *site).for_each(|entry| entry.set_aside = None);
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
    pub(crate) fn place_for(&self, kind: RequestKind, called: bool) -> u32 {
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
}
