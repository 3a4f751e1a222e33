//! Messages from a page or endpoint to the server.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{Command, CommandId, InstanceId, Revision, SiteSlug, TakeId};

/// What a page says on its WebSocket. The first message must be `hello`, within five seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(export)]
pub enum ClientMessage {
    /// Who is there and what it has seen.
    Hello(Hello),
    /// A command; answered by accepted or refused with the same id.
    Command {
        /// Chosen by the sender.
        id: CommandId,
        /// Revision that the sender saw, kept for audit.
        seen: Option<Revision>,
        /// What is asked.
        command: Command,
        /// How long ago it was given, ms: it is sent again after a cut until it is answered, but what means a moment is not done later.
        #[serde(default)]
        age_ms: u32,
        /// Who held the floor as the sender saw it: what is about the speech means that one. None: whoever it is by then.
        #[serde(default)]
        speaker: Option<SiteSlug>,
    },
    /// A media offer. A new generation replaces the older peer connection of this page.
    Offer {
        /// Counts from 1 in each page.
        generation: u32,
        /// SDP offer, ICE-full, all candidates optional (the relay learns addresses from checks).
        sdp: String,
    },
    /// The page shows the new picture of a take.
    Shown {
        /// The take.
        take: TakeId,
        /// From the `cut` message's arrival to the frame, as the page saw it, in milliseconds.
        elapsed_ms: u32,
    },
    /// State of the page's devices and playback; sent when it changes.
    Status(EndpointStatus),
    /// What the page receives, every two seconds.
    Stats(EndpointStats),
    /// Operator: listen to one site alone, or to nobody.
    Solo {
        /// The site.
        site: Option<SiteSlug>,
    },
    /// Operator: speak privately to sites while a key is held; empty: stop. Bounded to 60 s by the server.
    Talkback {
        /// The sites.
        sites: Vec<SiteSlug>,
    },
    /// Site: call the control room, or hang up. Operator: `site` was answered, its call is over.
    Call {
        /// For operators: whose call; a site needs not name itself.
        site: Option<SiteSlug>,
        /// Calling from now on; operators end calls only.
        calling: bool,
    },
    /// Site: check my line now.
    CheckLine,
    /// Site, when its check is `transferring`: what its line carried. None: it could not be measured.
    Transferred {
        /// From the site, kbit/s.
        #[serde(deserialize_with = "crate::finite::finite_or_none")]
        up_kbps: Option<f32>,
        /// To the site, kbit/s.
        #[serde(deserialize_with = "crate::finite::finite_or_none")]
        down_kbps: Option<f32>,
    },
    /// Operator: take the control lease (free, or its holder is missing), or hand it over.
    Lease {
        /// What to do.
        action: LeaseAction,
    },
    /// Heartbeat; answered by `pong` with the same number.
    Ping {
        /// Any number below 2^53.
        nonce: u64,
    },
}

/// First message of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Hello {
    /// [`crate::PROTOCOL_VERSION`].
    pub protocol: u32,
    /// What kind of page.
    pub client: ClientKind,
    /// Join token of a site or screen; operators are known by their sign-in cookie.
    pub token: Option<String>,
    /// Conference, for operators; none: the server's first.
    pub conference: Option<String>,
    /// Random id of this device or browser profile, kept across reloads: the same device replaces its own connection.
    pub device: String,
    /// Instance of the server that the page last saw.
    pub instance: Option<InstanceId>,
    /// Last revision that the page has applied, to resume.
    pub since: Option<Revision>,
    /// Long messages may come deflated (RFC 1951, without a header) in binary frames; texts stay texts.
    #[serde(default)]
    pub deflate: bool,
}

/// Kind of page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ClientKind {
    /// Operator console.
    Console,
    /// Site page or headless endpoint.
    Site,
    /// Big screen.
    Screen,
    /// Page of the chair: the programme, no wall, no microphone.
    Chair,
    /// A page without media: plan, buttons.
    Plan,
    /// Health of the sites, for technicians: no media, the health each second.
    Health,
}

