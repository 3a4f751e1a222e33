//! Messages from the server to a page or endpoint.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    CommandId, ConferenceId, ConferenceView, Cut, EndpointRole, HealthView, InstanceId, LiveView, MediaPlan, Picture,
    Refusal, Revision, Role, SiteCheck, SiteSlug, StateChange, TakeId,
};

/// What the server says on a WebSocket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(export)]
pub enum ServerMessage {
    /// Answer to `hello`.
    Welcome(Box<Welcome>),
    /// Durable state changed; `changes` hold whole sections. Revisions may skip, never go back.
    Event {
        /// Revision after the change.
        revision: Revision,
        /// What changed.
        changes: Vec<StateChange>,
    },
    /// To pages of the health: everything, once a second.
    Health(Box<HealthView>),
    /// Facts that are not history, whole; at most four a second.
    Live(Box<LiveView>),
    /// A command was done and is in the journal.
    Accepted {
        /// The command.
        id: CommandId,
        /// Revision that holds it.
        revision: Revision,
    },
    /// A command was not done.
    Refused {
        /// The command.
        id: CommandId,
        /// Why.
        reason: Refusal,
    },
    /// Answer to an offer.
    Answer {
        /// Of the offer.
        generation: u32,
        /// SDP answer.
        sdp: String,
    },
    /// An offer was not taken.
    OfferRefused {
        /// Of the offer.
        generation: u32,
        /// Why, for the log.
        detail: String,
    },
    /// This receiver's programme, now.
    Picture(Picture),
    /// A take reached this receiver: first frames to look for. Answer with `shown`.
    Cut {
        /// The take.
        take: TakeId,
        /// By slot.
        cuts: Vec<Cut>,
        /// The picture from that frame on.
        picture: Picture,
    },
    /// Which simulcast layers of the camera are wanted now; the page switches the others off.
    Uplink(Uplink),
    /// To consoles: how a take went, updated as pages report.
    TakeReport(TakeReport),
    /// To a site: its line is checked, and how far that is.
    Check(SiteCheck),
    /// Private sound begins or ends, for a site.
    Talkback {
        /// True while the control room speaks to this site.
        active: bool,
    },
    /// Something was wrong with a message; the connection stays unless `fatal`.
    Error {
        /// What.
        code: ErrorCode,
        /// For the log, in English.
        detail: String,
        /// True: the server closes the connection.
        fatal: bool,
    },
    /// Answer to `ping`.
    Pong {
        /// Of the ping.
        nonce: u64,
        /// Server's clock, ms since the epoch.
        now: u64,
    },
}

/// Answer to `hello`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Welcome {
    /// This start of the server.
    pub instance: InstanceId,
    /// Revision of `state`.
    pub revision: Revision,
    /// Server's clock, ms since the epoch.
    pub now: u64,
    /// Who the page is.
    pub you: You,
    /// Media lines of the offer to make.
    pub media: MediaPlan,
    /// The state, unless the page resumes with `since`: then `event`s follow.
    pub state: Option<Box<ConferenceView>>,
    /// Live facts.
    pub live: Box<LiveView>,
    /// This receiver's programme.
    pub picture: Picture,
    /// Layers wanted of its camera.
    pub uplink: Uplink,
}

/// Who the page is to the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct You {
    /// The conference.
    pub conference: ConferenceId,
    /// Role.
    pub role: Role,
    /// Operator's name, or the site's.
    pub name: String,
    /// The site, for sites and screens.
    pub site: Option<SiteSlug>,
    /// Which endpoint of the site.
    pub endpoint: Option<EndpointRole>,
}

/// Layers wanted of a camera, and whether content is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Uplink {
    /// 320×180, ≤ 10 fps while alone, about 150 kbit/s.
    pub low: bool,
    /// 640×360, about 500 kbit/s.
    pub mid: bool,
    /// 1280×720, about 2.5 Mbit/s.
    pub high: bool,
    /// Content.
    pub content: bool,
}

/// How a take went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TakeReport {
    /// The take.
    pub take: TakeId,
    /// Main site that went on air.
    pub site: SiteSlug,
    /// From the command to the switch at the relay.
    pub elapsed_ms: u32,
    /// Sites to which the relay forwards it.
    pub forwarded: u32,
    /// Sites that receive the programme.
    pub receivers: u32,
    /// Sites that said they show it.
    pub shown: u32,
    /// Why it failed, if it did.
    pub failed: Option<TakeFailure>,
}

/// Why a take did not happen; the old source stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
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

/// Kind of a protocol error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ErrorCode {
    /// Not JSON, or not of a known shape.
    BadMessage,
    /// Too large.
    TooLarge,
    /// Another version of the protocol: reload the page.
    WrongProtocol,
    /// No valid sign-in or token.
    Unauthorized,
    /// The token was revoked.
    Revoked,
    /// The endpoint is connected from another device.
    InUse,
    /// Another connection of the same device replaced this one.
    Replaced,
    /// The server is full.
    ServerFull,
    /// Too many messages.
    TooMany,
    /// The reader was too slow.
    TooSlow,
    /// The server stops.
    Stopping,
    /// Sites came, went or changed places: load the page again.
    SitesChanged,
    /// The control lease stays where it is: its holder is here, or the one whom it was to go to is not.
    LeaseHeld,
}
