//! What the runs begin with: one input for each thing that a target knows how to do. They are committed as files in `seeds/`,
//! which `cargo run -p fuzz --example write-seeds` makes anew after a change of a target's steps.

use relay_core::Codec;

use crate::{
    demux,
    offer::RTX,
    rtcp, rtp,
    script::step,
    sdp::{change, flag},
    sealed::picture,
    stun,
};

/// An input to begin with.
#[derive(Debug, Clone)]
pub struct Seed {
    /// Name of the target.
    pub target: &'static str,
    /// Name of the file.
    pub name: &'static str,
    /// The input.
    pub bytes: Vec<u8>,
}

/// All of them.
pub fn seeds() -> Vec<Seed> {
    let mut all = Vec::new();
    let mut add = |target, seeds: Vec<(&'static str, Vec<u8>)>| {
        all.extend(seeds.into_iter().map(|(name, bytes)| Seed { target, name, bytes }));
    };
    add("stun", stun_seeds());
    add("demux", demux_seeds());
    add("sdp", sdp_seeds());
    add("rtp", rtp_seeds());
    add("rtcp", rtcp_seeds());
    add("wire_json", json_seeds());
    all
}

/// A script of these steps behind these bytes.
fn script(head: &[u8], steps: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = head.to_vec();
    for (kind, body) in steps {
        step(&mut bytes, *kind, body);
    }
    bytes
}

fn stun_seeds() -> Vec<(&'static str, Vec<u8>)> {
    use stun::kind;
    // USE-CANDIDATE, ICE-CONTROLLED, PRIORITY; a second MESSAGE-INTEGRITY that proves nothing.
    let nominates: &[u8] = &[0, 0x25, 0, 0];
    let controlled: &[u8] = &[0x80, 0x29, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8];
    let priority: &[u8] = &[0, 0x24, 0, 4, 1, 2, 3, 4];
    let second = [&[0, 8, 0, 20][..], &[7; 20]].concat();
    let with = |parts: &[&[u8]]| [&[0][..], &parts.concat()].concat();
    let bare = [&[0][..], &[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42], &[7; 12]].concat();
    // The number of bytes that are authentic stands in front.
    let appended = [&[0, 8][..], priority, nominates, &second].concat();
    let first_peer = |kind: u8, tuple: u8| kind | tuple << 4;
    let second_peer = |kind: u8, tuple: u8| kind | 8 | tuple << 4;
    vec![
        ("honest", script(&[], &[(first_peer(kind::HONEST, 0), &[0]), (second_peer(kind::HONEST, 1), &[1])])),
        ("bare", script(&[], &[(first_peer(kind::RAW, 0), &bare)])),
        ("nominated", script(&[], &[(first_peer(kind::NAMED, 2), &with(&[priority, nominates]))])),
        ("role-conflict", script(&[], &[(first_peer(kind::NAMED, 2), &with(&[priority, controlled]))])),
        ("nameless", script(&[], &[(first_peer(kind::AUTHENTIC, 2), &with(&[priority]))])),
        ("appended", script(&[], &[(first_peer(kind::APPENDED, 2), &appended)])),
        (
            "moves-and-restarts",
            script(
                &[],
                &[
                    (first_peer(kind::HONEST, 0), &[0]),
                    (first_peer(kind::RESTART, 0), &[]),
                    (first_peer(kind::HONEST, 9), &[0]),
                    (second_peer(kind::HONEST, 9), &[0]),
                    (first_peer(kind::CLOSED, 9), &[0]),
                    (first_peer(kind::PAUSE, 0), &[0, 0x20, 0]),
                    (second_peer(kind::HONEST, 10), &[1]),
                    (first_peer(kind::PAUSE, 0), &[0, 0x80, 0]),
                ],
            ),
        ),
    ]
}

/// A ClientHello that offers AES-GCM for SRTP, as far as a relay looks into it (RFC 6347 §4.2.2).
fn hello() -> Vec<u8> {
    let mut body = vec![0xfe, 0xfd];
    body.extend_from_slice(&[9; 32]);
    // No session, no cookie, one suite (ECDHE-ECDSA with AES-128-GCM), no compression.
    body.extend_from_slice(&[0, 0, 0, 2, 0xc0, 0x2b, 1, 0]);
    // use_srtp, curves, point formats, signatures, extended master secret.
    let extensions: [&[u8]; 5] = [
        &[0, 14, 0, 5, 0, 2, 0, 7, 0],
        &[0, 10, 0, 4, 0, 2, 0, 23],
        &[0, 11, 0, 2, 1, 0],
        &[0, 13, 0, 4, 0, 2, 4, 3],
        &[0, 23, 0, 0],
    ];
    let extensions = extensions.concat();
    body.extend_from_slice(&(extensions.len() as u16).to_be_bytes());
    body.extend_from_slice(&extensions);
    record(22, &[&[1][..], &length24(body.len()), &[0, 0, 0, 0, 0], &length24(body.len()), &body].concat())
}

