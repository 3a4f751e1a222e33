//! Sound that is repeated (RED) beside sound that is asked for again (NACK, RTX), far away: a round trip of 150 ms.
//!
//! `cargo test -q -p relay-core --test plane sound:: -- --nocapture` prints the table of `docs/measurements.md`.

use std::collections::{BTreeMap, VecDeque};

use relay_core::*;
use rtc_rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
use rtc_rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;

use crate::publisher::*;
use crate::repairs::nack;
use crate::thin::{feedback, sounds};
use crate::world::*;

/// The way there, and the way back: it loses nothing, which is kind to requests.
const ONE_WAY: Micros = 75_000;
const ROUND_TRIP: Micros = 2 * ONE_WAY;
/// A way that carries everything.
const BITS_PER_SECOND: u64 = 20_000_000;
const FEEDBACK: Micros = 100_000;
const STEP: Micros = 1_000;
const SECOND: Micros = 1_000_000;
/// A browser asks so long after it has seen a gap, and again after a round trip and as long.
const ASKS_AFTER: Micros = 10_000;
/// How long sound waits after it could have come: some 40 ms are the browser's own, 120 ms the page's where packets are lost.
const WAITS: [Micros; 4] = [40_000, 120_000, 200_000, 400_000];
/// The receiver whose sound is repeated; those that ask follow it, one for each wait.
const REPEATED: u64 = 100;
/// Opus at 32 kbit/s.
const SOUND_BYTES: usize = 80;
const AROUND_PAYLOAD: usize = 72;
/// Sound that leaves between these counts: losses are known by then, and what is sent again has time to arrive.
const FROM: Micros = 10 * SECOND;
const UNTIL: Micros = 200 * SECOND;
const END: Micros = UNTIL + SECOND;

#[derive(Debug, Clone, Copy)]
enum Losses {
    /// Each packet by chance, so many of a hundred.
    Chance(u64),
    /// Everything for 60 ms, so many times of a hundred: three sounds, and what leaves between them.
    Fades(u64),
}

/// A receiver far away. It asks for sound only while the answer can still come before the sound is due.
struct Receiver {
    id: u64,
    losses: Losses,
    /// It asks, and plays a sound so long after it could have come.
    asks_within: Option<Micros>,
    free_at: Micros,
    /// Packets of each stream that were looked at.
    seen: BTreeMap<u32, usize>,
    sent: u64,
    next_number: u16,
    unreported: VecDeque<(u16, Option<Micros>)>,
    under_way: BTreeMap<(Micros, u64), OutgoingRtp>,
    /// On the way to the relay.
    requests: VecDeque<(Micros, TransportLayerNack)>,
    reports: VecDeque<(Micros, TransportLayerCc)>,
    /// When each sound could have arrived, by its number and by its capture.
    possible: BTreeMap<u64, Micros>,
    expected: BTreeMap<Micros, Micros>,
    highest: Option<u64>,
    /// Numbers that are missing, and when they are asked for.
    missing: BTreeMap<u64, Micros>,
    /// When each sound arrived, by its capture.
    heard: BTreeMap<Micros, Micros>,
    bits: usize,
}

impl Receiver {
    fn new(id: u64, losses: Losses, asks_within: Option<Micros>) -> Self {
        Self {
            id,
            losses,
            asks_within,
            free_at: 0,
            seen: BTreeMap::new(),
            sent: 0,
            next_number: 0,
            unreported: VecDeque::new(),
            under_way: BTreeMap::new(),
            requests: VecDeque::new(),
            reports: VecDeque::new(),
            possible: BTreeMap::new(),
            expected: BTreeMap::new(),
            highest: None,
            missing: BTreeMap::new(),
            heard: BTreeMap::new(),
            bits: 0,
        }
    }

    fn sound(&self) -> u32 {
        ssrc(sound_slot(self.id, 0))
    }

    fn sound_again(&self) -> u32 {
        rtx_ssrc(sound_slot(self.id, 0))
    }

    fn step(&mut self, world: &mut World) {
        self.carry(world);
        while let Some(entry) = self.under_way.first_entry().filter(|entry| entry.key().0 <= world.now) {
            let ((at, _), packet) = entry.remove_entry();
            self.hear(at, &packet);
        }
        self.ask(world.now);
        if world.now.is_multiple_of(FEEDBACK) {
            self.report(world.now);
        }
        while let Some(request) = take_due(&mut self.requests, world.now) {
            world.hear(self.id, &request);
        }
        while let Some(report) = take_due(&mut self.reports, world.now) {
            world.hear(self.id, &report);
        }
    }

