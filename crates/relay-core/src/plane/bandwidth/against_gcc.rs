//! Our estimate beside that of `rtc-interceptor` (Google Congestion Control, draft-ietf-rmcat-gcc-02), on the same lines.
//!
//! `cargo test -q -p relay-core --lib against_gcc -- --nocapture` prints the table of `docs/measurements.md`.

use std::time::{Duration, Instant};

use rtc_interceptor::{BandwidthEstimator, PacketReport, RateCalculator};
use rtc_rtcp::transport_feedbacks::cc_feedback_report::Ecn;

use super::line::{Estimator, Line, Seen, Way};
use super::*;

const WISHED: BitRate = 2_500_000;
const WIDE: f64 = 20e6;
const THIN: f64 = 300_000.0;
const SECOND: Micros = 1_000_000;
/// Ways that each figure is of: their feedback, and their chance, begin elsewhere.
const WAYS: u64 = 20;

/// Theirs begins at what is wished, because ours has no limit at first, and is asked for no more than ours ever grows to.
struct Gcc {
    epoch: Instant,
    estimate: rtc_interceptor::Gcc,
    number: u64,
}

impl Default for Gcc {
    fn default() -> Self {
        let estimate = rtc_interceptor::Gcc::new(WISHED as f64, LEAST as f64, WISHED as f64 * 2.0);
        Self { epoch: Instant::now(), estimate, number: 0 }
    }
}

impl Estimator for Gcc {
    fn target(&self) -> Option<BitRate> {
        Some(self.estimate.target_bitrate() as BitRate)
    }

    fn probe(&self, _now: Micros) -> Option<Probe> {
        None
    }

    fn learn(&mut self, now: Micros, outcomes: &[Outcome], _wished: BitRate) {
        let at = |time: Micros| self.epoch + Duration::from_micros(time as u64);
        let reports = outcomes.iter().zip(self.number..).map(|(outcome, number)| PacketReport {
            ssrc: 1,
            id: number,
            rtp_sequence_number: number as u16,
            is_twcc: true,
            twcc_sequence_number: number as u16,
            size: outcome.bytes as usize,
            arrived: outcome.arrived.is_some(),
            departure: at(outcome.left),
            arrival: outcome.arrived.map(|arrived| Duration::from_micros(arrived as u64)),
            ecn: Ecn::default(),
        });
        let reports: Vec<PacketReport> = reports.collect();
        self.number += reports.len() as u64;
        self.estimate.on_reports(at(now), &reports);
    }
}

/// What one estimator did on one sort of line.
#[derive(Debug, Default)]
struct Figures {
    /// Seconds until what was waited for, or for as long as it was waited for.
    seconds: Vec<f64>,
    /// Packets that were lost until then.
    lost: Vec<f64>,
    seen: Vec<Seen>,
}

impl Figures {
    /// One of each way.
    fn each(&self, figure: fn(&Seen) -> f64) -> Vec<f64> {
        self.seen.iter().map(figure).collect()
    }
}

fn ways<E: Estimator>(line: impl Fn() -> Line) -> impl Iterator<Item = Way<E>> {
    (1..=WAYS).map(move |seed| {
        let mut way = Way::new(Line { random: seed * 7_919, ..line() });
        way.run(seed as Micros * 35_000);
        way
    })
}

/// A wide line becomes thin; what is seen is of the 20 s that begin 5 s later.
fn falls<E: Estimator>(line: impl Fn() -> Line) -> Figures {
    let mut figures = Figures::default();
    for mut way in ways::<E>(line) {
        way.run(10 * SECOND);
        way.line.rate = THIN;
        way.seen = Seen::default();
        let met = way.run_until(5 * SECOND, |rate| rate as f64 <= THIN * 1.1).unwrap_or(5 * SECOND);
        figures.seconds.push(met as f64 / 1e6);
        figures.lost.push(way.seen.lost.into());
        way.run(5 * SECOND - met);
        way.seen = Seen::default();
        way.run(20 * SECOND);
        figures.seen.push(way.seen);
    }
    figures
}

