//! What the way to one receiver carries, from how its packets arrived.
//!
//! Most lines carry everything that a conference sends, so no limit is assumed until one is met. A line is full when packets
//! wait in its queue: the *least* waiting time of a window, against the least of the last seconds, tells a queue from jitter,
//! also when the queue is full and stands still. Then the rate falls at once to what arrives. It comes back by probing: a
//! short burst at a higher rate either arrives at that rate or does not.

use std::collections::VecDeque;

use super::departures::Outcome;
use super::losses::{Advice, LineLosses};
use super::probe::{PROBE_TIME, Probe, Shown};
use super::timeline::Micros;

/// Bits per second.
pub(super) type BitRate = u64;

/// Between two judgements: several feedback packets.
const WINDOW: Micros = 100_000;
/// The least one-way delay of so many windows is the way without a queue.
const BASE_WINDOWS: usize = 100;
/// Waiting longer than this in two windows is a queue. Frames of 30 a second and ± 40 ms of jitter stay below it, because the
/// least of a window counts.
const QUEUE: Micros = 45_000;
/// Arrivals that are kept: more than come to a console in [`RATE_SPAN`]. A receiver that tells the same time for all of them fills it.
const MAX_ARRIVALS: usize = 4_096;
/// The rate at which packets arrive is measured over this.
const RATE_SPAN: Micros = 500_000;
/// And over this, if as many packets came in it: a line that has become thin is met at once.
const SHORT_SPAN: Micros = 200_000;
const FEWEST_OF_SHORT: usize = 5;
/// What arrives while a queue is full is what the line carries; a little less lets the queue drain.
const BACK_OFF: f64 = 0.85;
/// After a decrease the queue drains first.
const SETTLE: Micros = 400_000;
/// Growth per second while nothing waits.
const GROWTH: f64 = 1.08;
/// Never below this: sound and a low layer. What does not fit then is lost, not withheld.
pub(super) const LEAST: BitRate = 100_000;
/// Between two probes, and between a decrease and the first.
const PROBE_INTERVAL: Micros = 1_500_000;
/// A probe asks for so many times the rate.
const PROBE_FACTOR: f64 = 2.0;
/// Of what a probe showed, this is used.
const PROBE_TRUST: f64 = 0.9;
/// The line carries everything that is wished, and this much more, for [`CALM`]: it has no limit any more.
const AMPLE: f64 = 1.5;
const CALM: Micros = 10_000_000;

/// The way to one receiver.
#[derive(Debug, Default)]
pub(super) struct Bandwidth {
    target: Option<f64>,
    /// What the receiver is sent at most, whatever its way carries.
    cap: Option<BitRate>,
    least_delays: VecDeque<Micros>,
    window: Window,
    /// Windows since the last decrease in which packets waited.
    waited: u32,
    /// They waited in the last one.
    queued: bool,
    losses: LineLosses,
    arrivals: VecDeque<(Micros, u32)>,
    decreased: Option<Micros>,
    judged: Option<Micros>,
    probe: Option<Probe>,
    probed: Option<Micros>,
    shown: Shown,
    calm_since: Option<Micros>,
}

/// What was learned since the last judgement.
#[derive(Debug, Default, Clone, Copy)]
struct Window {
    least: Option<Micros>,
    arrived: u32,
    lost: u32,
    /// Packets of a probe were among them.
    probing: bool,
}

impl Bandwidth {
    /// What the receiver may get: what the line carries, and not more than its cap. None: there is no limit.
    pub(super) fn target(&self) -> Option<BitRate> {
        self.target.map(|target| target as BitRate).into_iter().chain(self.cap).min()
    }

    /// Sets what the receiver is sent at most. True if the target changed.
    pub(super) fn set_cap(&mut self, cap: Option<BitRate>) -> bool {
        let before = self.target();
        self.cap = cap;
        self.target() != before
    }

    /// Packets wait on the line, as far as is known.
    pub(super) fn is_queued(&self) -> bool {
        self.queued
    }

    /// Share that the line loses at any rate.
    pub(super) fn own_loss(&self) -> f64 {
        self.losses.own()
    }

    /// A probe that is to be sent now.
    pub(super) fn probe(&self, now: Micros) -> Option<Probe> {
        self.probe.filter(|probe| now < probe.until)
    }

