//! Why things happened: the reasons that events name.

use serde::{Deserialize, Serialize};

use crate::SiteSlug;

/// Why a take did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeFailure {
    /// No complete keyframe within a second.
    NoKeyframe,
    /// The source left.
    SourceLost,
    /// Another command (hall, remove) came first.
    Superseded,
    /// The server restarted.
    Restarted,
}

/// Why the picture was changed at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CutCause {
    /// The hall was called.
    BackToHall,
    /// A site was taken off the air.
    SiteRemoved {
        /// The site.
        site: SiteSlug,
    },
    /// The holding slide was called for.
    Holding,
    /// The holding slide was brought back by an undo.
    HoldingAgain,
}

/// Why a tour ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TourEnd {
    /// It was stopped by hand.
    Stopped,
    /// All its sites were shown.
    Done,
    /// Another change of the stage came.
    Superseded,
    /// None of its sites sends a picture.
    NobodyToShow,
    /// The server started anew, or the conference or rehearsal ended.
    Over,
}

/// Part of the setup that can be edited by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanPart {
    /// Title, phone, floor mode, limits of a speech.
    Details,
    /// The agenda.
    Agenda,
    /// The sites.
    Sites,
}

/// Why a speech ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpeechEnd {
    /// It was ended by hand.
    Ended,
    /// It was interrupted.
    Interrupted,
    /// A take put another site on air in its place.
    Replaced,
    /// The hall was called.
    BackToHall,
    /// The holding slide was called for, or brought back.
    Holding,
    /// The site was taken off the air.
    Removed,
    /// The holder did not come back within the grace time.
    GraceOver,
    /// The conference ended.
    ConferenceEnded,
}

/// Why an endpoint is gone. A device that replaces its own connection did not drop: tell only its joining.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// It said so.
    Left,
    /// Its connection was cut.
    Cut,
    /// Nothing was heard from it in time.
    TimedOut,
    /// Its join link was revoked.
    Revoked,
    /// The server stops.
    Stopping,
}
