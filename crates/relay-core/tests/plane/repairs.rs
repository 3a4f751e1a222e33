//! Lost packets, long streams, numbers that wrap.

use proptest::prelude::*;
use relay_core::*;
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::sender_report::SenderReport;
use rtc_rtcp::transport_feedbacks::transport_layer_cc::{SymbolTypeTcc, TransportLayerCc};
use rtc_rtcp::transport_feedbacks::transport_layer_nack::{TransportLayerNack, nack_pairs_from_sequence_numbers};

use crate::publisher::*;
use crate::world::*;

fn two_sites(codec: Codec) -> World {
    let mut world = World::new(5);
    for id in 1..=2 {
        world.publish(Publisher::new(id, codec, &[Layer::Low, Layer::High]));
    }
    world.receive(100, codec);
    world.run(1_500_000);
    world.set_routes(&programme(1, [100]));
    world.run(1_500_000);
    world
}

/// A receiver misses packets.
pub fn nack(slot: SlotId, sequences: &[u16]) -> TransportLayerNack {
    let nacks = nack_pairs_from_sequence_numbers(sequences);
    TransportLayerNack { sender_ssrc: 1, media_ssrc: ssrc(slot), nacks }
}

#[test]
fn requests_that_straddle_a_take_are_answered_from_both_sources() {
    let mut world = two_sites(Codec::H264);
    world.take(1, &programme(2, [100]));
    world.run(400_000);
    let (at, _) = world.done(1).unwrap();
    let slot = picture_slot(100, 0);
    let packets: Vec<OutgoingRtp> = world.slot(slot).iter().map(|(_, packet)| packet.clone()).collect();
    let cut = world.slot(slot).iter().position(|(when, _)| *when == at).unwrap();
    let missed = &packets[cut - 6..cut + 6];

    world.hear(100, &nack(slot, &missed.iter().map(|packet| packet.sequence as u16).collect::<Vec<_>>()));

    let repeated = &world.received[&rtx_ssrc(slot)];
    assert_eq!(repeated.len(), missed.len());
    for (original, (_, repeat)) in missed.iter().zip(repeated) {
        assert_eq!(repeat.payload[..2], (original.sequence as u16).to_be_bytes());
        assert_eq!(repeat.payload[2..], original.payload);
        assert_eq!((repeat.timestamp, repeat.marker), (original.timestamp, original.marker));
    }
}

#[test]
fn a_packet_that_is_asked_for_twice_within_a_round_trip_is_repeated_once() {
    let mut world = two_sites(Codec::H264);
    let slot = picture_slot(100, 0);
    let report = world.sent_rtcp::<SenderReport>(100).pop().unwrap().1;
    // It arrived half a round trip later, is answered at once, and the answer arrives now.
    world.run(200_000);
    let since = world.now - 200_000;
    let last = |report: &SenderReport| (report.ntp_time >> 16) as u32;
    let reports =
        vec![ReceptionReport { ssrc: report.ssrc, last_sender_report: last(&report), ..ReceptionReport::default() }];
    world.hear(100, &ReceiverReport { ssrc: 1, reports, ..ReceiverReport::default() });
    let missed = world.slot(slot).iter().rev().find(|(at, _)| *at >= since).unwrap().1.sequence as u16;
    let repeated = |world: &World| world.received.get(&rtx_ssrc(slot)).map_or(0, Vec::len);

    for _ in 0..3 {
        world.hear(100, &nack(slot, &[missed]));
        world.run(10_000);
    }
    assert_eq!(repeated(&world), 1);
    // The repetition was lost too.
    world.run(1_000_000);
    world.hear(100, &nack(slot, &[missed]));
    assert_eq!(repeated(&world), 2);
}

