//! The state of a conference as pages see it: whole sections, replaced as they change. A page folds nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{
    ConferenceId, DeviceState, EndpointRole, FloorMode, ItemId, Layout, MessageId, PreviewId, RequestKind, SiteSlug,
    SourceRef, TakeId, VideoCodec,
};

/// Durable state of a conference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct ConferenceView {
    /// Identity and phase.
    pub conference: ConferenceInfo,
    /// All sites, the hall first, in the order of the wall; never reordered while the conference lives.
    pub sites: Vec<SiteView>,
    /// The agenda.
    pub agenda: AgendaView,
    /// The floor.
    pub floor: FloorView,
    /// The stage.
    pub stage: StageView,
    /// Latest messages (at most 200) that concern the reader.
    pub messages: Vec<MessageView>,
}

/// A section that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "section", content = "value", rename_all = "snake_case")]
#[ts(export)]
pub enum StateChange {
    /// Replaces `conference`.
    Conference(ConferenceInfo),
    /// Replaces the site of the same slug.
    Site(SiteView),
    /// Replaces `agenda`.
    Agenda(AgendaView),
    /// Replaces `floor`.
    Floor(FloorView),
    /// Replaces `stage`.
    Stage(StageView),
    /// Adds, or replaces the message of the same id.
    Message(MessageView),
}

/// Identity and phase of a conference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct ConferenceInfo {
    /// Id.
    pub id: ConferenceId,
    /// Title.
    pub title: String,
    /// Where it stands.
    pub phase: Phase,
    /// When it was opened.
    pub opened_at: Option<u64>,
    /// When it ended.
    pub ended_at: Option<u64>,
    /// Video codec.
    pub codec: VideoCodec,
    /// Slug of the hall.
    pub hall: SiteSlug,
    /// Phone number of the control room.
    pub support_phone: String,
}

/// Where a conference stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Phase {
    /// Before the opening: line check, rehearsal.
    Preparing,
    /// Between opening and end.
    Live,
    /// Over.
    Ended,
}

/// A site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct SiteView {
    /// Identity inside the conference.
    pub slug: SiteSlug,
    /// Code as written on tiles, for example `04`; not an identity.
    pub code: String,
    /// Short name.
    pub name: String,
    /// Full name.
    pub full_name: String,
    /// Region.
    pub region: String,
    /// Carrier of the line.
    pub carrier: String,
    /// Technical contact.
    pub contact: Contact,
    /// Place on the tile-grid map.
    pub column: u32,
    /// Place on the tile-grid map.
    pub row: u32,
    /// True for the hall.
    pub hall: bool,
    /// Muted by an operator.
    pub muted: bool,
    /// Roll call.
    pub presence: Presence,
    /// Total time spoken, ms, without the speech that runs.
    pub spoken_ms: u64,
}

/// Whom to ring.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Contact {
    /// Name or office.
    pub name: String,
    /// Phone.
    pub phone: String,
}

/// Roll call of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[ts(export)]
pub enum Presence {
    /// Not called yet.
    Unknown,
    /// Present.
    Present,
    /// Absent.
    Absent {
        /// Why.
        reason: String,
    },
}

/// The agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct AgendaView {
    /// In order.
    pub items: Vec<ItemView>,
    /// The current item.
    pub current: Option<ItemId>,
}

/// An item of the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct ItemView {
    /// Id.
    pub id: ItemId,
    /// Title.
    pub title: String,
    /// Speaker, if one is named.
    pub speaker: Option<SpeakerView>,
    /// Site from which it is given.
    pub site: Option<SiteSlug>,
    /// Planned time.
    pub planned_ms: u64,
    /// Start.
    pub started_at: Option<u64>,
    /// End.
    pub finished_at: Option<u64>,
}

/// A person of the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct SpeakerView {
    /// Name or office.
    pub name: String,
    /// Title.
    pub title: String,
    /// Organisation.
    pub organisation: String,
}

/// The floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct FloorView {
    /// Mode.
    pub mode: FloorMode,
    /// In speaking order: responses first, then requests, as reordered.
    pub queue: Vec<QueueEntry>,
    /// Sites that were told that they are next.
    pub cued: Vec<SiteSlug>,
    /// Who has the floor.
    pub holder: Option<HolderView>,
}

/// A place in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct QueueEntry {
    /// The site.
    pub site: SiteSlug,
    /// Request or response.
    pub kind: RequestKind,
    /// Since when.
    pub requested_at: u64,
    /// Called to speak.
    pub invited: bool,
}

/// The floor's holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct HolderView {
    /// The site.
    pub site: SiteSlug,
    /// Its clock.
    pub clock: SpeechClock,
    /// The holder dropped out; its place is held until then.
    pub grace_until: Option<u64>,
}

/// A speech clock. Spoken time now is `spoken_ms`, plus `now − running_since` while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct SpeechClock {
    /// Time allowed; 0: no limit.
    pub allowed_ms: u64,
    /// Remaining time at which a warning is shown.
    pub warning_ms: u64,
    /// Time spoken until `running_since`.
    pub spoken_ms: u64,
    /// Since when it runs; none: paused.
    pub running_since: Option<u64>,
}

/// The stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct StageView {
    /// What is on air.
    pub program: Program,
    /// What is in preview.
    pub preview: Option<PreviewView>,
    /// A take that was ordered and not yet shown: both its sources are red.
    pub pending: Option<PendingTake>,
    /// True if the last change can be undone.
    pub can_undo: bool,
}

