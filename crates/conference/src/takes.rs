//! Preview, take, undo, and the cuts that do not wait.
//!
//! A take is ordered, then shown or failed; until then the old programme stays. Calling the hall, or removing a site, cuts at
//! once. One change can be undone: by a new take that names it. Whatever is decided here ends a tour under way, and a step of it that
//! is not shown yet keeps nobody waiting.

use std::collections::BTreeSet;

use crate::{
    Conference, CutCause, EventBody, Layout, Live, Millis, PreviewId, Program, ProgramSource, Refusal, SiteSlug,
    SourceKind, SourceRef, SpeechEnd, TakeFailure, TakeId, TourEnd,
    conference::Outcome,
    layout::{assign_slots, check_layout},
    program::hall_program,
};

/// When a take that nobody reported on is given up. The relay gives up after 1,000 ms; this only keeps a lost report from
/// blocking the stage.
pub const TAKE_DEADLINE_MS: u64 = 2_000;

impl Conference {
    pub(crate) fn set_preview(&self, layout: Layout, sources: &[SourceRef]) -> Outcome {
        for source in sources {
            self.known_site(&source.site)?;
        }
        check_layout(layout, sources, self.hall())?;
        let preview = self.state().stage.next_preview(layout, sources).ok_or(Refusal::AlreadySo)?;
        Ok(vec![EventBody::PreviewSet(preview)])
    }

    pub(crate) fn clear_preview(&self) -> Outcome {
        match self.state().stage.preview {
            Some(_) => Ok(vec![EventBody::PreviewCleared {}]),
            None => Err(Refusal::AlreadySo),
        }
    }

    pub(crate) fn take(&self, named: PreviewId, live: &Live, at: Millis) -> Outcome {
        self.no_take_under_way()?;
        let stage = &self.state().stage;
        let Some(preview) = &stage.preview else { return Err(Refusal::PreviewEmpty) };
        if preview.id != named {
            return Err(Refusal::PreviewChanged { preview: Some(preview.id) });
        }
        if stage.program.is_taken(preview.layout, &preview.sources) {
            return Err(Refusal::AlreadySo);
        }
        if let Some(offline) = preview.sources.iter().find(|source| live.source(source).is_none()) {
            return Err(Refusal::SourceOffline { site: offline.site.clone() });
        }
        let program = self.program_of(preview.layout, &preview.sources, at);
        let mut bodies = self.supersede(TourEnd::Superseded);
        bodies.push(self.ordered(program, Some(preview.id), None));
        Ok(bodies)
    }

    pub(crate) fn undo(&self, live: &Live, at: Millis) -> Outcome {
        self.no_take_under_way()?;
        let stage = &self.state().stage;
        let mut bodies = self.supersede(TourEnd::Superseded);
        if stage.tour.is_some() && !stage.program.tour {
            // The tour has shown nobody yet: it is undone by its end.
            return Ok(bodies);
        }
        let Some(undo) = &stage.undo else { return Err(Refusal::NothingToUndo) };
        if let Some(back) = self.brought_back(&undo.program, undo.take, live, at) {
            bodies.extend(back);
            return Ok(bodies);
        }
        let hall = SourceRef::camera(self.hall().clone());
        if live.source(&hall).is_none() {
            return Err(Refusal::SourceOffline { site: hall.site });
        }
        bodies.push(self.ordered(self.program_of(Layout::Single, &[hall], at), None, Some(undo.take)));
        Ok(bodies)
    }

    pub(crate) fn back_to_hall(&self, at: Millis) -> Outcome {
        let there = self.state().stage.program.is_hall_alone(self.hall());
        let mut bodies = self.supersede(TourEnd::Superseded);
        if there && bodies.is_empty() {
            return Err(Refusal::AlreadySo);
        }
        if !there {
            bodies.push(self.cut_to_hall(at));
        }
        bodies.extend(self.speech_ended(SpeechEnd::BackToHall, at));
        Ok(bodies)
    }

    pub(crate) fn remove_from_air(&self, site: &SiteSlug, at: Millis) -> Outcome {
        self.known_site(site)?;
        let stage = &self.state().stage;
        if site == self.hall() {
            return Err(Refusal::HallProtected);
        }
        let (shown, heard) = (stage.program.shows(site), stage.opened.contains(site));
        let coming = stage.pending_program().is_some_and(|program| program.shows(site));
        if !shown && !coming && !heard {
            return Err(Refusal::NotOnAir { site: site.clone() });
        }
        // Also a take under way that does not bring it: that was laid out against a picture that is no longer there.
        let mut bodies = if shown || coming { self.supersede(TourEnd::Superseded) } else { Vec::new() };
        if shown {
            let cause = CutCause::SiteRemoved { site: site.clone() };
            bodies.push(EventBody::StageCut { take: self.next_take(), cause, program: self.without(site, at) });
        } else if heard {
            bodies.push(EventBody::MicrophoneShut { site: site.clone() });
        }
        if self.state().floor.holder.as_ref().is_some_and(|holder| holder.site == *site) {
            bodies.extend(self.speech_ended(SpeechEnd::Removed, at));
        }
        Ok(bodies)
    }

