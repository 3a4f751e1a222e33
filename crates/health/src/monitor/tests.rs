//! One site through everything that can happen to it.

use proptest::prelude::*;

use super::*;
use crate::Reason;
use crate::units::{DelayMs, Fps, Luma, Share};

fn slug() -> SiteSlug {
    SiteSlug::from("cao-bang")
}

fn watched() -> Health {
    let mut health = Health::new(Settings::default());
    health.set_places(Millis(0), BTreeMap::from([(slug(), Place::default())]));
    health
}

fn healthy() -> Arriving {
    Arriving { control: true, picture: true, sound: true, loss: None, rtt: None, fps: None, receiving: None }
}

fn events(health: &mut Health) -> Vec<HealthEvent> {
    std::iter::from_fn(|| health.poll_event()).collect()
}

#[test]
fn a_site_that_drops_is_told_has_an_alarm_and_an_incident() {
    let mut health = watched();
    let lost = Arriving { picture: false, sound: false, ..healthy() };
    health.arriving(Millis(0), &slug(), &lost, 0);
    assert_eq!((health.verdict(&slug()), events(&mut health)), (None, vec![]));

    health.arriving(Millis(1_000), &slug(), &healthy(), 0);
    health.arriving(Millis(12_300), &slug(), &lost, 2_300);
    health.handle_timeout(Millis(12_750));

    let told = events(&mut health);
    let reason = Some(Reason::NoMedia);
    assert_eq!(told[0], HealthEvent::Verdict(slug(), Finding::GOOD));
    assert_eq!(told[1], HealthEvent::Verdict(slug(), Finding { quality: Quality::Lost, reason }));
    assert!(matches!(&told[2], HealthEvent::Alarm(AlarmEvent::Raised(alarm)) if alarm.kind == AlarmKind::Lost));
    assert!(matches!(&told[3], HealthEvent::Incident(IncidentEvent::Opened(of)) if of.began == Millis(10_000)));
    assert_eq!(told.len(), 4);
}

/// The first second of a site that joins has few frames, whatever its camera does.
#[test]
fn a_site_that_joins_raises_no_alarm() {
    let mut health = watched();
    let begins = Arriving { fps: Fps::read(1.0), ..healthy() };
    for (at, arriving) in [(0, begins), (1_000, begins), (1_750, begins), (2_000, healthy()), (9_000, healthy())] {
        health.arriving(Millis(at), &slug(), &arriving, 0);
    }

    assert_eq!(events(&mut health), [HealthEvent::Verdict(slug(), Finding::GOOD)]);
}

fn show_black(health: &mut Health) {
    let black = ContentSample {
        frames: 20,
        luma_mean: Luma::read(16.0),
        luma_spread: Luma::read(0.0),
        ..ContentSample::NOTHING
    };
    for second in (0..20).step_by(2) {
        health.content(Millis(second * 1_000), &slug(), &black, Context::default());
    }
}

#[test]
fn a_site_that_is_lost_has_no_other_fault() {
    let mut health = watched();
    health.arriving(Millis(0), &slug(), &healthy(), 0);
    show_black(&mut health);
    health.arriving(Millis(21_000), &slug(), &Arriving { picture: false, sound: false, ..healthy() }, 2_300);

    let there: Vec<_> =
        health.alarms().open().filter(|alarm| alarm.gone_at.is_none()).map(|alarm| alarm.kind).collect();
    assert_eq!(there, [AlarmKind::Lost]);
}

#[test]
fn a_fault_raises_its_alarm_and_leaving_ends_it() {
    let mut health = watched();
    show_black(&mut health);
    health.left(Millis(30_000), &slug());
    health.handle_timeout(Millis(90_000));

    let told = events(&mut health);
    assert!(matches!(
        &told[..],
        [
            HealthEvent::Alarm(AlarmEvent::Raised(_)),
            HealthEvent::Alarm(AlarmEvent::Gone(_)),
            HealthEvent::Alarm(AlarmEvent::Cleared(_))
        ]
    ));
}

