//! Why a command was refused.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{ItemId, MessageId, PreviewId, SiteSlug};

/// Why a command was refused. The wording is the pages'.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
#[ts(export)]
pub enum Refusal {
    /// The sender's role may not do this.
    Forbidden,
    /// Somebody else holds the control lease.
    NotInControl {
        /// Name of the holder, if there is one.
        holder: Option<String>,
    },
    /// No such site.
    UnknownSite {
        /// What was named.
        site: SiteSlug,
    },
    /// No such item of the agenda.
    UnknownItem {
        /// What was named.
        item: ItemId,
    },
    /// No such message.
    UnknownMessage {
        /// What was named.
        message: MessageId,
    },
    /// The site has no live picture.
    SourceOffline {
        /// The site.
        site: SiteSlug,
    },
    /// The preview is no longer the one that was named.
    PreviewChanged {
        /// What is in preview now, if anything.
        preview: Option<PreviewId>,
    },
    /// Nothing is in preview.
    PreviewEmpty,
    /// Sources do not fit the layout.
    LayoutMismatch {
        /// Fewest sources of the layout.
        min: u32,
        /// Most sources of the layout.
        max: u32,
    },
    /// A take is under way; wait for its end (at most one second).
    TakePending,
    /// There is no take to undo.
    NothingToUndo,
    /// What is asked is so already.
    AlreadySo,
    /// The floor is closed.
    FloorClosed,
    /// The site is in the queue already.
    AlreadyInQueue,
    /// The site is not in the queue.
    NotInQueue,
    /// The queue is full.
    QueueFull {
        /// Its bound.
        limit: u32,
    },
    /// In this mode the queue is served in order; the first is named.
    NotFirstInQueue {
        /// Who is first.
        first: SiteSlug,
    },
    /// Another site holds the floor.
    FloorHeld {
        /// The holder.
        holder: SiteSlug,
    },
    /// Nobody holds the floor.
    NoHolder,
    /// The clock is not in a state in which this makes sense.
    ClockState,
    /// The hall cannot be taken off the air or muted this way.
    HallProtected,
    /// The site is not on air.
    NotOnAir {
        /// The site.
        site: SiteSlug,
    },
    /// The conference is not open.
    NotOpen,
    /// A rehearsal is under way.
    Rehearsing,
    /// No rehearsal is under way.
    NotRehearsing,
    /// The plan is locked.
    PlanLocked,
    /// The plan would not be valid.
    BadPlan {
        /// What is wrong, in English, each with the entry that it is about; at most twenty.
        problems: Vec<String>,
    },
    /// The current item is no longer the one that was named.
    ItemChanged {
        /// The current item.
        current: Option<ItemId>,
    },
    /// No tour is under way.
    NoTour,
    /// None of the sites sends a picture.
    NobodyToShow,
    /// The chair has not allowed microphones beyond the holder's.
    MicrophonesNotAllowed,
    /// As many microphones are open as can be.
    TooManyMicrophones {
        /// The bound.
        limit: u32,
    },
    /// No such operator.
    UnknownOperator {
        /// What was named.
        name: String,
    },
    /// No site has this region.
    UnknownRegion {
        /// What was named.
        region: String,
    },
    /// The list is too long.
    TooMany {
        /// Its bound.
        limit: u32,
    },
    /// The conference has ended.
    Ended,
    /// The typed confirmation does not match.
    WrongConfirmation,
    /// A text is empty or too long.
    BadText {
        /// Longest text, in characters.
        max: u32,
    },
    /// A number is out of its bounds.
    OutOfRange {
        /// Smallest value.
        min: u64,
        /// Largest value.
        max: u64,
    },
    /// The journal cannot be written; only safe commands are done.
    JournalUnavailable,
    /// Too many commands; try again.
    Busy,
    /// It was given so long ago that it may mean something else by now; it was not done.
    TooLate,
}