#[test]
fn lost_packets_are_asked_for_and_forwarded_in_their_place() {
    let mut world = two_sites(Codec::H264);
    let mut count = 0;
    world.lose = Box::new(move |packet| {
        count += 1;
        packet.track.line == VIDEO_LINE && count % 10 == 0
    });
    let before = world.slot(picture_slot(100, 0)).len();
    world.run(2_000_000);
    world.lose = Box::new(|_| false);
    world.run(500_000);

    let mut numbers: Vec<u64> =
        world.slot(picture_slot(100, 0))[before..].iter().map(|(_, packet)| packet.sequence).collect();
    numbers.sort_unstable();
    assert!(numbers.len() > 100);
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "a hole stayed");
    let lossy = world.sent_rtcp::<ReceiverReport>(1).into_iter().flat_map(|(_, report)| report.reports);
    assert!(lossy.map(|block| block.fraction_lost).max().unwrap() > 10);
}

#[test]
fn what_is_lost_beyond_a_bound_is_not_asked_for() {
    let mut world = World::new(5);
    for id in 1..=60 {
        world.publish(Publisher::new(id, Codec::H264, &[Layer::Low, Layer::High]));
    }
    world.run(2_000_000);
    let before = world.sent_asked();
    // More than what sixty sites on bad lines lose: the relay itself cannot keep up.
    let mut count = 0;
    world.lose = Box::new(move |packet| {
        count += 1;
        packet.track.line == VIDEO_LINE && count % 2 == 0
    });
    world.run(3_000_000);
    let asked = world.sent_asked() - before;

    assert!(asked > 3_000, "{asked} packets were asked for");
    assert!(asked <= 4 * 3_000, "{asked} packets were asked for in three seconds");
}

#[test]
fn every_packet_is_reported_to_the_sender_as_received() {
    let mut world = two_sites(Codec::H264);
    world.run(3_000_000);

    let reports = world.sent_rtcp::<TransportLayerCc>(1);
    assert!(reports.len() >= 50);
    for pair in reports.windows(2) {
        assert!(pair[1].0 - pair[0].0 <= 100_000);
        let next = pair[0].1.base_sequence_number.wrapping_add(pair[0].1.packet_status_count);
        assert_eq!(pair[1].1.base_sequence_number, next);
        assert_eq!(pair[1].1.fb_pkt_count, pair[0].1.fb_pkt_count.wrapping_add(1));
    }
    for (_, report) in &reports {
        assert_eq!(report.recv_deltas.len(), usize::from(report.packet_status_count));
        assert!(report.recv_deltas.iter().all(|delta| delta.type_tcc_packet != SymbolTypeTcc::PacketNotReceived));
    }
}

#[test]
fn numbers_run_on_over_the_sixteen_bits() {
    let mut world = World::new(5);
    let mut publisher = Publisher::new(1, Codec::H264, &[Layer::High]);
    publisher.delta_packets = 60;
    publisher.key_packets = 80;
    world.publish(publisher);
    world.receive(100, Codec::H264);
    world.set_routes(&programme(1, [100]));

    world.run(45_000_000);

    let packets = world.slot(picture_slot(100, 0));
    assert!(packets.len() > 70_000);
    assert!((8_192..32_768).contains(&packets[0].1.sequence), "starts well above zero, below 2^15");
    assert!(packets.windows(2).all(|pair| pair[0].1.sequence + 1 == pair[1].1.sequence));
    assert!(packets.last().unwrap().1.sequence > 65_536, "the roll-over counter is in the number");
}

#[test]
fn picture_numbers_of_vp8_run_on_across_takes() {
    let mut world = two_sites(Codec::Vp8);
    for take in 1..=6 {
        world.take(take, &programme(1 + take % 2, [100]));
        world.run(600_000);
        assert!(world.done(take).is_some());
    }

    let numbers = |packet: &OutgoingRtp| {
        (u16::from_be_bytes([packet.payload[2] & 0x7f, packet.payload[3]]), packet.payload[4], packet.timestamp)
    };
    let packets: Vec<_> = world.slot(picture_slot(100, 0)).iter().map(|(_, packet)| numbers(packet)).collect();
    for pair in packets.windows(2) {
        let ((picture, base, time), (next, next_base, next_time)) = (pair[0], pair[1]);
        let step = u16::from(time != next_time);
        assert_eq!(next, (picture + step) % 32_768);
        assert_eq!(next_base, base.wrapping_add(step as u8));
    }
}

