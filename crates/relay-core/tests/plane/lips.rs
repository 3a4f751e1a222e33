//! Time: sender reports on a slot's line, sound and picture together across takes.

use relay_core::*;
use rtc_rtcp::sender_report::SenderReport;

use crate::publisher::*;
use crate::world::*;

/// Two sites whose clocks are 90 s apart and whose networks take 30 and 250 ms.
fn far_apart() -> World {
    let mut world = World::new(11);
    for (id, clock, delay) in [(1, 45_000_000, 30_000), (2, -45_000_000, 250_000)] {
        let mut publisher = Publisher::new(id, Codec::H264, &[Layer::Low, Layer::High]);
        publisher.clock = clock;
        publisher.delay = delay;
        world.publish(publisher);
    }
    world.receive(100, Codec::H264);
    world.run(3_000_000);
    world.set_routes(&programme(1, [100]));
    world.run(3_000_000);
    world
}

fn micros_of(ntp: u64) -> i64 {
    ((u128::from(ntp) * 1_000_000) >> 32) as i64
}

/// The relay time of a packet, as a receiver works it out from the last report before `at`.
fn reported_time(world: &World, slot: SlotId, at: Micros, timestamp: u32, rate: i64) -> i64 {
    let reports = world.sent_rtcp::<SenderReport>(slot.endpoint.0);
    let report = reports.iter().rfind(|(when, report)| report.ssrc == ssrc(slot) && *when <= at).unwrap();
    let ticks = timestamp.wrapping_sub(report.1.rtp_time) as i32;
    micros_of(report.1.ntp_time) + i64::from(ticks) * 1_000_000 / rate
}

/// How much later the relay says something was captured than it was.
fn shift(world: &World, slot: SlotId, rate: i64, from: Micros, to: Micros) -> Vec<i64> {
    let packets = world.slot(slot).iter().filter(|(at, _)| (from..to).contains(at));
    packets
        .filter_map(|(at, packet)| {
            let mark = read_mark(&packet.payload).filter(|mark| mark.layer == 9 || mark.layer < 3)?;
            Some(reported_time(world, slot, *at, packet.timestamp, rate) - mark.capture as i64)
        })
        .collect()
}

#[test]
fn sound_and_picture_agree_after_every_one_of_ten_takes() {
    let mut world = far_apart();
    for take in 1..=10 {
        world.take(take, &programme(1 + take % 2, [100]));
        world.run(2_000_000);
        let (at, _) = world.done(take).expect("the take is done");

        // The squeeze of the first frames is over after half a second at most.
        let sound = shift(&world, sound_slot(100, 0), 48_000, at + 300_000, world.now);
        let picture = shift(&world, picture_slot(100, 0), 90_000, at + 300_000, world.now);

        assert!(sound.len() > 50 && picture.len() > 50);
        let all = || sound.iter().chain(&picture);
        let spread = all().max().unwrap() - all().min().unwrap();
        assert!(spread <= 5_000, "take {take}: {spread} µs apart");
    }
}

#[test]
fn lips_hold_although_busy_sites_stamp_their_reports_late() {
    let mut world = far_apart();
    for publisher in world.publishers.values_mut() {
        publisher.stamps_late = 60_000;
    }
    world.run(12_000_000);
    for take in 1..=10 {
        world.take(take, &programme(1 + take % 2, [100]));
        world.run(2_000_000);
        let (at, _) = world.done(take).expect("the take is done");

        let sound = shift(&world, sound_slot(100, 0), 48_000, at + 300_000, world.now);
        let picture = shift(&world, picture_slot(100, 0), 90_000, at + 300_000, world.now);
        let all = || sound.iter().chain(&picture);
        let spread = all().max().unwrap() - all().min().unwrap();
        assert!(spread <= 15_000, "take {take}: {spread} µs apart");
    }
}

#[test]
fn all_reports_of_a_slot_lie_on_one_line() {
    let mut world = far_apart();
    for take in 1..=10 {
        world.take(take, &programme(1 + take % 2, [100]));
        world.run(2_000_000);
    }

    for (slot, rate) in [(sound_slot(100, 0), 48_000), (picture_slot(100, 0), 90_000)] {
        let reports = world.sent_rtcp::<SenderReport>(100);
        let reports: Vec<_> = reports.iter().filter(|(_, report)| report.ssrc == ssrc(slot)).collect();
        assert!(reports.len() >= 20);
        let first = &reports[0].1;
        for (_, report) in &reports {
            let wall = micros_of(report.ntp_time) - micros_of(first.ntp_time);
            let media = i64::from(report.rtp_time.wrapping_sub(first.rtp_time)) * 1_000_000 / rate;
            assert!((wall - media).abs() <= 1_000, "{slot:?}: {wall} and {media} µs");
        }
    }
}

#[test]
fn timestamps_of_a_slot_never_go_back() {
    let mut world = far_apart();
    for take in 1..=10 {
        world.take(take, &programme(1 + take % 2, [100]));
        world.run(700_000);
    }

    for slot in [sound_slot(100, 0), picture_slot(100, 0)] {
        for pair in world.slot(slot).windows(2) {
            let step = pair[1].1.timestamp.wrapping_sub(pair[0].1.timestamp) as i32;
            assert!(step >= 0, "{slot:?}: {step}");
        }
    }
}

#[test]
fn lips_hold_while_a_site_s_clock_runs_fast() {
    let mut world = far_apart();
    // 150 parts per million for five minutes: 45 ms.
    for _ in 0..300 {
        world.publishers.get_mut(&1).unwrap().clock += 150;
        world.run(1_000_000);
    }
    for take in 1..=2 {
        world.take(take, &programme(1 + take % 2, [100]));
        world.run(3_000_000);
    }

    let from = world.now - 2_000_000;
    let sound = shift(&world, sound_slot(100, 0), 48_000, from, world.now);
    let picture = shift(&world, picture_slot(100, 0), 90_000, from, world.now);
    let all = || sound.iter().chain(&picture);
    let spread = all().max().unwrap() - all().min().unwrap();
    assert!(spread <= 10_000, "{spread} µs apart");
}

#[test]
fn a_slot_that_switched_before_the_first_report_is_set_right_by_it() {
    let mut world = World::new(11);
    let mut publisher = Publisher::new(1, Codec::H264, &[Layer::High]);
    publisher.delay = 30_000;
    world.publish(publisher);
    world.receive(100, Codec::H264);
    // The picture's encoder takes 80 ms longer than the sound's: before a report, arrival misleads.
    world.encoder = 80_000;
    world.set_routes(&programme(1, [100]));
    world.run(5_000_000);

    let from = world.now - 2_000_000;
    let sound = shift(&world, sound_slot(100, 0), 48_000, from, world.now);
    let picture = shift(&world, picture_slot(100, 0), 90_000, from, world.now);

    let all = || sound.iter().chain(&picture);
    let spread = all().max().unwrap() - all().min().unwrap();
    assert!(spread <= 10_000, "{spread} µs apart");
}
