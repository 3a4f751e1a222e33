//! Whether a source would be good on air: faults are named, good sources are not flagged, and nothing flickers.

use std::collections::BTreeSet;

use relay_core::*;
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;

use crate::publisher::*;
use crate::world::*;

const SECOND: Micros = 1_000_000;

/// Every planted fault is named within this: the longest is silence, five seconds after which no speaker pauses.
const NAMED_WITHIN: Micros = 6 * SECOND;
/// And is forgotten within this after it ended: loss must leave its window of five seconds, and the cure last two.
const CLEARED_WITHIN: Micros = 8 * SECOND;

fn watch(id: u64) -> Watch {
    Watch { endpoint: EndpointId(id), picture: VIDEO_LINE, sound: AUDIO_LINE }
}

fn watch_all(world: &mut World, ids: impl IntoIterator<Item = u64>) {
    let watches: BTreeSet<Watch> = ids.into_iter().map(watch).collect();
    world.plane.set_watches(world.instant(), &watches);
    world.drain();
}

/// Asks sources for their high layers, as a preview does.
fn prepare(world: &mut World, ids: impl IntoIterator<Item = u64>) {
    let camera = |id| TrackId { endpoint: EndpointId(id), line: VIDEO_LINE };
    let wishes = ids.into_iter().map(|id| (camera(id), Layer::High)).collect();
    world.set_routes(&Routes { wishes, ..Routes::default() });
}

/// What was told of a source: when, and what.
fn told(world: &World, id: u64) -> Vec<(Micros, Readiness)> {
    let of = |event: &PlaneEvent| match event {
        PlaneEvent::Readiness { watch, readiness } if watch.endpoint.0 == id => Some(*readiness),
        _ => None,
    };
    world.events.iter().filter_map(|(at, event)| Some((*at, of(event)?))).collect()
}

fn last(world: &World, id: u64) -> Option<Readiness> {
    told(world, id).last().map(|(_, readiness)| *readiness)
}

fn speech(seed: u64) -> Voice {
    Voice::Speech { loudest: 12, range: 30, seed }
}

fn site(id: u64) -> Publisher {
    let mut publisher = Publisher::new(id, Codec::H264, &[Layer::Low, Layer::High]);
    publisher.voice = speech(id);
    publisher
}

/// One source, watched and ready.
fn ready() -> World {
    let mut world = World::new(5);
    world.publish(site(1));
    prepare(&mut world, [1]);
    world.run(3 * SECOND);
    watch_all(&mut world, [1]);
    world.run(5 * SECOND);
    assert_eq!(told(&world, 1).last().unwrap().1, Readiness::Ready, "{:?}", told(&world, 1));
    world.events.clear();
    world
}

/// Plants a fault in a ready source, ends it after ten seconds, and gives what was told since.
fn planted(fault: impl Fn(&mut World), cure: impl Fn(&mut World)) -> Vec<(Micros, Readiness)> {
    let mut world = ready();
    let planted = world.now;
    fault(&mut world);
    world.run(10 * SECOND);
    let cured = world.now;
    cure(&mut world);
    world.run(20 * SECOND);

    let told = told(&world, 1);
    assert!(!told.is_empty(), "nothing was told");
    assert!(told[0].0 - planted <= NAMED_WITHIN, "{:.2} s", (told[0].0 - planted) as f64 / 1e6);
    let (cleared, end) = *told.last().unwrap();
    assert_eq!(end, Readiness::Ready, "{told:?}");
    assert!((cured..=cured + CLEARED_WITHIN).contains(&cleared), "cured at {cured}: {told:?}");
    told
}

/// The verdicts alone.
fn verdicts(told: Vec<(Micros, Readiness)>) -> Vec<Readiness> {
    told.into_iter().map(|(_, readiness)| readiness).collect()
}

/// A fault that comes and goes is told once and cleared once.
fn once(fault: SourceFault) -> [Readiness; 2] {
    [Readiness::NotReady(fault), Readiness::Ready]
}

fn publisher(world: &mut World) -> &mut Publisher {
    world.publishers.get_mut(&1).unwrap()
}

#[test]
fn a_high_layer_that_stops_is_missed() {
    let told = planted(|world| publisher(world).video[1].on = false, |world| publisher(world).video[1].on = true);

    assert_eq!(verdicts(told), once(SourceFault::LayerMissing));
}

#[test]
fn a_picture_that_stands_still_is_told_and_after_five_seconds_there_is_none() {
    let stop = |world: &mut World, on| publisher(world).video.iter_mut().for_each(|stream| stream.on = on);
    let told = planted(|world| stop(world, false), |world| stop(world, true));

    assert_eq!(
        verdicts(told),
        [Readiness::NotReady(SourceFault::PictureStale), Readiness::NotReady(SourceFault::NoPicture), Readiness::Ready]
    );
}

