//! Takes: when pictures and sound change, and what receivers get across the change.

use relay_core::*;
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;

use crate::publisher::*;
use crate::world::*;

fn studio(codec: Codec, receivers: u64) -> World {
    let mut world = World::new(7);
    for id in 1..=2 {
        world.publish(Publisher::new(id, codec, &[Layer::Low, Layer::High]));
    }
    for receiver in 100..100 + receivers {
        world.receive(receiver, codec);
    }
    world
}

#[test]
fn a_receiver_gets_the_routed_picture_and_sound() {
    let mut world = studio(Codec::H264, 1);
    world.run(2_000_000);

    world.set_routes(&programme(1, [100]));
    world.run(2_000_000);

    for slot in [sound_slot(100, 0), picture_slot(100, 0)] {
        let packets = world.slot(slot);
        assert!(packets.len() > 90, "{slot:?}: {}", packets.len());
        for pair in packets.windows(2) {
            assert_eq!(pair[0].1.sequence + 1, pair[1].1.sequence);
        }
    }
    let first = &world.slot(picture_slot(100, 0))[0].1;
    assert_eq!(first.payload[0] & 0x1f, 7, "a picture begins with its parameter sets");
}

#[test]
fn a_take_switches_every_receiver_on_a_complete_keyframe() {
    let mut world = studio(Codec::H264, 8);
    world.run(2_000_000);
    world.set_routes(&programme(1, 100..108));
    world.run(2_000_000);
    world.rtcp.clear();

    world.take(1, &programme(2, 100..108));
    world.run(1_000_000);

    let (at, cuts) = world.done(1).expect("the take is done");
    assert_eq!(cuts.len(), 8);
    let requests = world.sent_rtcp::<PictureLossIndication>(2);
    assert_eq!(requests.len(), 1, "one request for eight receivers: {requests:?}");
    for receiver in 100..108 {
        let packets = world.slot(picture_slot(receiver, 0));
        let cut = packets.iter().position(|(when, packet)| *when == at && packet.payload[0] & 0x1f == 7).unwrap();
        let (before, after) = (&packets[cut - 1], &packets[cut]);
        assert!(before.1.marker, "the old picture ends with a whole frame");
        assert_eq!(before.1.sequence + 1, after.1.sequence);
        assert!(after.0 - before.0 <= FRAME, "gap {} µs", after.0 - before.0);
        assert!(cuts.contains(&(picture_slot(receiver, 0), after.1.timestamp)));
        let old = packets[..cut].iter().filter_map(|(_, packet)| read_mark(&packet.payload));
        let new = packets[cut..].iter().filter_map(|(_, packet)| read_mark(&packet.payload));
        assert!(old.filter(|mark| mark.layer < 3).all(|mark| mark.source == 1));
        assert!(new.filter(|mark| mark.layer < 3).all(|mark| mark.source == 2));
    }
}

fn failure(world: &World, id: u64) -> Option<TakeFailure> {
    world.events.iter().find_map(|(_, event)| match event {
        PlaneEvent::TakeFailed { take, reason } if take.0 == id => Some(*reason),
        _ => None,
    })
}

fn on_air(codec: Codec, receivers: u64) -> World {
    let mut world = studio(codec, receivers);
    world.run(1_500_000);
    world.set_routes(&programme(1, 100..100 + receivers));
    world.run(1_500_000);
    world
}

/// Sources of the pictures that a slot got since `from`, without repetition.
fn shown(world: &World, slot: SlotId, from: Micros) -> Vec<u8> {
    let marks = world.slot(slot).iter().filter(|(at, _)| *at > from).filter_map(|(_, packet)| {
        let mark = read_mark(&packet.payload)?;
        (mark.layer < 3 || mark.layer == 9).then_some(mark.source)
    });
    let mut sources: Vec<u8> = marks.collect();
    sources.dedup();
    sources
}

#[test]
fn a_take_without_a_keyframe_stays_on_the_old_source_and_says_so() {
    let mut world = on_air(Codec::H264, 1);
    let start = world.now;
    world.answers_keyframes = false;

    world.take(1, &programme(2, [100]));
    world.run(1_500_000);

    assert_eq!(failure(&world, 1), Some(TakeFailure::NoKeyframe));
    assert_eq!(shown(&world, picture_slot(100, 0), start), [1]);
    assert_eq!(shown(&world, sound_slot(100, 0), start), [1]);
}

#[test]
fn a_take_ends_when_its_source_leaves_or_another_comes() {
    let mut world = on_air(Codec::H264, 1);
    world.answers_keyframes = false;

    world.take(1, &programme(2, [100]));
    world.take(2, &programme(2, [100]));
    world.plane.cancel_take(world.instant(), TakeId(2));
    world.take(3, &programme(2, [100]));
    world.plane.remove_endpoint(world.instant(), EndpointId(2));
    world.drain();
    world.take(4, &programme(2, [100]));

    assert_eq!(failure(&world, 1), Some(TakeFailure::Superseded));
    assert_eq!(failure(&world, 2), Some(TakeFailure::Superseded));
    assert_eq!(failure(&world, 3), Some(TakeFailure::SourceLost));
    assert_eq!(failure(&world, 4), Some(TakeFailure::SourceLost));
}