#[test]
fn padding_leaves_no_hole() {
    let mut world = two_sites(Codec::H264);
    let before = world.slot(picture_slot(100, 0)).len();
    for _ in 0..20 {
        let publisher = world.publishers.get_mut(&1).unwrap();
        let mut padding = publisher.sound(0);
        let now = world.now;
        let publisher = world.publishers.get_mut(&1).unwrap();
        let stream = publisher.video.last_mut().unwrap();
        padding.track.line = VIDEO_LINE;
        padding.sequence = stream.next();
        padding.ssrc = stream.ssrc;
        padding.payload_type = VIDEO_TYPE;
        padding.timestamp = stream.base.wrapping_add((now * 9 / 100) as u32);
        padding.payload = bytes::Bytes::new();
        world.plane.handle_rtp(world.instant(), padding);
        world.run(200_000);
    }

    let packets = &world.slot(picture_slot(100, 0))[before..];
    assert!(packets.len() > 100);
    assert!(packets.windows(2).all(|pair| pair[0].1.sequence + 1 == pair[1].1.sequence));
    assert!(packets.iter().all(|(_, packet)| !packet.payload.is_empty()));
}

#[derive(Debug, Clone)]
enum Step {
    Routes(u8, u8),
    Take(u8),
    Loss(u8),
    Restart(u8),
    Nack(u8),
    Leave(u8),
    Run(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4u8, 0..4u8).prop_map(|(site, also)| Step::Routes(site, also)),
        (1..4u8).prop_map(Step::Take),
        (0..30u8).prop_map(Step::Loss),
        (1..4u8).prop_map(Step::Restart),
        (0..200u8).prop_map(Step::Nack),
        (1..4u8).prop_map(Step::Leave),
        (1_000..700_000u32).prop_map(Step::Run),
    ]
}

/// Two slots of two receivers, each carrying one of three sites or nothing.
fn mixed(site: u8, also: u8) -> Routes {
    let mut routes = if site == 0 { Routes::default() } else { programme(u64::from(site), [100, 101]) };
    for receiver in [100, 101] {
        if also > 0 {
            let endpoint = EndpointId(u64::from(also));
            let feed = Feed { track: TrackId { endpoint, line: VIDEO_LINE }, layer: Layer::Low, rank: 0 };
            routes.slots.insert(picture_slot(receiver, 1), feed);
        }
    }
    routes
}

/// With a cap for the first receiver or without: what it gets is paced half of the time.
fn capped(at: usize, mut routes: Routes) -> Routes {
    if at.is_multiple_of(2) {
        routes.limits.insert(EndpointId(100), 250_000);
    }
    routes
}

fn act(world: &mut World, at: usize, step: &Step) {
    match *step {
        Step::Routes(site, also) => world.set_routes(&capped(at, mixed(site, also))),
        Step::Take(site) => world.take(at as u64, &mixed(site, 4 - site)),
        Step::Loss(percent) => {
            let mut state = u32::from(percent) + 1;
            world.lose = Box::new(move |_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state >> 16 & 0xff < u32::from(percent) * 256 / 100
            });
        }
        Step::Restart(site) => {
            let publisher = world.publishers.get_mut(&u64::from(site)).unwrap();
            for stream in &mut publisher.video {
                stream.ssrc += 10_000;
                stream.sequence = stream.sequence.wrapping_mul(31);
                stream.key_wanted = true;
            }
        }
        Step::Nack(back) => {
            let slot = picture_slot(100, 0);
            if let Some((_, last)) = world.slot(slot).last() {
                let last = last.sequence as u16;
                let sequences: Vec<u16> = (0..20).map(|i| last.wrapping_sub(u16::from(back)).wrapping_add(i)).collect();
                world.hear(100, &nack(slot, &sequences));
            }
        }
        Step::Leave(site) => {
            let publisher = world.publishers[&u64::from(site)].clone();
            world.plane.remove_endpoint(world.instant(), publisher.id);
            world.drain();
            world.publish(publisher);
        }
        Step::Run(micros) => world.run(u64::from(micros)),
    }
}

/// What came on air and when, in the order in which it did: a take and an order of routes may have the same time.
#[derive(Default)]
struct Air {
    sites: Vec<(Micros, u8)>,
    /// Events that were looked at.
    seen: usize,
}