    pub(crate) fn take_shown(&self, take: TakeId, receivers: u32, elapsed_ms: u32, at: Millis) -> Vec<EventBody> {
        let Some(pending) = self.state().stage.pending.as_ref().filter(|pending| pending.take == take) else {
            return Vec::new();
        };
        let mut bodies = vec![EventBody::TakeShown { take, receivers, elapsed_ms }];
        bodies.extend(self.speech_after(pending, at));
        bodies
    }

    pub(crate) fn take_failed(&self, take: TakeId, reason: TakeFailure) -> Vec<EventBody> {
        match &self.state().stage.pending {
            Some(pending) if pending.take == take => {
                // Where a step was not wanted, the tour that ordered it is not.
                let unwanted = pending.program.tour && reason == TakeFailure::Superseded;
                let ended = if unwanted { self.tour_ended(TourEnd::Superseded) } else { None };
                [EventBody::TakeFailed { take, reason }].into_iter().chain(ended).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The end of what another change of the stage comes before: a pending take, and, for this reason, a tour.
    pub(crate) fn supersede(&self, tour: TourEnd) -> Vec<EventBody> {
        let mut bodies = self.fail_pending(TakeFailure::Superseded);
        bodies.extend(self.tour_ended(tour));
        bodies
    }

    /// The hall alone on air, at once.
    pub(crate) fn cut_to_hall(&self, at: Millis) -> EventBody {
        let take = self.next_take();
        EventBody::StageCut { take, cause: CutCause::BackToHall, program: hall_program(self.hall(), Some(take), at) }
    }

    pub(crate) fn fail_pending(&self, reason: TakeFailure) -> Vec<EventBody> {
        let pending = self.state().stage.pending.iter();
        pending.map(|pending| EventBody::TakeFailed { take: pending.take, reason }).collect()
    }

    pub(crate) fn take_deadline(&self) -> Option<Millis> {
        self.state().stage.pending.as_ref().map(|pending| pending.ordered_at.plus(TAKE_DEADLINE_MS))
    }

    pub(crate) fn take_timeout(&self, at: Millis) -> Vec<EventBody> {
        match self.take_deadline() {
            Some(deadline) if at >= deadline => self.fail_pending(TakeFailure::NoKeyframe),
            _ => Vec::new(),
        }
    }

    /// What was on air before, again: by a take, or the holding slide by a cut. None: a source of it is offline.
    pub(crate) fn brought_back(
        &self,
        before: &Program,
        undoes: TakeId,
        live: &Live,
        at: Millis,
    ) -> Option<Vec<EventBody>> {
        if let Some(holding) = &before.holding {
            return Some(self.cut_to_holding(holding.clone(), CutCause::HoldingAgain, at));
        }
        let sources = before.source_refs();
        let online = sources.iter().all(|source| live.source(source).is_some());
        online.then(|| vec![self.ordered(self.program_of(before.layout, &sources, at), None, Some(undoes))])
    }

    pub(crate) fn ordered(&self, program: Program, preview: Option<PreviewId>, undoes: Option<TakeId>) -> EventBody {
        let previous = self.state().stage.program.clone();
        EventBody::TakeOrdered { take: self.next_take(), preview, undoes, program, previous }
    }

    /// The programme that the next take or cut leads to; who is heard without a picture stays so where there is room.
    pub(crate) fn program_of(&self, layout: Layout, sources: &[SourceRef], at: Millis) -> Program {
        self.program_with(layout, sources, &self.state().stage.opened, at)
    }

    fn program_with(&self, layout: Layout, sources: &[SourceRef], opened: &BTreeSet<SiteSlug>, at: Millis) -> Program {
        let slots = assign_slots(sources, &self.state().stage.program.slots, self.hall(), opened);
        let slot_of = |site: &SiteSlug| slots.iter().find(|(_, owner)| *owner == site).map(|(slot, _)| *slot);
        let place = |source: &SourceRef| ProgramSource {
            slot: match source.kind {
                SourceKind::Camera => slot_of(&source.site),
                SourceKind::Content => None,
            },
            source: source.clone(),
        };
        let sources = sources.iter().map(place).collect();
        // Whose sound is routed follows from the floor and the mutes when it is applied.
        let (take, microphones) = (Some(self.next_take()), Vec::new());
        Program { layout, sources, slots, microphones, take, since: at, holding: None, tour: false }
    }

    fn without(&self, site: &SiteSlug, at: Millis) -> Program {
        let stage = &self.state().stage;
        let mut left: Vec<SourceRef> =
            stage.program.source_refs().into_iter().filter(|source| source.site != *site).collect();
        let layout = match left.len() {
            0 | 1 => Layout::Single,
            2 => Layout::SideBySide,
            _ => Layout::Grid,
        };
        if left.is_empty() {
            left.push(SourceRef::camera(self.hall().clone()));
        }
        let mut opened = stage.opened.clone();
        opened.remove(site);
        self.program_with(layout, &left, &opened, at)
    }

    /// Refuses while a take is under way. A step of a tour gives way.
    fn no_take_under_way(&self) -> Result<(), Refusal> {
        match &self.state().stage.pending {
            Some(pending) if !pending.program.tour => Err(Refusal::TakePending),
            _ => Ok(()),
        }
    }

    pub(crate) fn next_take(&self) -> TakeId {
        TakeId(self.state().stage.last_take.0 + 1)
    }
}