    /// What became of packets; `wished` is the rate that the receiver would get without a limit. True if the target changed.
    pub(super) fn learn(&mut self, now: Micros, outcomes: &[Outcome], wished: BitRate) -> bool {
        for outcome in outcomes {
            self.note(outcome);
        }
        let judged = *self.judged.get_or_insert(now);
        if now - judged < WINDOW || self.window.arrived + self.window.lost == 0 {
            return false;
        }
        let elapsed = (now - judged).min(1_000_000);
        self.judged = Some(now);
        let before = self.target();
        self.judge(now, elapsed, self.cap.map_or(wished, |cap| wished.min(cap)));
        self.target() != before
    }

    /// The receiver names a limit itself (REMB).
    pub(super) fn limit(&mut self, rate: BitRate, wished: BitRate) -> bool {
        let before = self.target();
        let rate = rate.max(LEAST) as f64;
        self.target = (rate < wished as f64 * AMPLE).then_some(rate);
        self.target() != before
    }

    fn note(&mut self, outcome: &Outcome) {
        let window = &mut self.window;
        window.probing |= outcome.probe;
        self.shown.note(outcome);
        let Some(arrived) = outcome.arrived else {
            // A probe is there to find out how much is too much.
            window.lost += u32::from(!outcome.probe);
            return;
        };
        window.arrived += 1;
        let delay = arrived - outcome.left;
        window.least = Some(window.least.map_or(delay, |least| least.min(delay)));
        self.arrivals.push_back((arrived, outcome.bytes));
        let old = |&(at, _): &(Micros, u32)| (arrived - at).abs() > RATE_SPAN;
        while self.arrivals.front().is_some_and(old) || self.arrivals.len() > MAX_ARRIVALS {
            self.arrivals.pop_front();
        }
    }

    fn judge(&mut self, now: Micros, elapsed: Micros, wished: BitRate) {
        let window = std::mem::take(&mut self.window);
        let queue = self.queue(window.least);
        self.queued = queue > QUEUE;
        self.waited = if self.queued { self.waited + 1 } else { 0 };
        let (lost, sent) = (window.lost, window.lost + window.arrived);
        let settled = self.decreased.is_none_or(|at| now - at >= SETTLE);
        if self.waited > 0 {
            self.losses.line_is_full(lost, sent);
            if self.waited >= 2 && settled {
                self.decrease(now);
            }
            return;
        }
        match self.losses.judge(now, lost, sent, settled, self.target.is_some()) {
            Advice::Grow => self.increase(now, elapsed, wished, window.probing),
            Advice::Hold => {}
            Advice::Fall => self.decrease(now),
        }
    }

    /// The least time that packets waited in the last window.
    fn queue(&mut self, least: Option<Micros>) -> Micros {
        let Some(least) = least else { return 0 };
        let base = self.least_delays.iter().copied().min().unwrap_or(least).min(least);
        if self.least_delays.len() == BASE_WINDOWS {
            self.least_delays.pop_front();
        }
        self.least_delays.push_back(least);
        least - base
    }

    fn decrease(&mut self, now: Micros) {
        let Some(received) = self.received() else { return };
        let rate = (received * BACK_OFF).max(LEAST as f64);
        self.target = Some(self.target.map_or(rate, |target| target.min(rate)));
        self.decreased = Some(now);
        self.waited = 0;
        self.losses.lowered();
        self.probe = None;
        self.probed = Some(now);
        self.calm_since = None;
    }

    fn increase(&mut self, now: Micros, elapsed: Micros, wished: BitRate, probing: bool) {
        let Some(target) = self.target else { return };
        let grown = target * GROWTH.powf(elapsed as f64 / 1e6);
        // A probe is judged when all of it has been reported.
        let shown = if probing { None } else { std::mem::take(&mut self.shown).rate(self.losses.own()) };
        let shown = shown.map_or(0.0, |rate| rate * PROBE_TRUST);
        // More than twice what is wished is never needed.
        let target = grown.max(shown).min(wished as f64 * 2.0).max(target);
        self.target = Some(target);
        if target < wished as f64 * AMPLE {
            self.calm_since = None;
            let due = self.probed.is_none_or(|at| now - at >= PROBE_INTERVAL);
            if due {
                let rate = (target * PROBE_FACTOR).min(wished as f64 * 2.0) as BitRate;
                self.probe = Some(Probe { rate, until: now + PROBE_TIME });
                self.shown = Shown::default();
                self.probed = Some(now);
            }
        } else if now - *self.calm_since.get_or_insert(now) >= CALM {
            self.target = None;
            self.calm_since = None;
        }
    }

