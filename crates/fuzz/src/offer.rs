//! What the peers of the targets offer, and the plan that it is answered by.

use std::fmt::Write as _;

use relay_core::{Codec, Kind, LineDirection, LineId, LinePlan};

/// Ids of the header extensions that are offered.
pub(crate) const LEVEL_ID: u8 = 1;
pub(crate) const TRANSPORT_ID: u8 = 3;
pub(crate) const MID_ID: u8 = 4;
pub(crate) const RID_ID: u8 = 10;
pub(crate) const REPAIRED_ID: u8 = 11;
/// Payload types that are offered.
pub(crate) const OPUS: u8 = 111;
pub(crate) const RED: u8 = 63;
pub(crate) const VIDEO: u8 = 102;
pub(crate) const RTX: u8 = 103;

/// Lines of a peer: two that it sends, three that it receives.
pub(crate) const CAMERA: LineId = LineId(0);
pub(crate) const MICROPHONE: LineId = LineId(1);
pub(crate) const PICTURE: LineId = LineId(2);
pub(crate) const SOUND: LineId = LineId(3);
/// Sound that no route ever takes away.
pub(crate) const WITNESS: LineId = LineId(4);
/// Names of the layers, lowest first.
pub(crate) const RIDS: [&str; 3] = ["l", "m", "h"];

/// What a peer says of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own<'a> {
    pub ufrag: &'a str,
    pub password: &'a str,
    pub fingerprint: &'a str,
    /// `a=setup`.
    pub setup: &'a str,
    /// It numbers what it sends across all lines, and wants to be told what arrived.
    pub transport_feedback: bool,
}

/// The relay's plan of a peer.
pub(crate) fn plan() -> Vec<LinePlan> {
    use LineDirection::{FromEndpoint, ToEndpoint};
    let line = |kind, direction| LinePlan { kind, direction, simulcast: false, msid: Some("stream".to_owned()) };
    vec![
        LinePlan { simulcast: true, ..line(Kind::Video, FromEndpoint) },
        line(Kind::Audio, FromEndpoint),
        line(Kind::Video, ToEndpoint),
        line(Kind::Audio, ToEndpoint),
        line(Kind::Audio, ToEndpoint),
    ]
}

/// An offer of every line of the plan.
pub(crate) fn write(codec: Codec, own: &Own<'_>) -> String {
    let plan = plan();
    let mids: Vec<String> = (0..plan.len()).map(|mid| mid.to_string()).collect();
    let mut sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\n\
         a=fingerprint:sha-256 {}\r\na=setup:{}\r\n",
        mids.join(" "),
        own.ufrag,
        own.password,
        own.fingerprint,
        own.setup,
    );
    for (mid, line) in plan.iter().enumerate() {
        let direction = match line.direction {
            LineDirection::FromEndpoint => "sendonly",
            LineDirection::ToEndpoint => "recvonly",
        };
        let (media, formats) = match line.kind {
            Kind::Audio => ("audio", format!("{OPUS} {RED}")),
            Kind::Video => ("video", format!("{VIDEO} {RTX}")),
        };
        write!(
            sdp,
            "m={media} 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na={direction}\r\na=rtcp-mux\r\n\
             {}{}",
            extensions(line.kind, own.transport_feedback),
            formats_of(line.kind, codec, own.transport_feedback),
        )
        .expect("writing to a string never fails");
        if line.simulcast {
            sdp += "a=rid:l send\r\na=rid:m send\r\na=rid:h send\r\na=simulcast:send l;m;h\r\n";
        }
    }
    sdp
}

fn extensions(kind: Kind, transport_feedback: bool) -> String {
    let all = [
        (LEVEL_ID, "urn:ietf:params:rtp-hdrext:ssrc-audio-level", kind == Kind::Audio),
        (TRANSPORT_ID, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", transport_feedback),
        (MID_ID, "urn:ietf:params:rtp-hdrext:sdes:mid", true),
        (RID_ID, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", kind == Kind::Video),
        (REPAIRED_ID, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", kind == Kind::Video),
    ];
    let offered = all.iter().filter(|(_, _, offered)| *offered);
    offered.map(|(id, uri, _)| format!("a=extmap:{id} {uri}\r\n")).collect()
}

fn formats_of(kind: Kind, codec: Codec, transport_feedback: bool) -> String {
    let (own, feedback) = match kind {
        Kind::Audio => {
            let own =
                format!("a=rtpmap:{OPUS} opus/48000/2\r\na=rtpmap:{RED} red/48000/2\r\na=fmtp:{RED} {OPUS}/{OPUS}\r\n");
            return if transport_feedback { own + &format!("a=rtcp-fb:{OPUS} transport-cc\r\n") } else { own };
        }
        Kind::Video if codec == Codec::Vp8 => (format!("a=rtpmap:{VIDEO} VP8/90000\r\n"), ["nack", "nack pli"]),
        Kind::Video => (
            format!("a=rtpmap:{VIDEO} H264/90000\r\na=fmtp:{VIDEO} packetization-mode=1;profile-level-id=42e01f\r\n"),
            ["nack", "nack pli"],
        ),
    };
    let transport = transport_feedback.then_some("transport-cc");
    let feedback: String =
        feedback.into_iter().chain(transport).map(|kind| format!("a=rtcp-fb:{VIDEO} {kind}\r\n")).collect();
    format!("{own}{feedback}a=rtpmap:{RTX} rtx/90000\r\na=fmtp:{RTX} apt={VIDEO}\r\n")
}
