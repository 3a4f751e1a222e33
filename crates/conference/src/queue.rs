//! The queue: who asks, who is called, who is next.
//!
//! A request stands behind those who were called and behind the responses; an operator, the secretary or the chair may move it. A
//! speech that was set aside (`speech.rs`) waits in the queue too; what was spoken of it is counted when it leaves without going on.

use crate::{
    Conference, EventBody, FloorMode, MAX_QUEUE, QueueEntry, Refusal, RequestKind, SiteSlug, conference::Outcome,
};

impl Conference {
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
        // Who waits already comes first.
        if floor.mode == FloorMode::Open && floor.holder.is_none() && floor.queue.is_empty() {
            return Ok(self.granted(site, None));
        }
        self.room_in_queue()?;
        let position = floor.place_for(kind, false);
        Ok(vec![EventBody::FloorRequested { site: site.clone(), kind, position, invited: false }])
    }

    pub(crate) fn withdraw_request(&self, site: &SiteSlug) -> Outcome {
        self.known_site(site)?;
        let floor = &self.state().floor;
        let Some(place) = floor.place_of(site) else { return Err(Refusal::NotInQueue) };
        let mut bodies: Vec<EventBody> = set_aside_ended(&floor.queue[place..=place]).collect();
        bodies.push(EventBody::RequestWithdrawn { site: site.clone() });
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
        let mut bodies = self.set_aside_ended();
        bodies.push(EventBody::QueueCleared {});
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

    /// The end of all speeches that were set aside.
    pub(crate) fn set_aside_ended(&self) -> Vec<EventBody> {
        set_aside_ended(&self.state().floor.queue).collect()
    }

    /// The hall needs no floor, and who has it needs not ask.
    pub(crate) fn may_wait(&self, site: &SiteSlug) -> Result<(), Refusal> {
        let holds = self.state().floor.holder.as_ref().is_some_and(|holder| holder.site == *site);
        if holds || site == self.hall() { Err(Refusal::AlreadySo) } else { Ok(()) }
    }

    pub(crate) fn room_in_queue(&self) -> Result<(), Refusal> {
        match self.state().floor.queue.len() < MAX_QUEUE {
            true => Ok(()),
            false => Err(Refusal::QueueFull { limit: MAX_QUEUE as u32 }),
        }
    }
}

fn set_aside_ended(queue: &[QueueEntry]) -> impl Iterator<Item = EventBody> {
    queue.iter().filter_map(|entry| {
        let spoken_ms = entry.set_aside?.spoken_ms;
        Some(EventBody::SetAsideEnded { site: entry.site.clone(), spoken_ms })
    })
}