    /// Rate at which packets arrived lately. Of two spans the lower: what a line carried before it became thin says nothing.
    fn received(&self) -> Option<f64> {
        let whole = self.received_since(RATE_SPAN, 1)?;
        Some(self.received_since(SHORT_SPAN, FEWEST_OF_SHORT).map_or(whole, |latest| latest.min(whole)))
    }

    /// The rate over the last so many microseconds; none: fewer packets came than `fewest`.
    fn received_since(&self, span: Micros, fewest: usize) -> Option<f64> {
        let last = self.arrivals.back()?.0;
        let lately = || self.arrivals.iter().filter(|(at, _)| last - at <= span);
        let first = lately().next()?.0;
        let bytes: u64 = lately().skip(1).map(|(_, bytes)| u64::from(*bytes)).sum();
        (lately().count() >= fewest).then(|| bytes as f64 * 8e6 / (last - first).max(WINDOW) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line: packets wait behind each other at `rate`, and those that would wait for more than `room` are lost.
    struct Line {
        rate: f64,
        delay: Micros,
        jitter: Micros,
        room: Micros,
        loss: f64,
        free_at: Micros,
        random: u64,
    }

    impl Line {
        fn new(rate: f64) -> Self {
            Self { rate, delay: 25_000, jitter: 0, room: 200_000, loss: 0.0, free_at: 0, random: 7 }
        }

        /// 0 to 1 (xorshift).
        fn chance(&mut self) -> f64 {
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            (self.random % 10_000) as f64 / 10_000.0
        }

        fn carry(&mut self, left: Micros, bytes: u32) -> Option<Micros> {
            let lost = self.chance() < self.loss;
            let start = self.free_at.max(left);
            if lost || start - left > self.room {
                return None;
            }
            self.free_at = start + (f64::from(bytes) * 8e6 / self.rate) as Micros;
            let jitter = (self.chance() * self.jitter as f64) as Micros;
            // The receiver's clock has nothing to do with ours.
            Some(self.free_at + self.delay + jitter + 77_000_000)
        }
    }

    /// A receiver that is sent what is wished as far as the estimate allows, with feedback every 100 ms a round trip later.
    struct Way {
        line: Line,
        bandwidth: Bandwidth,
        now: Micros,
        wished: BitRate,
        /// (when feedback tells of it, what it tells)
        told: VecDeque<(Micros, Outcome)>,
    }

    const STEP: Micros = 5_000;

    impl Way {
        fn new(line: Line) -> Self {
            Self { line, bandwidth: Bandwidth::default(), now: 0, wished: 2_500_000, told: VecDeque::new() }
        }

        fn run(&mut self, time: Micros) {
            let end = self.now + time;
            let mut owed = 0.0;
            while self.now < end {
                self.now += STEP;
                let probe = self.bandwidth.probe(self.now);
                let media = self.bandwidth.target().map_or(self.wished, |target| target.min(self.wished));
                let rate = probe.map_or(media, |probe| probe.rate.max(media));
                owed += rate as f64 * STEP as f64 / 8e6;
                while owed >= 1_200.0 {
                    owed -= 1_200.0;
                    let arrived = self.line.carry(self.now, 1_200);
                    let outcome = Outcome { left: self.now, arrived, bytes: 1_200, probe: probe.is_some() };
                    let told = ((self.now + 2 * self.line.delay) / 100_000 + 1) * 100_000;
                    self.told.push_back((told, outcome));
                }
                let mut outcomes = Vec::new();
                while self.told.front().is_some_and(|(at, _)| *at <= self.now) {
                    outcomes.extend(self.told.pop_front().map(|(_, outcome)| outcome));
                }
                self.bandwidth.learn(self.now, &outcomes, self.wished);
            }
        }
    }

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
}
