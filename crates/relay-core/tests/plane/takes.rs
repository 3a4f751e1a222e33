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

/// The take's cut in one slot: a whole old frame before it, the new keyframe right behind it.
fn assert_clean_cut(world: &World, take: u64, slot: SlotId, sources: (u8, u8)) {
    let (at, cuts) = world.done(take).expect("the take is done");
    let (_, start) = cuts.iter().find(|(cut, _)| *cut == slot).expect("the slot is among the cuts");
    let packets = world.slot(slot);
    let cut = packets.iter().position(|(when, packet)| *when == at && packet.timestamp == *start).unwrap();
    let (before, after) = (&packets[cut - 1], &packets[cut]);
    assert!(before.1.marker, "take {take}: the old picture ends with a whole frame");
    assert_eq!(after.1.payload[0] & 0x1f, 7, "take {take}: the new picture begins with its parameter sets");
    assert_eq!(before.1.sequence + 1, after.1.sequence);
    assert!(after.0 - before.0 <= FRAME, "take {take}: gap {} µs", after.0 - before.0);
    let source = |packets: &[(Micros, OutgoingRtp)]| {
        let mut marks =
            packets.iter().filter_map(|(_, packet)| read_mark(&packet.payload)).filter(|mark| mark.layer < 3);
        let first = marks.next().map(|mark| mark.source);
        assert!(marks.all(|mark| Some(mark.source) == first), "take {take}: mixed");
        first
    };
    let end = packets.len().min(cut + 40);
    assert_eq!(source(&packets[cut - 8..cut]).unwrap_or(sources.0), sources.0);
    assert_eq!(source(&packets[cut..end]), Some(sources.1));
}

#[test]
fn a_take_switches_every_receiver_on_a_complete_keyframe() {
    let mut world = on_air(Codec::H264, 8);
    world.rtcp.clear();

    world.take(1, &programme(2, 100..108));
    world.run(1_000_000);

    assert_eq!(world.done(1).unwrap().1.len(), 8);
    let requests = world.sent_rtcp::<PictureLossIndication>(2);
    assert_eq!(requests.len(), 1, "one request for eight receivers: {requests:?}");
    for receiver in 100..108 {
        assert_clean_cut(&world, 1, picture_slot(receiver, 0), (1, 2));
    }
}

#[test]
fn takes_at_any_moment_of_slowly_paced_frames_cut_between_frames() {
    let mut world = on_air(Codec::H264, 2);
    world.pace = 6_000;
    world.run(500_000);
    for take in 1..=40 {
        let (old, new) = (2 - take % 2, 1 + take % 2);
        world.take(take, &programme(new, 100..102));
        world.run(1_200_000 + take * 1_733);
        for receiver in 100..102 {
            assert_clean_cut(&world, take, picture_slot(receiver, 0), (old as u8, new as u8));
        }
    }
}

