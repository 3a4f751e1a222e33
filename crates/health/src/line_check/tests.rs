use super::*;
use crate::units::{Dbfs, DelayMs, Fps};
use crate::{Direction, NetworkType};

fn up() -> LineSample {
    LineSample {
        direction: Direction::Up,
        kbps: Kbps::read(180.0),
        expected: 100,
        lost: 0,
        jitter: DelayMs::read(3.0),
        rtt: DelayMs::read(20.0),
        fps: Fps::read(10.0),
        keyframes: 0,
        freezes: 0,
        height: Some(180),
        level: Dbfs::read(-30.0),
    }
}

fn down() -> LineSample {
    LineSample { direction: Direction::Down, expected: 300, ..up() }
}

fn page() -> PageSample {
    PageSample {
        fps: Fps::read(25.0),
        freezes: 0,
        concealed: Share::read(0.0),
        limit: EncoderLimit::None,
        path: CandidatePath::Udp,
        network: NetworkType::Unknown,
        battery: None,
        visible: true,
    }
}

/// Half a minute of a line, the last six seconds of it filled by transfers.
fn checked(line: impl Fn(u32) -> (Option<LineSample>, Option<LineSample>), kbps: (f32, f32)) -> LineCheck {
    let mut check = LineCheck::default();
    for second in 0..30 {
        let (up, down) = line(second);
        check.second(up.as_ref(), down.as_ref(), second < 24);
        check.page(&page(), Some(true), second < 24);
        check.judged(true, true, true);
    }
    check.transferred(Kbps::read(kbps.0), Kbps::read(kbps.1));
    check
}

fn report(check: &LineCheck) -> CheckReport {
    check.report(&Thresholds::default(), &CheckBounds::default())
}

fn blames_neither_loss_nor_delay(report: &CheckReport) -> bool {
    let consequences = |item: &&CheckedItem| matches!(item.item, CheckItem::Loss | CheckItem::Delay);
    report.items.iter().filter(consequences).all(|item| item.fault.is_none())
}

fn healthy() -> LineCheck {
    checked(|_| (Some(up()), Some(down())), (5_000.0, 5_000.0))
}

#[test]
fn a_good_line_is_good_in_every_item() {
    let report = report(&healthy());
    assert_eq!((report.verdict, report.fault), (CheckVerdict::Good, None));
    assert!(report.items.iter().all(|item| item.verdict == CheckVerdict::Good), "{report:?}");
    assert_eq!(report.items.iter().map(|item| item.item).collect::<Vec<_>>(), ITEMS);
}

#[test]
fn a_lossy_line_is_named_by_its_loss_although_it_carries_little_of_a_transfer() {
    let lossy = |sample: LineSample| Some(LineSample { lost: sample.expected * 8 / 100, ..sample });
    let report = report(&checked(|_| (lossy(up()), lossy(down())), (300.0, 250.0)));
    assert_eq!((report.verdict, report.fault), (CheckVerdict::Weak, Some(CheckFault::Loss)), "{report:?}");
}

#[test]
fn a_narrow_line_is_named_by_that_although_it_is_slow_and_loses_when_it_is_full() {
    let line = |second: u32| {
        let full = second >= 24;
        let rtt = DelayMs::read(if full { 1_500.0 } else { 40.0 });
        let up = LineSample { lost: if full { 30 } else { 0 }, rtt, ..up() };
        (Some(up), Some(LineSample { lost: 60, ..down() }))
    };
    let report = report(&checked(line, (290.0, 280.0)));
    assert_eq!(report.fault, Some(CheckFault::NarrowUp), "{report:?}");
    assert!(blames_neither_loss_nor_delay(&report), "{report:?}");
}

/// The programme alone is more than it carries: its queue is full all the time, and hardly anything of a transfer comes through.
#[test]
fn a_line_that_is_full_all_the_time_is_named_by_what_it_carries() {
    let line = |_| {
        let rtt = DelayMs::read(1_600.0);
        (Some(LineSample { rtt, ..up() }), Some(LineSample { lost: 150, rtt, ..down() }))
    };
    let report = report(&checked(line, (60.0, 25.0)));
    assert_eq!((report.verdict, report.fault), (CheckVerdict::Bad, Some(CheckFault::NarrowUp)), "{report:?}");
    assert!(blames_neither_loss_nor_delay(&report), "{report:?}");
}

#[test]
fn a_line_on_which_nothing_gets_through_beside_the_programme_is_narrow() {
    let mut check = LineCheck::default();
    for _ in 0..60 {
        check.second(Some(&up()), Some(&LineSample { lost: 150, ..down() }), true);
    }
    assert_eq!(report(&check).fault, Some(CheckFault::ReceivingLoss), "nobody has asked what it carries");

    check.unanswered();
    assert_eq!(report(&check).fault, Some(CheckFault::NarrowDown));
}

#[test]
fn a_slow_line_is_named_by_its_shortest_round_trip() {
    let line = |_| (Some(LineSample { rtt: DelayMs::read(410.0), ..up() }), Some(down()));
    let report = report(&checked(line, (2_000.0, 2_000.0)));
    assert_eq!((report.verdict, report.fault), (CheckVerdict::Weak, Some(CheckFault::Delay)), "{report:?}");
}

