//! Events: what happened. Durable state is the fold of them and nothing else.
//!
//! Each kind has a version. What is written is `(kind, version, body)`; what is read may be older and is brought up to the
//! current version in [`upcast`], the only place that knows old shapes. An event holds the facts and decisions that it
//! rests on (slots, allowed time, place in the queue), so that applying it never decides.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::{
    CommandId, EndpointRole, FloorMode, InstanceId, ItemId, MessageId, Millis, Preview, PreviewId, Program,
    RequestKind, Setup, SiteSlug, TakeId,
};

/// Name of the actor of events that no person caused.
pub const SYSTEM_ACTOR: &str = "system";

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When; never before the event before it.
    pub at: Millis,
    /// Name of who caused it, or [`SYSTEM_ACTOR`].
    pub actor: String,
    /// The command that led to it; none for facts and timeouts.
    pub command_id: Option<CommandId>,
    /// What.
    pub body: EventBody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum EventBody {
    /// What the conference is set up with from here on, whole.
    SetupRecorded {
        /// The setup.
        setup: Setup,
    },
    /// The conference was opened.
    ConferenceOpened {},
    /// The conference ended.
    ConferenceEnded {},
    /// Something was put into preview.
    PreviewSet(Preview),
    /// The preview was emptied.
    PreviewCleared {},
    /// A take was ordered; the old picture stays until it is shown.
    TakeOrdered {
        /// The take.
        take: TakeId,
        /// The preview that it puts on air; none for an undo.
        preview: Option<PreviewId>,
        /// The take that it takes back.
        undoes: Option<TakeId>,
        /// What will be on air, with its slots.
        program: Program,
        /// What was on air when it was ordered.
        previous: Program,
    },
    /// A take is on air.
    TakeShown {
        /// The take.
        take: TakeId,
        /// Sites to which it was forwarded.
        receivers: u32,
        /// From the order to the switch, ms.
        elapsed_ms: u32,
    },
    /// A take did not happen; the old picture stays.
    TakeFailed {
        /// The take.
        take: TakeId,
        /// Why.
        reason: TakeFailure,
    },
    /// The picture was changed at once, without waiting for a frame.
    StageCut {
        /// Number of this change.
        take: TakeId,
        /// Why.
        cause: CutCause,
        /// What is on air from now.
        program: Program,
    },
    /// A site was muted.
    SiteMuted {
        /// The site.
        site: SiteSlug,
    },
    /// A site may be heard again.
    SiteUnmuted {
        /// The site.
        site: SiteSlug,
    },
    /// Every site but the hall was muted.
    AllMuted {
        /// The sites that were not muted before.
        sites: Vec<SiteSlug>,
    },
    /// The sound of a site on air was cut, until it leaves the air, is unmuted or gets the floor.
    MicrophoneClosed {
        /// The site.
        site: SiteSlug,
    },
    /// Sites may ask for the floor in another way.
    FloorModeSet {
        /// The mode.
        mode: FloorMode,
    },
    /// A site is in the queue.
    FloorRequested {
        /// The site.
        site: SiteSlug,
        /// Request or response.
        kind: RequestKind,
        /// Its place, from 0.
        position: u32,
        /// It did not ask but was called.
        invited: bool,
    },
    /// A site of the queue was called to speak.
    RequestInvited {
        /// The site.
        site: SiteSlug,
    },
    /// A site left the queue.
    RequestWithdrawn {
        /// The site.
        site: SiteSlug,
    },
    /// A site has another place in the queue.
    QueueReordered {
        /// The site.
        site: SiteSlug,
        /// Its place, from 0.
        position: u32,
    },
    /// The queue was emptied.
    QueueCleared {},
    /// A site was told that it is next.
    SiteCued {
        /// The site.
        site: SiteSlug,
    },
    /// The cue was taken back.
    SiteUncued {
        /// The site.
        site: SiteSlug,
    },
    /// A site has the floor. It leaves the queue and the cues.
    FloorGranted {
        /// The site.
        site: SiteSlug,
        /// Time allowed, ms; 0: no limit.
        allowed_ms: u64,
        /// Remaining time at which a warning is shown, ms.
        warning_ms: u64,
        /// True: it is on air and its clock runs.
        on_air: bool,
    },
    /// The holder came on air: its clock runs.
    SpeechStarted {
        /// The holder.
        site: SiteSlug,
    },
    /// The holder has the floor no more.
    SpeechEnded {
        /// The holder.
        site: SiteSlug,
        /// Time spoken, ms.
        spoken_ms: u64,
        /// Why.
        reason: SpeechEnd,
    },
    /// The speech clock was stopped.
    ClockPaused {
        /// The holder.
        site: SiteSlug,
        /// Time spoken until now, ms.
        spoken_ms: u64,
    },
    /// The speech clock runs on.
    ClockResumed {
        /// The holder.
        site: SiteSlug,
    },
    /// The speech was given another time.
    SpeechExtended {
        /// The holder.
        site: SiteSlug,
        /// Time allowed from now, ms.
        allowed_ms: u64,
    },
    /// The holder dropped out: its clock stands, its place is held.
    HolderDropped {
        /// The holder.
        site: SiteSlug,
        /// Time spoken until it dropped, ms.
        spoken_ms: u64,
        /// Until when the place is held.
        grace_until: Millis,
        /// The clock runs on when it returns.
        resumes: bool,
    },
    /// The holder came back in time.
    HolderReturned {
        /// The holder.
        site: SiteSlug,
        /// The clock runs again.
        running: bool,
    },
    /// An item of the agenda began.
    ItemStarted {
        /// The item.
        item: ItemId,
    },
    /// The current item ended.
    ItemFinished {
        /// The item.
        item: ItemId,
    },
    /// The roll call of a site.
    PresenceMarked {
        /// The site.
        site: SiteSlug,
        /// Present or absent.
        present: bool,
        /// Why it is absent.
        reason: String,
    },
    /// A text was sent.
    MessageSent {
        /// Its number.
        message: MessageId,
        /// From a site; none: from the centre.
        from: Option<SiteSlug>,
        /// Receivers; empty: all sites, or the centre.
        to: Vec<SiteSlug>,
        /// The text.
        text: String,
    },
    /// A text was read.
    MessageAcknowledged {
        /// Its number.
        message: MessageId,
        /// The site, or [`crate::CENTRE`].
        by: String,
    },
    /// The server started: nobody is connected.
    ServerStarted {
        /// This start.
        instance: InstanceId,
    },
    /// An endpoint joined.
    EndpointJoined {
        /// Its site.
        site: SiteSlug,
        /// Which.
        role: EndpointRole,
        /// The start of the server in which it joined.
        instance: InstanceId,
    },
    /// An endpoint is gone.
    EndpointDropped {
        /// Its site.
        site: SiteSlug,
        /// Which.
        role: EndpointRole,
        /// Why.
        reason: DropReason,
    },
    /// The journal can be written again; the events before this one were acted on before they were written.
    JournalCaughtUp {
        /// How many of them.
        late: u32,
    },
}

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

