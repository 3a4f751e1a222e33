//! Offers in, answers out (RFC 8829 with one offer per connection: no renegotiation; an ICE restart changes credentials alone).
//!
//! ```text
//!  text ─▶ offer (what the page can do) ─▶ choose (codecs, layers) ─▶ answer text + Negotiated
//!                        ▲ LinePlan (what the caller wants in each m-line)
//! ```

mod answer;
mod choose;
mod offer;

use std::net::SocketAddr;

use crate::{Codec, Kind, Layer, LineId, Negotiated};

/// Longest offer, bytes. A console's offer with codec preferences is 137 KB; the WebSocket has the same limit.
pub const MAX_SDP_BYTES: usize = 256 * 1024;

/// Most m-lines of an offer. A console with 63 sites has 84; the rest is room for larger conferences.
pub const MAX_LINES: usize = 160;

/// What the caller wants in one m-line. Plan line *i* is m-line *i* of the offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinePlan {
    /// Audio or video.
    pub kind: Kind,
    /// Who sends.
    pub direction: LineDirection,
    /// Up to three layers are accepted from the endpoint; without it, one. Ignored for lines to the endpoint.
    pub simulcast: bool,
    /// Stream id of a line to the endpoint: lines with the same id are played in sync.
    pub msid: Option<String>,
}

/// Who sends in an m-line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineDirection {
    /// The endpoint sends, the relay receives.
    FromEndpoint,
    /// The relay sends, the endpoint receives.
    ToEndpoint,
}

/// How a candidate is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// Connections, which the relay waits for (passive, RFC 6544 §4.1).
    Tcp,
}

/// A place at which the relay is reached: a host candidate (RFC 8445 §5.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Candidate {
    /// How.
    pub transport: Transport,
    /// Where.
    pub address: SocketAddr,
}

/// The relay's side of the agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The answer to hand to the endpoint.
    pub sdp: String,
    /// What was agreed, line by line.
    pub negotiated: Negotiated,
}

/// Why an offer was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// The endpoint id is in use.
    #[error("the endpoint already has a connection")]
    EndpointInUse,
    /// The relay was shut down.
    #[error("the relay has stopped")]
    Stopped,
    /// Longer than [`MAX_SDP_BYTES`].
    #[error("the offer has {bytes} bytes, more than {MAX_SDP_BYTES}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// More m-lines than [`MAX_LINES`].
    #[error("the offer has {lines} m-lines, more than {MAX_LINES}")]
    TooManyLines {
        /// Their number.
        lines: usize,
    },
    /// It is no session description.
    #[error("the offer cannot be parsed: {0}")]
    Syntax(String),
    /// An attribute that every offer needs is missing or malformed.
    #[error("the offer lacks a usable `{0}`")]
    Missing(&'static str),
    /// The offer has fewer m-lines than the plan.
    #[error("the offer lacks m-line {line}")]
    MissingLine {
        /// The first that is missing.
        line: usize,
    },
    /// An m-line is not what the plan says.
    #[error("m-line {line}: {mismatch}")]
    Mismatch {
        /// The line.
        line: usize,
        /// What differs.
        mismatch: LineMismatch,
    },
    /// Both sides would wait for connectivity checks.
    #[error("the offer is ICE-lite, as the relay is")]
    IceLite,
}

/// How an m-line differs from its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineMismatch {
    /// Audio for video, or the reverse, or neither.
    #[error("the media type is not the planned one")]
    Kind,
    /// The endpoint does not send, or does not receive.
    #[error("the direction is not the planned one")]
    Direction,
    /// Not `UDP/TLS/RTP/SAVPF`; plain RTP is never accepted.
    #[error("the transport is not UDP/TLS/RTP/SAVPF")]
    Transport,
    /// Not in the BUNDLE group.
    #[error("the line is not in the BUNDLE group")]
    NotBundled,
    /// No `rtcp-mux`.
    #[error("the line does not multiplex RTCP")]
    NoRtcpMux,
    /// The codec of the conference is not offered.
    #[error("the endpoint does not offer {0:?}")]
    NoCodec(Codec),
}

/// What an offer contains, for callers that make their plan from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferOutline {
    /// The endpoint's ICE user fragment.
    pub ufrag: String,
    /// Its m-lines, in their order.
    pub lines: Vec<OutlineLine>,
}

/// One m-line of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutlineLine {
    /// Audio or video; none: something that no relay carries.
    pub kind: Option<Kind>,
    /// The endpoint would send.
    pub sends: bool,
    /// The endpoint would receive.
    pub receives: bool,
}