#[test]
fn a_take_that_changes_no_picture_is_done_at_once() {
    let mut world = on_air(Codec::H264, 1);
    let mut routes = programme(1, [100]);
    let feed = Feed { track: TrackId { endpoint: EndpointId(2), line: AUDIO_LINE }, layer: Layer::High };
    routes.slots.insert(sound_slot(100, 1), feed);
    let before = world.now;

    world.take(1, &routes);

    assert_eq!(world.done(1), Some((before, Vec::new())));
    world.run(500_000);
    assert_eq!(shown(&world, sound_slot(100, 1), before), [2]);
}

#[test]
fn sound_changes_with_the_picture_behind_two_frames_of_silence() {
    let mut world = on_air(Codec::H264, 1);
    world.take(1, &programme(2, [100]));
    world.run(1_000_000);
    let (at, _) = world.done(1).unwrap();

    let packets = world.slot(sound_slot(100, 0));
    let cut = packets.iter().position(|(when, _)| *when == at).unwrap();

    assert_eq!(packets[cut].1.payload[..], [0xf8, 0xff, 0xfe]);
    assert_eq!(packets[cut + 1].1.payload[..], [0xf8, 0xff, 0xfe]);
    assert_eq!(packets[cut + 1].1.timestamp, packets[cut - 1].1.timestamp.wrapping_add(2 * 960));
    let first = &packets[cut + 2];
    assert_eq!(read_mark(&first.1.payload).unwrap().source, 2);
    assert!(first.0 - at <= 120_000, "{} µs of silence", first.0 - at);
    assert!(packets.windows(2).all(|pair| pair[0].1.sequence + 1 == pair[1].1.sequence));
}

#[test]
fn slots_that_a_take_does_not_change_are_not_disturbed() {
    let mut world = on_air(Codec::H264, 2);
    let mut routes = programme(2, [100]);
    routes.slots.extend(programme(1, [101]).slots);

    world.take(1, &routes);
    world.run(1_000_000);

    assert!(world.done(1).is_some());
    for slot in [sound_slot(101, 0), picture_slot(101, 0)] {
        assert_eq!(shown(&world, slot, 0), [1]);
        assert!(world.slot(slot).iter().all(|(_, packet)| packet.payload[..] != [0xf8, 0xff, 0xfe]));
    }
}

#[test]
fn the_same_routes_again_change_nothing() {
    let mut once = on_air(Codec::H264, 2);
    let mut often = on_air(Codec::H264, 2);
    for _ in 0..20 {
        once.run(50_000);
        often.set_routes(&programme(1, 100..102));
        often.run(50_000);
    }
    assert_eq!(once.received, often.received);
}

#[test]
fn parameter_sets_that_were_sent_once_stand_before_every_new_picture() {
    let mut world = World::new(7);
    for id in 1..=2 {
        let mut publisher = Publisher::new(id, Codec::H264, &[Layer::High]);
        publisher.parameters_once = true;
        world.publish(publisher);
    }
    world.receive(100, Codec::H264);
    world.run(1_500_000);
    world.set_routes(&programme(1, [100]));
    world.run(1_000_000);

    world.take(1, &programme(2, [100]));
    world.run(1_000_000);

    let (at, _) = world.done(1).unwrap();
    let (_, first) = world.slot(picture_slot(100, 0)).iter().find(|(when, _)| *when == at).unwrap();
    assert_eq!(first.payload[..], [0x78, 0, 6, 0x67, 66, 0, 30, 0x80, 1, 0, 3, 0x68, 0x80, 2]);
}

#[test]
fn takes_under_loss_begin_with_a_whole_keyframe_and_leave_no_hole() {
    let mut world = on_air(Codec::H264, 1);
    let mut state = 9u32;
    world.lose = Box::new(move |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16 & 0xff < 13
    });
    let slot = picture_slot(100, 0);
    let mut taken = 0;
    for take in 1..=12 {
        world.take(take, &programme(1 + take % 2, [100]));
        world.run(1_700_000);
        let Some((at, cuts)) = world.done(take) else { continue };
        taken += 1;
        let packets = world.slot(slot);
        let cut = packets.iter().position(|(when, packet)| *when == at && packet.timestamp == cuts[0].1).unwrap();
        let frame = &packets[cut..cut + 14];
        assert_eq!(frame[0].1.payload[0] & 0x1f, 7);
        assert!(frame[13].1.marker);
        assert!(frame.windows(2).all(|pair| pair[0].1.sequence + 1 == pair[1].1.sequence));
    }
    assert!(taken >= 10, "{taken}");
}
