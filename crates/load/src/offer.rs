//! Offers as the pages write them, and what of an answer the load needs.

use std::fmt::Write;

use anyhow::Context;

use crate::{orders::Line, stun::Credentials};

/// Payload types as Chromium numbers them.
const H264: u8 = 102;
const H264_RTX: u8 = 103;
const VP8: u8 = 96;
const VP8_RTX: u8 = 97;
const OPUS: u8 = 111;

/// Header extensions with the ids under which they are offered.
const EXTENSIONS: [(u8, &str, Scope); 5] = [
    (1, "urn:ietf:params:rtp-hdrext:ssrc-audio-level", Scope::Sound),
    (3, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", Scope::All),
    (4, "urn:ietf:params:rtp-hdrext:sdes:mid", Scope::All),
    (10, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", Scope::Picture),
    (11, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", Scope::Picture),
];

/// Lines that offer an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    All,
    Sound,
    Picture,
}

/// Names of the layers, lowest first.
pub const RIDS: [&str; 3] = ["l", "m", "h"];

/// Programme slots, as `server` plans them: the hall's and four sites'.
const PROGRAM_SLOTS: usize = 5;
const PREVIEW_SLOTS: usize = 4;

/// Place of a line in a plan.
pub type LineIndex = u16;

/// Lines of a site, in the order of its offer. The tests hold them against the server's plan.
pub mod site {
    use super::LineIndex;
    /// Camera, three layers.
    pub const CAMERA: LineIndex = 0;
    /// Microphone.
    pub const MICROPHONE: LineIndex = 1;
    /// Picture of programme slot 0; its sound follows, then the other slots.
    pub const PROGRAM: LineIndex = 3;
}

/// Lines of a screen.
pub mod screen {
    use super::LineIndex;
    /// Picture of programme slot 0; its sound follows, then the other slots.
    pub const PROGRAM: LineIndex = 0;
}

/// Lines of a console.
pub mod console {
    use super::LineIndex;
    /// Picture of programme slot 0; its sound follows, then the other slots.
    pub const PROGRAM: LineIndex = 6;
    /// First tile of the wall.
    pub const WALL: LineIndex = 19;
}

/// What a site offers.
pub fn site_plan() -> Vec<Line> {
    let mut lines = vec![
        Line { simulcast: true, ..line(true, true, "camera") },
        line(false, true, "camera"),
        line(true, true, "content"),
    ];
    lines.extend(program());
    lines.push(line(false, false, "talkback"));
    lines.push(line(true, false, "return"));
    lines
}

/// What a screen offers: the programme.
pub fn screen_plan() -> Vec<Line> {
    program().collect()
}

/// What a console offers.
pub fn console_plan(tiles: usize) -> Vec<Line> {
    let mut lines = vec![line(false, true, "camera")];
    lines.extend((0..PREVIEW_SLOTS).map(|index| line(true, false, &format!("preview-{index}"))));
    lines.push(line(true, false, "preview-content"));
    lines.extend(program());
    lines.extend([line(false, false, "solo"), line(false, false, "talkback")]);
    lines.extend((0..tiles).map(|index| line(true, false, &format!("wall-{index}"))));
    lines
}

/// What a publisher offers who sends one picture and one sound.
pub fn publisher_plan() -> Vec<Line> {
    vec![line(true, true, "camera"), line(false, true, "camera")]
}

fn program() -> impl Iterator<Item = Line> {
    let slots = (0..PROGRAM_SLOTS).flat_map(|index| {
        let name = format!("program-{index}");
        [line(true, false, &name), line(false, false, &name)]
    });
    slots.chain(std::iter::once(line(true, false, "program-content")))
}

fn line(video: bool, sends: bool, stream: &str) -> Line {
    Line { video, sends, simulcast: false, stream: stream.to_owned() }
}

/// The offer of a peer.
pub fn write(plan: &[Line], ufrag: &str, password: &str, fingerprint: &str) -> String {
    let mids: Vec<String> = (0..plan.len()).map(|index| index.to_string()).collect();
    let mut sdp = format!(
        "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n\
         a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n",
        mids.join(" ")
    );
    for (index, line) in plan.iter().enumerate() {
        let (media, formats) = if line.video {
            ("video", format!("{H264} {H264_RTX} {VP8} {VP8_RTX}"))
        } else {
            ("audio", OPUS.to_string())
        };
        let direction = if line.sends { "sendonly" } else { "recvonly" };
        let _ = write!(
            sdp,
            "m={media} 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
             a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=ice-options:trickle\r\n\
             a=fingerprint:sha-256 {fingerprint}\r\na=setup:actpass\r\na=mid:{index}\r\n"
        );
        for (id, uri, scope) in EXTENSIONS {
            if scope == Scope::All || (scope == Scope::Picture) == line.video {
                let _ = write!(sdp, "a=extmap:{id} {uri}\r\n");
            }
        }
        let _ = write!(sdp, "a={direction}\r\na=msid:{} track-{index}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n", line.stream);
        sdp.push_str(if line.video { VIDEO_FORMATS } else { AUDIO_FORMATS });
        if line.simulcast {
            for rid in RIDS {
                let _ = write!(sdp, "a=rid:{rid} send\r\n");
            }
            let _ = write!(sdp, "a=simulcast:send {}\r\n", RIDS.join(";"));
        }
    }
    sdp
}

const VIDEO_FORMATS: &str = "a=rtpmap:102 H264/90000\r\na=rtcp-fb:102 goog-remb\r\na=rtcp-fb:102 transport-cc\r\n\
    a=rtcp-fb:102 ccm fir\r\na=rtcp-fb:102 nack\r\na=rtcp-fb:102 nack pli\r\n\
    a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n\
    a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n\
    a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 ccm fir\r\n\
    a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";

const AUDIO_FORMATS: &str = "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n\
    a=fmtp:111 minptime=10;useinbandfec=1\r\n";

/// What checks of an answered peer carry, and the fingerprint that the relay's certificate must have.
///
/// # Errors
///
/// The answer lacks one of them.
pub fn read_answer(sdp: &str, local_ufrag: &str) -> anyhow::Result<(Credentials, String)> {
    let value = |name: &str| {
        let found = sdp.lines().find_map(|line| line.strip_prefix("a=")?.strip_prefix(name)?.strip_prefix(':'));
        found.map(|value| value.trim().to_owned()).with_context(|| format!("the answer lacks {name}"))
    };
    let fingerprint = value("fingerprint")?;
    let fingerprint = fingerprint.strip_prefix("sha-256 ").context("the fingerprint is SHA-256")?;
    let credentials = Credentials {
        remote_ufrag: value("ice-ufrag")?,
        remote_password: value("ice-pwd")?,
        local_ufrag: local_ufrag.to_owned(),
    };
    Ok((credentials, fingerprint.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_where_their_names_say() {
        let site = site_plan();
        assert!(site[usize::from(site::CAMERA)].simulcast);
        assert!(!site[usize::from(site::MICROPHONE)].video && site[usize::from(site::MICROPHONE)].sends);
        assert_eq!(site[usize::from(site::PROGRAM)].stream, "program-0");
        assert_eq!(screen_plan()[usize::from(screen::PROGRAM)].stream, "program-0");
        let console = console_plan(63);
        assert_eq!(console[usize::from(console::PROGRAM)].stream, "program-0");
        assert_eq!(console[usize::from(console::WALL)].stream, "wall-0");
        assert_eq!(console.len(), usize::from(console::WALL) + 63);
    }

    #[test]
    fn an_answer_is_read() {
        let answer = "v=0\r\na=ice-ufrag:abc\r\na=ice-pwd:secret\r\na=fingerprint:sha-256 AA:BB\r\n";

        let (credentials, fingerprint) = read_answer(answer, "me").unwrap();

        assert_eq!(credentials.remote_ufrag, "abc");
        assert_eq!(credentials.remote_password, "secret");
        assert_eq!(fingerprint, "AA:BB");
        assert!(read_answer("v=0", "me").is_err());
    }
}
