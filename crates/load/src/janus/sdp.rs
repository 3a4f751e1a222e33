//! What of Janus's descriptions the load needs, and the answers of its subscribers.

use std::{fmt::Write, net::SocketAddrV4};

use anyhow::Context;

use crate::orders::Extensions;

/// One m-line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemoteLine {
    /// Picture or sound.
    pub video: bool,
    /// First payload type.
    pub payload_type: u8,
    /// SSRC of the media, if Janus sends.
    pub ssrc: Option<u32>,
    /// SSRC of its RTX.
    pub rtx_ssrc: Option<u32>,
    /// The line itself with what an answer repeats of it.
    repeated: Vec<String>,
}

/// A description by Janus.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remote {
    /// For checks.
    pub ufrag: String,
    /// For checks.
    pub password: String,
    /// Of its certificate, SHA-256.
    pub fingerprint: String,
    /// Where it listens for this peer.
    pub address: Option<SocketAddrV4>,
    /// Header extensions.
    pub extensions: Extensions,
    /// Its m-lines.
    pub lines: Vec<RemoteLine>,
}

/// Attributes of an m-line that an answer repeats.
const REPEATED: [&str; 5] = ["mid:", "rtpmap:", "fmtp:", "rtcp-fb:", "extmap:"];

/// Reads a description.
///
/// # Errors
///
/// It lacks what a connection needs.
pub fn read(sdp: &str) -> anyhow::Result<Remote> {
    let mut remote = Remote::default();
    for text in sdp.lines() {
        if let Some(media) = text.strip_prefix("m=") {
            let payload_type = media.split(' ').nth(3).and_then(|format| format.parse().ok()).unwrap_or(0);
            let video = media.starts_with("video");
            let repeated = vec![text.to_owned()];
            remote.lines.push(RemoteLine { video, payload_type, repeated, ..RemoteLine::default() });
        } else if let Some(attribute) = text.strip_prefix("a=") {
            take(&mut remote, attribute);
        }
    }
    let complete = [&remote.ufrag, &remote.password, &remote.fingerprint].iter().all(|part| !part.is_empty());
    (complete && remote.address.is_some()).then_some(remote).context("Janus's SDP lacks an address or credentials")
}

fn take(remote: &mut Remote, attribute: &str) {
    let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
    let first = |text: &str| text.split(' ').next().and_then(|number| number.parse::<u32>().ok());
    match name {
        "ice-ufrag" => value.clone_into(&mut remote.ufrag),
        "ice-pwd" => value.clone_into(&mut remote.password),
        "fingerprint" => value.trim_start_matches("sha-256 ").clone_into(&mut remote.fingerprint),
        "candidate" => remote.address = remote.address.or_else(|| candidate(value)),
        "extmap" => note_extension(&mut remote.extensions, value),
        "ssrc" => {
            if let Some(line) = remote.lines.last_mut() {
                line.ssrc = line.ssrc.or_else(|| first(value));
            }
        }
        "ssrc-group" => {
            let mut pair = value.strip_prefix("FID ").unwrap_or_default().split(' ').map(str::parse);
            if let (Some(line), Some(Ok(ssrc)), Some(Ok(rtx))) = (remote.lines.last_mut(), pair.next(), pair.next()) {
                (line.ssrc, line.rtx_ssrc) = (Some(ssrc), Some(rtx));
            }
        }
        _ => {}
    }
    if let Some(line) = remote.lines.last_mut()
        && REPEATED.iter().any(|repeated| attribute.starts_with(repeated))
    {
        line.repeated.push(format!("a={attribute}"));
    }
}

/// `foundation component protocol priority address port …` (RFC 8839 §5.1): the first one over UDP and IPv4.
fn candidate(value: &str) -> Option<SocketAddrV4> {
    let parts: Vec<&str> = value.split(' ').collect();
    let [_, "1", protocol, _, address, port, ..] = parts[..] else { return None };
    let address = address.parse().ok()?;
    protocol.eq_ignore_ascii_case("udp").then_some(SocketAddrV4::new(address, port.parse().ok()?))
}

