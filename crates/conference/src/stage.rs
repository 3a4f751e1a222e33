//! The stage: what is on air, in preview and on its way, and what an undo would bring back.
//!
//! Slots 0–4 carry the programme. Slot 0 is the hall's, always: its sound is open unless muted, its picture flows there when
//! the layout shows the hall. Every other site on air has one of the slots 1–4 and keeps it while it stays on air; which one
//! is decided when the change is ordered and stored in the event. A site's camera and microphone share its slot; content flows
//! in the content slot, of which there is one. So a layout shows four sites, with or without the hall, and one content.
//!
//! Here is the state; what changes it is decided in `takes.rs`, `holding.rs`, `tour.rs`, `sound.rs` and `microphones.rs`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    CutCause, EventBody, Layout, LowerThird, Millis, PreviewId, Program, SiteSlug, SourceRef, TakeId, Tour,
    event::is_default, program::hall_program,
};

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
    #[serde(default, skip_serializing_if = "is_default")]
    pub microphones_allowed: bool,
    /// What is written under the picture.
    #[serde(default, skip_serializing_if = "LowerThird::is_automatic")]
    pub lower_third: LowerThird,
    /// Names of sites are not written into the picture.
    #[serde(default, skip_serializing_if = "is_default")]
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

impl PendingTake {
    /// Who gets the floor when it is shown: its main site, unless it only passes by in a tour, or comes back as it was before one.
    pub(crate) fn speaker(&self, on_air: &Program) -> Option<&SiteSlug> {
        let passes = self.program.tour || (self.undoes && on_air.tour);
        self.program.main_site().filter(|_| !passes)
    }
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
            EventBody::TakeFailed { .. } => {
                if self.pending.take().is_some_and(|failed| failed.program.tour) {
                    self.tour_step_failed(at);
                }
            }
            EventBody::StageCut { take, cause, program } => {
                self.last_take = *take;
                let before = std::mem::replace(&mut self.program, program.clone());
                match cause {
                    CutCause::HoldingAgain => self.undo = None,
                    CutCause::BackToHall | CutCause::SiteRemoved { .. } | CutCause::Holding => {
                        self.remember(*take, before);
                    }
                }
                self.keep_what_is_on_air();
            }
            body => {
                self.apply_to_tour(body, at);
                self.apply_to_sound(body);
                self.apply_captions(body);
            }
        }
    }

    fn apply_shown(&mut self, at: Millis) {
        let Some(pending) = self.pending.take() else { return };
        let before = std::mem::replace(&mut self.program, pending.program);
        self.program.since = at;
        match pending.undoes {
            true => self.undo = None,
            false => self.remember(pending.take, before),
        }
        if self.program.tour {
            self.tour_step_shown(at);
        }
        self.keep_what_is_on_air();
        // What was previewed is on air now; a newer preview is kept.
        if self.preview.as_ref().map(|preview| preview.id) == pending.preview {
            self.preview = None;
        }
    }

    /// Keeps for an undo what was on air. A step of a tour is nothing to come back to; what was on air before the tour is.
    fn remember(&mut self, take: TakeId, before: Program) {
        let program = if before.tour { self.undo.take().map(|undo| undo.program) } else { Some(before) };
        self.undo = program.map(|program| UndoMemory { take, program });
    }

    /// The preview that these would be; none: they are in preview.
    pub(crate) fn next_preview(&self, layout: Layout, sources: &[SourceRef]) -> Option<Preview> {
        let there = self.preview.as_ref().is_some_and(|now| now.layout == layout && now.sources == sources);
        let id = PreviewId(self.last_preview.0 + 1);
        (!there).then(|| Preview { id, layout, sources: sources.to_vec() })
    }

    /// Lets go of everything but what is on air: what was prepared, what is under way, and what could be taken back.
    pub(crate) fn let_go(&mut self) {
        self.preview = None;
        self.pending = None;
        self.undo = None;
        self.opened.clear();
        self.tour = None;
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
