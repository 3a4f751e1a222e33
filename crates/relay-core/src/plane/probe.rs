//! A short burst at a higher rate than a receiver's way is known to carry, and what it showed.

use super::bandwidth::BitRate;
use super::departures::Outcome;
use super::timeline::Micros;

/// How long a probe lasts.
pub(super) const PROBE_TIME: Micros = 100_000;
/// Standard deviations that chance is granted: bad luck on a line that loses less is no reason to lower the rate.
pub(super) const LUCK: f64 = 2.0;

/// A probe under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Probe {
    /// Total rate that is tried, with the media.
    pub(super) rate: BitRate,
    /// Until then.
    pub(super) until: Micros,
}

/// How a probe arrived. The rate is that of everything between its first and its last packet, media included.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Shown {
    first: Option<Micros>,
    last: Micros,
    /// Bytes up to the last packet, without those of the first: it only begins the span.
    bytes: u64,
    since_last: u64,
    sent: u32,
    lost: u32,
}

impl Shown {
    pub(super) fn note(&mut self, outcome: &Outcome) {
        self.sent += u32::from(outcome.probe);
        let Some(arrived) = outcome.arrived else {
            self.lost += u32::from(outcome.probe);
            return;
        };
        if self.first.is_some() {
            self.since_last += u64::from(outcome.bytes);
        }
        if outcome.probe {
            self.first.get_or_insert(arrived);
            self.last = arrived;
            self.bytes += std::mem::take(&mut self.since_last);
        }
    }

    /// Bits per second; none: too short, or more was lost than the line loses by itself.
    pub(super) fn rate(&self, own_loss: f64) -> Option<f64> {
        let span = self.last - self.first?;
        let expected = f64::from(self.sent) * own_loss;
        let arrived = f64::from(self.lost) <= expected + LUCK * expected.sqrt();
        let carried = self.bytes as f64 * 8e6 / span as f64 / (1.0 - own_loss);
        (span >= PROBE_TIME / 4 && arrived).then_some(carried)
    }
}
