//! Names of slots in reports.

use wire::{MediaDirection, MediaKind, MediaLine, MediaPlan, Slot};

/// A received m-line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedLine {
    /// Name in reports: `program/0`, `program-content`, `return`, `talkback`.
    pub name: String,
    /// Which slot.
    pub slot: Slot,
    /// Audio or video.
    pub kind: MediaKind,
}

/// Name of a slot in reports.
pub fn name(slot: Slot) -> String {
    match slot {
        Slot::Camera => "camera".into(),
        Slot::Microphone => "microphone".into(),
        Slot::Content => "content".into(),
        Slot::Program { index } => format!("program/{index}"),
        Slot::ProgramContent => "program-content".into(),
        Slot::Talkback => "talkback".into(),
        Slot::Return => "return".into(),
        Slot::Preview { index } => format!("preview/{index}"),
        Slot::PreviewContent => "preview-content".into(),
        Slot::Solo => "solo".into(),
        Slot::Wall { index } => format!("wall/{index}"),
    }
}

/// Received lines of a plan by m-line index; none where the page sends.
pub fn received(plan: &MediaPlan) -> Vec<Option<ReceivedLine>> {
    plan.lines.iter().map(received_line).collect()
}

fn received_line(line: &MediaLine) -> Option<ReceivedLine> {
    match line.direction {
        MediaDirection::Receive => Some(ReceivedLine { name: name(line.slot), slot: line.slot, kind: line.kind }),
        MediaDirection::Send => None,
    }
}