fn note_extension(extensions: &mut Extensions, value: &str) {
    let Some((id, uri)) = value.split_once(' ') else { return };
    let id = id.split('/').next().and_then(|id| id.parse().ok());
    match uri.rsplit([':', '/']).next() {
        Some("ssrc-audio-level") => extensions.audio_level = id,
        Some("mid") => extensions.mid = id,
        Some("draft-holmer-rmcat-transport-wide-cc-extensions-01") => extensions.transport_cc = id,
        _ => {}
    }
}

/// Who answers.
#[derive(Debug, Clone, Copy)]
pub struct Local<'a> {
    /// For checks.
    pub ufrag: &'a str,
    /// For checks.
    pub password: &'a str,
    /// Of the certificate, SHA-256.
    pub fingerprint: &'a str,
    /// Where the peer listens.
    pub address: SocketAddrV4,
}

/// The answer of a peer that receives everything that is offered.
pub fn answer(offer: &Remote, local: Local<'_>) -> String {
    let Local { ufrag, password, fingerprint, address } = local;
    let mids = |line: &RemoteLine| line.repeated.iter().find_map(|text| text.strip_prefix("a=mid:").map(str::to_owned));
    let bundle: Vec<String> = offer.lines.iter().filter_map(mids).collect();
    let mut sdp =
        format!("v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {1}\r\n", address.ip(), bundle.join(" "));
    for line in &offer.lines {
        let (media, attributes) = line.repeated.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
        let _ = write!(
            sdp,
            "{media}\r\nc=IN IP4 {0}\r\na=recvonly\r\na=rtcp-mux\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\n\
             a=fingerprint:sha-256 {fingerprint}\r\na=setup:active\r\n{1}",
            address.ip(),
            own_candidate(address)
        );
        attributes.iter().for_each(|attribute| sdp.extend([attribute.as_str(), "\r\n"]));
    }
    sdp
}

/// The lines that say where a peer listens.
pub fn own_candidate(address: SocketAddrV4) -> String {
    let (ip, port) = (address.ip(), address.port());
    format!("a=candidate:1 1 udp 2130706431 {ip} {port} typ host\r\na=end-of-candidates\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\na=fingerprint:sha-256 AA:BB\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\n\
        a=ice-ufrag:abc\r\na=ice-pwd:secret\r\na=rtpmap:111 opus/48000/2\r\na=ssrc:5 cname:janus\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 102 103\r\na=mid:1\r\na=rtpmap:102 H264/90000\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
        a=ssrc-group:FID 6 7\r\na=ssrc:6 cname:janus\r\na=ssrc:7 cname:janus\r\n\
        a=candidate:1 1 UDP 2130706431 fe80::1 5 typ host\r\na=candidate:2 1 udp 2015363327 10.77.0.1 40000 typ host\r\n";

    #[test]
    fn an_offer_is_read() {
        let offer = read(OFFER).unwrap();

        assert_eq!(
            (offer.ufrag.as_str(), offer.password.as_str(), offer.fingerprint.as_str()),
            ("abc", "secret", "AA:BB")
        );
        assert_eq!(offer.address, Some("10.77.0.1:40000".parse().unwrap()));
        assert_eq!(offer.extensions.mid, Some(4));
        let [sound, picture] = &offer.lines[..] else { panic!("two lines") };
        assert_eq!((sound.video, sound.payload_type, sound.ssrc, sound.rtx_ssrc), (false, 111, Some(5), None));
        assert_eq!(
            (picture.video, picture.payload_type, picture.ssrc, picture.rtx_ssrc),
            (true, 102, Some(6), Some(7))
        );
        assert!(read("v=0\r\n").is_err());
    }

    #[test]
    fn an_answer_takes_every_line_and_says_who_listens_where() {
        let local = Local { ufrag: "me", password: "mine", fingerprint: "CC", address: "10.77.1.0:7".parse().unwrap() };

        let answer = answer(&read(OFFER).unwrap(), local);

        assert!(answer.contains("a=group:BUNDLE 0 1\r\n"));
        assert_eq!(answer.matches("a=recvonly\r\n").count(), 2);
        assert_eq!(answer.matches("a=setup:active\r\n").count(), 2);
        assert!(
            answer.contains("m=video 9 UDP/TLS/RTP/SAVPF 102 103\r\n")
                && answer.contains("a=rtpmap:102 H264/90000\r\n")
        );
        assert!(answer.contains("10.77.1.0 7 typ host\r\n") && !answer.contains("ssrc"));
    }
}
