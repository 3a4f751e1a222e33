//! Commands: everything that a person or a site can ask of the conference.
//! Their senders too.

use serde::{Deserialize, Serialize};

use crate::{
    CommandId, Delegate, Details, Item, ItemId, LowerThird, MessageId, PreviewId, Quorum, Role, Site, SiteSlug,
    SourceRef,
};

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
    /// Begins a rehearsal (tổng duyệt): everything works as on the day, nothing of it counts in the minutes.
    StartRehearsal,
    /// Ends the rehearsal: stage, floor, agenda, roll call and times spoken are as they were before it.
    EndRehearsal,

    // Plan.
    /// Locks what was planned against edits, or unlocks it. While the conference is live it is locked anyway.
    LockPlan {
        /// Locked from now on.
        locked: bool,
    },
    /// Replaces title, phone, floor mode at the start and limits of a speech.
    SetDetails {
        /// The new ones, whole.
        details: Details,
    },
    /// Replaces the agenda.
    SetAgenda {
        /// All items, in order.
        items: Vec<Item>,
    },
    /// Replaces the sites. Where sites come, go or change places, every page joins anew.
    SetSites {
        /// All sites, in the order of the wall; exactly one is the hall.
        sites: Vec<Site>,
    },
    /// Gives an assistant the sites of whole regions: without the control lease it may mute, cue and invite them.
    DelegateRegions {
        /// Name of the operator.
        to: String,
        /// Regions from now on; empty: none.
        regions: Vec<String>,
    },
    /// Sets how many must be present.
    SetQuorum {
        /// The quorum.
        quorum: Quorum,
    },
    /// Replaces the prepared texts of messages.
    SetTemplates {
        /// All texts, in order.
        texts: Vec<String>,
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
    /// Puts a holding slide on air in place of everything: no picture, no sound, the hall's neither. A take or the hall ends it.
    ShowHolding {
        /// Large line, for example "Hội nghị tạm nghỉ".
        title: String,
        /// Small line; may be empty.
        text: String,
    },
    /// Changes what is written under the picture.
    SetLowerThird {
        /// What is written.
        lower_third: LowerThird,
    },
    /// Writes the names of sites into the picture, or not.
    ShowNames {
        /// Written.
        shown: bool,
    },
    /// Shows sites by turns (lướt điểm cầu), in silence but for the hall. What does not send is passed over. Any other change of
    /// the stage ends it.
    StartTour {
        /// In this order, nobody twice; empty: all sites, in the order of the wall. The hall is left out.
        sites: Vec<SiteSlug>,
        /// How long each is shown, ms.
        dwell_ms: u32,
        /// Begins anew after the last.
        repeat: bool,
    },
    /// Ends the tour and takes back what was on air before it.
    StopTour,

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
    /// Mutes every site but the hall and the floor's holder.
    MuteOthers,
    /// Lets every site be heard again.
    UnmuteAll,
    /// Lets microphones beyond the holder's be opened, or closes them all; the chair's decision.
    AllowMicrophones {
        /// Allowed from now on.
        allowed: bool,
    },
    /// Opens the microphone of a site that is not in the picture.
    OpenMicrophone {
        /// The site.
        site: SiteSlug,
    },
    /// Closes a microphone that was opened so.
    CloseMicrophone {
        /// The site.
        site: SiteSlug,
    },

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
    /// Makes an item the current one, and puts its site into preview in the item's layout. Refused if the current item is no
    /// longer the one that the sender saw.
    StartItem {
        /// The item.
        item: ItemId,
        /// The current item as the sender saw it.
        current: Option<ItemId>,
    },
    /// Ends the current item.
    FinishItem {
        /// The item.
        item: ItemId,
    },
    /// Leaves an item out, or takes it up again.
    SkipItem {
        /// The item.
        item: ItemId,
        /// Left out.
        skipped: bool,
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
    /// Replaces the list of a site's delegates.
    SetDelegates {
        /// The site; a site may name only itself.
        site: SiteSlug,
        /// All of them, in order.
        delegates: Vec<Delegate>,
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
    /// How long ago the sender gave it, ms, as its page says: a command is sent again after a cut until it is answered.
    pub age_ms: u32,
    /// Who held the floor as the sender saw it: a command about the speech means that one. None: whoever it is now.
    pub speaker: Option<SiteSlug>,
}

/// A command about who speaks and what is on air is done within this time or not at all, ms: a cut of five seconds and the way back
/// fit in; whoever speaks half a minute later is somebody else.
pub const MAX_COMMAND_AGE_MS: u32 = 10_000;

impl Request {
    /// True if it came too late to be done: it meant a moment that has passed. What sites ask for themselves, texts, lists and
    /// the roll call mean the same later.
    pub fn is_too_late(&self) -> bool {
        let of_the_centre = self.actor.site.is_none() || self.command.means_the_holder();
        self.age_ms > MAX_COMMAND_AGE_MS && of_the_centre && self.command.means_a_moment()
    }
}

impl Command {
    /// True if it is about the speech of whoever holds the floor.
    pub(crate) fn means_the_holder(&self) -> bool {
        matches!(
            self,
            Self::EndSpeech | Self::Interrupt | Self::PauseClock | Self::ResumeClock | Self::ExtendSpeech { .. }
        )
    }

    fn means_a_moment(&self) -> bool {
        !matches!(
            self,
            Self::LockPlan { .. }
                | Self::SetDetails { .. }
                | Self::SetAgenda { .. }
                | Self::SetSites { .. }
                | Self::DelegateRegions { .. }
                | Self::SetQuorum { .. }
                | Self::SetTemplates { .. }
                | Self::SkipItem { .. }
                | Self::MarkPresence { .. }
                | Self::SetDelegates { .. }
                | Self::SendMessage { .. }
                | Self::AcknowledgeMessage { .. }
        )
    }
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
