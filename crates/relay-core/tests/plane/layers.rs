//! Layers: which are wanted, which a slot gets; joining late; what is told every second.

use relay_core::*;
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::sender_report::SenderReport;

use crate::publisher::*;
use crate::world::*;

fn feed(site: u64, layer: Layer) -> Feed {
    Feed { track: TrackId { endpoint: EndpointId(site), line: VIDEO_LINE }, layer, rank: 0 }
}

fn wall(layer: Layer) -> Routes {
    let mut routes = Routes::default();
    routes.slots.insert(picture_slot(100, 0), feed(1, layer));
    routes
}

fn one_site() -> World {
    let mut world = World::new(7);
    world.publish(Publisher::new(1, Codec::H264, &[Layer::Low, Layer::Mid, Layer::High]));
    world.receive(100, Codec::H264);
    world.run(1_500_000);
    world
}

fn announced(world: &World) -> Vec<Vec<Layer>> {
    let layers = world.events.iter().filter_map(|(_, event)| match event {
        PlaneEvent::LayersWanted { layers, .. } => Some(layers.clone()),
        _ => None,
    });
    layers.collect()
}

#[test]
fn a_relay_that_is_behind_shows_lower_layers_and_the_best_again_when_it_keeps_up() {
    let mut world = one_site();
    let routes = programme(1, [100]);
    world.set_routes(&routes);
    world.run(1_000_000);
    let turns = |world: &mut World, seconds: u64, waited_ms: u64| {
        for _ in 0..seconds * 100 {
            world.run(10_000);
            world.plane.note_wait(world.instant(), std::time::Duration::from_millis(waited_ms), false);
            world.drain();
        }
    };
    let since = world.now;
    turns(&mut world, 3, 100);
    let behind = world.now;
    turns(&mut world, 12, 0);

    let ceilings: Vec<Layer> = world
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            PlaneEvent::Ceiling { layer } => Some(*layer),
            _ => None,
        })
        .collect();
    assert_eq!(ceilings, [Layer::Mid, Layer::Low, Layer::Mid, Layer::High]);
    assert_eq!(layers_shown(&world, since)[..3], [2, 1, 0], "down, each at its keyframe");
    assert_eq!(layers_shown(&world, behind), [0, 1, 2], "and up again");
    assert!(announced(&world).contains(&vec![Layer::Low]), "the better layers are switched off at the source");
    let sound =
        world.slot(sound_slot(100, 0)).iter().filter(|(at, _)| *at >= since).map(|(at, _)| *at).collect::<Vec<_>>();
    assert!(sound.windows(2).all(|pair| pair[1] - pair[0] <= 2 * SOUND), "sound goes on");
}

fn layers_shown(world: &World, from: Micros) -> Vec<u8> {
    let packets = world.slot(picture_slot(100, 0)).iter().filter(|(at, _)| *at >= from);
    let mut layers: Vec<u8> = packets
        .filter_map(|(_, packet)| read_mark(&packet.payload))
        .map(|mark| mark.layer)
        .filter(|&l| l < 3)
        .collect();
    layers.dedup();
    layers
}

#[test]
fn only_the_layers_that_somebody_needs_are_wanted() {
    let mut world = one_site();
    world.set_routes(&wall(Layer::Low));
    world.set_routes(&wall(Layer::High));
    world.run(500_000);
    let mut wish = Routes::default();
    wish.wishes.insert(TrackId { endpoint: EndpointId(1), line: VIDEO_LINE }, Layer::Mid);
    world.set_routes(&wish);
    world.set_routes(&Routes::default());

    use Layer::{High, Low, Mid};
    assert_eq!(announced(&world), [vec![Low], vec![Low, High], vec![Low, Mid], vec![Low]]);
}

#[test]
fn a_slot_goes_down_when_its_layer_stops_and_up_when_it_returns() {
    let mut world = one_site();
    world.set_routes(&wall(Layer::High));
    world.run(1_000_000);
    let high = layers_shown(&world, world.now - 500_000);
    let site = |world: &mut World, on| world.publishers.get_mut(&1).unwrap().video[2].on = on;

    site(&mut world, false);
    world.run(2_000_000);
    let lower = layers_shown(&world, world.now - 500_000);
    site(&mut world, true);
    world.publishers.get_mut(&1).unwrap().video[2].key_wanted = true;
    world.run(1_000_000);
    let again = layers_shown(&world, world.now - 500_000);

    assert_eq!((high, lower, again), (vec![2], vec![1], vec![2]));
    assert!(world.slot(picture_slot(100, 0)).windows(2).all(|pair| pair[0].1.sequence + 1 == pair[1].1.sequence));
}