/// Devices and playback of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EndpointStatus {
    /// Camera.
    pub camera: DeviceState,
    /// Microphone.
    pub microphone: DeviceState,
    /// True if the browser plays sound (false: a key must be pressed there).
    pub sound_playing: bool,
    /// True while content is being shared.
    pub content: bool,
    /// True while the page is visible.
    pub visible: bool,
    /// Devices that were plugged in or out since the page began (`devicechange` of W3C mediacapture-streams).
    #[serde(default)]
    pub device_changes: u32,
    /// Name and version of the browser, or of the program; none: an older page. At most 100 characters are kept.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub browser: Option<String>,
}

/// State of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DeviceState {
    /// Works.
    Live,
    /// Switched off by the people there.
    Off,
    /// The browser or the person refused.
    Denied,
    /// Used by another program.
    Busy,
    /// There is none.
    Missing,
}

/// What an endpoint receives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EndpointStats {
    /// Decoded (or marker-read) programme frames in the period.
    pub frames: u32,
    /// Freezes in the period.
    pub freezes: u32,
    /// Share of concealed sound, 0 to 1.
    #[serde(deserialize_with = "crate::finite::finite")]
    pub concealed: f32,
    /// Packets lost of those expected, 0 to 1.
    #[serde(deserialize_with = "crate::finite::finite")]
    pub loss: f32,
    /// Round trip, ms.
    #[serde(deserialize_with = "crate::finite::finite")]
    pub rtt_ms: f32,
    /// Received, kbit/s.
    #[serde(deserialize_with = "crate::finite::finite")]
    pub kbps: f32,
    /// What it sends, as it measured it; none: an older page.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub sent: Option<SentStats>,
}

/// What an endpoint sends, in numbers, from pixels and samples before the encoder. A measure is none if there was nothing to measure:
/// no camera, no microphone, no battery.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct SentStats {
    /// Mean luma of the last picture, 0 (black) to 255 (white); weights of ITU-R BT.709-6, section 3.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub luma: Option<f32>,
    /// Standard deviation of that luma, 0 (one colour all over) to 127.5.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub spread: Option<f32>,
    /// Mean difference of that luma to the picture of the statistics before, 0 (not one pixel differs) to 255; none: there was none to
    /// compare with.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub change: Option<f32>,
    /// Effective value of the sound in the period, dBFS, −127 (digital silence, as in RFC 6464 §3) to 0.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub rms_dbfs: Option<f32>,
    /// Largest sample in the period, dBFS, −127 to 0.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub peak_dbfs: Option<f32>,
    /// Share of samples at full scale (at least 0.999 of it) in the period, 0 to 1.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub clipped: Option<f32>,
    /// What keeps the encoder of the camera from more.
    pub encoder_limit: EncoderLimit,
    /// How its packets travel.
    pub path: CandidatePath,
    /// What they begin it on.
    pub network: NetworkType,
    /// Charge of the battery, 0 to 1; none: there is none, or it is not told.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub battery: Option<f32>,
}

/// What limits the quality of an encoder: `qualityLimitationReason` of WebRTC's statistics (W3C webrtc-stats, `RTCOutboundRtpStreamStats`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum EncoderLimit {
    /// Nothing.
    #[default]
    None,
    /// The machine is too slow.
    Cpu,
    /// The line is too narrow.
    Bandwidth,
    /// Something else.
    Other,
}

/// How packets travel: the selected candidate pair (RFC 8445), by its local end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CandidatePath {
    /// Not connected, or not told.
    #[default]
    Unknown,
    /// Straight, over UDP.
    Udp,
    /// Straight, over TCP (RFC 6544).
    Tcp,
    /// By a TURN server (RFC 8656).
    Relayed,
}

/// The network that a device hangs on, as far as its browser tells: `networkType` of the local candidate, or the type of the Network
/// Information API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum NetworkType {
    /// Not told.
    #[default]
    Unknown,
    /// A cable.
    Wired,
    /// WiFi.
    Wifi,
    /// A mobile network.
    Cellular,
    /// Something else, for example a VPN.
    Other,
}

/// What to do with the control lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(export)]
pub enum LeaseAction {
    /// Take it if it is free or its holder is missing.
    Claim,
    /// Give it to another operator who is connected.
    HandOver {
        /// Operator's name.
        to: String,
    },
}