/// A line that was thin for 20 s becomes wide; time until all that is wished may be sent.
fn recovers<E: Estimator>(room: Micros) -> Figures {
    let mut figures = Figures::default();
    for mut way in ways::<E>(|| Line { room, ..Line::new(THIN) }) {
        way.run(20 * SECOND);
        way.line.rate = WIDE;
        let (begin, is_thin) = (way.now, |estimate: &E| estimate.target().is_some_and(|target| target < WISHED));
        while is_thin(&way.bandwidth) && way.now - begin < 60 * SECOND {
            way.run(SECOND / 20);
        }
        figures.seconds.push((way.now - begin) as f64 / 1e6);
    }
    figures
}

/// A wide line; what is seen is of `time` that begins after `before`.
fn wide<E: Estimator>(line: impl Fn() -> Line, before: Micros, time: Micros) -> Figures {
    let mut figures = Figures::default();
    for mut way in ways::<E>(line) {
        way.run(before);
        way.seen = Seen::default();
        way.run(time);
        figures.seen.push(way.seen);
    }
    figures
}

fn loses<E: Estimator>(percent: u32, fade: Micros) -> Figures {
    wide::<E>(|| Line { loss: f64::from(percent) / 100.0, fade, ..Line::new(WIDE) }, 20 * SECOND, 10 * SECOND)
}

/// Kilobits a second that were sent.
fn kept(seen: &Seen) -> f64 {
    seen.bits * 1e3 / seen.time as f64
}

/// The way becomes longer by 125 ms and stays so; what is seen is of the 30 s after it.
fn lengthens<E: Estimator>() -> Figures {
    let mut figures = Figures::default();
    for mut way in ways::<E>(|| Line::new(WIDE)) {
        way.run(20 * SECOND);
        way.line.delay += 125_000;
        way.seen = Seen::default();
        way.run(30 * SECOND);
        figures.seen.push(way.seen);
    }
    figures
}

/// A name and a line.
type Named = (&'static str, fn() -> Line);

/// Lines that become thin, by the queue before them; and one of 300 ± 40 ms there and back.
fn falling() -> [Named; 4] {
    [
        ("queue of 60 ms", || Line { room: 60_000, ..Line::new(WIDE) }),
        ("queue of 200 ms", || Line::new(WIDE)),
        ("queue of 1 s", || Line { room: 1_000_000, ..Line::new(WIDE) }),
        ("300 ± 40 ms away", || Line { delay: 130_000, jitter: 40_000, ..Line::new(WIDE) }),
    ]
}

/// What is measured, one figure of each way, and which of two is worse.
type Row = (String, Vec<f64>, fn(f64, f64) -> f64);

fn rows<E: Estimator>() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (name, line) in falling() {
        let figures = falls::<E>(line);
        let mut row = |what: &str, of_ways, worse| {
            rows.push((format!("falls to 300 kbit/s, {name}: {what}"), of_ways, worse));
        };
        row("s until at most 330 kbit/s", figures.seconds.clone(), f64::max);
        row("packets lost until then", figures.lost.clone(), f64::max);
        row("later, % of the line used", figures.each(|seen| 100.0 - percent(seen.idle, seen)), f64::min);
        row("later, % of the time above the line", figures.each(|seen| percent(seen.above_line, seen)), f64::max);
        row("later, % of packets lost", figures.each(lost_percent), f64::max);
        row("later, ms that a packet waits", figures.each(wait), f64::max);
    }
    for room in [60, 200, 1_000] {
        let figures = recovers::<E>(room * 1_000);
        rows.push((format!("wide again, queue of {room} ms: s until 2.5 Mbit/s"), figures.seconds, f64::max));
    }
    for jitter in [40, 80] {
        let figures = wide::<E>(|| Line { jitter: jitter * 2_000, ..Line::new(WIDE) }, 0, 60 * SECOND);
        let below = figures.each(|seen| percent(seen.below_wish, seen));
        rows.push((format!("wide, ± {jitter} ms: % of a minute below 2.5 Mbit/s"), below, f64::max));
    }
    for (percent, fade) in [(5, 0), (10, 0), (20, 0), (30, 0), (10, 60_000), (20, 60_000)] {
        let how = if fade > 0 { " in fades of 60 ms" } else { "" };
        let figures = loses::<E>(percent, fade);
        rows.push((format!("wide, loses {percent} %{how}: kbit/s after 20 s"), figures.each(kept), f64::min));
    }
    let figures = lengthens::<E>();
    let below = figures.each(|seen| seen.below_wish as f64 / 1e6);
    rows.push(("125 ms longer from now on: s below 2.5 Mbit/s".into(), below, f64::max));
    let least = figures.each(|seen| seen.least.unwrap_or_default() as f64 / 1e3);
    rows.push(("125 ms longer from now on: least kbit/s".into(), least, f64::min));
    rows
}

