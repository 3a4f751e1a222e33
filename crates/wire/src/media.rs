//! The media of one page: its slots, in the order of its offer.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{Layout, SiteSlug, SourceKind, TakeId};

/// Media lines in the order in which the page must add its transceivers. Line *i* is m-line *i* of the offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct MediaPlan {
    /// The conference's video codec.
    pub codec: VideoCodec,
    /// Lines, at most 160.
    pub lines: Vec<MediaLine>,
}

/// Video codec of a conference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum VideoCodec {
    /// H.264 constrained baseline, profile-level-id 42e01f, packetization-mode 1.
    H264,
    /// VP8.
    Vp8,
}

/// One media line: what flows in it, seen from the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct MediaLine {
    /// Which slot.
    pub slot: Slot,
    /// Audio or video.
    pub kind: MediaKind,
    /// The page sends (camera, microphone, content) or receives.
    pub direction: MediaDirection,
}

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum MediaKind {
    /// Opus, 48 kHz.
    Audio,
    /// The conference's video codec.
    Video,
}

/// Direction, seen from the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum MediaDirection {
    /// From the page to the relay.
    Send,
    /// From the relay to the page.
    Receive,
}

/// Name of a slot. `index` counts from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "name", rename_all = "snake_case")]
#[ts(export)]
pub enum Slot {
    /// Sent: the site's camera, three simulcast layers `l`, `m`, `h`.
    Camera,
    /// Sent: the site's microphone, or the operator's for talkback.
    Microphone,
    /// Sent: shared content, one layer.
    Content,
    /// Received: programme slot 0–4. Its sound and picture share one `msid`.
    Program {
        /// 0 to 4.
        index: u32,
    },
    /// Received: programme content.
    ProgramContent,
    /// Received: private sound from the control room, or from a site.
    Talkback,
    /// Received: the site's own returned picture.
    Return,
    /// Received: preview slot 0–3.
    Preview {
        /// 0 to 3.
        index: u32,
    },
    /// Received: content in preview.
    PreviewContent,
    /// Received: the sound of one site, for this operator alone.
    Solo,
    /// Received: tile of the wall, lowest layer.
    Wall {
        /// 0 to n − 1; the site is `sites[index]` of the state.
        index: u32,
    },
}

/// What a receiver's programme looks like: computed by the server for each site (N-1), so that pages need no rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Picture {
    /// The take that led to it; none before the first.
    pub take: Option<TakeId>,
    /// How the cells are arranged.
    pub layout: Layout,
    /// One cell for each part of the layout, in its order; empty: show the holding slide.
    pub cells: Vec<Cell>,
    /// Programme slots whose sound this device plays (never the site's own; one device of a site only).
    pub audio: Vec<u32>,
    /// True if this device plays the programme's sound for its site.
    pub plays_sound: bool,
    /// This site is on air: its return is shown in a corner.
    pub on_air: bool,
}

/// One part of the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Cell {
    /// The slot in which it flows.
    pub slot: Slot,
    /// Whose picture.
    pub site: SiteSlug,
    /// Camera or content.
    pub kind: SourceKind,
}

/// The first frame after a take, for one slot: the page matches it in `requestVideoFrameCallback`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Cut {
    /// The slot.
    pub slot: Slot,
    /// RTP timestamp of the first frame of the new source.
    pub rtp_timestamp: u32,
}
