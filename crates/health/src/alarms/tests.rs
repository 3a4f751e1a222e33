//! Alarms of one site, and times at which they may be told.

use proptest::prelude::*;

use super::*;

const BLACK: AlarmKind = AlarmKind::Content(ContentFault::BlackPicture);

fn site() -> SiteSlug {
    SiteSlug::from("cao-bang")
}

fn at(second: u64) -> Millis {
    Millis(second * 1_000)
}

fn events(alarms: &mut Alarms) -> Vec<&'static str> {
    let name = |event| match event {
        AlarmEvent::Raised(_) => "raised",
        AlarmEvent::Acknowledged(_) => "acknowledged",
        AlarmEvent::Gone(_) => "gone",
        AlarmEvent::Returned(_) => "returned",
        AlarmEvent::Reopened(_) => "reopened",
        AlarmEvent::Cleared(_) => "cleared",
    };
    std::iter::from_fn(|| alarms.poll_event()).map(name).collect()
}

#[test]
fn an_alarm_has_its_times_and_its_people() {
    let mut alarms = Alarms::default();
    alarms.raise(at(0), &site(), BLACK);
    alarms.raise(at(1), &site(), BLACK);
    let id = alarms.open().next().unwrap().id;
    assert_eq!(alarms.acknowledge(at(5), id, "Lan"), Ok(()));
    assert_eq!(alarms.acknowledge(at(6), id, "Minh"), Err(AlarmRefusal::AlreadyAcknowledged));
    assert_eq!(alarms.clear_by_hand(at(6), id, "Lan"), Err(AlarmRefusal::StillThere));
    alarms.clear(at(100), &site(), BLACK);
    assert_eq!(alarms.poll_timeout(), Some(at(160)));
    alarms.handle_timeout(at(160));

    assert_eq!(events(&mut alarms), ["raised", "acknowledged", "gone", "cleared"]);
    assert_eq!(alarms.acknowledge(at(170), id, "Lan"), Err(AlarmRefusal::NotOpen));
    let over = alarms.history().next().unwrap();
    assert_eq!((over.raised_at, over.gone_at, over.count), (at(0), Some(at(100)), 1));
    assert_eq!(over.acknowledged, Some(Signature { by: "Lan".to_owned(), at: at(5) }));
    assert_eq!(over.cleared, Some(Cleared { by: None, at: at(160) }));
}

#[test]
fn a_cause_that_comes_back_within_the_minute_is_the_same_alarm() {
    let mut alarms = Alarms::default();
    for second in (0..120).step_by(20) {
        alarms.raise(at(second), &site(), AlarmKind::Lost);
        alarms.clear(at(second + 10), &site(), AlarmKind::Lost);
        alarms.handle_timeout(at(second + 19));
    }
    alarms.handle_timeout(at(200));

    let told = events(&mut alarms);
    let of = |name: &str| told.iter().filter(|told| **told == name).count();
    assert_eq!((of("raised"), of("gone"), of("returned"), of("cleared"), told.len()), (1, 6, 5, 1, 13));
    assert_eq!(alarms.history().next().unwrap().count, 6);
}

#[test]
fn what_a_person_cleared_too_early_is_reopened() {
    let mut alarms = Alarms::default();
    alarms.raise(at(0), &site(), BLACK);
    let id = alarms.open().next().unwrap().id;
    alarms.clear(at(10), &site(), BLACK);
    assert_eq!(alarms.clear_by_hand(at(11), id, "Lan"), Ok(()));
    alarms.raise(at(30), &site(), BLACK);

    assert_eq!(events(&mut alarms), ["raised", "gone", "cleared", "reopened"]);
    assert_eq!(alarms.open().map(|alarm| (alarm.id, alarm.count)).collect::<Vec<_>>(), [(id, 2)]);
}

#[test]
fn numbers_go_on_after_those_of_an_earlier_start() {
    let mut alarms = Alarms::after(41);
    alarms.raise(at(0), &site(), BLACK);
    assert_eq!(alarms.open().next().unwrap().id, AlarmId(42));
}

#[test]
fn history_is_bounded() {
    let mut alarms = Alarms::default();
    for number in 0..(MAX_HISTORY as u64 + 10) {
        alarms.raise(at(number * 100), &site(), BLACK);
        alarms.clear(at(number * 100 + 1), &site(), BLACK);
        alarms.handle_timeout(at(number * 100 + 61));
    }
    assert_eq!(alarms.history().count(), MAX_HISTORY);
}

proptest! {
    #[test]
    fn whatever_happens_it_is_raised_at_most_once_a_minute(steps in prop::collection::vec((0u64..20_000, any::<bool>()), 1..200)) {
        let (mut alarms, mut now, mut raised) = (Alarms::default(), Millis(0), Vec::new());
        for (wait, wrong) in steps {
            now = now.plus(wait);
            alarms.handle_timeout(now);
            if wrong { alarms.raise(now, &site(), BLACK) } else { alarms.clear(now, &site(), BLACK) }
            while let Some(event) = alarms.poll_event() {
                if let AlarmEvent::Raised(alarm) = event {
                    raised.push(alarm.raised_at);
                }
            }
        }
        prop_assert!(raised.windows(2).all(|pair| pair[1].since(pair[0]) >= QUIET_MS));
    }
}