fn percent(part: Micros, seen: &Seen) -> f64 {
    part as f64 * 100.0 / seen.time as f64
}

fn lost_percent(seen: &Seen) -> f64 {
    f64::from(seen.lost) * 100.0 / f64::from(seen.sent)
}

fn wait(seen: &Seen) -> f64 {
    seen.waited as f64 / 1e3 / f64::from((seen.sent - seen.lost).max(1))
}

fn median(of_ways: &[f64]) -> f64 {
    let mut sorted = of_ways.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn told(of_ways: &[f64], worse: fn(f64, f64) -> f64) -> String {
    format!("{:.1} ({:.1})", median(of_ways), of_ways.iter().copied().reduce(worse).unwrap_or_default())
}

#[test]
fn ours_leaves_a_full_line_sooner_and_a_line_that_loses_by_itself_not_at_all() {
    println!();
    println!("{:<70} {:>16} {:>16}", format!("median (worst) of {WAYS} ways"), "ours", "theirs");
    for ((what, ours, worse), (_, theirs, _)) in rows::<Bandwidth>().into_iter().zip(rows::<Gcc>()) {
        println!("{what:<70} {:>16} {:>16}", told(&ours, worse), told(&theirs, worse));
    }

    for (name, line) in falling() {
        let (ours, theirs) = (falls::<Bandwidth>(line), falls::<Gcc>(line));
        assert!(median(&ours.seconds) < median(&theirs.seconds), "time to fall, {name}");
        assert!(median(&ours.lost) < median(&theirs.lost), "lost while falling, {name}");
        assert!(median(&ours.each(wait)) < median(&theirs.each(wait)), "the queue that stays, {name}");
    }
    for percent in [10, 20, 30] {
        let (ours, theirs) = (loses::<Bandwidth>(percent, 0).each(kept), loses::<Gcc>(percent, 0).each(kept));
        let (ours, theirs) = (median(&ours), median(&theirs));
        assert!(ours > 2_000.0 && theirs < 1_000.0, "{ours} and {theirs} kbit/s with {percent} % lost");
    }
}

/// Why theirs stays above a thin line: 0.85 of it is what it falls to.
#[test]
fn theirs_takes_what_is_told_each_100_ms_for_a_fifth_more_than_arrives() {
    let (mut rate, epoch) = (RateCalculator::default(), Instant::now());
    let mut measured = None;
    for report in 0..20 {
        let now = epoch + Duration::from_millis(100 * report);
        (0..10).for_each(|_| rate.add(now, 375));
        measured = rate.rate_bits_per_second(now);
    }

    let above = measured.unwrap() / THIN;
    assert!((1.15..1.3).contains(&above), "{above} of 300 kbit/s");
}
