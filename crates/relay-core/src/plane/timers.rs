//! What is due when: one ordered queue, so that no packet and no timeout walks over all endpoints.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// What can be due. Numbers are keys of the plane's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// The pending take: deadline, grace or frame boundary.
    Take,
    /// Reports to an endpoint.
    Report(usize),
    /// Transport-wide feedback to an endpoint.
    Feedback(usize),
    /// Packets of a probe to an endpoint.
    Probe(usize),
    /// Packets that wait for a thin way to an endpoint.
    Pace(usize),
    /// Missing packets of a track.
    Missing(usize),
    /// Keyframe requests of a track.
    Keyframe(usize),
    /// A slot that still shows its old source.
    Hold(usize),
    /// Old sources whose late packets are still welcome.
    Linger,
    /// Layers that may have stopped.
    Flow,
    /// Sources that are watched.
    Readiness,
    /// Levels.
    Levels,
    /// Statistics.
    Second,
}

/// The queue; each timer stands in it at most once.
#[derive(Debug, Default)]
pub(super) struct Timers {
    queue: BTreeSet<(Instant, Timer)>,
    armed: BTreeMap<Timer, Instant>,
}

impl Timers {
    /// Makes sure that `timer` is due not later than `at`.
    pub(super) fn arm(&mut self, timer: Timer, at: Instant) {
        match self.armed.get(&timer) {
            Some(&armed) if armed <= at => {}
            _ => self.set(timer, at),
        }
    }

    /// Makes `timer` due at `at`, neither earlier nor later.
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.cancel(timer);
        self.armed.insert(timer, at);
        self.queue.insert((at, timer));
    }

    pub(super) fn cancel(&mut self, timer: Timer) {
        if let Some(armed) = self.armed.remove(&timer) {
            self.queue.remove(&(armed, timer));
        }
    }

    /// The next one that is due.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Timer> {
        let &(at, timer) = self.queue.first()?;
        (at <= now).then(|| {
            self.cancel(timer);
            timer
        })
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.queue.first().map(|&(at, _)| at)
    }
}