    /// Packets that left since the last step.
    fn carry(&mut self, world: &World) {
        let picture = picture_slot(self.id, 0);
        let mut leaving = Vec::new();
        for stream in [self.sound(), self.sound_again(), ssrc(picture), rtx_ssrc(picture)] {
            let packets = world.received.get(&stream).map_or(&[][..], |packets| packets);
            let seen = self.seen.insert(stream, packets.len()).unwrap_or(0);
            leaving.extend(packets[seen..].iter().cloned());
        }
        let number = |packet: &OutgoingRtp| packet.transport_sequence.expect("all of it is numbered");
        leaving.sort_by_key(|(_, packet)| number(packet).wrapping_sub(self.next_number));
        for (left, packet) in leaving {
            let bits = (packet.payload.len() + AROUND_PAYLOAD) * 8;
            if packet.ssrc == self.sound() {
                let mark = sounds(&packet).last().and_then(|sound| read_mark(&sound));
                self.possible.insert(packet.sequence, left + ONE_WAY);
                self.expected.insert(mark.expect("the model's sound").capture, left + ONE_WAY);
            }
            if [self.sound(), self.sound_again()].contains(&packet.ssrc) && (FROM..UNTIL).contains(&left) {
                self.bits += bits;
            }
            let start = self.free_at.max(left);
            self.free_at = start + bits as u64 * SECOND / BITS_PER_SECOND;
            let arrival = (!self.loses(left)).then_some(self.free_at + ONE_WAY);
            self.next_number = number(&packet).wrapping_add(1);
            self.unreported.push_back((number(&packet), arrival));
            if let Some(at) = arrival {
                self.under_way.insert((at, self.sent), packet);
            }
        }
    }

    fn loses(&mut self, left: Micros) -> bool {
        self.sent += 1;
        match self.losses {
            Losses::Chance(percent) => scatter(self.id, self.sent) % 100 < percent,
            Losses::Fades(percent) => scatter(self.id, left / (3 * SOUND)) % 100 < percent,
        }
    }

    fn hear(&mut self, at: Micros, packet: &OutgoingRtp) {
        let again = packet.ssrc == self.sound_again();
        if again {
            let number = u16::from_be_bytes([packet.payload[0], packet.payload[1]]);
            self.missing.retain(|missing, _| *missing as u16 != number);
        } else if packet.ssrc == self.sound() {
            let next = self.highest.map_or(packet.sequence, |highest| highest + 1);
            self.missing.extend((next..packet.sequence).map(|missing| (missing, at + ASKS_AFTER)));
            self.highest = Some(packet.sequence);
        } else {
            return;
        }
        for sound in sounds(packet) {
            let mark = read_mark(&sound).expect("the model's sound");
            self.heard.entry(mark.capture).or_insert(at);
        }
    }

    fn ask(&mut self, now: Micros) {
        let Some(wait) = self.asks_within else { return };
        let possible = &self.possible;
        self.missing.retain(|number, at| *at + ROUND_TRIP <= possible[number] + wait);
        let mut wanted = Vec::new();
        for (number, at) in self.missing.iter_mut().filter(|(_, at)| **at <= now) {
            *at += ROUND_TRIP + ASKS_AFTER;
            wanted.push(*number as u16);
        }
        if !wanted.is_empty() {
            self.requests.push_back((now + ONE_WAY, nack(sound_slot(self.id, 0), &wanted)));
        }
    }

    /// Tells of everything up to the last packet that has arrived.
    fn report(&mut self, now: Micros) {
        let has_come = |told: &(u16, Option<Micros>)| told.1.is_some_and(|at| at <= now);
        let known = self.unreported.iter().rposition(has_come).map_or(0, |last| last + 1);
        let told: Vec<_> = self.unreported.drain(..known).collect();
        self.reports.extend(feedback(&told).map(|report| (now + ONE_WAY, report)));
    }

    fn due(&self) -> impl Iterator<Item = (&Micros, &Micros)> {
        self.expected.iter().filter(|(_, possible)| (FROM + ONE_WAY..UNTIL + ONE_WAY).contains(*possible))
    }

    /// Percent of the sound that is not there when it is played.
    fn missed(&self, wait: Micros) -> f64 {
        let late =
            |(capture, possible): &(&Micros, &Micros)| self.heard.get(capture).is_none_or(|at| *at > **possible + wait);
        self.due().filter(late).count() as f64 * 100.0 / self.due().count() as f64
    }

