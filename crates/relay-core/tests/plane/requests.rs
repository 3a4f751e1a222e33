//! Keyframe requests and repeats of lost packets.

use relay_core::*;
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;

use crate::publisher::*;
use crate::world::*;

#[test]
fn sixty_four_receivers_that_ask_make_one_request() {
    let mut world = World::new(3);
    world.publish(Publisher::new(1, Codec::H264, &[Layer::Low, Layer::High]));
    for receiver in 100..164 {
        world.receive(receiver, Codec::H264);
    }
    world.set_routes(&programme(1, 100..164));
    world.run(3_000_000);
    world.rtcp.clear();

    for receiver in 100..164 {
        world.hear(receiver, &PictureLossIndication { sender_ssrc: 1, media_ssrc: ssrc(picture_slot(receiver, 0)) });
    }
    world.run(2_000_000);

    assert_eq!(world.sent_rtcp::<PictureLossIndication>(1).len(), 1);
}

#[test]
fn a_request_is_repeated_until_it_is_served() {
    let mut world = World::new(3);
    world.publish(Publisher::new(1, Codec::H264, &[Layer::High]));
    world.receive(100, Codec::H264);
    world.run(1_000_000);
    world.answers_keyframes = false;

    world.set_routes(&programme(1, [100]));
    world.run(2_100_000);
    let asked = world.sent_rtcp::<PictureLossIndication>(1);
    world.answers_keyframes = true;
    world.run(1_000_000);

    assert!((4..=5).contains(&asked.len()), "{}", asked.len());
    for pair in asked.windows(2) {
        assert!(pair[1].0 - pair[0].0 >= 500_000);
    }
    assert!(!world.slot(picture_slot(100, 0)).is_empty());
}

#[test]
fn a_track_that_the_routes_no_longer_name_is_heard_and_seen_by_nobody() {
    let mut world = World::new(3);
    world.publish(Publisher::new(1, Codec::H264, &[Layer::High]));
    world.receive(100, Codec::H264);
    world.set_routes(&programme(1, [100]));
    world.run(2_000_000);

    world.set_routes(&Routes::default());
    let heard = [sound_slot(100, 0), picture_slot(100, 0)].map(|slot| world.slot(slot).len());
    world.run(2_000_000);

    assert!(heard.iter().all(|&heard| heard > 40));
    // What follows a sound that ends is silence of the relay's own.
    assert_eq!([sound_slot(100, 0), picture_slot(100, 0)].map(|slot| world.slot(slot).len()), heard);
}

/// Two sites, a receiver that shows the first, another that shows the second.
fn two_shows() -> World {
    let mut world = World::new(3);
    for id in 1..=2 {
        world.publish(Publisher::new(id, Codec::H264, &[Layer::High]));
        world.receive(99 + id, Codec::H264);
    }
    let mut routes = programme(1, [100]);
    routes.slots.extend(programme(2, [101]).slots);
    world.set_routes(&routes);
    world.run(3_000_000);
    world.rtcp.clear();
    world
}

fn ask(world: &mut World, receiver: u64) {
    world.hear(receiver, &PictureLossIndication { sender_ssrc: 1, media_ssrc: ssrc(picture_slot(receiver, 0)) });
}

#[test]
fn a_take_does_not_wait_for_the_interval_between_requests() {
    let mut world = two_shows();
    ask(&mut world, 101);
    world.run(300_000);
    let ordered = world.now;

    world.take(1, &programme(2, [100, 101]));
    world.run(400_000);

    let asked: Vec<Micros> = world.sent_rtcp::<PictureLossIndication>(2).iter().map(|(at, _)| *at).collect();
    assert_eq!(asked, [ordered - 300_000, ordered]);
    assert!(world.done(1).unwrap().0 - ordered < 100_000);
}

#[test]
fn a_receiver_that_just_got_a_keyframe_is_not_asked_for_again() {
    let mut world = two_shows();
    world.take(1, &programme(2, [100, 101]));
    world.run(150_000);
    assert!(world.done(1).is_some());

    ask(&mut world, 100);
    world.run(1_500_000);

    assert_eq!(world.sent_rtcp::<PictureLossIndication>(2).len(), 1, "the take's own");
}
