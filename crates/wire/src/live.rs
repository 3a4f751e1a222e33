//! Facts that are not history, as pages see them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{ClientKind, ContentFault, DeviceState, EndpointRole, SiteSlug};

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
    /// The lease holder is missing since then: an assistant may take the lease over.
    pub lease_missing_since: Option<u64>,
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
    /// Faults of its picture and sound, whatever its line is like.
    pub faults: Vec<ContentFault>,
    /// Lost since; none while media arrives.
    pub lost_since: Option<u64>,
    /// Sound level of its microphone, dBFS; −127: silence.
    pub level_dbfs: i32,
    /// Whether a take of it would be good now.
    pub ready: Readiness,
    /// It calls the control room since then.
    pub calling_since: Option<u64>,
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
    /// Devices that were plugged in or out since its page began.
    pub device_changes: u32,
    /// Name and version of its browser, or of its program; none: not told.
    pub browser: Option<String>,
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
    /// It was connected, and nothing of it arrives any more.
    CutOff,
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
    /// Packets to the site are lost.
    ReceivingLoss,
    /// The site hears sound with holes that are filled.
    ConcealedSound,
    /// The site sees the programme freeze.
    Freezes,
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
    /// Its pages that are connected.
    pub pages: Vec<ClientKind>,
    /// Since when it is here.
    pub since: u64,
    /// The site it listens to alone.
    pub solo: Option<SiteSlug>,
    /// The sites it speaks to privately.
    pub talkback: Vec<SiteSlug>,
}
