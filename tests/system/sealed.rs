//! Hostile packets under valid keys, from a peer that joined with a valid token: nothing of it reaches another, and the
//! conference goes on.

use std::time::{Duration, Instant};

use acceptance::{
    Bytes, Client, Habits, Peer, Server,
    peer::rtp::{
        self, LEVEL_ID, MID_ID, ONE_BYTE, OPUS, Packet, REPAIRED_ID, RID_ID, RTX, TRANSPORT_ID, TWO_BYTE, VIDEO,
    },
};
use anyhow::{Context, Result, ensure};
use wire::{Command, FloorMode, MediaKind, Slot};

/// SSRCs of the flood.
const FLOOD: u32 = 1_000;
/// Packets in one breath, so that the kernel's buffer drops none and each is looked at.
const BREATH: usize = 50;
const PAUSE: Duration = Duration::from_millis(5);
/// How long the keyframe requests of the flood go on.
const FLOOD_OF_PLI: Duration = Duration::from_secs(4);
/// At most one request upstream in this time; what the relay promises.
const REQUEST_INTERVAL: Duration = Duration::from_millis(500);
/// Packets that left at 500 ms distance may arrive closer on a busy machine.
const JITTER: Duration = Duration::from_millis(60);
/// A command is answered within this at the median; on a machine where everything else stands still, always.
const ANSWERED_WITHIN: Duration = Duration::from_millis(200);
/// Longest pause of somebody else's media that is put down to a busy machine.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// M-lines of a site's plan.
const CAMERA: usize = 0;
const MICROPHONE: usize = 1;
const CONTENT: usize = 2;

/// Site on air, the hall and a console, and the attacker.
struct World {
    server: Server,
    desk: Client,
    console: Peer,
    hall: Peer,
    speaker: Peer,
    attacker: Peer,
    /// Index of the attacker's next packet of each of its SSRCs.
    index: u64,
    answers: Vec<Duration>,
}

impl World {
    async fn new() -> Result<Self> {
        let server = Server::start().await?;
        let operator = server.sign_in()?;
        let console = Peer::console(&server, &operator).await?;
        let mut desk = Client::console(&server, &operator).await?;
        let hall = Peer::site(&server, &server.token("dien-hong", "main")?, Habits::says("the-hall")).await?;
        let speaker = Peer::site(&server, &server.token("ha-noi", "main")?, Habits::says("the-speaker")).await?;
        console.until_heard("the-speaker", 5, |slot, _| matches!(slot, Slot::Wall { .. })).await?;
        desk.put_on_air("ha-noi").await?;
        let attacker = Peer::site(&server, &server.token("cao-bang", "main")?, Habits::silent()).await?;
        attacker.until_heard("the-speaker", 20, in_programme).await?;
        Ok(Self { server, desk, console, hall, speaker, attacker, index: 1, answers: Vec::new() })
    }

