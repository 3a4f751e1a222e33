//! The stage: preview, take, programme, undo. What is on air and in which slot it flows.
//!
//! Slots 0–4 carry the programme. Slot 0 is the hall's, always: its sound is open unless muted, its picture flows there when
//! the layout shows the hall. Every other site on air has one of the slots 1–4 and keeps it while it stays on air; which one
//! is decided when the change is ordered and stored in the event. A site's camera and microphone share its slot; content flows
//! in the content slot, of which there is one. So a layout shows four sites, with or without the hall, and one content.
//!
//! A take is ordered, then shown or failed; until then the old programme stays. Calling the hall, or removing a site, cuts at
//! once. One change can be undone: by a new take that names it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    Conference, CutCause, EventBody, Layout, Live, LowerThird, Millis, PreviewId, Program, ProgramSource, Refusal,
    SiteSlug, SourceKind, SourceRef, SpeechEnd, TakeFailure, TakeId, Tour,
    conference::Outcome,
    layout::{assign_slots, check_layout},
    program::hall_program,
};

/// When a take that nobody reported on is given up. The relay gives up after 1,000 ms; this only keeps a lost report from
/// blocking the stage.
pub const TAKE_DEADLINE_MS: u64 = 2_000;

/// The stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What is on air.
    pub program: Program,
    /// What is in preview.
    pub preview: Option<Preview>,
    /// A take that was ordered and not yet shown.
    pub pending: Option<PendingTake>,
    /// What an undo would bring back.
    pub undo: Option<UndoMemory>,
    /// Sites that an operator muted.
    pub muted: BTreeSet<SiteSlug>,
    /// Sites on air whose sound was cut by an interruption, until they leave the air, are unmuted or get the floor.
    pub closed: BTreeSet<SiteSlug>,
    /// Sites whose microphones are open although they are not in the picture. Each has a programme slot.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub opened: BTreeSet<SiteSlug>,
    /// The chair allows microphones beyond the holder's.
    #[serde(default, skip_serializing_if = "is_false")]
    pub microphones_allowed: bool,
    /// What is written under the picture.
    #[serde(default, skip_serializing_if = "LowerThird::is_automatic")]
    pub lower_third: LowerThird,
    /// Names of sites are not written into the picture.
    #[serde(default, skip_serializing_if = "is_false")]
    pub names_hidden: bool,
    /// The tour under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tour: Option<Tour>,
    /// Number of the last preview.
    pub last_preview: PreviewId,
    /// Number of the last take or cut.
    pub last_take: TakeId,
}

/// What is in preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Changes with every change of the preview.
    pub id: PreviewId,
    /// Layout.
    pub layout: Layout,
    /// Sources in the layout's order.
    pub sources: Vec<SourceRef>,
}

/// A take under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingTake {
    /// The take.
    pub take: TakeId,
    /// The preview that it puts on air; none for an undo.
    pub preview: Option<PreviewId>,
    /// True if it takes back an earlier change.
    pub undoes: bool,
    /// What will be on air.
    pub program: Program,
    /// Ordered at.
    pub ordered_at: Millis,
}

/// What an undo would bring back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoMemory {
    /// The change that would be taken back.
    pub take: TakeId,
    /// What was on air before it.
    pub program: Program,
}

impl Stage {
    /// The hall alone on air, nothing in preview.
    pub(crate) fn at_the_hall(hall: &SiteSlug) -> Self {
        let program = hall_program(hall, None, Millis(0));
        Self {
            program,
            preview: None,
            pending: None,
            undo: None,
            muted: BTreeSet::new(),
            closed: BTreeSet::new(),
            opened: BTreeSet::new(),
            microphones_allowed: false,
            lower_third: LowerThird::Automatic,
            names_hidden: false,
            tour: None,
            last_preview: PreviewId(0),
            last_take: TakeId(0),
        }
    }

