//! The tour (lướt điểm cầu): sites are shown by turns, in silence but for the hall.
//!
//! Each step is a take, ordered by the tour instead of a person, that opens no microphone and gives nobody the floor. A site that sends
//! no picture is passed over, and one that drops out is left at once. The time of a step counts from the moment it is shown. At its
//! end, what was on air before comes back; a change of the stage by hand ends it where it is.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    Conference, EventBody, Layout, Live, Millis, Program, Refusal, SiteSlug, SourceRef, Stage, TourEnd,
    conference::Outcome, event::is_default, program::hall_program,
};

/// Shortest time for which a site is shown, ms: below it nobody recognises a hall.
pub const MIN_DWELL_MS: u32 = 2_000;
/// Longest, ms.
pub const MAX_DWELL_MS: u32 = 120_000;

/// A tour under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tour {
    /// In this order.
    pub sites: Vec<SiteSlug>,
    /// Which of them is shown or coming, from 0.
    pub place: u32,
    /// How long each is shown, ms.
    pub dwell_ms: u32,
    /// When the next one comes.
    pub next_at: Millis,
    /// Begins anew after the last.
    pub repeat: bool,
    /// What was on air before it.
    pub before: Program,
    /// Steps that failed one after the other. A tour on which all fail would go on for ever, as quickly as they do.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failed: u32,
}

impl Tour {
    fn site(&self) -> Option<&SiteSlug> {
        self.sites.get(self.place as usize)
    }

    /// Place of the next site that sends a picture: of those that follow, or, if it begins anew, of all, the present one last.
    fn next(&self, live: &Live) -> Option<u32> {
        let (place, count) = (self.place, self.sites.len() as u32);
        let ahead = if self.repeat { count } else { count.saturating_sub(place + 1) };
        (1..=ahead).map(|step| (place + step) % count).find(|place| live.sends_picture(&self.sites[*place as usize]))
    }
}

impl Stage {
    pub(crate) fn apply_to_tour(&mut self, body: &EventBody, at: Millis) {
        match body {
            EventBody::TourStarted { sites, dwell_ms, repeat, before } => {
                let (sites, before) = (sites.clone(), before.clone());
                let (dwell_ms, repeat) = (*dwell_ms, *repeat);
                self.tour = Some(Tour { sites, place: 0, dwell_ms, next_at: at, repeat, before, failed: 0 });
            }
            EventBody::TourMoved { place, next_at } => {
                let Some(tour) = &mut self.tour else { return };
                (tour.place, tour.next_at) = (*place, *next_at);
                if tour.site().is_some_and(|site| self.program.shows(site)) {
                    tour.failed = 0;
                }
            }
            EventBody::TourEnded { .. } => self.tour = None,
            _ => {}
        }
    }

    pub(crate) fn tour_step_shown(&mut self, at: Millis) {
        if let Some(tour) = &mut self.tour {
            tour.next_at = at.plus(u64::from(tour.dwell_ms));
            tour.failed = 0;
        }
    }

    pub(crate) fn tour_step_failed(&mut self, at: Millis) {
        if let Some(tour) = &mut self.tour {
            tour.next_at = at;
            tour.failed += 1;
        }
    }
}

impl Conference {
    pub(crate) fn start_tour(
        &self,
        sites: &[SiteSlug],
        dwell_ms: u32,
        repeat: bool,
        live: &Live,
        at: Millis,
    ) -> Outcome {
        let sites = self.toured(sites)?;
        if !(MIN_DWELL_MS..=MAX_DWELL_MS).contains(&dwell_ms) {
            return Err(Refusal::OutOfRange { min: u64::from(MIN_DWELL_MS), max: u64::from(MAX_DWELL_MS) });
        }
        let stage = &self.state().stage;
        if stage.tour.is_some() {
            return Err(Refusal::AlreadySo);
        }
        if let Some(holder) = &self.state().floor.holder {
            return Err(Refusal::FloorHeld { holder: holder.site.clone() });
        }
        if stage.pending.is_some() {
            return Err(Refusal::TakePending);
        }
        let first = (0..).zip(&sites).find(|(_, site)| live.sends_picture(site));
        let Some((place, first)) = first else { return Err(Refusal::NobodyToShow) };
        let step = self.tour_step(place, first, dwell_ms, at);
        let before = self.before_a_tour(at);
        let mut bodies = vec![EventBody::TourStarted { sites, dwell_ms, repeat, before }];
        bodies.extend(step);
        Ok(bodies)
    }

