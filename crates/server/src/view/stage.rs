//! The stage.

use conference::State;
use wire::{Holding, PendingTake, PreviewView, Program, ProgramSource, StageView, TourView};

use crate::convert;

pub(super) fn view(state: &State) -> StageView {
    let stage = &state.stage;
    let preview = |preview: &conference::Preview| PreviewView {
        id: wire::PreviewId(preview.id.0),
        layout: convert::layout_out(preview.layout),
        sources: preview.sources.iter().cloned().map(convert::source_out).collect(),
    };
    let pending = |pending: &conference::PendingTake| PendingTake {
        take: convert::take_out(pending.take),
        sources: pending.program.sources.iter().map(|part| convert::source_out(part.source.clone())).collect(),
        ordered_at: pending.ordered_at.0,
    };
    StageView {
        program: program(&stage.program),
        preview: stage.preview.as_ref().map(preview),
        pending: stage.pending.as_ref().map(pending),
        can_undo: stage.undo.is_some(),
        lower_third: convert::lower_third_out(stage.lower_third.clone()),
        names_shown: !stage.names_hidden,
        tour: stage.tour.as_ref().map(tour),
    }
}

fn program(program: &conference::Program) -> Program {
    let source = |part: &conference::ProgramSource| ProgramSource {
        source: convert::source_out(part.source.clone()),
        slot: part.slot,
    };
    Program {
        layout: convert::layout_out(program.layout),
        sources: program.sources.iter().map(source).collect(),
        microphones: program.microphones.iter().cloned().map(convert::site_out).collect(),
        take: program.take.map(convert::take_out),
        since: program.since.0,
        holding: program.holding.clone().map(|conference::Holding { title, text }| Holding { title, text }),
        tour: program.tour,
    }
}

fn tour(tour: &conference::Tour) -> TourView {
    TourView {
        sites: tour.sites.iter().cloned().map(convert::site_out).collect(),
        place: tour.place,
        dwell_ms: tour.dwell_ms,
        next_at: tour.next_at.0,
        repeat: tour.repeat,
    }
}
