//! What is seen: sources, layouts, captions, pictures, and how a take ended.

use conference as core;

use super::{site_in, site_out, take_out};

/// A source.
pub fn source_in(source: wire::SourceRef) -> core::SourceRef {
    let kind = match source.kind {
        wire::SourceKind::Camera => core::SourceKind::Camera,
        wire::SourceKind::Content => core::SourceKind::Content,
    };
    core::SourceRef { site: site_in(source.site), kind }
}

/// A source.
pub fn source_out(source: core::SourceRef) -> wire::SourceRef {
    wire::SourceRef { site: site_out(source.site), kind: source_kind_out(source.kind) }
}

/// Camera or content.
pub fn source_kind_out(kind: core::SourceKind) -> wire::SourceKind {
    match kind {
        core::SourceKind::Camera => wire::SourceKind::Camera,
        core::SourceKind::Content => wire::SourceKind::Content,
    }
}

/// A layout.
pub fn layout_in(layout: wire::Layout) -> core::Layout {
    match layout {
        wire::Layout::Single => core::Layout::Single,
        wire::Layout::SideBySide => core::Layout::SideBySide,
        wire::Layout::SpeakerHall => core::Layout::SpeakerHall,
        wire::Layout::Grid => core::Layout::Grid,
        wire::Layout::ContentSpeaker => core::Layout::ContentSpeaker,
    }
}

/// A layout.
pub fn layout_out(layout: core::Layout) -> wire::Layout {
    match layout {
        core::Layout::Single => wire::Layout::Single,
        core::Layout::SideBySide => wire::Layout::SideBySide,
        core::Layout::SpeakerHall => wire::Layout::SpeakerHall,
        core::Layout::Grid => wire::Layout::Grid,
        core::Layout::ContentSpeaker => wire::Layout::ContentSpeaker,
    }
}

/// What is written under the picture.
pub fn lower_third_in(lower_third: wire::LowerThird) -> core::LowerThird {
    match lower_third {
        wire::LowerThird::Automatic => core::LowerThird::Automatic,
        wire::LowerThird::Hidden => core::LowerThird::Hidden,
        wire::LowerThird::Text { name, description } => core::LowerThird::Text { name, description },
    }
}

/// What is written under the picture.
pub fn lower_third_out(lower_third: core::LowerThird) -> wire::LowerThird {
    match lower_third {
        core::LowerThird::Automatic => wire::LowerThird::Automatic,
        core::LowerThird::Hidden => wire::LowerThird::Hidden,
        core::LowerThird::Text { name, description } => wire::LowerThird::Text { name, description },
    }
}

/// Why a take did not happen.
pub fn take_failure_out(reason: core::TakeFailure) -> wire::TakeFailure {
    match reason {
        core::TakeFailure::NoKeyframe => wire::TakeFailure::NoKeyframe,
        core::TakeFailure::SourceLost => wire::TakeFailure::SourceLost,
        core::TakeFailure::Superseded => wire::TakeFailure::Superseded,
        core::TakeFailure::Restarted => wire::TakeFailure::Restarted,
    }
}

/// Why the relay gave a take up.
pub fn take_failure_from_relay(reason: relay_core::TakeFailure) -> core::TakeFailure {
    match reason {
        relay_core::TakeFailure::NoKeyframe => core::TakeFailure::NoKeyframe,
        relay_core::TakeFailure::SourceLost => core::TakeFailure::SourceLost,
        relay_core::TakeFailure::Superseded => core::TakeFailure::Superseded,
    }
}

/// A slot in which something is received.
pub fn slot_out(slot: core::Slot) -> wire::Slot {
    match slot {
        core::Slot::Program { index } => wire::Slot::Program { index },
        core::Slot::ProgramContent => wire::Slot::ProgramContent,
        core::Slot::Talkback => wire::Slot::Talkback,
        core::Slot::Return => wire::Slot::Return,
        core::Slot::Preview { index } => wire::Slot::Preview { index },
        core::Slot::PreviewContent => wire::Slot::PreviewContent,
        core::Slot::Solo => wire::Slot::Solo,
        core::Slot::Wall { index } => wire::Slot::Wall { index },
    }
}

/// What a receiver's programme looks like.
pub fn picture_out(picture: &core::Picture) -> wire::Picture {
    let cell = |cell: &core::Cell| wire::Cell {
        slot: slot_out(cell.slot),
        site: site_out(cell.site.clone()),
        kind: source_kind_out(cell.kind),
    };
    wire::Picture {
        take: picture.take.map(take_out),
        layout: layout_out(picture.layout),
        cells: picture.cells.iter().map(cell).collect(),
        audio: picture.audio.clone(),
        plays_sound: picture.plays_sound,
        on_air: picture.on_air,
    }
}