    pub(crate) fn apply(&mut self, body: &EventBody, at: Millis) {
        match body {
            EventBody::PreviewSet(preview) => {
                self.last_preview = preview.id;
                self.preview = Some(preview.clone());
            }
            EventBody::PreviewCleared {} => self.preview = None,
            EventBody::TakeOrdered { take, preview, undoes, program, .. } => {
                self.last_take = *take;
                self.pending = Some(PendingTake {
                    take: *take,
                    preview: *preview,
                    undoes: undoes.is_some(),
                    program: program.clone(),
                    ordered_at: at,
                });
            }
            EventBody::TakeShown { .. } => self.apply_shown(at),
            EventBody::TakeFailed { .. } => self.pending = None,
            EventBody::StageCut { take, program, .. } => {
                self.last_take = *take;
                let before = std::mem::replace(&mut self.program, program.clone());
                self.undo = Some(UndoMemory { take: *take, program: before });
                self.closed.retain(|site| self.program.shows(site));
            }
            body => self.apply_to_sound(body),
        }
    }

    fn apply_shown(&mut self, at: Millis) {
        let Some(pending) = self.pending.take() else { return };
        let before = std::mem::replace(&mut self.program, pending.program);
        self.program.since = at;
        self.closed.retain(|site| self.program.shows(site));
        self.undo = (!pending.undoes).then_some(UndoMemory { take: pending.take, program: before });
        // What was previewed is on air now; a newer preview is kept.
        if self.preview.as_ref().map(|preview| preview.id) == pending.preview {
            self.preview = None;
        }
    }

    /// What is on air.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// What will be on air when the pending take is shown.
    pub fn pending_program(&self) -> Option<&Program> {
        self.pending.as_ref().map(|pending| &pending.program)
    }
}

// The shape that serde asks for.
fn is_false(value: &bool) -> bool {
    !value
}

impl Conference {
    pub(crate) fn set_preview(&self, layout: Layout, sources: &[SourceRef]) -> Outcome {
        for source in sources {
            self.known_site(&source.site)?;
        }
        check_layout(layout, sources, self.hall())?;
        let stage = &self.state().stage;
        if stage.preview.as_ref().is_some_and(|now| now.layout == layout && now.sources == sources) {
            return Err(Refusal::AlreadySo);
        }
        let id = PreviewId(stage.last_preview.0 + 1);
        Ok(vec![EventBody::PreviewSet(Preview { id, layout, sources: sources.to_vec() })])
    }

    pub(crate) fn clear_preview(&self) -> Outcome {
        match self.state().stage.preview {
            Some(_) => Ok(vec![EventBody::PreviewCleared {}]),
            None => Err(Refusal::AlreadySo),
        }
    }

    pub(crate) fn take(&self, named: PreviewId, live: &Live, at: Millis) -> Outcome {
        let stage = &self.state().stage;
        if stage.pending.is_some() {
            return Err(Refusal::TakePending);
        }
        let Some(preview) = &stage.preview else { return Err(Refusal::PreviewEmpty) };
        if preview.id != named {
            return Err(Refusal::PreviewChanged { preview: Some(preview.id) });
        }
        if preview.layout == stage.program.layout && stage.program.plays(&preview.sources) {
            return Err(Refusal::AlreadySo);
        }
        if let Some(offline) = preview.sources.iter().find(|source| live.source(source).is_none()) {
            return Err(Refusal::SourceOffline { site: offline.site.clone() });
        }
        Ok(vec![self.order(preview.layout, &preview.sources, Some(preview.id), None, at)])
    }

    pub(crate) fn undo(&self, live: &Live, at: Millis) -> Outcome {
        let stage = &self.state().stage;
        if stage.pending.is_some() {
            return Err(Refusal::TakePending);
        }
        let Some(undo) = &stage.undo else { return Err(Refusal::NothingToUndo) };
        let sources = undo.program.source_refs();
        if sources.iter().all(|source| live.source(source).is_some()) {
            return Ok(vec![self.order(undo.program.layout, &sources, None, Some(undo.take), at)]);
        }
        let hall = SourceRef::camera(self.hall().clone());
        if live.source(&hall).is_none() {
            return Err(Refusal::SourceOffline { site: hall.site });
        }
        Ok(vec![self.order(Layout::Single, &[hall], None, Some(undo.take), at)])
    }

