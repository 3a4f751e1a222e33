//! The peer's offer, and what it must know of the answer.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use wire::{MediaDirection, MediaKind, MediaPlan, Slot};

use super::rtp::{LEVEL_ID, MID_ID, OPUS, REPAIRED_ID, RID_ID, RTX, TRANSPORT_ID, VIDEO};

/// What the peer says of itself.
pub(super) struct Own<'a> {
    pub ufrag: &'a str,
    pub password: &'a str,
    pub fingerprint: &'a str,
}

/// What the relay says of itself.
pub(super) struct Answer {
    pub ufrag: String,
    pub password: String,
    /// SSRC that the relay sends in a line, in the plan's order; none: it does not send there.
    pub ssrcs: Vec<Option<u32>>,
    /// Lines that the relay rejected.
    pub rejected: usize,
}

/// An offer of every line of the plan.
pub(super) fn offer(plan: &MediaPlan, own: &Own<'_>) -> String {
    let mids: Vec<String> = (0..plan.lines.len()).map(|mid| mid.to_string()).collect();
    let mut sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n\
         a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {}\r\na=setup:actpass\r\n",
        mids.join(" "),
        own.ufrag,
        own.password,
        own.fingerprint,
    );
    for (mid, line) in plan.lines.iter().enumerate() {
        let sends = line.direction == MediaDirection::Send;
        sdp += &media_line(mid, line.kind, if sends { "sendonly" } else { "recvonly" });
        if line.slot == Slot::Camera {
            sdp += "a=rid:l send\r\na=rid:m send\r\na=rid:h send\r\na=simulcast:send l;m;h\r\n";
        }
    }
    sdp
}

/// One m-line.
pub(super) fn media_line(mid: usize, kind: MediaKind, direction: &str) -> String {
    let (media, formats, codec) = match kind {
        MediaKind::Audio => ("audio", format!("{OPUS}"), format!("a=rtpmap:{OPUS} opus/48000/2\r\n")),
        MediaKind::Video => (
            "video",
            format!("{VIDEO} {RTX}"),
            format!(
                "a=rtpmap:{VIDEO} H264/90000\r\na=fmtp:{VIDEO} packetization-mode=1;profile-level-id=42e01f\r\n\
                 a=rtcp-fb:{VIDEO} nack\r\na=rtcp-fb:{VIDEO} nack pli\r\na=rtcp-fb:{VIDEO} transport-cc\r\n\
                 a=rtpmap:{RTX} rtx/90000\r\na=fmtp:{RTX} apt={VIDEO}\r\n"
            ),
        ),
    };
    let mut line = format!("m={media} 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\n");
    let extensions = [
        (MID_ID, "urn:ietf:params:rtp-hdrext:sdes:mid"),
        (RID_ID, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"),
        (REPAIRED_ID, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"),
        (LEVEL_ID, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
        (TRANSPORT_ID, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"),
    ];
    for (id, uri) in extensions {
        write!(line, "a=extmap:{id} {uri}\r\n").expect("writing to a string never fails");
    }
    line + &codec + &format!("a={direction}\r\na=rtcp-mux\r\n")
}

/// Reads the relay's answer.
pub(super) fn read_answer(sdp: &str) -> Result<Answer> {
    let value = |key: &str| sdp.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
    let sections: Vec<&str> = sdp.split("\r\nm=").skip(1).collect();
    let ssrc = |section: &&str| {
        let line = section.lines().find_map(|line| line.strip_prefix("a=ssrc:"))?;
        line.split(' ').next()?.parse().ok()
    };
    Ok(Answer {
        ufrag: value("a=ice-ufrag:").context("no ufrag in the answer")?,
        password: value("a=ice-pwd:").context("no password in the answer")?,
        ssrcs: sections.iter().map(ssrc).collect(),
        rejected: sections.iter().filter(|section| section.split(' ').nth(1) == Some("0")).count(),
    })
}
