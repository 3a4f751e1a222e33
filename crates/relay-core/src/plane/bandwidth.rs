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
/// A queue that is sent less than the line carries is shorter by this after [`UNMOVED`], and one that is sent more is longer.
const DRAINED: Micros = 10_000;
const UNMOVED: Micros = 600_000;
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
    /// When the target fell for a queue that has not drained since, and what it was.
    suspected: Option<(Micros, Option<f64>)>,
    /// Since when packets that left after it have been as late as this.
    unmoved: Option<(Micros, Micros)>,
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
    /// When the first of its packets left.
    left: Option<Micros>,
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
        window.left = Some(window.left.map_or(outcome.left, |left| left.min(outcome.left)));
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
        self.look_for_longer_way(now, &window);
        let queue = self.queue(window.least);
        self.queued = queue > QUEUE;
        if !self.queued {
            self.suspected = None;
        }
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

    /// A queue drains when less is sent than the line carries. Packets that left after the rate fell and were still as late, and
    /// hardly one of them lost, have taken a longer way, or an endpoint has changed networks: that is the way from now on.
    fn look_for_longer_way(&mut self, now: Micros, window: &Window) {
        let after_fall = self.suspected.is_some_and(|(at, _)| window.left.is_some_and(|left| left >= at));
        let Some(least) = window.least.filter(|_| after_fall && window.lost * 50 <= window.arrived) else {
            self.unmoved = None;
            return;
        };
        let (since, first) = *self.unmoved.get_or_insert((now, least));
        if least.abs_diff(first) > DRAINED.unsigned_abs() {
            self.unmoved = None;
        } else if now - since >= UNMOVED {
            self.unmoved = None;
            self.least_delays.clear();
            // What it carried before it was suspected, for all that is known.
            self.target = self.suspected.take().and_then(|(_, target)| target);
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
        if self.queued {
            self.suspected.get_or_insert((now, self.target));
        }
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
mod against_gcc;
#[cfg(test)]
mod line;
#[cfg(test)]
mod tests;