    pub(crate) fn back_to_hall(&self, at: Millis) -> Outcome {
        let stage = &self.state().stage;
        let hall = hall_program(self.hall(), Some(self.next_take()), at);
        let there = stage.program.layout == hall.layout && stage.program.sources == hall.sources;
        if there && stage.pending.is_none() {
            return Err(Refusal::AlreadySo);
        }
        let mut bodies = self.supersede_pending();
        if !there {
            bodies.push(EventBody::StageCut { take: self.next_take(), cause: CutCause::BackToHall, program: hall });
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
        let coming = stage.pending_program().is_some_and(|program| program.shows(site));
        if !stage.program.shows(site) && !coming {
            return Err(Refusal::NotOnAir { site: site.clone() });
        }
        let mut bodies = if coming { self.supersede_pending() } else { Vec::new() };
        if stage.program.shows(site) {
            // A take under way was laid out against a picture that is no longer there.
            if !coming {
                bodies.extend(self.supersede_pending());
            }
            let cause = CutCause::SiteRemoved { site: site.clone() };
            bodies.push(EventBody::StageCut { take: self.next_take(), cause, program: self.without(site, at) });
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
        bodies.extend(self.speech_after(&pending.program, at));
        bodies
    }

    pub(crate) fn take_failed(&self, take: TakeId, reason: TakeFailure) -> Vec<EventBody> {
        match &self.state().stage.pending {
            Some(pending) if pending.take == take => vec![EventBody::TakeFailed { take, reason }],
            _ => Vec::new(),
        }
    }

    /// The end of a pending take for which another command came first.
    pub(crate) fn supersede_pending(&self) -> Vec<EventBody> {
        self.fail_pending(TakeFailure::Superseded)
    }

    pub(crate) fn fail_pending(&self, reason: TakeFailure) -> Vec<EventBody> {
        let pending = self.state().stage.pending.iter();
        pending.map(|pending| EventBody::TakeFailed { take: pending.take, reason }).collect()
    }

    pub(crate) fn stage_deadline(&self) -> Option<Millis> {
        self.state().stage.pending.as_ref().map(|pending| pending.ordered_at.plus(TAKE_DEADLINE_MS))
    }

    pub(crate) fn stage_timeout(&self, at: Millis) -> Vec<EventBody> {
        match self.stage_deadline() {
            Some(deadline) if at >= deadline => self.fail_pending(TakeFailure::NoKeyframe),
            _ => Vec::new(),
        }
    }

    fn order(
        &self,
        layout: Layout,
        sources: &[SourceRef],
        preview: Option<PreviewId>,
        undoes: Option<TakeId>,
        at: Millis,
    ) -> EventBody {
        let take = self.next_take();
        let previous = self.state().stage.program.clone();
        let program = self.program_of(layout, sources, take, at);
        EventBody::TakeOrdered { take, preview, undoes, program, previous }
    }

    fn without(&self, site: &SiteSlug, at: Millis) -> Program {
        let take = self.next_take();
        let left: Vec<SourceRef> =
            self.state().stage.program.source_refs().into_iter().filter(|source| source.site != *site).collect();
        match left.len() {
            0 => hall_program(self.hall(), Some(take), at),
            1 => self.program_of(Layout::Single, &left, take, at),
            2 => self.program_of(Layout::SideBySide, &left, take, at),
            _ => self.program_of(Layout::Grid, &left, take, at),
        }
    }

    fn program_of(&self, layout: Layout, sources: &[SourceRef], take: TakeId, at: Millis) -> Program {
        let slots = assign_slots(sources, &self.state().stage.program.slots, self.hall());
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
        Program {
            layout,
            sources,
            slots,
            microphones: Vec::new(),
            take: Some(take),
            since: at,
            holding: None,
            tour: false,
        }
    }

    fn next_take(&self) -> TakeId {
        TakeId(self.state().stage.last_take.0 + 1)
    }
}
