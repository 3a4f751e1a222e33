//! How many messages one connection may send: a bucket that fills with time. Whoever exceeds it hurts nobody else.

use std::time::Instant;

/// Messages a second that a connection may send for ever. A busy console sends about ten, a headless endpoint three; a
/// load test of commands twenty.
pub const MESSAGES_PER_SECOND: f64 = 100.0;
/// Messages that may come at once, for example after a cut.
pub const BURST: f64 = 200.0;

/// The bucket of one connection.
#[derive(Debug)]
pub struct Allowance {
    left: f64,
    at: Instant,
}

impl Allowance {
    /// A full bucket.
    pub fn new(now: Instant) -> Self {
        Self { left: BURST, at: now }
    }

    /// Takes one message out; false: the bucket is empty.
    pub fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * MESSAGES_PER_SECOND).min(BURST);
        self.at = now;
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
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
        let mut allowance = Allowance::new(start);

        let at_once = (0..1_000).filter(|_| allowance.take(start)).count();
        let later = start + Duration::from_secs(1);
        let after_a_second = (0..1_000).filter(|_| allowance.take(later)).count();

        assert_eq!(at_once, 200);
        assert_eq!(after_a_second, 100);
    }
}