/// An event as the journal keeps it, column by column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncodedEvent {
    /// Milliseconds since the epoch.
    pub at: u64,
    /// Who.
    pub actor: String,
    /// The command that led to it.
    pub command_id: Option<String>,
    /// Kind, for example `take_ordered`.
    pub kind: String,
    /// Version of this kind's body.
    pub version: u16,
    /// The body: a JSON object.
    pub body: Value,
}

/// Why an event of the journal cannot be read.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// Written by a newer program.
    #[error("event {kind} has version {version}, this program knows up to {known}")]
    NewerVersion {
        /// The kind.
        kind: String,
        /// The event's version.
        version: u16,
        /// What this program knows.
        known: u16,
    },
    /// Not of a known kind or shape.
    #[error("event {kind} version {version} is not of a known shape")]
    BadShape {
        /// The kind.
        kind: String,
        /// The event's version.
        version: u16,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// A setup without exactly one hall. Its other bounds are those of the program that recorded it.
    #[error("the recorded setup has {found} halls and not one")]
    HallCount {
        /// Halls found.
        found: usize,
    },
}

impl Event {
    /// The event as the journal keeps it.
    pub fn encode(&self) -> EncodedEvent {
        let value = serde_json::to_value(&self.body).expect("event bodies have text keys only");
        let Value::Object(mut fields) = value else { unreachable!("event bodies are tagged objects") };
        let kind = match fields.remove("kind") {
            Some(Value::String(kind)) => kind,
            _ => unreachable!("event bodies are tagged by kind"),
        };
        let body = fields.remove("body").unwrap_or_default();
        EncodedEvent {
            at: self.at.0,
            actor: self.actor.clone(),
            command_id: self.command_id.as_ref().map(|id| id.0.clone()),
            version: version_of(&kind),
            kind,
            body,
        }
    }

    /// Reads an event of any version up to the current one.
    ///
    /// # Errors
    /// [`DecodeError`] if the event is newer than this program, or no event at all, or cannot be applied.
    pub fn decode(encoded: &EncodedEvent) -> Result<Self, DecodeError> {
        let body = upcast(&encoded.kind, encoded.version, encoded.body.clone())?;
        let tagged = serde_json::json!({ "kind": encoded.kind, "body": body });
        let body = serde_json::from_value(tagged).map_err(|source| DecodeError::BadShape {
            kind: encoded.kind.clone(),
            version: encoded.version,
            source,
        })?;
        if let EventBody::SetupRecorded { setup } = &body {
            let found = setup.halls();
            if found != 1 {
                return Err(DecodeError::HallCount { found });
            }
        }
        Ok(Self {
            at: Millis(encoded.at),
            actor: encoded.actor.clone(),
            command_id: encoded.command_id.clone().map(CommandId),
            body,
        })
    }
}

/// Current version of a kind's body. A kind whose body changes gets a line of its own here and a step in [`upcast`].
pub fn version_of(_kind: &str) -> u16 {
    1
}

/// Brings a body up to the current version of its kind, one version at a time.
fn upcast(kind: &str, version: u16, body: Value) -> Result<Value, DecodeError> {
    let known = version_of(kind);
    match version {
        1 => Ok(body),
        _ => Err(DecodeError::NewerVersion { kind: kind.to_owned(), version, known }),
    }
}