impl Air {
    fn takes(&mut self, world: &World, steps: &[Step]) {
        for (at, event) in &world.events[self.seen..] {
            if let PlaneEvent::TakeDone { take, .. } = event {
                let Step::Take(site) = steps[take.0 as usize] else { panic!("no such take") };
                self.sites.push((*at, site));
            }
        }
        self.seen = world.events.len();
    }
}

/// Sound is only ever that of the site on air; a picture that left the air is gone a second later.
fn assert_only_what_is_on_air(world: &World, air: &[(Micros, u8)]) {
    for (slot, held) in [(sound_slot(100, 0), 0), (picture_slot(100, 0), 1_000_000)] {
        for (at, packet) in world.slot(slot) {
            let Some(mark) = read_mark(&packet.payload).filter(|mark| mark.layer == 9 || mark.layer < 3) else {
                continue;
            };
            let before = air.iter().rfind(|(since, _)| since + held <= *at).map_or(0, |&(_, site)| site);
            let since = air.iter().filter(|(since, _)| since + held >= *at && since <= at).map(|&(_, site)| site);
            let allowed: Vec<u8> = since.chain([before]).collect();
            assert!(allowed.contains(&mark.source), "{slot:?} at {at}: {} while {allowed:?}", mark.source);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// The world asserts on every packet that its (SSRC, number) is new; here also that a stream's numbers never fall
    /// below its first and that one packet never mixes sources' times backwards by more than a reordering.
    #[test]
    fn no_number_is_given_out_twice(seed in 0..1_000u64, steps in prop::collection::vec(step(), 1..40)) {
        let mut world = World::new(seed);
        for id in 1..=3 {
            world.publish(Publisher::new(id, Codec::H264, &[Layer::Low, Layer::High]));
        }
        for receiver in [100, 101] {
            world.receive(receiver, Codec::H264);
        }
        let mut air = Air::default();
        for (at, step) in steps.iter().enumerate() {
            air.takes(&world, &steps);
            if let Step::Routes(site, _) = step {
                air.sites.push((world.now, *site));
            }
            act(&mut world, at, step);
            world.run(20_000);
        }
        world.run(1_500_000);
        air.takes(&world, &steps);
        assert_only_what_is_on_air(&world, &air.sites);
        for packets in world.received.values() {
            let first = packets[0].1.sequence;
            prop_assert!(packets.iter().all(|(_, packet)| packet.sequence >= first));
        }
    }

    /// Whatever a publisher sends, the plane goes on.
    #[test]
    fn arbitrary_payloads_and_rtcp_are_survived(
        packets in prop::collection::vec((any::<u16>(), any::<u32>(), any::<bool>(), any::<bool>(),
            prop::collection::vec(any::<u8>(), 0..40), 0..3u8), 1..200),
        rtcp in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..20),
        codec in prop_oneof![Just(Codec::H264), Just(Codec::Vp8)],
    ) {
        let mut world = two_sites(codec);
        let template = world.publishers.get_mut(&1).unwrap().frame(1, 0).remove(0);
        for (sequence, timestamp, marker, rtx, payload, ssrc) in packets {
            let packet = IncomingRtp {
                sequence, timestamp, marker, rtx, payload: payload.into(), ssrc: template.ssrc + u32::from(ssrc),
                transport_sequence: Some(sequence), ..template.clone()
            };
            world.plane.handle_rtp(world.instant(), packet);
            world.drain();
            world.run(1_000);
        }
        for mut packet in rtcp {
            world.plane.handle_rtcp(world.instant(), EndpointId(100), &packet);
            // The same with a header that leads into the parsers.
            if packet.len() >= 4 {
                packet[0] = 0x80 | packet[0] & 0x1f;
                packet[1] = 200 + packet[1] % 8;
                let words = packet.len() / 4 - 1;
                packet[2..4].copy_from_slice(&(words as u16).to_be_bytes());
                world.plane.handle_rtcp(world.instant(), EndpointId(1), &packet);
                world.plane.handle_rtcp(world.instant(), EndpointId(100), &packet);
            }
            world.drain();
        }
        world.run(1_000_000);
    }
}