/// Why ICE was not restarted; the connection goes on as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RestartError {
    /// There is no such endpoint (any more).
    #[error("the endpoint has no connection")]
    UnknownEndpoint,
    /// Not 4 to 256 ICE characters (RFC 8839 §5.4).
    #[error("the user fragment is malformed")]
    Malformed,
    /// The same as before: that is no restart (RFC 8839 §5.4).
    #[error("the user fragment is the present one")]
    Unchanged,
    /// The relay was shut down.
    #[error("the relay has stopped")]
    Stopped,
}

/// What the relay says of itself in an answer.
#[derive(Debug, Clone)]
pub(crate) struct LocalDescription<'a> {
    /// Session id of the origin line.
    pub session: u64,
    /// ICE user fragment.
    pub ufrag: &'a str,
    /// ICE password.
    pub password: &'a str,
    /// SHA-256 of the certificate, `AA:BB:…`.
    pub fingerprint: &'a str,
    /// Addresses at which the relay is reached, best first.
    pub candidates: &'a [Candidate],
    /// Video codec of the conference.
    pub codec: Codec,
}

/// Which side starts DTLS (RFC 5763 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DtlsRole {
    /// The endpoint sends the ClientHello.
    Passive,
    /// The relay sends it.
    Active,
}

/// An offer that was accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    /// For the endpoint and for the plane.
    pub answer: Answer,
    /// The endpoint's ICE user fragment.
    pub remote_ufrag: String,
    /// SHA-256 fingerprints, one of which the endpoint's certificate must have.
    pub fingerprints: Vec<[u8; 32]>,
    /// Our side of DTLS.
    pub role: DtlsRole,
    /// How incoming packets are told apart.
    pub senders: Vec<SenderLine>,
    /// First lines of the SDP fragment that answers an ICE restart (RFC 8840 §9).
    pub fragment_head: String,
}

/// How packets of one incoming line are recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SenderLine {
    /// The line.
    pub line: LineId,
    /// Its MID.
    pub mid: String,
    /// RIDs that were accepted.
    pub rids: Vec<(String, Layer)>,
    /// SSRCs named in the offer; true: RTX.
    pub ssrcs: Vec<(u32, bool)>,
    /// Payload type of the media.
    pub payload_type: u8,
    /// Payload type of its RTX.
    pub rtx_payload_type: Option<u8>,
}

/// Reads an offer as far as a plan needs it.
///
/// # Errors
///
/// It is no usable offer.
pub fn outline(sdp: &str) -> Result<OfferOutline, OfferError> {
    let offer = read(sdp)?;
    let line = |line: &offer::OfferedLine| OutlineLine {
        kind: match line.media.as_str() {
            "audio" => Some(Kind::Audio),
            "video" => Some(Kind::Video),
            _ => None,
        },
        sends: line.sends,
        receives: line.receives,
    };
    Ok(OfferOutline { lines: offer.lines.iter().map(line).collect(), ufrag: offer.ufrag })
}

/// True for a user fragment that may stand in an offer or restart.
pub(crate) fn is_ufrag(ufrag: &str) -> bool {
    offer::is_ufrag(ufrag)
}

/// The fragment that answers an ICE restart (RFC 8840 §9, RFC 9725 §4.3.3): credentials and all candidates anew.
pub(crate) fn restart_fragment(head: &str, ufrag: &str, password: &str, candidates: &[Candidate]) -> String {
    let candidates: String =
        answer::candidates(candidates).map(|candidate| format!("a=candidate:{candidate}\r\n")).collect();
    format!("{head}a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\n{candidates}a=end-of-candidates\r\n")
}

fn read(sdp: &str) -> Result<offer::Offer, OfferError> {
    if sdp.len() > MAX_SDP_BYTES {
        return Err(OfferError::TooLong { bytes: sdp.len() });
    }
    offer::parse(sdp)
}

/// Reads an offer, holds it against the plan and writes the answer. `ssrc` gives fresh SSRCs.
pub(crate) fn accept(
    sdp: &str,
    plan: &[LinePlan],
    local: &LocalDescription<'_>,
    ssrc: &mut dyn FnMut() -> u32,
) -> Result<Accepted, OfferError> {
    let offer = read(sdp)?;
    let chosen = choose::choose(&offer, plan, local.codec, ssrc)?;
    let fragment_head = answer::fragment_head(&chosen.negotiated);
    Ok(Accepted {
        answer: Answer { sdp: answer::write(&offer, plan, &chosen, local), negotiated: chosen.negotiated },
        remote_ufrag: offer.ufrag,
        fingerprints: offer.fingerprints,
        role: offer.role,
        senders: chosen.senders,
        fragment_head,
    })
}