#[test]
fn a_lower_wish_is_followed_at_a_keyframe() {
    let mut world = one_site();
    world.set_routes(&wall(Layer::High));
    world.run(1_000_000);
    let start = world.now;

    world.set_routes(&wall(Layer::Low));
    world.run(1_000_000);

    assert_eq!(layers_shown(&world, start), [2, 0]);
    assert_eq!(announced(&world).last(), Some(&vec![Layer::Low]));
}

#[test]
fn a_late_joiner_asks_at_once_and_sees_what_all_see() {
    let mut world = one_site();
    world.set_routes(&programme(1, [100, 101]));
    world.run(2_000_000);
    world.rtcp.clear();
    let joined = world.now;

    world.receive(101, Codec::H264);
    world.run(200_000);

    let asked = world.sent_rtcp::<PictureLossIndication>(1);
    assert_eq!(asked.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [joined]);
    let (at, first) = &world.slot(picture_slot(101, 0))[0];
    assert_eq!(first.payload[0] & 0x1f, 7);
    assert!(at - joined < 100_000, "{}", at - joined);
}

#[test]
fn the_old_picture_is_held_for_a_second_and_not_longer() {
    let mut world = one_site();
    world.publish(Publisher::new(2, Codec::H264, &[Layer::High]));
    world.set_routes(&programme(1, [100]));
    world.run(1_500_000);
    world.answers_keyframes = false;
    let start = world.now;

    world.set_routes(&programme(2, [100]));
    world.run(3_000_000);

    let last = world.slot(picture_slot(100, 0)).last().unwrap();
    assert!((900_000..=1_000_000).contains(&(last.0 - start)), "{}", last.0 - start);
    let heard = world.slot(sound_slot(100, 0)).iter().filter(|(at, _)| *at > start);
    assert!(heard.filter_map(|(_, packet)| read_mark(&packet.payload)).all(|mark| mark.source == 2));
}

#[test]
fn a_slot_without_a_route_stops_at_once() {
    let mut world = one_site();
    world.set_routes(&programme(1, [100]));
    world.run(1_500_000);

    world.set_routes(&Routes::default());
    let count = |world: &World| [sound_slot(100, 0), picture_slot(100, 0)].map(|slot| world.slot(slot).len());
    let before = count(&world);
    world.run(1_000_000);

    assert_eq!(count(&world), before);
}

#[test]
fn every_second_tells_what_came_and_what_went() {
    let mut world = one_site();
    world.set_routes(&programme(1, [100]));
    world.run(3_000_000);
    world.events.clear();
    world.run(1_000_000);

    let mut tracks = Vec::new();
    let mut receivers = Vec::new();
    for (_, event) in &world.events {
        match event {
            PlaneEvent::TrackStats(stats) => tracks.push(stats.clone()),
            PlaneEvent::ReceiverStats(stats) => receivers.push(stats.clone()),
            _ => {}
        }
    }
    let [sound, picture] = &tracks[..] else { panic!("{tracks:?}") };
    assert!((sound.level_dbfs.unwrap() + 30.0).abs() < 0.01);
    assert!(sound.synced && picture.synced);
    assert_eq!(picture.layers.len(), 3);
    let high = &picture.layers[2];
    assert!((29..=31).contains(&high.frames), "{high:?}");
    assert_eq!((high.layer, high.lost), (Layer::High, 0));
    let [receiver] = &receivers[..] else { panic!("{receivers:?}") };
    assert_eq!(receiver.endpoint, EndpointId(100));
    assert!((120..=160).contains(&receiver.packets), "{receiver:?}");
}

#[test]
fn a_receiver_s_report_tells_its_loss_and_round_trip() {
    let mut world = one_site();
    world.set_routes(&programme(1, [100]));
    world.run(2_500_000);
    let slot = ssrc(picture_slot(100, 0));
    let sent = world.sent_rtcp::<SenderReport>(100);
    let (at, last) = sent.iter().rfind(|(_, report)| report.ssrc == slot).unwrap();
    // The report took 80 ms both ways and lay at the receiver for the rest.
    let waited = world.now - at - 80_000;
    let block = ReceptionReport {
        ssrc: slot,
        fraction_lost: 64,
        last_sender_report: (last.ntp_time >> 16) as u32,
        delay: ((waited << 16) / 1_000_000) as u32,
        ..ReceptionReport::default()
    };

    world.hear(100, &ReceiverReport { ssrc: 9, reports: vec![block], ..ReceiverReport::default() });
    world.events.clear();
    world.run(1_000_000);

    let stats = world.events.iter().find_map(|(_, event)| match event {
        PlaneEvent::ReceiverStats(stats) => Some(stats.clone()),
        _ => None,
    });
    let stats = stats.unwrap();
    let rtt = stats.rtt.unwrap().as_micros();
    assert!((79_900..=80_100).contains(&rtt), "{rtt}");
    assert!((stats.loss - 0.25).abs() < 0.001);
}