    pub(crate) fn stop_tour(&self, live: &Live, at: Millis) -> Outcome {
        match self.state().stage.tour {
            Some(_) => Ok(self.tour_over(TourEnd::Stopped, live, at)),
            None => Err(Refusal::NoTour),
        }
    }

    /// The end of a tour that leaves on air what is there, if one is under way.
    pub(crate) fn tour_ended(&self, reason: TourEnd) -> Option<EventBody> {
        self.state().stage.tour.as_ref().map(|_| EventBody::TourEnded { reason })
    }

    pub(crate) fn tour_deadline(&self) -> Option<Millis> {
        let stage = &self.state().stage;
        // A step that is under way has a deadline of its own.
        stage.tour.as_ref().filter(|_| stage.pending.is_none()).map(|tour| tour.next_at)
    }

    pub(crate) fn tour_timeout(&self, live: &Live, at: Millis) -> Vec<EventBody> {
        let due = self.tour_deadline().is_some_and(|deadline| at >= deadline);
        let stage = &self.state().stage;
        let Some(tour) = stage.tour.as_ref().filter(|_| due) else { return Vec::new() };
        let next = tour.next(live).filter(|_| (tour.failed as usize) < tour.sites.len());
        let Some(place) = next else {
            let shown = stage.program.tour && !tour.repeat;
            return self.tour_over(if shown { TourEnd::Done } else { TourEnd::NobodyToShow }, live, at);
        };
        let site = &tour.sites[place as usize];
        if stage.program.tour && stage.program.shows(site) {
            // Of a tour that begins anew nobody else sends: it stays.
            return vec![EventBody::TourMoved { place, next_at: at.plus(u64::from(tour.dwell_ms)) }];
        }
        self.tour_step(place, site, tour.dwell_ms, at).into()
    }

    /// The last line of a site is gone: a tour that shows it goes on at once.
    pub(crate) fn tour_site_dropped(&self, site: &SiteSlug, at: Millis) -> Option<EventBody> {
        let tour = self.state().stage.tour.as_ref()?;
        let shown = self.tour_deadline().is_some_and(|next_at| next_at > at) && tour.site() == Some(site);
        shown.then_some(EventBody::TourMoved { place: tour.place, next_at: at })
    }

    /// The site that the tour under way will show next.
    pub(crate) fn next_of_tour(&self, live: &Live) -> Option<&SiteSlug> {
        let tour = self.state().stage.tour.as_ref()?;
        tour.sites.get(tour.next(live)? as usize)
    }

    /// The sites of a tour, without the hall: that is heard all the time, and is what the others are shown to.
    fn toured(&self, named: &[SiteSlug]) -> Result<Vec<SiteSlug>, Refusal> {
        for site in named {
            self.known_site(site)?;
        }
        let distinct: BTreeSet<&SiteSlug> = named.iter().collect();
        if distinct.len() != named.len() {
            return Err(Refusal::TooMany { limit: distinct.len() as u32 });
        }
        let all: Vec<SiteSlug> = match named {
            [] => self.wall().map(|site| site.slug.clone()).collect(),
            _ => named.to_vec(),
        };
        Ok(all.into_iter().filter(|site| site != self.hall()).collect())
    }

    /// What is on air, or, if that was left by an earlier tour, what was on air before that.
    fn before_a_tour(&self, at: Millis) -> Program {
        let stage = &self.state().stage;
        match (stage.program.tour, &stage.undo) {
            (false, _) => stage.program.clone(),
            (true, Some(undo)) => undo.program.clone(),
            (true, None) => hall_program(self.hall(), None, at),
        }
    }

    fn tour_step(&self, place: u32, site: &SiteSlug, dwell_ms: u32, at: Millis) -> [EventBody; 2] {
        let mut program = self.program_of(Layout::Single, &[SourceRef::camera(site.clone())], at);
        program.tour = true;
        let moved = EventBody::TourMoved { place, next_at: at.plus(u64::from(dwell_ms)) };
        [moved, self.ordered(program, None, None)]
    }

    /// The end of a tour that brings back what was on air before it; the hall, if a source of that is offline.
    fn tour_over(&self, reason: TourEnd, live: &Live, at: Millis) -> Vec<EventBody> {
        let stage = &self.state().stage;
        let mut bodies = self.supersede(reason);
        let (Some(tour), Some(shown)) = (&stage.tour, stage.program.take.filter(|_| stage.program.tour)) else {
            return bodies;
        };
        let back = self.brought_back(&tour.before, shown, live, at).unwrap_or_else(|| vec![self.cut_to_hall(at)]);
        bodies.extend(back);
        bodies
    }
}
