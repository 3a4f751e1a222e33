//! What an offer and its answer agreed on: the seam between signalling (`sdp`) and forwarding (`plane`).

use crate::{Kind, Layer, LineId};

/// One endpoint's media lines and header extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negotiated {
    /// In the order of the offer.
    pub lines: Vec<NegotiatedLine>,
    /// Header extension ids, the same for all lines (BUNDLE).
    pub extensions: ExtensionIds,
}

/// One m-line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NegotiatedLine {
    /// Its index.
    pub line: LineId,
    /// Its MID.
    pub mid: String,
    /// Audio or video.
    pub kind: Kind,
    /// What flows.
    pub flow: Flow,
}

/// What flows in an m-line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flow {
    /// Rejected or inactive.
    Inactive,
    /// The endpoint sends.
    Incoming {
        /// Codec.
        codec: Codec,
        /// Payload type of the media.
        payload_type: u8,
        /// Payload type of its RTX (RFC 4588).
        rtx_payload_type: Option<u8>,
        /// Layers that were agreed, lowest first.
        layers: Vec<Layer>,
    },
    /// The relay sends.
    Outgoing {
        /// Codec.
        codec: Codec,
        /// Payload type of the media.
        payload_type: u8,
        /// Payload type of its RTX (RFC 4588).
        rtx_payload_type: Option<u8>,
        /// SSRC of the media, chosen by the relay.
        ssrc: u32,
        /// SSRC of its RTX (FID group).
        rtx_ssrc: Option<u32>,
        /// Payload type of packets that carry earlier ones again (RED, RFC 2198); sound alone has one.
        red_payload_type: Option<u8>,
        /// Its packets carry transport-wide numbers: the endpoint tells when they arrived. Firefox does so for pictures alone.
        numbered: bool,
    },
}

/// Codec of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    /// 48 kHz clock (RFC 7587).
    Opus,
    /// 90 kHz clock, packetization-mode 1 (RFC 6184).
    H264,
    /// 90 kHz clock (RFC 7741).
    Vp8,
}

impl Codec {
    /// RTP clock rate, Hz.
    pub const fn clock_rate(self) -> u32 {
        match self {
            Codec::Opus => 48_000,
            Codec::H264 | Codec::Vp8 => 90_000,
        }
    }
}

/// Header extension ids (RFC 8285, one-byte ids 1–14); none: not agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExtensionIds {
    /// `urn:ietf:params:rtp-hdrext:sdes:mid`
    pub mid: Option<u8>,
    /// `urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id`
    pub rid: Option<u8>,
    /// `urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id`
    pub repaired_rid: Option<u8>,
    /// `http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01`
    pub transport_cc: Option<u8>,
    /// `urn:ietf:params:rtp-hdrext:ssrc-audio-level` (RFC 6464)
    pub audio_level: Option<u8>,
}