/// What is on air.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Program {
    /// Layout.
    pub layout: Layout,
    /// Sources with the slots in which they flow, in the layout's order.
    pub sources: Vec<ProgramSource>,
    /// Sites whose sound is routed.
    pub microphones: Vec<SiteSlug>,
    /// The take that led to it.
    pub take: Option<TakeId>,
    /// Since when.
    pub since: u64,
}

/// A source on air.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct ProgramSource {
    /// The source.
    pub source: SourceRef,
    /// Programme slot 0–4 of its picture and sound; content flows in the content slot and has none.
    pub slot: Option<u32>,
}

/// What is in preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct PreviewView {
    /// Changes with every change of the preview.
    pub id: PreviewId,
    /// Layout.
    pub layout: Layout,
    /// Sources in the layout's order; source *i* flows in preview slot *i*.
    pub sources: Vec<SourceRef>,
}

/// A take under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct PendingTake {
    /// The take.
    pub take: TakeId,
    /// Sources that will be on air.
    pub sources: Vec<SourceRef>,
    /// Ordered at.
    pub ordered_at: u64,
}

/// A text message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct MessageView {
    /// Id.
    pub id: MessageId,
    /// From a site; none: from the centre.
    pub from: Option<SiteSlug>,
    /// Sender's name.
    pub sender: String,
    /// Receivers; empty: all sites, or the centre.
    pub to: Vec<SiteSlug>,
    /// The text; plain, never markup.
    pub text: String,
    /// Sent at.
    pub sent_at: u64,
    /// Who has acknowledged it (sites, or `centre`).
    pub acknowledged: Vec<String>,
}

/// Facts that are not history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct LiveView {
    /// By site. Sites without any endpoint are missing here.
    pub sites: BTreeMap<SiteSlug, SiteLive>,
    /// Operators present.
    pub operators: Vec<OperatorLive>,
    /// Name of the lease holder.
    pub lease: Option<String>,
    /// False while the journal cannot be written.
    pub journal_ok: bool,
    /// False while the relay cannot keep up, and shows everybody lower layers than it would.
    pub relay_keeps_up: bool,
    /// Server's clock, ms since the epoch.
    pub now: u64,
}

/// Live facts of a site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct SiteLive {
    /// Its endpoints.
    pub endpoints: Vec<EndpointLive>,
    /// Verdict on its media; weak and bad have a reason.
    pub quality: Quality,
    /// First reason of the verdict.
    pub reason: Option<QualityReason>,
    /// Lost since; none while media arrives.
    pub lost_since: Option<u64>,
    /// Sound level of its microphone, dBFS; −127: silence.
    pub level_dbfs: i32,
    /// Whether a take of it would be good now.
    pub ready: Readiness,
}

/// Live facts of an endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct EndpointLive {
    /// Which one.
    pub role: EndpointRole,
    /// The WebSocket is open.
    pub control: bool,
    /// Media flows.
    pub media: bool,
    /// Camera.
    pub camera: DeviceState,
    /// Microphone.
    pub microphone: DeviceState,
    /// Playback of sound is allowed by the browser.
    pub sound_playing: bool,
    /// Content is shared.
    pub content: bool,
    /// Received from it, kbit/s.
    #[serde(deserialize_with = "crate::finite::finite")]
    pub kbps: f32,
    /// Frames a second of the best layer that arrives.
    #[serde(deserialize_with = "crate::finite::finite")]
    pub fps: f32,
    /// Best layer that arrives.
    pub layer: Option<Layer>,
    /// Packets lost, 0 to 1, of those it sent.
    #[serde(deserialize_with = "crate::finite::finite")]
    pub loss: f32,
    /// Round trip, ms.
    #[serde(deserialize_with = "crate::finite::finite")]
    pub rtt_ms: f32,
    /// Since when connected.
    pub since: u64,
    /// When another device was refused that tried to join by its link; none if none did in the last minute.
    pub second_device_at: Option<u64>,
}

/// Simulcast layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Layer {
    /// 320×180.
    Low,
    /// 640×360.
    Mid,
    /// 1280×720.
    High,
}

/// Verdict on a site; the same four everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Quality {
    /// Good.
    Good,
    /// TÍN HIỆU YẾU
    Weak,
    /// TÍN HIỆU KÉM
    Bad,
    /// MẤT TÍN HIỆU
    Lost,
}

/// Why a verdict is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum QualityReason {
    /// Never joined, or left.
    NotConnected,
    /// Control is there, media is not.
    NoMedia,
    /// No picture.
    NoPicture,
    /// No sound packets.
    NoSound,
    /// Packets are lost.
    Loss,
    /// The line is slow.
    Delay,
    /// Few frames.
    LowFrameRate,
}

/// Whether a take would be good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[ts(export)]
pub enum Readiness {
    /// Not known: it came into preview or among the next in the queue a moment ago, or nobody waits for it.
    Checking,
    /// Everything is there.
    Ready,
    /// It would work, but not well.
    Warning {
        /// First reason.
        reason: ReadinessReason,
    },
    /// It would be refused.
    Offline,
}

/// Why a source is not ready; the first of these is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ReadinessReason {
    /// No picture at all.
    NoPicture,
    /// No fresh frame for a second.
    PictureStale,
    /// The high layer does not flow although it is asked for.
    HighLayerMissing,
    /// Nothing arrives of the microphone.
    NoSound,
    /// No sender report: lips are not known.
    NoSync,
    /// The microphone sends silence.
    Silent,
    /// The microphone clips.
    Clipping,
    /// Packets are lost.
    Loss,
}

/// An operator who is connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct OperatorLive {
    /// Name.
    pub name: String,
    /// Role.
    pub role: crate::Role,
}
