//! Wire shapes ↔ conference shapes. Nowhere else do the two meet.
//!
//! `…_in`: from the wire into the conference. `…_out`: from the conference to the wire.

use conference as core;

/// A command as a page sends it.
pub fn command_in(command: wire::Command) -> core::Command {
    use core::Command as To;
    use wire::Command as From;
    match command {
        From::OpenConference => To::OpenConference,
        From::EndConference { confirmation } => To::EndConference { confirmation },
        From::SetPreview { layout, sources } => {
            To::SetPreview { layout: layout_in(layout), sources: sources.into_iter().map(source_in).collect() }
        }
        From::ClearPreview => To::ClearPreview,
        From::Take { preview } => To::Take { preview: core::PreviewId(preview.0) },
        From::BackToHall => To::BackToHall,
        From::Undo => To::Undo,
        From::RemoveFromAir { site } => To::RemoveFromAir { site: site_in(site) },
        From::Mute { site } => To::Mute { site: site_in(site) },
        From::Unmute { site } => To::Unmute { site: site_in(site) },
        From::MuteAll => To::MuteAll,
        From::SetFloorMode { mode } => To::SetFloorMode { mode: floor_mode_in(mode) },
        From::RequestFloor { kind } => To::RequestFloor { kind: request_kind_in(kind) },
        From::WithdrawRequest { site } => To::WithdrawRequest { site: site_in(site) },
        From::ReorderQueue { site, position } => To::ReorderQueue { site: site_in(site), position },
        From::ClearQueue => To::ClearQueue,
        From::Invite { site } => To::Invite { site: site_in(site) },
        From::Cue { site } => To::Cue { site: site_in(site) },
        From::Uncue { site } => To::Uncue { site: site_in(site) },
        From::Grant { site } => To::Grant { site: site_in(site) },
        From::EndSpeech => To::EndSpeech,
        From::Interrupt => To::Interrupt,
        From::PauseClock => To::PauseClock,
        From::ResumeClock => To::ResumeClock,
        From::ExtendSpeech { seconds } => To::ExtendSpeech { seconds },
        From::StartItem { item } => To::StartItem { item: core::ItemId(item.0) },
        From::FinishItem { item } => To::FinishItem { item: core::ItemId(item.0) },
        From::MarkPresence { site, present, reason } => To::MarkPresence { site: site_in(site), present, reason },
        From::SendMessage { to, text } => To::SendMessage { to: to.into_iter().map(site_in).collect(), text },
        From::AcknowledgeMessage { message } => To::AcknowledgeMessage { message: core::MessageId(message.0) },
    }
}

/// Why a command was refused.
pub fn refusal_out(refusal: core::Refusal) -> wire::Refusal {
    use core::Refusal as From;
    use wire::Refusal as To;
    match refusal {
        From::Forbidden => To::Forbidden,
        From::NotInControl { holder } => To::NotInControl { holder },
        From::UnknownSite { site } => To::UnknownSite { site: site_out(site) },
        From::UnknownItem { item } => To::UnknownItem { item: item_out(item) },
        From::UnknownMessage { message } => To::UnknownMessage { message: wire::MessageId(message.0) },
        From::SourceOffline { site } => To::SourceOffline { site: site_out(site) },
        From::PreviewChanged { preview } => {
            To::PreviewChanged { preview: preview.map(|preview| wire::PreviewId(preview.0)) }
        }
        From::PreviewEmpty => To::PreviewEmpty,
        From::LayoutMismatch { min, max } => To::LayoutMismatch { min, max },
        From::TakePending => To::TakePending,
        From::NothingToUndo => To::NothingToUndo,
        From::AlreadySo => To::AlreadySo,
        From::FloorClosed => To::FloorClosed,
        From::AlreadyInQueue => To::AlreadyInQueue,
        From::NotInQueue => To::NotInQueue,
        From::QueueFull { limit } => To::QueueFull { limit },
        From::NotFirstInQueue { first } => To::NotFirstInQueue { first: site_out(first) },
        From::FloorHeld { holder } => To::FloorHeld { holder: site_out(holder) },
        From::NoHolder => To::NoHolder,
        From::ClockState => To::ClockState,
        From::HallProtected => To::HallProtected,
        From::NotOnAir { site } => To::NotOnAir { site: site_out(site) },
        From::NotOpen => To::NotOpen,
        From::Ended => To::Ended,
        From::WrongConfirmation => To::WrongConfirmation,
        From::BadText { max } => To::BadText { max },
        From::OutOfRange { min, max } => To::OutOfRange { min, max },
        From::JournalUnavailable => To::JournalUnavailable,
        From::Busy => To::Busy,
    }
}

