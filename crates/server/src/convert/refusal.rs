//! Why a command was refused.

use conference as core;

use super::{item_out, site_out};

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
        From::Rehearsing => To::Rehearsing,
        From::NotRehearsing => To::NotRehearsing,
        From::PlanLocked => To::PlanLocked,
        From::BadPlan { problems } => To::BadPlan { problems },
        From::ItemChanged { current } => To::ItemChanged { current: current.map(item_out) },
        From::NoTour => To::NoTour,
        From::NobodyToShow => To::NobodyToShow,
        From::MicrophonesNotAllowed => To::MicrophonesNotAllowed,
        From::TooManyMicrophones { limit } => To::TooManyMicrophones { limit },
        From::UnknownOperator { name } => To::UnknownOperator { name },
        From::UnknownRegion { region } => To::UnknownRegion { region },
        From::TooMany { limit } => To::TooMany { limit },
        From::Ended => To::Ended,
        From::WrongConfirmation => To::WrongConfirmation,
        From::BadText { max } => To::BadText { max },
        From::OutOfRange { min, max } => To::OutOfRange { min, max },
        From::JournalUnavailable => To::JournalUnavailable,
        From::Busy => To::Busy,
        From::TooLate => To::TooLate,
    }
}