fn length24(length: usize) -> [u8; 3] {
    let [_, high, middle, low] = (length as u32).to_be_bytes();
    [high, middle, low]
}

/// A DTLS record of the first epoch.
fn record(content: u8, body: &[u8]) -> Vec<u8> {
    [&[content, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0][..], &(body.len() as u16).to_be_bytes(), body].concat()
}

fn demux_seeds() -> Vec<(&'static str, Vec<u8>)> {
    use demux::kind;
    let through = |tuple: u8| kind::DATAGRAM | (tuple * kind::TUPLE);
    let alert = record(21, &[1, 0]);
    let rtp = [&[0x80, 111, 0, 1, 0, 0, 0, 0, 1, 0, 0, 4][..], &[3; 40]].concat();
    let rtcp = [&[0x80, 201, 0, 1, 1, 0, 0, 4][..], &[3; 24]].concat();
    let hello = hello();
    let (first, second) = hello.split_at(60);
    let everybody = |datagram: &[u8]| {
        let steps: Vec<(u8, &[u8])> = (0..8).map(|tuple| (through(tuple), datagram)).collect();
        script(&[], &steps)
    };
    vec![
        ("alert", everybody(&alert)),
        ("rtp", everybody(&rtp)),
        ("rtcp", everybody(&rtcp)),
        ("hello-from-all", everybody(&hello)),
        (
            "newcomer-says-hello",
            script(&[], &[(kind::CHECK, &[]), (through(2), &hello), (kind::PAUSE, &[3, 0]), (through(2), &alert)]),
        ),
        ("hello-before-the-check", script(&[], &[(through(2), &hello), (kind::CHECK, &[]), (kind::WITNESS, &[])])),
        ("hello-in-pieces", script(&[], &[(kind::CHECK, &[]), (through(2), first), (through(2), second)])),
        (
            "relay-says-hello",
            script(&[], &[(kind::NEWCOMER, &[]), (kind::CHECK, &[]), (kind::PAUSE, &[4, 0]), (through(2), &hello)]),
        ),
        ("other-protocols", script(&[], &[(through(6), b"GET / HTTP/1.1\r\n\r\n"), (through(4), &[0x40; 20])])),
    ]
}