/// A site's slug.
pub fn site_in(site: wire::SiteSlug) -> core::SiteSlug {
    core::SiteSlug(site.0)
}

/// A site's slug.
pub fn site_out(site: core::SiteSlug) -> wire::SiteSlug {
    wire::SiteSlug(site.0)
}

/// An item's id.
pub fn item_out(item: core::ItemId) -> wire::ItemId {
    wire::ItemId(item.0)
}

/// A take's number.
pub fn take_in(take: wire::TakeId) -> core::TakeId {
    core::TakeId(take.0)
}

/// A take's number.
pub fn take_out(take: core::TakeId) -> wire::TakeId {
    wire::TakeId(take.0)
}

/// A take's number at the relay.
pub fn take_to_relay(take: core::TakeId) -> relay_core::TakeId {
    relay_core::TakeId(take.0)
}

/// A take's number from the relay.
pub fn take_from_relay(take: relay_core::TakeId) -> core::TakeId {
    core::TakeId(take.0)
}

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

/// How sites may ask for the floor.
pub fn floor_mode_in(mode: wire::FloorMode) -> core::FloorMode {
    match mode {
        wire::FloorMode::Closed => core::FloorMode::Closed,
        wire::FloorMode::Operator => core::FloorMode::Operator,
        wire::FloorMode::Queue => core::FloorMode::Queue,
        wire::FloorMode::Open => core::FloorMode::Open,
    }
}

/// How sites may ask for the floor.
pub fn floor_mode_out(mode: core::FloorMode) -> wire::FloorMode {
    match mode {
        core::FloorMode::Closed => wire::FloorMode::Closed,
        core::FloorMode::Operator => wire::FloorMode::Operator,
        core::FloorMode::Queue => wire::FloorMode::Queue,
        core::FloorMode::Open => wire::FloorMode::Open,
    }
}

/// Request or response.
pub fn request_kind_in(kind: wire::RequestKind) -> core::RequestKind {
    match kind {
        wire::RequestKind::Request => core::RequestKind::Request,
        wire::RequestKind::Response => core::RequestKind::Response,
    }
}

/// Request or response.
pub fn request_kind_out(kind: core::RequestKind) -> wire::RequestKind {
    match kind {
        core::RequestKind::Request => wire::RequestKind::Request,
        core::RequestKind::Response => wire::RequestKind::Response,
    }
}

/// Which endpoint of a site.
pub fn endpoint_in(role: wire::EndpointRole) -> core::EndpointRole {
    match role {
        wire::EndpointRole::Main => core::EndpointRole::Main,
        wire::EndpointRole::Backup => core::EndpointRole::Backup,
        wire::EndpointRole::Screen => core::EndpointRole::Screen,
    }
}

/// Which endpoint of a site.
pub fn endpoint_out(role: core::EndpointRole) -> wire::EndpointRole {
    match role {
        core::EndpointRole::Main => wire::EndpointRole::Main,
        core::EndpointRole::Backup => wire::EndpointRole::Backup,
        core::EndpointRole::Screen => wire::EndpointRole::Screen,
    }
}

/// A person's or a page's role.
pub fn role_in(role: wire::Role) -> core::Role {
    match role {
        wire::Role::Lead => core::Role::Lead,
        wire::Role::Assistant => core::Role::Assistant,
        wire::Role::Chair => core::Role::Chair,
        wire::Role::Secretary => core::Role::Secretary,
        wire::Role::Technician => core::Role::Technician,
        wire::Role::Site => core::Role::Site,
        wire::Role::Screen => core::Role::Screen,
    }
}

/// Video codec of a conference.
pub fn codec_out(codec: core::VideoCodec) -> wire::VideoCodec {
    match codec {
        core::VideoCodec::H264 => wire::VideoCodec::H264,
        core::VideoCodec::Vp8 => wire::VideoCodec::Vp8,
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