#[test]
fn frames_that_are_never_complete_are_no_picture() {
    let told = planted(
        |world| {
            world.repair_after = None;
            world.lose = Box::new(|packet| packet.marker && packet.layer == Layer::High);
        },
        |world| {
            world.repair_after = Some(20_000);
            world.lose = Box::new(|_| false);
        },
    );

    // Incomplete frames are lost packets too, and those outlast the cure.
    assert_eq!(verdicts(told)[0], Readiness::NotReady(SourceFault::PictureStale));
}

#[test]
fn digital_silence_is_told() {
    let told = planted(|world| publisher(world).voice = Voice::Steady(127), |world| publisher(world).voice = speech(1));

    assert_eq!(verdicts(told), once(SourceFault::Silent));
}

#[test]
fn an_overdriven_microphone_clips() {
    // Compressed by being cut off: the vowels lie at full scale.
    let told = planted(
        |world| publisher(world).voice = Voice::Speech { loudest: 0, range: 12, seed: 1 },
        |world| publisher(world).voice = speech(1),
    );

    assert_eq!(verdicts(told), once(SourceFault::Clipping));
}

#[test]
fn eight_percent_of_loss_is_told() {
    let told = planted(
        |world| {
            let mut packets = 0;
            world.lose = Box::new(move |_| {
                packets += 1;
                scatter(8, packets) % 100 < 8
            });
        },
        |world| world.lose = Box::new(|_| false),
    );

    assert_eq!(verdicts(told), once(SourceFault::Loss));
}

#[test]
fn a_microphone_that_sends_nothing_is_told_before_the_loudness_of_what_it_sent() {
    let told = planted(|world| publisher(world).audio.on = false, |world| publisher(world).audio.on = true);

    assert_eq!(verdicts(told), once(SourceFault::NoSound));
}

#[test]
fn a_source_that_never_reports_on_its_sound_has_no_lips() {
    let mut world = World::new(5);
    let mut publisher = site(1);
    publisher.reports_sound = false;
    world.publish(publisher);
    prepare(&mut world, [1]);
    watch_all(&mut world, [1]);
    world.run(7 * SECOND);
    assert_eq!(last(&world, 1), Some(Readiness::Checking), "a browser's first report may take so long");
    world.run(2 * SECOND);
    assert_eq!(last(&world, 1), Some(Readiness::NotReady(SourceFault::NoSync)));

    world.publishers.get_mut(&1).unwrap().reports_sound = true;
    world.run(3 * SECOND);

    assert_eq!(
        verdicts(told(&world, 1)),
        [Readiness::Checking, Readiness::NotReady(SourceFault::NoSync), Readiness::Ready]
    );
}

#[test]
fn of_several_faults_the_first_in_order_is_told() {
    let mut world = ready();
    let source = publisher(&mut world);
    source.video[1].on = false;
    source.voice = Voice::Steady(127);
    let mut packets = 0;
    world.lose = Box::new(move |_| {
        packets += 1;
        packets % 10 == 0
    });
    world.run(10 * SECOND);
    assert_eq!(last(&world, 1), Some(Readiness::NotReady(SourceFault::LayerMissing)));

    publisher(&mut world).video[1].on = true;
    world.run(3 * SECOND);

    assert_eq!(last(&world, 1), Some(Readiness::NotReady(SourceFault::Silent)));
}

/// Twenty sites as they are in the field: no two alike, none with a fault.
fn good_sites(world: &mut World) {
    for id in 1..=20 {
        let mut publisher = site(id);
        publisher.voice = match id % 5 {
            // A quiet room, and a test tone.
            0 => Voice::Steady(58 + id as u8),
            1 => Voice::Steady(20),
            _ => Voice::Speech { loudest: 4 + id as u8, range: 12 + id as u8, seed: id },
        };
        publisher.delay = 5_000 + id * 12_000;
        publisher.jitter = id * 3_000;
        publisher.delta_packets = 1 + id as usize % 4;
        publisher.filler = [100, 300, 100 * (id as usize % 8)];
        // The last ones are idle: their low layer alone, at five to ten frames a second.
        if id > 14 {
            publisher.video[1].on = false;
            publisher.frame_interval = SECOND / (id - 10);
        }
        world.publish(publisher);
    }
    prepare(world, 1..=14);
    let mut packets = 0;
    world.lose = Box::new(move |packet| {
        packets += 1;
        // Up to one percent.
        scatter(77, packets) % 2_000 < packet.track.endpoint.0
    });
}

