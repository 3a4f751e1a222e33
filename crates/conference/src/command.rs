//! Commands: everything that a person or a site can ask of the conference.
//! Senders and refusals too: what comes in, and what goes back when it may not happen.

use serde::{Deserialize, Serialize};

use crate::{CommandId, ItemId, MessageId, PreviewId, Role, SiteSlug, SourceRef};

/// One request to change the conference. Carried with a [`CommandId`]; answered by accepted or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    // Conference.
    /// Opens the conference: setup is locked, the clock of the day runs.
    OpenConference,
    /// Ends the conference. `confirmation` must be the conference's id, typed by hand.
    EndConference {
        /// The conference's id.
        confirmation: String,
    },

    // Stage.
    /// Puts sources into preview, in silence. The first source is the main one.
    SetPreview {
        /// Layout as it would go on air.
        layout: Layout,
        /// One to four sources, in the layout's order.
        sources: Vec<SourceRef>,
    },
    /// Empties the preview.
    ClearPreview,
    /// Puts the preview on air. Refused if the preview is no longer the one named.
    Take {
        /// The preview that the sender saw.
        preview: PreviewId,
    },
    /// Hall on air at once. Never waits, never refused for want of a journal.
    BackToHall,
    /// Takes back the last change of the stage.
    Undo,
    /// Takes a site off the air at once (its picture and its sound).
    RemoveFromAir {
        /// The site.
        site: SiteSlug,
    },

    // Sound.
    /// Mutes a site's sound for everybody.
    Mute {
        /// The site.
        site: SiteSlug,
    },
    /// Lets a site be heard again when it is on air.
    Unmute {
        /// The site.
        site: SiteSlug,
    },
    /// Mutes every site but the hall.
    MuteAll,

    // Floor.
    /// Changes how sites may ask for the floor.
    SetFloorMode {
        /// The new mode.
        mode: FloorMode,
    },
    /// A site asks for the floor.
    RequestFloor {
        /// Request, or response to what is being said (tranh luận).
        kind: RequestKind,
    },
    /// A site, or an operator for it, takes its request back.
    WithdrawRequest {
        /// The site; a site may name only itself.
        site: SiteSlug,
    },
    /// Moves a request to another place of the queue.
    ReorderQueue {
        /// The site to move.
        site: SiteSlug,
        /// New place, from 0.
        position: u32,
    },
    /// Empties the queue.
    ClearQueue,
    /// Calls a site to speak, whether it asked or not.
    Invite {
        /// The site.
        site: SiteSlug,
    },
    /// Tells a site that it is next.
    Cue {
        /// The site.
        site: SiteSlug,
    },
    /// Takes the cue back.
    Uncue {
        /// The site.
        site: SiteSlug,
    },
    /// Gives a site the floor. Its clock runs from the moment it is on air.
    Grant {
        /// The site.
        site: SiteSlug,
    },
    /// Ends the speech of the holder.
    EndSpeech,
    /// Cuts the holder's sound at once and ends the speech.
    Interrupt,
    /// Stops the speech clock.
    PauseClock,
    /// Lets the speech clock run on.
    ResumeClock,
    /// Adds time to the speech.
    ExtendSpeech {
        /// Seconds to add, 1 to 3600.
        seconds: u32,
    },

    // Agenda.
    /// Makes an item the current one.
    StartItem {
        /// The item.
        item: ItemId,
    },
    /// Ends the current item.
    FinishItem {
        /// The item.
        item: ItemId,
    },

    // Roster.
    /// Records a site as present or absent (điểm danh).
    MarkPresence {
        /// The site.
        site: SiteSlug,
        /// Present or absent.
        present: bool,
        /// Why it is absent; empty when present.
        reason: String,
    },

    // Messages.
    /// Sends a text. A site writes to the centre; the centre to one site, or to all with an empty list.
    SendMessage {
        /// Receivers; empty means all sites (from the centre) or the centre (from a site).
        to: Vec<SiteSlug>,
        /// The text, at most [`crate::messages::MAX_TEXT_CHARS`] characters.
        text: String,
    },
    /// Says that a message was read.
    AcknowledgeMessage {
        /// The message.
        message: MessageId,
    },
}

/// How sources are arranged on the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// One source, full picture.
    Single,
    /// Two sources, the same size.
    SideBySide,
    /// A large speaker with the hall in a corner: sources are speaker, hall.
    SpeakerHall,
    /// Up to four sources, two by two.
    Grid,
    /// Content large with the speaker's camera small: sources are content, camera.
    ContentSpeaker,
}

/// How sites may ask for the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FloorMode {
    /// Nobody can ask: reports in the order of the agenda.
    Closed,
    /// Sites ask, the operator picks anyone.
    Operator,
    /// Sites ask, first come first served (responses first).
    Queue,
    /// A site that asks is granted at once if the floor is free.
    Open,
}

/// A request, or a response to the speaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// đăng ký phát biểu
    Request,
    /// tranh luận: outranks a request
    Response,
}

/// Why a command was refused. The wording is the pages'.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
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
}

/// A command with its sender, as the shell hands it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Chosen by the sender; the same id is applied once.
    pub id: CommandId,
    /// Who asks; known to the shell by sign-in or join token, never by what the page says.
    pub actor: Actor,
    /// Revision that the sender saw; kept for audit by the shell, decides nothing.
    pub seen: Option<u64>,
    /// What is asked.
    pub command: Command,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Operator's name, or the site's slug.
    pub name: String,
    /// Role.
    pub role: Role,
    /// The site, for sites and screens.
    pub site: Option<SiteSlug>,
    /// True if this operator holds the control lease.
    pub holds_lease: bool,
}