#[test]
fn a_quiet_room_that_is_checked_is_a_finding_and_an_alarm_only_where_it_has_the_floor() {
    let mut health = watched();
    let quiet = ContentSample { rms: Dbfs::read(-58.0), peak: Dbfs::read(-44.0), ..ContentSample::NOTHING };
    let mut listen = |from: u64, context| {
        for second in (from..from + 40).step_by(2) {
            health.content(Millis(second * 1_000), &slug(), &quiet, context);
        }
        (health.faults_of(&slug()).contains(&ContentFault::TooLow), health.alarms().open().count())
    };
    let checked = Context { checked: true, ..Context::default() };

    assert_eq!(listen(0, checked), (true, 0));
    assert_eq!(listen(40, Context { expected_to_speak: true, ..checked }), (true, 1));
    assert!(!listen(80, Context::default()).0, "the check is over, and nobody is to speak");
}

#[test]
fn seconds_become_a_curve_and_points_to_store() {
    let mut health = watched();
    for second in 0..25 {
        let measured = Second::of(second, Quality::Good, None, None);
        health.second(&slug(), &measured);
    }
    assert_eq!(health.curve(&slug()).map(|curve| curve.points().len()), Some(25));
    assert_eq!(events(&mut health).len(), 2);
}

#[test]
fn what_is_said_of_strangers_is_dropped() {
    let mut health = watched();
    let stranger = SiteSlug::from("nowhere");
    health.arriving(Millis(0), &stranger, &healthy(), 0);
    health.content(Millis(0), &stranger, &ContentSample::NOTHING, Context::default());
    health.left(Millis(0), &stranger);
    assert_eq!((health.verdict(&stranger), events(&mut health)), (None, vec![]));
}

proptest! {
    /// Whatever bits a site sends as numbers, and whenever: nothing panics, and the numbers that are told are numbers.
    #[test]
    fn no_number_does_harm(steps in prop::collection::vec((any::<[u32; 10]>(), any::<u64>(), any::<[bool; 6]>()), 1..100)) {
        let mut health = watched();
        for (bits, time, flags) in steps {
            let [a, b, c, d, e, f, g, h, i, j] = bits.map(f32::from_bits);
            let now = Millis(time >> (bits[0] % 64));
            let arriving = Arriving {
                control: flags[0], picture: flags[1], sound: flags[2],
                loss: Share::read(a), rtt: DelayMs::read(b), fps: Fps::read(c), receiving: None,
            };
            let context = Context { muted: flags[3], camera_off: false, on_air: flags[4], expected_to_speak: flags[5], checked: flags[2] };
            let sample = ContentSample {
                frames: bits[1], luma_mean: Luma::read(d), luma_spread: Luma::read(e), luma_change: Luma::read(f),
                clipped: Share::read(g), rms: Dbfs::read(h), peak: Dbfs::read(i),
            };
            health.arriving(now, &slug(), &arriving, u64::from(bits[2]));
            health.content(now, &slug(), &sample, context);
            if let (Some(microphone), Some(programme)) = (Dbfs::read(h), Dbfs::read(j)) {
                health.levels(now, &slug(), microphone, programme, context);
            }
            health.second(&slug(), &Second {
                second: bits[3], quality: Quality::Good, kbps_up: crate::units::Kbps::read(j), kbps_down: None,
                rtt: DelayMs::read(b), loss: Share::read(a), jitter: DelayMs::read(j), fps: Fps::read(c), level: Dbfs::read(h),
            });
            health.handle_timeout(now);
            for event in std::iter::from_fn(|| health.poll_event()) {
                if let HealthEvent::Stored(_, ten) = event {
                    prop_assert!(ten.loss.is_none_or(|loss| loss.mean.is_finite() && loss.max <= 1.0));
                }
            }
        }
    }
}

#[test]
fn the_seconds_before_a_stop_are_handed_out_too() {
    let mut health = watched();
    for second in 100..104 {
        health.second(&slug(), &Second::of(second, Quality::Good, None, None));
    }
    assert_eq!(events(&mut health), [], "ten seconds are not complete");
    health.finish();
    let told = events(&mut health);
    assert!(matches!(&told[..], [HealthEvent::Stored(site, ten)] if *site == slug() && ten.points == 4), "{told:?}");
    health.finish();
    assert_eq!(events(&mut health), []);
}
