//! How much one connection, or one site, may send: a bucket that fills with time. Whoever exceeds it hurts nobody else.

use std::time::Instant;

/// Messages a second that a connection may send for ever. A busy console sends about ten, a headless endpoint three; a
/// load test of commands twenty.
pub const MESSAGES_PER_SECOND: f64 = 100.0;
/// Messages that may come at once, for example after a cut.
pub const BURST: f64 = 200.0;

/// How a bucket fills.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// What comes in a second.
    pub per_second: f64,
    /// What it holds at most.
    pub burst: f64,
}

/// Messages of one connection.
pub const MESSAGES: Rate = Rate { per_second: MESSAGES_PER_SECOND, burst: BURST };

/// A bucket.
#[derive(Debug)]
pub struct Allowance {
    rate: Rate,
    left: f64,
    at: Instant,
}

impl Allowance {
    /// A full bucket.
    pub fn new(rate: Rate, now: Instant) -> Self {
        Self { rate, left: rate.burst, at: now }
    }

    /// Takes `cost` out; false: there is not so much in it, and it stays as it is.
    pub fn take(&mut self, cost: f64, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * self.rate.per_second).min(self.rate.burst);
        self.at = now;
        if self.left < cost {
            return false;
        }
        self.left -= cost;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_is_taken_and_then_the_rate_holds() {
        let start = Instant::now();
        let mut allowance = Allowance::new(MESSAGES, start);

        let at_once = (0..1_000).filter(|_| allowance.take(1.0, start)).count();
        let later = start + Duration::from_secs(1);
        let after_a_second = (0..1_000).filter(|_| allowance.take(1.0, later)).count();

        assert_eq!(at_once, 200);
        assert_eq!(after_a_second, 100);
    }
}
