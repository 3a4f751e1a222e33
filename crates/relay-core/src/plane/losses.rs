//! Losses on the way to one receiver: is the line full, or does it lose by itself (radio)? A lower rate tells. Losses that it does
//! not lessen are the line's own, and say nothing about what the line carries.

use std::collections::VecDeque;

use super::probe::LUCK;
use super::timeline::Micros;

/// Lost more than this, a line is taken for full although nothing waits (a policer, a very short queue).
const HEAVY: f64 = 0.10;
/// Lost more than this, the rate does not grow.
const SOME: f64 = 0.02;
/// Losses are judged over so many windows.
const WINDOWS: usize = 5;
/// Packets that make a share of losses believable.
const FEWEST_PACKETS: u32 = 20;
/// So long some losses may be there before a lower rate is tried.
const HOLD: Micros = 1_500_000;
/// A lower rate is judged by so many packets, or after so long.
const TRIAL_PACKETS: f64 = 100.0;
const TRIAL_TIME: Micros = 3_000_000;
/// A lower rate that leaves more than this share of the losses was not their reason.
const UNHELPED: f64 = 0.7;
/// What a line loses by itself sways by this factor.
const SWAY: f64 = 1.4;
/// Weight of a window in the belief about what is lost in the long run, and in that about the line's own losses: two seconds and
/// five.
const SLOWLY: f64 = 0.05;
const FOLLOWS: f64 = 0.02;

/// What the rate is to do for the losses' sake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Advice {
    /// It may grow.
    Grow,
    /// It stays.
    Hold,
    /// It falls.
    Fall,
}

/// Packets that were lost, of those that were sent.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    lost: f64,
    sent: f64,
}

impl Count {
    fn share(self) -> f64 {
        self.lost / self.sent.max(1.0)
    }
}

/// A lower rate is tried.
#[derive(Debug)]
struct Trial {
    since: Micros,
    /// Share that was lost before.
    before: f64,
    seen: Count,
}

/// The losses of one way.
#[derive(Debug, Default)]
pub(super) struct LineLosses {
    /// (lost, sent) of the last windows.
    windows: VecDeque<(u32, u32)>,
    slow: Count,
    own: f64,
    trial: Option<Trial>,
    some_since: Option<Micros>,
}

impl LineLosses {
    /// Share that the line loses at any rate.
    pub(super) fn own(&self) -> f64 {
        self.own
    }

    /// A window has passed in which nothing waited; `settled`: the last change of the rate has reached the receiver; `limited`:
    /// there is a rate that could fall.
    pub(super) fn judge(&mut self, now: Micros, lost: u32, sent: u32, settled: bool, limited: bool) -> Advice {
        self.note(lost, sent);
        if settled {
            self.judge_trial(now, lost, sent);
        }
        let bearable = self.own * SWAY;
        let untried = settled && self.trial.is_none();
        if self.loses_more_than(HEAVY.max(bearable)) {
            return if untried { self.fall(now) } else { Advice::Hold };
        }
        if self.slow.share() <= SOME.max(bearable) {
            self.some_since = None;
        } else if limited && untried && now - *self.some_since.get_or_insert(now) >= HOLD {
            return self.fall(now);
        }
        if self.loses_more_than(SOME.max(bearable)) { Advice::Hold } else { Advice::Grow }
    }

    /// A window has passed in which packets waited: the line is full, whatever it loses.
    pub(super) fn line_is_full(&mut self, lost: u32, sent: u32) {
        self.push(lost, sent);
        self.trial = None;
        self.some_since = None;
    }

    /// The rate was lowered: what was lost before says nothing about it.
    pub(super) fn lowered(&mut self) {
        self.windows.clear();
    }

    fn note(&mut self, lost: u32, sent: u32) {
        self.push(lost, sent);
        let keep = 1.0 - SLOWLY;
        self.slow =
            Count { lost: self.slow.lost * keep + f64::from(lost), sent: self.slow.sent * keep + f64::from(sent) };
        if self.own > 0.0 {
            self.own += (self.share() - self.own) * FOLLOWS;
        }
    }

    fn push(&mut self, lost: u32, sent: u32) {
        if self.windows.len() == WINDOWS {
            self.windows.pop_front();
        }
        self.windows.push_back((lost, sent));
    }

    fn fall(&mut self, now: Micros) -> Advice {
        // Not the last windows' share: it is what led here, and high by chance more often than not.
        let before = self.slow.share();
        self.trial = Some(Trial { since: now, before, seen: Count::default() });
        self.some_since = None;
        Advice::Fall
    }

    fn judge_trial(&mut self, now: Micros, lost: u32, sent: u32) {
        let Some(trial) = &mut self.trial else { return };
        trial.seen.lost += f64::from(lost);
        trial.seen.sent += f64::from(sent);
        if trial.seen.sent < TRIAL_PACKETS && now - trial.since < TRIAL_TIME {
            return;
        }
        let share = trial.seen.share();
        if share > trial.before * UNHELPED {
            self.own = share;
        }
        self.trial = None;
    }

    /// (lost, sent) lately.
    fn recent(&self) -> (u32, u32) {
        self.windows.iter().fold((0, 0), |(lost, sent), window| (lost + window.0, sent + window.1))
    }

    /// Share that was lost lately.
    fn share(&self) -> f64 {
        let (lost, sent) = self.recent();
        f64::from(lost) / f64::from(sent.max(1))
    }

    /// More packets were lost than a line with this share of losses would lose, luck included.
    fn loses_more_than(&self, share: f64) -> bool {
        let (lost, sent) = self.recent();
        let expected = f64::from(sent) * share;
        sent >= FEWEST_PACKETS && f64::from(lost) > expected + LUCK * (expected * (1.0 - share)).sqrt()
    }
}