#[test]
fn twenty_good_sources_are_never_flagged() {
    let mut world = World::new(9);
    good_sites(&mut world);
    watch_all(&mut world, 1..=20);
    world.run(60 * SECOND);

    for id in 1..=20 {
        let told = told(&world, id);
        let faults: Vec<_> = told.iter().filter(|(_, told)| matches!(told, Readiness::NotReady(_))).collect();
        assert!(faults.is_empty(), "source {id}: {faults:?}");
        assert_eq!(verdicts(told), [Readiness::Checking, Readiness::Ready], "source {id}");
    }
}

#[test]
fn a_watch_tells_its_verdict_at_once_and_a_repeated_one_nothing() {
    let mut world = World::new(5);
    world.publish(site(1));
    world.run(3 * SECOND);
    watch_all(&mut world, [1]);
    assert_eq!(told(&world, 1), [(world.now, Readiness::Ready)]);

    watch_all(&mut world, [1]);
    world.run(SECOND);
    assert_eq!(told(&world, 1).len(), 1);

    watch_all(&mut world, []);
    publisher(&mut world).audio.on = false;
    world.run(10 * SECOND);
    assert_eq!(told(&world, 1).len(), 1, "nobody asks any more");
}

#[test]
fn a_source_that_comes_into_preview_is_checked_until_its_high_layer_flows() {
    let mut world = World::new(5);
    let mut publisher = site(1);
    publisher.video[1].on = false;
    world.publish(publisher);
    watch_all(&mut world, [1]);
    world.run(3 * SECOND);
    assert_eq!(last(&world, 1), Some(Readiness::Ready), "of a source in the queue no high layer is asked");

    prepare(&mut world, [1]);
    world.run(SECOND / 2);
    assert_eq!(last(&world, 1), Some(Readiness::Checking));
    world.publishers.get_mut(&1).unwrap().video[1].on = true;
    world.run(SECOND);

    assert_eq!(last(&world, 1), Some(Readiness::Ready));
    assert!(!told(&world, 1).iter().any(|(_, told)| matches!(told, Readiness::NotReady(_))));
}

#[test]
fn a_source_that_comes_into_preview_without_a_high_layer_is_told_after_two_seconds() {
    let mut world = World::new(5);
    let mut publisher = site(1);
    publisher.video[1].on = false;
    world.publish(publisher);
    world.run(3 * SECOND);
    prepare(&mut world, [1]);
    watch_all(&mut world, [1]);
    world.run(3 * SECOND);

    assert_eq!(verdicts(told(&world, 1)), [Readiness::Checking, Readiness::NotReady(SourceFault::LayerMissing)]);
}

#[test]
fn a_watch_asks_for_the_keyframe_that_was_lost() {
    let mut world = World::new(5);
    world.repair_after = None;
    world.publish(site(1));
    // Nobody receives the source, so nobody misses the beginning of its first keyframes.
    world.lose = Box::new(|packet| read_mark(&packet.payload).is_some_and(|mark| mark.layer < 3 && mark.key));
    world.run(SECOND);
    world.lose = Box::new(|_| false);
    world.run(3 * SECOND);
    assert!(world.sent_rtcp::<PictureLossIndication>(1).is_empty());

    watch_all(&mut world, [1]);
    assert_eq!(last(&world, 1), Some(Readiness::Checking), "it cannot be decoded");
    world.run(4 * SECOND);

    assert!(!world.sent_rtcp::<PictureLossIndication>(1).is_empty());
    assert_eq!(last(&world, 1), Some(Readiness::Ready));
}

#[test]
fn an_endpoint_that_comes_back_is_watched_again() {
    let mut world = ready();
    world.plane.remove_endpoint(world.instant(), EndpointId(1));
    world.run(2 * SECOND);
    assert!(told(&world, 1).is_empty(), "that it is gone is known elsewhere");

    world.publish(site(1));
    world.run(3 * SECOND);

    assert_eq!(last(&world, 1), Some(Readiness::Ready));
    assert!(!told(&world, 1).iter().any(|(_, told)| matches!(told, Readiness::NotReady(_))));
}

#[test]
fn a_fault_that_comes_and_goes_every_second_is_told_once() {
    let mut world = ready();
    for round in 0..20 {
        let on = round % 2 == 1;
        publisher(&mut world).video[1].on = on;
        world.run(if on { SECOND } else { 2 * SECOND });
    }

    assert_eq!(verdicts(told(&world, 1)), [Readiness::NotReady(SourceFault::LayerMissing)]);
}

#[test]
fn a_knock_on_the_microphone_and_a_short_burst_of_loss_are_no_faults() {
    let mut world = ready();
    publisher(&mut world).voice = Voice::Steady(0);
    world.run(SECOND / 4);
    publisher(&mut world).voice = speech(1);
    world.run(6 * SECOND);
    world.lose = Box::new(|_| true);
    world.run(SECOND / 10);
    world.lose = Box::new(|_| false);
    world.run(6 * SECOND);

    assert!(told(&world, 1).is_empty(), "{:?}", told(&world, 1));
}