#[test]
fn frames_keep_their_order_in_time_when_a_keyframe_took_long_to_arrive() {
    let mut world = on_air(Codec::H264, 1);
    for publisher in world.publishers.values_mut() {
        publisher.key_packets = 80;
    }
    for take in 1..=10 {
        world.take(take, &programme(1 + take % 2, [100]));
        world.run(1_000_000 + take * 3_001);
        assert!(world.done(take).is_some());
    }

    let frames = world.slot(picture_slot(100, 0)).windows(2).filter(|pair| pair[0].1.marker);
    for pair in frames {
        let step = pair[1].1.timestamp.wrapping_sub(pair[0].1.timestamp) as i32;
        assert!(step >= 90, "at least a millisecond: {step} ticks at {}", pair[1].0);
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
fn orders_that_knew_nothing_of_the_end_of_a_take_change_nothing() {
    let mut world = on_air(Codec::H264, 1);
    let before_take = |take| Routes { until: Some(TakeId(take)), ..programme(1, [100]) };

    world.take(1, &programme(2, [100]));
    world.run(1_000_000);
    let (done, _) = world.done(1).unwrap();
    world.set_routes(&before_take(1));
    world.take(1, &programme(1, [100]));
    world.run(1_500_000);

    for slot in [picture_slot(100, 0), sound_slot(100, 0)] {
        assert_eq!(shown(&world, slot, done + 200_000), [2], "{slot:?}");
    }

    // A take that failed leaves the routes before it as they are, and cannot come true a second later.
    world.answers_keyframes = false;
    world.take(2, &programme(1, [100]));
    world.run(1_100_000);
    assert_eq!(failure(&world, 2), Some(TakeFailure::NoKeyframe));
    let mut with_another = Routes { until: Some(TakeId(2)), ..programme(2, [100]) };
    let feed = Feed { track: TrackId { endpoint: EndpointId(1), line: AUDIO_LINE }, layer: Layer::High, rank: 0 };
    with_another.slots.insert(sound_slot(100, 1), feed);
    world.set_routes(&with_another);
    world.answers_keyframes = true;
    world.take(2, &programme(1, [100]));
    let late = world.now;
    world.run(1_500_000);

    assert_eq!(world.done(2), None);
    assert_eq!(shown(&world, picture_slot(100, 0), late), [2]);
    assert_eq!(shown(&world, sound_slot(100, 1), late), [1], "what was to flow until the take does");
}

#[test]
fn a_take_that_changes_no_picture_is_done_at_once() {
    let mut world = on_air(Codec::H264, 1);
    let mut routes = programme(1, [100]);
    let feed = Feed { track: TrackId { endpoint: EndpointId(2), line: AUDIO_LINE }, layer: Layer::High, rank: 0 };
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
fn what_one_receiver_gets_besides_does_not_decide_a_take() {
    let mut world = World::new(7);
    for id in 1..=3 {
        world.publish(Publisher::new(id, Codec::H264, &[Layer::Low, Layer::High]));
    }
    for receiver in 100..105 {
        world.receive(receiver, Codec::H264);
    }
    // The hall is 1. Who is on air sees the hall instead of itself.
    let on_air = |site: u64, own: u64| {
        let mut routes = programme(site, (100..105).filter(|receiver| *receiver != own));
        routes.slots.extend(programme(1, [own]).slots);
        routes
    };
    world.set_routes(&on_air(2, 102));
    world.run(2_000_000);
    world.deaf = Some(1);

    world.take(1, &on_air(3, 103));
    world.run(1_500_000);

    let (at, cuts) = world.done(1).expect("the take is done, although the hall's encoder sends no keyframe");
    assert_eq!(cuts.len(), 4, "all but the site that comes on air: {cuts:?}");
    let old = |packet: &OutgoingRtp| read_mark(&packet.payload).is_some_and(|mark| mark.source == 3 && mark.layer < 3);
    let own = world.slot(picture_slot(103, 0)).iter().filter(|(when, packet)| *when >= at && old(packet)).count();
    assert_eq!(own, 0, "it does not see itself");
    world.publishers.get_mut(&1).unwrap().video.iter_mut().for_each(|stream| stream.key_wanted = true);
    world.run(200_000);
    let last = world.slot(picture_slot(103, 0)).last().and_then(|(_, packet)| read_mark(&packet.payload));
    assert_eq!(last.map(|mark| mark.source), Some(1), "it sees the hall at its next keyframe");
}

#[test]
fn an_encoder_that_ignores_requests_fails_no_take_although_only_its_picture_changes() {
    let mut world = World::new(7);
    for id in 1..=2 {
        world.publish(Publisher::new(id, Codec::H264, &[Layer::Low, Layer::High]));
    }
    (100..104).for_each(|receiver| world.receive(receiver, Codec::H264));
    world.set_routes(&programme(2, 100..104));
    world.run(2_000_000);
    world.deaf = Some(1);

    // Everybody else has it already; the site itself (102) shall see the hall.
    let mut routes = programme(2, [100, 101, 103]);
    routes.slots.extend(programme(1, [102]).slots);
    world.take(1, &routes);
    world.run(1_500_000);

    assert!(world.done(1).is_some(), "the hall's encoder sends no keyframe: {:?}", world.events.last());
}

#[test]
fn a_source_that_begins_to_flow_for_a_take_is_asked_again_when_its_first_keyframe_is_lost() {
    let mut world = studio(Codec::H264, 2);
    world.set_routes(&programme(1, [100, 101]));
    let layers = |world: &mut World, on: bool| {
        let site = world.publishers.get_mut(&2).unwrap();
        site.video.iter_mut().for_each(|stream| (stream.on, stream.key_wanted) = (on, true));
    };
    layers(&mut world, false);
    world.run(2_000_000);

    world.take(1, &programme(2, [100, 101]));
    world.run(100_000);
    let since = world.now;
    let mut lost = std::collections::BTreeSet::new();
    // The first packets of its layers never come.
    world.lose = Box::new(move |packet| {
        packet.track.endpoint == EndpointId(2)
            && packet.layer <= Layer::High
            && lost.len() < 8
            && packet.track.line == VIDEO_LINE
            && lost.insert((packet.ssrc, packet.sequence))
    });
    layers(&mut world, true);
    world.run(1_000_000);

    let (at, _) = world.done(1).unwrap_or_else(|| panic!("not done: {:?}", world.events.last()));
    assert!(at - since < 900_000, "{} µs", at - since);
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

/// What the server takes for an interruption in a report of a line (`live::reserve` there).
const INTERRUPTED_AFTER: std::time::Duration = std::time::Duration::from_millis(750);

/// Picture and sound of the main line are said to be silent for so long, in the newest reports.
fn said_to_be_interrupted(world: &World, site: u64) -> bool {
    let of = |line| {
        world.events.iter().rev().find_map(|(_, event)| match event {
            PlaneEvent::TrackStats(stats) if stats.track == TrackId { endpoint: EndpointId(site), line } => {
                Some(stats.silent_for)
            }
            _ => None,
        })
    };
    [AUDIO_LINE, VIDEO_LINE].into_iter().all(|line| of(line).is_some_and(|silent| silent >= INTERRUPTED_AFTER))
}

#[test]
fn a_cut_line_is_reported_so_soon_that_its_reserve_is_seen_and_heard_within_two_seconds() {
    const PROMISE: Micros = 2_000_000;
    // Reports come at whole seconds: the worst moment is just less than the interruption before one.
    for cut_at in [5_255_000, 5_500_000, 5_990_000] {
        let mut world = World::new(9);
        for site in [1, 2] {
            world.publish(Publisher::new(site, Codec::H264, &[Layer::Low, Layer::Mid, Layer::High]));
        }
        world.receive(100, Codec::H264);
        world.encoder = 30_000;
        world.set_routes(&programme(1, [100]));
        world.run(cut_at);
        world.lose = Box::new(|packet| packet.track.endpoint == EndpointId(1));

        while !said_to_be_interrupted(&world, 1) {
            world.run(1_000);
            assert!(world.now < cut_at + PROMISE, "it is never said");
        }
        world.set_routes(&programme(2, [100]));
        world.run(2_000_000);

        for slot in [sound_slot(100, 0), picture_slot(100, 0)] {
            let times: Vec<Micros> = world.slot(slot).iter().map(|(at, _)| *at).collect();
            let gap = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
            assert!((750_000..=PROMISE).contains(&gap), "cut at {cut_at}, {slot:?}: {gap} µs");
            assert!(times.last().unwrap() + 2 * FRAME > world.now, "and it goes on");
        }
    }
}