    /// Sends all, and asks the server for something now and then.
    async fn attack(&mut self, packets: Vec<Packet>) -> Result<()> {
        for breath in packets.chunks(BREATH) {
            for packet in breath {
                self.attacker.send(packet);
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.attacker.flush().await?;
        self.ask().await
    }

    async fn attack_by_rtcp(&mut self, packets: Vec<Vec<u8>>) -> Result<()> {
        for breath in packets.chunks(BREATH) {
            for packet in breath {
                self.attacker.send_rtcp(packet.clone());
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.attacker.flush().await?;
        self.ask().await
    }

    async fn ask(&mut self) -> Result<()> {
        let mode = if self.answers.len().is_multiple_of(2) { FloorMode::Queue } else { FloorMode::Open };
        let asked = Instant::now();
        self.desk.accepted(Command::SetFloorMode { mode }).await?;
        self.answers.push(asked.elapsed());
        Ok(())
    }

    fn next(&mut self, count: u64) -> std::ops::Range<u64> {
        let from = self.index;
        self.index += count;
        from..self.index
    }

    /// Media of the others went on since then, the server is well, and commands were answered in time: at the median, at worst.
    fn verdict(&mut self, since: Instant) -> Result<(Duration, Duration)> {
        for (name, peer) in [("hall", &self.hall), ("console", &self.console)] {
            goes_on(peer, since).with_context(|| format!("the speaker at the {name}"))?;
            let hostile = peer
                .seen()
                .received
                .iter()
                .filter(|one| in_programme(one.slot, one.kind))
                .filter(|one| one.says("hostile"))
                .count();
            ensure!(hostile == 0, "{hostile} hostile packets reached the {name}'s programme");
        }
        let log = self.server.log()?;
        ensure!(!log.contains("panicked"), "the server panicked: {log}");
        self.answers.sort_unstable();
        let (median, worst) = (self.answers[self.answers.len() / 2], self.answers[self.answers.len() - 1]);
        ensure!(median < ANSWERED_WITHIN, "commands took {median:?} at the median");
        ensure!(worst < 25 * ANSWERED_WITHIN, "a command took {worst:?}");
        Ok((median, worst))
    }
}

fn in_programme(slot: Slot, _: MediaKind) -> bool {
    matches!(slot, Slot::Program { .. })
}

fn goes_on(peer: &Peer, since: Instant) -> Result<()> {
    let seen = peer.seen();
    for kind in [MediaKind::Audio, MediaKind::Video] {
        let its =
            seen.received.iter().filter(|one| one.kind == kind && in_programme(one.slot, kind) && one.at >= since);
        let times: Vec<Instant> = its.filter(|one| one.says("the-speaker")).map(|one| one.at).collect();
        let ends = [since].into_iter().chain(times.iter().copied());
        let pause = ends.zip(times.iter().copied()).map(|(before, after)| after - before).max();
        ensure!(pause.is_some_and(|pause| pause < LONGEST_PAUSE), "{kind:?}: a pause of {pause:?}");
        ensure!(times.last().is_some_and(|last| last.elapsed() < LONGEST_PAUSE), "{kind:?}: it stopped");
    }
    Ok(())
}

const SOUND: u32 = 0x2000_0001;
const PICTURE: u32 = 0x2000_0002;

fn sound(index: u64) -> Packet {
    Packet {
        timestamp: (index as u32).wrapping_mul(960),
        payload: b"hostile".to_vec(),
        ..Packet::of(MICROPHONE, None, SOUND, index)
    }
}

fn picture(index: u64, payload: Vec<u8>) -> Packet {
    let timestamp = (index as u32).wrapping_mul(3_600);
    Packet { second: 0x80 | VIDEO, timestamp, payload, ..Packet::of(CAMERA, Some("h"), PICTURE, index) }
}

/// Padding that is none, that is all, that is more than all.
fn padded(index: std::ops::Range<u64>) -> Vec<Packet> {
    let endings: [&[u8]; 6] = [&[0], &[255], &[1, 2, 3, 200], &[4, 0, 0, 4], &[], &[7, 7, 7, 7, 7, 7, 7]];
    let pairs = index.zip(endings.iter().cycle());
    pairs.map(|(index, ending)| Packet { flags: 0x20, payload: ending.to_vec(), ..sound(index) }).collect()
}

/// Header extensions that lie about their length, or say nothing that is known.
fn extended(index: std::ops::Range<u64>) -> Vec<Packet> {
    let blocks: Vec<(u16, u16, Vec<u8>)> = vec![
        (ONE_BYTE, 1, vec![MID_ID << 4 | 15, 1, 2, 3]),
        (ONE_BYTE, 1, vec![0xf0, 0, 0, 0]),
        (ONE_BYTE, 0, vec![]),
        (ONE_BYTE, 1, vec![MID_ID << 4 | 1, 0xff, 0xfe, 0]),
        (ONE_BYTE, 2, vec![MID_ID << 4, b'1', RID_ID << 4 | 3, b'n', b'o', b'n', b'e', 0]),
        (ONE_BYTE, 1, vec![TRANSPORT_ID << 4, 1, LEVEL_ID << 4, 0xff]),
        (TWO_BYTE, 1, vec![MID_ID, 255, 1, 2]),
        (TWO_BYTE, 1, vec![LEVEL_ID, 0, MID_ID, 0]),
        (TWO_BYTE, 1, vec![MID_ID, 0, 0, MID_ID]),
        (0x1234, 1, vec![1, 2, 3, 4]),
        // Longer than the packet, and shorter than what follows: header and seal do not agree then.
        (ONE_BYTE, 0xffff, vec![0; 4]),
        (ONE_BYTE, 1, vec![0; 400]),
    ];
    let pairs = index.zip(blocks.iter().cycle());
    pairs.map(|(index, block)| Packet { extension: Some(block.clone()), ..sound(index) }).collect()
}

/// Every second byte that there is: payload types nobody agreed on, RTCP's, each with and without the marker.
fn typed(index: std::ops::Range<u64>) -> Vec<Packet> {
    index
        .zip((0..=255).cycle())
        .map(|(index, second)| Packet { second, flags: (index % 16) as u8, ..sound(index) })
        .collect()
}

/// Larger than a datagram on Ethernet, up to what UDP carries.
fn oversized(index: std::ops::Range<u64>) -> Vec<Packet> {
    let sizes = [1_460, 1_485, 1_600, 4_000, 9_000, 30_000, 65_000, 70_000];
    index.zip(sizes.iter().cycle()).map(|(index, size)| picture(index, vec![0x65; *size])).collect()
}

/// Pictures that are not what their first bytes say, and repetitions of nothing.
fn pictures(index: std::ops::Range<u64>) -> Vec<Packet> {
    let mut bytes = Bytes(0x5eed);
    let mut payloads: Vec<Vec<u8>> = vec![
        vec![],
        vec![0x78],
        vec![0x78, 0xff],
        vec![0x78, 0xff, 0xff, 0x67],
        vec![0x78, 0, 0, 0, 0, 0, 0],
        vec![0x7c],
        vec![0x7c, 0x85],
        vec![0x7c, 0x45, 0],
        vec![0x67],
        vec![0x68],
        vec![0x67, 0, 0, 0, 0, 0],
        [vec![0x78], [0, 1, 0x65].repeat(400)].concat(),
        vec![0x1f],
        vec![0x00],
        rtp::picture(true, b"hostile"),
    ];
    // Parameter sets without end, each with another identifier.
    payloads.extend((0..64).map(|id: u8| vec![0x67, 0x42, 0xe0, 0x1f, id, id, id]));
    payloads.extend((0..64).map(|id: u8| vec![0x68, id, id]));
    payloads.extend((0..64).map(|_| {
        let length = (bytes.next() % 1_200) as usize;
        bytes.fill(length)
    }));
    let pairs = index.zip(payloads.iter().cycle());
    pairs
        .flat_map(|(index, payload)| {
            let original = picture(index, payload.clone());
            let names = rtp::one_byte(&[(MID_ID, b"0"), (REPAIRED_ID, b"h")]);
            let repeated = Packet { second: RTX, ssrc: PICTURE + 1, extension: Some(names), ..original.clone() };
            [original, repeated, Packet { timestamp: bytes.next() as u32, ..picture(index + 1_000, payload.clone()) }]
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_rtp_under_valid_keys_reaches_nobody_and_the_conference_goes_on() -> Result<()> {
    let mut world = World::new().await?;
    let began = Instant::now();

    let honest = world.next(20);
    world
        .attack(honest.map(|index| Packet { payload: b"hostile but well formed".to_vec(), ..sound(index) }).collect())
        .await?;
    for kind in [padded, extended, typed, oversized, pictures] {
        let range = world.next(512);
        world.attack(kind(range)).await?;
    }
    // Sequence numbers and clocks that jump: forwards within reach of the index, and back.
    let mut bytes = Bytes(0x1eaf);
    let mut index = world.next(1_000_000).start;
    let mut jumps = Vec::new();
    for _ in 0..500 {
        index += bytes.next() % 30_000;
        jumps.push(Packet { timestamp: bytes.next() as u32, ..sound(index) });
        jumps.push(Packet { timestamp: bytes.next() as u32, ..sound(index.saturating_sub(bytes.next() % 3_000)) });
        jumps.push(Packet { timestamp: bytes.next() as u32, ..picture(index, rtp::picture(true, b"hostile")) });
    }
    world.attack(jumps).await?;
    let flood = (0..FLOOD).flat_map(|ssrc| {
        let ssrc = 0x3000_0000 + ssrc;
        let hostile = |packet: Packet| Packet { payload: b"hostile".to_vec(), ..packet };
        [
            hostile(Packet::of(MICROPHONE, None, ssrc, 1)),
            Packet { second: VIDEO, ..hostile(Packet::of(CAMERA, Some("m"), ssrc + FLOOD, 1)) },
            Packet { second: VIDEO, ..hostile(Packet::of(CONTENT, None, ssrc + 2 * FLOOD, 1)) },
            Packet { second: OPUS, ..hostile(Packet::bare(ssrc + 3 * FLOOD, 1)) },
        ]
    });
    world.attack(flood.collect()).await?;
    for _ in 0..10 {
        world.ask().await?;
    }

    // Its own tile shows that packets of it did get in: the keys were good.
    let tile = |slot, _| matches!(slot, Slot::Wall { .. });
    ensure!(world.console.heard(began, "hostile", tile) > 0, "no packet of the attacker was ever let in");
    let (median, worst) = world.verdict(began)?;
    println!("commands answered in {median:?} (median), {worst:?} (worst)");
    Ok(())
}

/// RTCP that is cut, lies about lengths and counts, or speaks of others.
fn malformed_rtcp(others: &[u32]) -> Vec<Vec<u8>> {
    let mut bytes = Bytes(0xbad_c0de);
    let mut packets = Vec::new();
    for kind in 192..=223 {
        for (count, words) in [(0, 0), (0, 1), (31, 1), (31, 0xffff), (1, 6), (15, 4), (4, 2), (1, 3)] {
            for length in [0, 4, 8, 24, 200] {
                let [high, low] = u16::to_be_bytes(words);
                let mut packet = vec![0x80 | count, kind, high, low, 0, 0, 0, 1];
                packet.extend(bytes.fill(length));
                packets.push(packet);
            }
        }
    }
    for ssrc in others {
        let [a, b, c, d] = ssrc.to_be_bytes();
        let mut report = vec![0x81, 200, 0, 12, a, b, c, d];
        report.extend(bytes.fill(20));
        report.extend([a, b, c, d]);
        report.extend(bytes.fill(20));
        packets.push(report);
        packets.push(vec![0x81, 203, 0, 1, a, b, c, d]);
        packets.push(vec![0x81, 206, 0, 2, a, b, c, d, a, b, c, d]);
        packets.push(vec![0x84, 206, 0, 4, a, b, c, d, 0, 0, 0, 0, a, b, c, d, 1, 0, 0, 0]);
        packets.push(vec![0x8f, 206, 0, 4, a, b, c, d, 0, 0, 0, 0, b'R', b'E', b'M', b'B', 1, 0, 0, 0]);
    }
    packets
}

fn keyframe_request(ssrc: u32) -> Vec<u8> {
    [&[0x81, 206, 0, 2, 0, 0, 0, 1][..], &ssrc.to_be_bytes()].concat()
}

/// Requests for all 65,536 numbers of a stream, in compounds below the MTU.
fn nacks_of_everything(ssrc: u32) -> Vec<Vec<u8>> {
    let pairs: Vec<[u8; 4]> = (0..=u16::MAX)
        .step_by(17)
        .map(|first| {
            let [high, low] = first.to_be_bytes();
            [high, low, 0xff, 0xff]
        })
        .collect();
    let request = |pairs: &[[u8; 4]]| {
        let [high, low] = u16::try_from(2 + pairs.len()).unwrap_or(u16::MAX).to_be_bytes();
        [&[0x81, 205, high, low, 0, 0, 0, 1][..], &ssrc.to_be_bytes(), pairs.as_flattened()].concat()
    };
    pairs.chunks(300).map(request).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_rtcp_under_valid_keys_disturbs_nobody_and_asks_a_source_at_most_twice_a_second() -> Result<()> {
    let mut world = World::new().await?;
    let began = Instant::now();
    let others: Vec<u32> = {
        let sources = [&world.speaker, &world.hall].map(|peer| peer.seen().sources.clone()).concat();
        let lines = world.hall.lines.keys().chain(world.console.lines.keys());
        sources.iter().map(|source| source.ssrc).chain(lines.copied()).collect()
    };

    world.attack_by_rtcp(malformed_rtcp(&others)).await?;
    let slots: Vec<u32> = world.attacker.lines.keys().copied().collect();
    let received = world.attacker.seen().bytes;
    for ssrc in &slots {
        world.attack_by_rtcp(nacks_of_everything(*ssrc)).await?;
    }
    let repeated = world.attacker.seen().bytes - received;
    let flooding = Instant::now();
    while flooding.elapsed() < FLOOD_OF_PLI {
        world.attack_by_rtcp(slots.iter().chain(&others).map(|ssrc| keyframe_request(*ssrc)).collect()).await?;
    }

    let asked: Vec<(Instant, u32)> =
        world.speaker.seen().keyframe_requests.iter().filter(|(at, _)| *at >= flooding).copied().collect();
    let mut closest = Duration::MAX;
    for source in world.speaker.seen().sources.iter().filter(|source| source.rid.is_some()) {
        let times: Vec<Instant> = asked.iter().filter(|(_, ssrc)| *ssrc == source.ssrc).map(|(at, _)| *at).collect();
        let pauses = times.windows(2).map(|pair| pair[1] - pair[0]);
        closest = pauses.min().map_or(closest, |least| least.min(closest));
        let most = FLOOD_OF_PLI.as_millis() / REQUEST_INTERVAL.as_millis() + 2;
        ensure!(times.len() as u128 <= most, "{} requests to one layer in {FLOOD_OF_PLI:?}", times.len());
    }
    ensure!(!asked.is_empty(), "the flood asked for nothing: this test shows nothing");
    ensure!(closest.saturating_add(JITTER) >= REQUEST_INTERVAL, "two requests within {closest:?}");
    println!(
        "requests to the source: {}, closest {closest:?}; {repeated} B while everything was asked again",
        asked.len()
    );
    let (median, worst) = world.verdict(began)?;
    println!("commands answered in {median:?} (median), {worst:?} (worst)");
    Ok(())
}

#[tokio::test]
async fn payload_types_beyond_127_in_an_offer_are_no_payload_types() -> Result<()> {
    let server = Server::start().await?;
    for wrong in ["128", "255", "999", "-1", "99999999999999999999"] {
        let munge = move |offer: String| {
            offer
                .replace(&format!("SAVPF {OPUS}"), &format!("SAVPF {wrong}"))
                .replace(&format!(":{OPUS} "), &format!(":{wrong} "))
        };
        let habits = Habits { says: None, munge: Box::new(munge) };
        let joined = Peer::site(&server, &server.token("cao-bang", "main")?, habits).await;
        ensure!(
            joined.is_err_and(|error| error.to_string().contains("offer refused")),
            "payload type {wrong} was taken"
        );
    }
    ensure!(!server.log()?.contains("panicked"), "the server panicked");
    Ok(())
}
