//! A simulated line, and a sender that asks an estimator what it carries.

use std::collections::VecDeque;

use super::{Bandwidth, BitRate, Micros, Outcome, Probe};

/// What the sender asks and tells: ours, or another one beside it.
pub(super) trait Estimator: Default {
    fn target(&self) -> Option<BitRate>;
    fn probe(&self, now: Micros) -> Option<Probe>;
    fn learn(&mut self, now: Micros, outcomes: &[Outcome], wished: BitRate);
}

impl Estimator for Bandwidth {
    fn target(&self) -> Option<BitRate> {
        Bandwidth::target(self)
    }

    fn probe(&self, now: Micros) -> Option<Probe> {
        Bandwidth::probe(self, now)
    }

    fn learn(&mut self, now: Micros, outcomes: &[Outcome], wished: BitRate) {
        Bandwidth::learn(self, now, outcomes, wished);
    }
}

/// A line: packets wait behind each other at `rate`, and those that would wait for more than `room` are lost.
pub(super) struct Line {
    pub(super) rate: f64,
    pub(super) delay: Micros,
    pub(super) jitter: Micros,
    pub(super) room: Micros,
    pub(super) loss: f64,
    /// The line loses everything for so long at a time; 0: each packet by itself.
    pub(super) fade: Micros,
    /// The last such time, and whether it is one of loss.
    pub(super) faded: (Micros, bool),
    pub(super) free_at: Micros,
    pub(super) random: u64,
}

impl Line {
    pub(super) fn new(rate: f64) -> Self {
        let (delay, room) = (25_000, 200_000);
        Self { rate, delay, jitter: 0, room, loss: 0.0, fade: 0, faded: (0, false), free_at: 0, random: 7 }
    }

    /// 0 to 1 (xorshift).
    fn chance(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random % 10_000) as f64 / 10_000.0
    }

    fn loses(&mut self, left: Micros) -> bool {
        match left.checked_div(self.fade) {
            None => self.chance() < self.loss,
            Some(time) => {
                if self.faded.0 != time {
                    self.faded = (time, self.chance() < self.loss);
                }
                self.faded.1
            }
        }
    }

    /// When a packet arrives; none: it is lost.
    fn carry(&mut self, left: Micros, bytes: u32) -> Option<Micros> {
        let lost = self.loses(left);
        let start = self.free_at.max(left);
        if lost || start - left > self.room {
            return None;
        }
        self.free_at = start + (f64::from(bytes) * 8e6 / self.rate) as Micros;
        let jitter = (self.chance() * self.jitter as f64) as Micros;
        Some(self.free_at + self.delay + jitter)
    }
}

/// What happened on a way since it was last looked at.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Seen {
    pub(super) time: Micros,
    pub(super) sent: u32,
    pub(super) lost: u32,
    /// Time in which the line had nothing to carry.
    pub(super) idle: Micros,
    /// Time in which more was sent than the line carries, or less than was wished.
    pub(super) above_line: Micros,
    pub(super) below_wish: Micros,
    /// Least rate that was sent.
    pub(super) least: Option<BitRate>,
    /// Bits that were sent.
    pub(super) bits: f64,
    /// Sum of the times that packets waited.
    pub(super) waited: Micros,
}

/// A receiver that is sent what is wished as far as the estimate allows; it tells every 100 ms what has arrived.
pub(super) struct Way<E> {
    pub(super) line: Line,
    pub(super) bandwidth: E,
    pub(super) now: Micros,
    pub(super) wished: BitRate,
    pub(super) seen: Seen,
    owed: f64,
    /// (when feedback tells of it, what it tells)
    told: VecDeque<(Micros, Outcome)>,
}

const STEP: Micros = 5_000;
const FEEDBACK: Micros = 100_000;
const PACKET: u32 = 1_200;
/// The receiver's clock has nothing to do with ours.
const CLOCK: Micros = 77_000_000;

impl<E: Estimator> Way<E> {
    pub(super) fn new(line: Line) -> Self {
        let (bandwidth, told) = (E::default(), VecDeque::new());
        Self { line, bandwidth, now: 0, wished: 2_500_000, seen: Seen::default(), owed: 0.0, told }
    }

    pub(super) fn run(&mut self, time: Micros) {
        self.run_until(time, |_| false);
    }

    /// Runs until the rate that is sent is as wanted; gives the time that it took, if it did not take `longest`.
    pub(super) fn run_until(&mut self, longest: Micros, is_wanted: impl Fn(BitRate) -> bool) -> Option<Micros> {
        let begin = self.now;
        while self.now < begin + longest {
            if is_wanted(self.step()) {
                return Some(self.now - begin);
            }
        }
        None
    }

    /// Gives the rate that is sent.
    fn step(&mut self) -> BitRate {
        self.now += STEP;
        let probe = self.bandwidth.probe(self.now);
        let media = self.bandwidth.target().map_or(self.wished, |target| target.min(self.wished));
        let rate = probe.map_or(media, |probe| probe.rate.max(media));
        self.owed += rate as f64 * STEP as f64 / 8e6;
        while self.owed >= f64::from(PACKET) {
            self.owed -= f64::from(PACKET);
            self.send(probe.is_some());
        }
        self.count(rate);
        let mut outcomes = Vec::new();
        while self.told.front().is_some_and(|(at, _)| *at <= self.now) {
            outcomes.extend(self.told.pop_front().map(|(_, outcome)| outcome));
        }
        self.bandwidth.learn(self.now, &outcomes, self.wished);
        rate
    }

    fn send(&mut self, probe: bool) {
        let idle = (self.now - self.line.free_at).max(0);
        let arrived = self.line.carry(self.now, PACKET);
        // Nobody tells of a packet before it is there, nor of a lost one before a later one is.
        let known = arrived.unwrap_or(self.now + self.line.delay);
        let told = (known / FEEDBACK + 1) * FEEDBACK + self.line.delay;
        let told = self.told.back().map_or(told, |(before, _)| told.max(*before));
        let outcome = Outcome { left: self.now, arrived: arrived.map(|arrived| arrived + CLOCK), bytes: PACKET, probe };
        self.told.push_back((told, outcome));
        self.seen.sent += 1;
        match arrived {
            Some(arrived) => {
                self.seen.idle += idle;
                self.seen.waited += arrived - self.now - self.line.delay;
            }
            None => self.seen.lost += 1,
        }
    }

    fn count(&mut self, rate: BitRate) {
        let seen = &mut self.seen;
        seen.time += STEP;
        seen.bits += rate as f64 * STEP as f64 / 1e6;
        seen.above_line += if rate as f64 > self.line.rate { STEP } else { 0 };
        seen.below_wish += if rate < self.wished { STEP } else { 0 };
        seen.least = Some(seen.least.map_or(rate, |least| least.min(rate)));
    }
}