#[test]
fn a_line_that_comes_and_goes_is_named_by_that_alone() {
    let line = |second: u32| match second % 10 {
        0..=2 => (None, None),
        3 => (Some(LineSample { lost: 40, ..up() }), Some(LineSample { lost: 100, ..down() })),
        _ => (Some(up()), Some(down())),
    };
    let report = report(&checked(line, (200.0, 100.0)));
    assert_eq!((report.verdict, report.fault), (CheckVerdict::Bad, Some(CheckFault::Flapping)), "{report:?}");
    assert_eq!(report.items.iter().filter(|item| item.fault.is_some()).count(), 1, "{report:?}");
}

#[test]
fn a_line_that_goes_and_does_not_come_back_is_named_too() {
    let gone = |second: u32| if second < 20 { (Some(up()), Some(down())) } else { (None, None) };
    assert_eq!(report(&checked(gone, (5_000.0, 5_000.0))).fault, Some(CheckFault::Flapping));

    let long = |second: u32| if (7..14).contains(&second) { (None, None) } else { (Some(up()), Some(down())) };
    assert_eq!(report(&checked(long, (5_000.0, 5_000.0))).fault, Some(CheckFault::Flapping));
}

#[test]
fn what_is_muted_or_switched_off_is_not_called_good() {
    let mut check = LineCheck::default();
    for _ in 0..30 {
        check.second(Some(&up()), Some(&down()), true);
        check.page(&page(), Some(true), true);
        check.judged(true, false, true);
    }
    check.transferred(Kbps::read(5_000.0), Kbps::read(5_000.0));

    let report = report(&check);
    let of = |item: CheckItem| report.items.iter().find(|found| found.item == item).map(|found| found.verdict);
    assert_eq!(of(CheckItem::Camera), Some(CheckVerdict::Good));
    assert_eq!(of(CheckItem::Microphone), Some(CheckVerdict::Unknown));
    assert_eq!((report.verdict, report.fault), (CheckVerdict::Unknown, None));
}

#[test]
fn one_interruption_is_no_habit() {
    let line = |second: u32| if second == 7 { (None, None) } else { (Some(up()), Some(down())) };
    assert_eq!(report(&checked(line, (5_000.0, 5_000.0))).verdict, CheckVerdict::Good);
}

#[test]
fn faults_of_picture_and_sound_are_named_and_the_worst_first() {
    let mut check = healthy();
    check.faults([ContentFault::TooLoud, ContentFault::Clipping]);
    assert_eq!(report(&check).fault, Some(CheckFault::Content(ContentFault::Clipping)));

    let mut check = healthy();
    check.faults([ContentFault::TooLow]);
    assert_eq!(report(&check).verdict, CheckVerdict::Weak);

    let mut check = healthy();
    check.faults([ContentFault::FrozenPicture]);
    assert_eq!(report(&check).fault, Some(CheckFault::Content(ContentFault::FrozenPicture)));
}

#[test]
fn what_was_not_measured_is_unknown_and_what_never_came_is_missing() {
    let report_of_nothing = report(&LineCheck::default());
    assert_eq!((report_of_nothing.verdict, report_of_nothing.fault), (CheckVerdict::Bad, Some(CheckFault::NoPicture)));

    let mut check = LineCheck::default();
    for _ in 0..30 {
        check.second(Some(&up()), Some(&down()), true);
    }
    let report = report(&check);
    assert_eq!(
        (report.verdict, report.fault),
        (CheckVerdict::Unknown, None),
        "transfers and page are missing: {report:?}"
    );
}

#[test]
fn the_page_says_what_nobody_else_can_know() {
    let mut blocked = healthy();
    blocked.page(&page(), Some(false), true);
    assert_eq!(report(&blocked).fault, Some(CheckFault::SoundBlocked));

    let mut slow = LineCheck::default();
    for _ in 0..30 {
        slow.second(Some(&up()), Some(&down()), true);
        slow.page(&PageSample { limit: EncoderLimit::Cpu, ..page() }, Some(true), true);
    }
    slow.transferred(Kbps::read(5_000.0), Kbps::read(5_000.0));
    assert_eq!(report(&slow).fault, Some(CheckFault::SlowMachine));
}

#[test]
fn bounds_in_the_wrong_order_are_refused() {
    assert!(CheckBounds::default().validate().is_ok());
    assert!(CheckBounds { up_bad_kbps: 700.0, ..CheckBounds::default() }.validate().is_err());
    assert!(CheckBounds { down_weak_kbps: f32::NAN, ..CheckBounds::default() }.validate().is_err());
}

fn verdict_of(report: &CheckReport, item: CheckItem) -> CheckVerdict {
    report.items.iter().find(|checked| checked.item == item).unwrap().verdict
}

#[test]
fn a_site_that_has_only_just_come_was_not_interrupted() {
    let late = |second: u32| if second < 4 { (None, None) } else { (Some(up()), Some(down())) };
    let check = report(&checked(late, (5_000.0, 5_000.0)));
    assert_eq!((check.verdict, check.fault), (CheckVerdict::Good, None), "{check:?}");

    let never = report(&checked(|_| (None, None), (5_000.0, 5_000.0)));
    assert_eq!(verdict_of(&never, CheckItem::Stability), CheckVerdict::Unknown);
}

#[test]
fn a_line_is_good_while_nobody_in_the_hall_sends_anything_and_the_loudspeaker_is_not_called_so() {
    let quiet = report(&checked(|_| (Some(up()), None), (5_000.0, 5_000.0)));
    assert_eq!((quiet.verdict, quiet.fault), (CheckVerdict::Good, None), "{quiet:?}");
    assert_eq!(verdict_of(&quiet, CheckItem::Speaker), CheckVerdict::Unknown);
}
