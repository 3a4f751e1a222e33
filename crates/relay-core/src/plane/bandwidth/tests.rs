//! The estimate against simulated lines.

use super::line::Line;
use super::*;

type Way = super::line::Way<Bandwidth>;

#[test]
fn a_wide_line_has_no_limit_also_with_jitter_and_some_loss() {
    for (jitter, loss) in [(0, 0.0), (40_000, 0.0), (80_000, 0.0), (10_000, 0.05)] {
        let mut way = Way::new(Line { jitter, loss, ..Line::new(20e6) });
        way.run(60_000_000);
        assert_eq!(way.bandwidth.target(), None, "jitter {jitter}, loss {loss}");
    }
}

#[test]
fn a_line_that_becomes_thin_is_met_within_a_second_and_followed_from_below() {
    for room in [60_000, 200_000, 1_000_000] {
        let mut way = Way::new(Line { room, ..Line::new(20e6) });
        way.run(5_000_000);
        way.line.rate = 300_000.0;
        way.run(1_000_000);
        let met = way.bandwidth.target().unwrap_or_else(|| panic!("no limit after a second, room {room}"));
        let queued = way.bandwidth.is_queued();
        way.run(4_000_000);
        let followed = way.bandwidth.target().unwrap();

        assert!(met < 600_000, "{met} after a second, room {room}");
        assert!(queued || room < 1_000_000, "packets wait after a second, room {room}");
        assert!((150_000..330_000).contains(&followed), "{followed} after five seconds, room {room}");
    }
}

#[test]
fn a_line_that_recovers_carries_everything_again_within_ten_seconds() {
    let mut way = Way::new(Line::new(300_000.0));
    way.run(20_000_000);
    assert!(way.bandwidth.target().unwrap() < 400_000);

    way.line.rate = 20e6;
    way.run(10_000_000);
    assert!(way.bandwidth.target().is_none_or(|target| target >= way.wished), "{:?}", way.bandwidth.target());
    way.run(15_000_000);
    assert_eq!(way.bandwidth.target(), None, "no limit any more");
}

#[test]
fn a_way_that_becomes_longer_is_no_queue_for_long() {
    for (delay, jitter) in [(100_000, 0), (175_000, 20_000), (400_000, 20_000)] {
        let mut way = Way::new(Line::new(20e6));
        way.run(20_000_000);
        way.line.delay = delay;
        way.line.jitter = jitter;
        way.run(4_000_000);
        let target = way.bandwidth.target();
        assert!(target.is_none_or(|target| target >= way.wished), "{target:?} after a step to {delay}");
        way.line.rate = 300_000.0;
        way.run(6_000_000);
        let followed = way.bandwidth.target().unwrap();
        assert!((100_000..330_000).contains(&followed), "{followed}: a queue on the longer way is still one");
    }
}

#[test]
fn a_line_that_loses_by_itself_is_not_taken_for_a_full_one() {
    for loss in [0.1, 0.2, 0.3] {
        let mut way = Way::new(Line { loss, ..Line::new(20e6) });
        let mut least = BitRate::MAX;
        for _ in 0..60 {
            way.run(1_000_000);
            least = least.min(way.bandwidth.target().unwrap_or(way.wished));
        }

        let target = way.bandwidth.target();
        assert!(target.is_none_or(|target| target >= way.wished), "{target:?} with {loss} lost");
        assert!(least > 800_000, "{least} at the least with {loss} lost");
    }
}

#[test]
fn a_line_that_was_thin_and_then_loses_some_carries_everything_again() {
    for loss in [0.03, 0.06, 0.09, 0.12] {
        for random in 1..20 {
            let mut way = Way::new(Line { random, ..Line::new(400_000.0) });
            way.run(10_000_000);
            way.line = Line { loss, random, free_at: way.line.free_at, ..Line::new(20e6) };
            way.run(15_000_000);
            let mut least = BitRate::MAX;
            for _ in 0..20 {
                way.run(1_000_000);
                least = least.min(way.bandwidth.target().unwrap_or(way.wished));
            }
            assert!(least > 1_500_000, "{least} with {loss} lost, seed {random}");
        }
    }
}

#[test]
fn a_line_that_loses_and_is_thin_is_followed_all_the_same() {
    for loss in [0.05, 0.2] {
        let mut way = Way::new(Line { loss, ..Line::new(20e6) });
        way.run(20_000_000);
        way.line.rate = 300_000.0;
        way.run(5_000_000);

        let target = way.bandwidth.target().unwrap();
        assert!((100_000..400_000).contains(&target), "{target} with {loss} lost");
    }
}

#[test]
fn a_policer_that_throws_away_what_is_too_much_is_followed() {
    // A queue too short to be seen: packets vanish before any waits.
    let mut way = Way::new(Line { room: 20_000, ..Line::new(1e6) });
    way.run(10_000_000);
    let mut over = 0;
    for _ in 0..200 {
        way.run(100_000);
        over += u32::from(way.bandwidth.target().is_none_or(|target| target > 1_300_000));
    }

    assert!(over <= 20, "above what passes in {over} of 200 looks");
}

#[test]
fn a_limit_that_the_receiver_names_is_followed_down_and_up_and_forgotten() {
    let mut bandwidth = Bandwidth::default();
    assert!(!bandwidth.limit(20_000_000, 2_500_000));
    assert!(bandwidth.limit(300_000, 2_500_000));
    assert_eq!(bandwidth.target(), Some(300_000));
    assert!(bandwidth.limit(900_000, 2_500_000));
    assert_eq!(bandwidth.target(), Some(900_000));
    assert!(bandwidth.limit(10_000_000, 2_500_000));
    assert_eq!(bandwidth.target(), None);
}

#[test]
fn a_clock_that_drifts_is_no_queue() {
    let mut bandwidth = Bandwidth::default();
    for index in 0..60_000 {
        let left = index * 10_000;
        // 200 parts per million.
        let arrived = Some(left + left / 5_000 + 30_000);
        bandwidth.learn(left + 60_000, &[Outcome { left, arrived, bytes: 1_200, probe: false }], 2_500_000);
    }
    assert_eq!(bandwidth.target(), None);
}
