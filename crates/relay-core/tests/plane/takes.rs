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
