//! The state of a conference as pages see it: whole sections, replaced as they change. A page folds nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{
    ConferenceId, Delegate, Document, FloorMode, ItemId, Layout, LowerThird, MessageId, PreviewId, Quorum, RequestKind,
    SiteSlug, SourceRef, SpeechLimits, TakeId, VideoCodec,
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
    /// What only the centre needs to know; as good as empty for others.
    pub desk: DeskView,
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
    /// Replaces `desk`.
    Desk(DeskView),
}

/// What the people at the centre arrange among themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct DeskView {
    /// The plan is locked, by hand or because the conference is live.
    pub plan_locked: bool,
    /// How many must be present.
    pub quorum: Quorum,
    /// Prepared texts of messages.
    pub templates: Vec<String>,
    /// Regions that assistants look after, by operator's name.
    pub delegations: BTreeMap<String, Vec<String>>,
    /// Limits of a speech.
    pub speech: SpeechLimits,
    /// Floor mode at the start.
    pub floor_mode: Option<FloorMode>,
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
    /// Before the opening.
    Preparing,
    /// A rehearsal: as if it were live, but nothing counts.
    Rehearsal,
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
    /// What each of its devices is sent at most, kbit/s; none: what its line carries.
    pub receive_kbps: Option<u32>,
    /// Delegates that it has named.
    pub delegates: u32,
    /// Delegates that are marked present.
    pub delegates_present: u32,
    /// Its delegates, for its own pages; empty for others, who read them by HTTP.
    pub delegate_list: Vec<Delegate>,
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
    /// Layout in which its start puts the site into preview; none: alone.
    pub layout: Option<Layout>,
    /// Documents for those who take part.
    pub documents: Vec<Document>,
    /// Left out.
    pub skipped: bool,
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
    /// Microphones beyond the holder's may be opened.
    pub microphones_allowed: bool,
    /// Sites whose microphones are open although they are not in the picture.
    pub open_microphones: Vec<SiteSlug>,
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
    /// Its speech was cut off by a dropout: time spoken already, ms. It goes on from there.
    pub spoken_ms: u64,
    /// Time that such a speech was allowed, ms; 0: no limit, or none was cut off.
    pub allowed_ms: u64,
}

/// The floor's holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct HolderView {
    /// The site.
    pub site: SiteSlug,
    /// Its clock.
    pub clock: SpeechClock,
    /// It is on air; before that it is granted and its clock stands.
    pub on_air: bool,
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
    /// What is written under the picture.
    pub lower_third: LowerThird,
    /// Names of sites are written into the picture.
    pub names_shown: bool,
    /// The tour under way.
    pub tour: Option<TourView>,
}

/// A tour: sites shown by turns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct TourView {
    /// In this order.
    pub sites: Vec<SiteSlug>,
    /// Which of them is shown, from 0.
    pub place: u32,
    /// How long each is shown, ms.
    pub dwell_ms: u32,
    /// When the next one comes.
    pub next_at: u64,
    /// Begins anew after the last.
    pub repeat: bool,
}

/// The holding slide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Holding {
    /// Large line.
    pub title: String,
    /// Small line; may be empty.
    pub text: String,
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
    /// The holding slide, when it is on air; then there is no source and no sound.
    pub holding: Option<Holding>,
    /// A step of a tour: the site is seen and not heard.
    pub tour: bool,
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
