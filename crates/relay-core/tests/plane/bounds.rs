//! What one peer can cause, with valid keys and valid packets, is bounded.

use relay_core::*;
use rtc_rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;

use crate::publisher::*;
use crate::repairs::nack;
use crate::world::*;

const SECOND: Micros = 1_000_000;

/// A site with three layers and a receiver without transport-wide feedback.
fn world() -> World {
    let mut world = World::new(5);
    let mut site = Publisher::new(1, Codec::H264, &[Layer::Low, Layer::Mid, Layer::High]);
    site.filler = [60, 330, 1_100];
    world.publish(site);
    world.receive(100, Codec::H264);
    world.set_routes(&programme(1, [100]));
    world.run(3 * SECOND);
    world
}

fn limit(bits: u64) -> ReceiverEstimatedMaximumBitrate {
    ReceiverEstimatedMaximumBitrate { sender_ssrc: 1, bitrate: bits as f32, ssrcs: vec![ssrc(picture_slot(100, 0))] }
}

fn shown(world: &World) -> Option<u8> {
    let marks = world.slot(picture_slot(100, 0)).iter().rev().filter_map(|(_, packet)| read_mark(&packet.payload));
    marks.map(|mark| mark.layer).find(|layer| *layer < 3)
}

#[test]
fn a_limit_that_a_receiver_names_lowers_the_layer_and_lifts_it_again() {
    let mut world = world();
    assert_eq!(shown(&world), Some(2));

    world.hear(100, &limit(250_000));
    world.run(SECOND);
    assert_eq!(shown(&world), Some(0));
    world.hear(100, &limit(600_000));
    world.run(SECOND);
    assert_eq!(shown(&world), Some(1));
    world.hear(100, &limit(20_000_000));
    world.run(SECOND);

    assert_eq!(shown(&world), Some(2));
}

#[test]
fn limits_that_come_in_a_flood_are_looked_at_one_by_one() {
    let mut world = world();
    for index in 0..400 {
        world.hear(100, &limit(if index % 2 == 0 { 20_000_000 } else { 250_000 }));
    }
    world.run(SECOND);
    assert_eq!(shown(&world), Some(2), "the first of the flood counts");
    world.hear(100, &limit(250_000));
    world.run(SECOND);

    assert_eq!(shown(&world), Some(0), "and the next one that comes by itself");
}

#[test]
fn compounds_beyond_the_bound_are_not_read_before_the_next_second() {
    let mut world = world();
    let slot = picture_slot(100, 0);
    let last = world.slot(slot).last().unwrap().1.sequence as u16;
    let repeated = |world: &World| world.received.get(&rtx_ssrc(slot)).map_or(0, Vec::len);

    for _ in 0..1_000 {
        // Of a slot that is not its own: read, and nothing comes of it.
        world.hear(100, &nack(picture_slot(101, 0), &[last]));
    }
    world.hear(100, &nack(slot, &[last]));
    assert_eq!(repeated(&world), 0);
    world.run(SECOND);
    let last = world.slot(slot).last().unwrap().1.sequence as u16;
    world.hear(100, &nack(slot, &[last]));

    assert_eq!(repeated(&world), 1);
}

#[test]
fn a_track_that_begins_stream_after_stream_begins_a_few_a_second() {
    let mut world = world();
    let slot = picture_slot(100, 0);
    let keys = |world: &World, since: Micros| {
        let lately = world.slot(slot).iter().filter(|(at, _)| *at >= since);
        let marks = lately.filter_map(|(_, packet)| read_mark(&packet.payload));
        marks.filter(|mark| mark.layer < 3 && mark.key && mark.first).count()
    };
    let since = world.now;
    for _ in 0..60 {
        let stream = &mut world.publishers.get_mut(&1).unwrap().video[2];
        stream.ssrc += 10_000;
        stream.key_wanted = true;
        world.run(33_333);
    }
    let begun = keys(&world, since);
    assert!((12..=36).contains(&begun), "{begun} keyframes of 60 new streams in two seconds");

    let since = world.now;
    world.publishers.get_mut(&1).unwrap().video[2].key_wanted = true;
    world.run(2 * SECOND);
    let went_on = world.slot(slot).iter().filter(|(at, _)| *at >= since).count();
    assert!(went_on > 100, "{went_on} packets of the stream that stays");
}

#[test]
fn an_encoder_that_sends_its_parameter_sets_once_is_seen_again_after_a_cut() {
    let mut world = World::new(5);
    let mut site = Publisher::new(1, Codec::H264, &[Layer::High]);
    site.parameters_once = true;
    world.publish(site);
    world.receive(100, Codec::H264);
    world.set_routes(&programme(1, [100]));
    world.run(2 * SECOND);
    let slot = picture_slot(100, 0);

    world.lose = Box::new(|_| true);
    world.run(15 * SECOND);
    // What it sent meanwhile, in larger pictures than the model's.
    let stream = &mut world.publishers.get_mut(&1).unwrap().video[0];
    stream.sequence = stream.sequence.wrapping_add(4_000);
    world.lose = Box::new(|_| false);
    let since = world.now;
    world.run(3 * SECOND);

    let seen: Vec<_> = world.slot(slot).iter().filter(|(at, _)| *at >= since).collect();
    assert!(seen.len() > 100, "{} packets in three seconds", seen.len());
    assert_eq!(seen[0].1.payload[0] & 0x1f, 24, "they begin with the parameter sets, in one packet (STAP-A)");
}