    /// Percent more bits than the sound alone.
    fn extra(&self) -> f64 {
        let alone = self.due().count() * (SOUND_BYTES + AROUND_PAYLOAD) * 8;
        self.bits as f64 * 100.0 / alone as f64 - 100.0
    }
}

/// What has come by now.
fn take_due<T>(queue: &mut VecDeque<(Micros, T)>, now: Micros) -> Option<T> {
    queue.front().filter(|(at, _)| *at <= now)?;
    queue.pop_front().map(|(_, due)| due)
}

fn negotiate(world: &mut World, id: u64, asks: bool) {
    let (sound, picture) = (sound_slot(id, 0), picture_slot(id, 0));
    let lines = [(sound, Kind::Audio, Codec::Opus, AUDIO_TYPE), (picture, Kind::Video, Codec::H264, VIDEO_TYPE)];
    let lines = lines.map(|(slot, kind, codec, payload_type)| {
        let repeats = kind == Kind::Video || asks;
        let flow = Flow::Outgoing {
            codec,
            payload_type,
            rtx_payload_type: repeats.then_some(103),
            ssrc: ssrc(slot),
            rtx_ssrc: repeats.then_some(rtx_ssrc(slot)),
            red_payload_type: (!repeats).then_some(RED_TYPE),
            numbered: true,
        };
        NegotiatedLine { line: slot.line, mid: slot.line.0.to_string(), kind, flow }
    });
    let extensions = ExtensionIds { transport_cc: Some(5), ..ExtensionIds::default() };
    let negotiated = Negotiated { lines: lines.into(), extensions };
    world.plane.add_endpoint(world.instant(), EndpointId(id), &negotiated);
    world.plane.endpoint_connected(world.instant(), EndpointId(id));
    world.drain();
}

/// The programme for a receiver whose sound is repeated, and for one that asks, for each wait.
fn receivers(losses: Losses) -> Vec<Receiver> {
    let mut world = World::new(11);
    let mut site = Publisher::new(1, Codec::H264, &[Layer::Low, Layer::Mid, Layer::High]);
    site.filler = [60, 330, 1_100];
    site.sound_filler = SOUND_BYTES - 11;
    world.publish(site);
    let mut receivers = vec![Receiver::new(REPEATED, losses, None)];
    receivers.extend(WAITS.iter().zip(REPEATED + 1..).map(|(wait, id)| Receiver::new(id, losses, Some(*wait))));
    for receiver in &receivers {
        negotiate(&mut world, receiver.id, receiver.asks_within.is_some());
    }
    world.set_routes(&programme(1, receivers.iter().map(|receiver| receiver.id)));
    while world.now < END {
        world.run(STEP);
        for receiver in &mut receivers {
            receiver.step(&mut world);
        }
    }
    receivers
}

#[test]
fn far_away_sound_that_is_repeated_is_there_in_time_and_sound_that_is_asked_for_is_not() {
    println!();
    let heads = WAITS.map(|wait| format!("{:>14}", format!("{} ms", wait / 1_000))).join(" ");
    println!("{:<41} {heads}", "% missing when played (% more bits)");
    let chance = [5, 10, 20, 30].map(|percent| (format!("{percent} % by chance"), Losses::Chance(percent)));
    let fades = [("20 % in threes".to_owned(), Losses::Fades(20))];
    for (name, losses) in chance.into_iter().chain(fades) {
        let receivers = receivers(losses);
        let [red, asking @ ..] = &receivers[..] else { unreachable!("one and one for each wait") };
        let told = |receiver: &Receiver, wait| format!("{:.2} (+{:.0})", receiver.missed(wait), receiver.extra());
        let repeated = WAITS.map(|wait| format!("{:>14}", told(red, wait))).join(" ");
        let asked: Vec<String> =
            asking.iter().zip(WAITS).map(|(receiver, wait)| format!("{:>14}", told(receiver, wait))).collect();
        println!("{name:<20} repeated (RED)     {repeated}");
        println!("{:<20} asked for (NACK)   {}", "", asked.join(" "));

        let (red, nack) = (red.missed(WAITS[1]), asking[1].missed(WAITS[1]));
        assert!(red < nack / 2.0, "{name}: {red} % missing with RED, {nack} % with NACK at the page's wait");
    }
}