fn sdp_seeds() -> Vec<(&'static str, Vec<u8>)> {
    let site = include_bytes!("../../relay-core/tests/session/offers/chromium-site.sdp");
    let many = |count: u16, line: &str| [&[0, 20][..], &count.to_be_bytes(), line.as_bytes()].concat();
    let at = |line: u8, text: &str| [&[0, line][..], text.as_bytes()].concat();
    let changes = |flags: u8, steps: &[(u8, &[u8])]| script(&[flag::CHANGES | flags], steps);
    vec![
        ("site", [&[0][..], site].concat()),
        ("site-unchanged", changes(0, &[])),
        ("screen-unchanged", changes(flag::SCREEN, &[])),
        ("screen-vp8", changes(flag::SCREEN | flag::VP8, &[])),
        ("fixed-plan", changes(flag::FIXED_PLAN, &[])),
        ("lines-again", changes(0, &[(change::DOUBLE, &[0, 7])])),
        ("line-many-times", changes(0, &[(change::REPEAT, &many(2_000, ""))])),
        ("no-mid", changes(0, &[(change::REMOVE, &[0, 15])])),
        ("other-mid", changes(0, &[(change::VALUE, &at(15, "!x"))])),
        ("formats", changes(0, &[(change::REPLACE, &at(7, "m=video 9 UDP/TLS/RTP/SAVPF 108 109 255 x"))])),
        ("other-media", changes(0, &[(change::INSERT, &at(7, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"))])),
        ("session-name", changes(0, &[(change::REPLACE, &at(2, "s="))])),
        ("time-zones", changes(0, &[(change::INSERT, &at(4, "z=2882844526 -1h 2898848070 0"))])),
        ("repeats", changes(0, &[(change::INSERT, &at(4, "r=7d 1h 0 25h"))])),
        ("bandwidth", changes(0, &[(change::INSERT, &at(3, "b=AS:128"))])),
        ("port-range", changes(0, &[(change::REPLACE, &at(7, "m=video 9/2 UDP/TLS/RTP/SAVPF 108 109"))])),
        ("address-range", changes(0, &[(change::REPLACE, &at(8, "c=IN IP4 224.2.1.1/127/3"))])),
    ]
}

/// Fields of a named packet: stream, flags, jumps of number and clock.
fn head(stream: u8, flags: u8, jump: i16, shift: u32) -> Vec<u8> {
    [&[stream, flags][..], &jump.to_be_bytes(), &shift.to_be_bytes()].concat()
}

fn rtp_seeds() -> Vec<(&'static str, Vec<u8>)> {
    use rtp::kind;
    let packet =
        |stream: u8, flags: u8, jump: i16, payload: &[u8]| [&head(stream, flags, jump, 0)[..], payload].concat();
    let film = |codec: Codec| {
        let first = u8::from(codec == Codec::Vp8);
        let key = packet(2, 3, 0, &picture(codec, true, 1));
        let low = packet(0, 3, 0, &picture(codec, true, 1));
        let delta = packet(2, 3, 0, &picture(codec, false, 2));
        let late = packet(2, 3, 2, &picture(codec, false, 4));
        let repaired = [&head(6, 2, 0, 0)[..], &[0, 3], &picture(codec, false, 3)].concat();
        script(
            &[first],
            &[
                (kind::NAMED, &key),
                (kind::NAMED, &low),
                (kind::PAUSE, &[0, 33]),
                (kind::NAMED, &delta),
                (kind::NAMED, &late),
                (kind::PAUSE, &[0, 33]),
                (kind::NAMED, &repaired),
                (kind::ROUTE, &[8]),
                (kind::WITNESS, &[0]),
                (kind::TAKE, &[1]),
                (kind::WITNESS, &[0]),
                (kind::PAUSE, &[4, 0]),
                (kind::NAMED, &key),
            ],
        )
    };
    let sound = packet(3, 7, 0, &[0x78, 1, 2, 3]);
    let gap = packet(3, 7, 5, &[0x78, 1, 2, 3]);
    let jump = packet(3, 7, 20_000, &[0x78, 1, 2, 3]);
    let padding = packet(2, 2, 0, &[]);
    let large = packet(2, 3, 0, &[0x65; 1_436]);
    // A header without extensions: what is forwarded has some, and is longer than what came.
    let bare = [&[0x80, 102, 0, 2, 0, 0, 0, 0, 2, 0, 0, 3][..], &[0x65; 1_472]].concat();
    let raw = [&[0xb0, 111, 0, 1, 0, 0, 0, 1, 2, 0, 0, 9, 0xbe, 0xde, 0, 1, 0x40, b'1', 0, 0][..], &[0x78, 2]].concat();
    let two_byte = [&[0x90, 102, 0, 1, 0, 0, 0, 1, 2, 0, 0, 8, 0x10, 0, 0, 1, 4, 1, b'0', 0][..], &[0x65, 2]].concat();
    let unit = packet(2, 3, 0, &[0x7c, 0x85, 0x80, 1]);
    let repeats_nothing = packet(6, 2, 0, &[0, RTX]);
    let key = |codec| packet(2, 3, 0, &picture(codec, true, 1));
    vec![
        ("film", film(Codec::H264)),
        ("film-vp8", film(Codec::Vp8)),
        (
            "sound",
            script(&[0], &[(kind::NAMED, &sound), (kind::NAMED, &gap), (kind::PAUSE, &[0, 20]), (kind::NAMED, &jump)]),
        ),
        ("padding", script(&[0], &[(kind::NAMED, &key(Codec::H264)), (kind::NAMED, &padding), (kind::NAMED, &unit)])),
        ("large", script(&[0], &[(kind::NAMED, &key(Codec::H264)), (kind::NAMED, &large)])),
        (
            "large-and-bare",
            script(&[0], &[(kind::NAMED, &key(Codec::H264)), (kind::RAW, &bare), (kind::PAUSE, &[1, 0])]),
        ),
        ("raw", script(&[0], &[(kind::RAW, &raw), (kind::RAW, &two_byte)])),
        ("repeats-nothing", script(&[0], &[(kind::NAMED, &repeats_nothing), (kind::NAMED, &key(Codec::H264))])),
        (
            "take",
            script(
                &[1],
                &[
                    (kind::NAMED, &key(Codec::Vp8)),
                    (kind::TAKE, &[2]),
                    (kind::PAUSE, &[0, 100]),
                    (kind::NAMED, &key(Codec::Vp8)),
                    (kind::TAKE, &[0x20]),
                    (kind::PAUSE, &[7, 0]),
                ],
            ),
        ),
    ]
}

fn rtcp_seeds() -> Vec<(&'static str, Vec<u8>)> {
    use rtcp::kind;
    let film: &[u8] = &[20, 0, 1, 1, 1, 1];
    // A receiver report with one block: loss, highest number, jitter, times.
    let report = [&[1, 201, 0][..], &[64, 0, 0, 9, 0, 1, 0, 5, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0]].concat();
    let sender = [&[0, 200, 3][..], &[0xe9; 8], &[0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 1, 0]].concat();
    let remb = [&[15, 206, 9][..], b"REMB", &[1, 0x0b, 0xff, 0xff, 0, 0, 0, 1]].concat();
    let raw = [&[0x80, 201, 0, 1, 2, 0, 0, 0xff][..], &[0x81, 206, 0, 2, 2, 0, 0, 0xff, 1, 0, 0, 3]].concat();
    // Base 0 back, 14 packets, reference time, count; a run and a vector of two bits; deltas.
    let arrivals = [&[0, 14][..], &[0, 14, 0, 0, 9, 1, 0x20, 7, 0xd5, 0x55], &[4; 14]].concat();
    let lost = [&[0, 14][..], &[0, 14, 0, 0, 9, 2, 0, 14]].concat();
    let mut losses: Vec<(u8, &[u8])> = vec![(kind::WITNESS, film)];
    losses.extend(std::iter::repeat_n([(kind::ARRIVALS, &lost[..]), (kind::WITNESS, &[3][..])], 12).flatten());
    vec![
        (
            "missing",
            script(
                &[0],
                &[(kind::WITNESS, film), (kind::MISSING, &[0, 16, 0xff, 0xff]), (kind::MISSING, &[2, 3, 0, 1])],
            ),
        ),
        ("missing-vp8", script(&[1], &[(kind::WITNESS, film), (kind::MISSING, &[0, 16, 0xff, 0xff])])),
        ("keyframes", script(&[0], &[(kind::WITNESS, film), (kind::ABOUT, &[1, 206, 0]), (kind::PAUSE, &[1, 0])])),
        ("full-intra", script(&[0], &[(kind::WITNESS, film), (kind::ABOUT, &[4, 206, 0, 0, 0, 0, 3, 1, 0, 0, 0])])),
        ("report", script(&[0], &[(kind::WITNESS, film), (kind::ABOUT, &report), (kind::PAUSE, &[4, 0])])),
        ("sender-report", script(&[0], &[(kind::ABOUT, &sender), (kind::PAUSE, &[2, 0]), (kind::ABOUT, &sender)])),
        ("remb", script(&[0], &[(kind::WITNESS, film), (kind::ABOUT, &remb), (kind::PAUSE, &[4, 0])])),
        ("compound", script(&[0], &[(kind::WITNESS, film), (kind::RAW, &raw), (kind::ROUTE, &[1, 0])])),
        ("arrivals", script(&[0], &[(kind::WITNESS, film), (kind::ARRIVALS, &arrivals), (kind::PAUSE, &[1, 0])])),
        ("losses", script(&[0], &losses)),
    ]
}

fn json_seeds() -> Vec<(&'static str, Vec<u8>)> {
    let texts = [
        ("hello", r#"{"type":"hello","protocol":1,"client":"site","token":"t","device":"d","since":7}"#),
        ("offer", r#"{"type":"offer","generation":1,"sdp":"v=0\r\n"}"#),
        ("shown", r#"{"type":"shown","take":3,"elapsed_ms":120}"#),
        (
            "status",
            r#"{"type":"status","camera":"live","microphone":"off","sound_playing":true,"content":false,"visible":true}"#,
        ),
        ("stats", r#"{"type":"stats","frames":60,"freezes":0,"concealed":0.01,"loss":1e-3,"rtt_ms":12.5,"kbps":2500}"#),
        ("talkback", r#"{"type":"talkback","sites":["cao-bang","ha-noi"]}"#),
        ("lease", r#"{"type":"lease","action":{"type":"hand_over","to":"\u0111\u1ea1i"}}"#),
        ("command", r#"{"type":"command","id":"1","seen":4,"command":{"type":"set_floor_mode","mode":"queue"}}"#),
        ("request", r#"{"id":"1","command":{"type":"set_floor_mode","mode":"open"}}"#),
        ("sign-in", r#"{"name":"a","password":"b"}"#),
        ("link", r#"{"token":"\ud83d\ude00"}"#),
        ("pong", r#"{"type":"pong","nonce":9007199254740991,"now":1}"#),
    ];
    texts.into_iter().map(|(name, text)| (name, text.as_bytes().to_vec())).collect()
}
