//! How often one caller may act by HTTP. Whoever exceeds it hurts nobody else.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::socket::rate::{Allowance, MESSAGES, Rate};

/// Actions of one caller: a hand on buttons is far below it, a script in a loop is stopped.
pub(super) const ACTIONS: Rate = Rate { per_second: 20.0, burst: 60.0 };
/// Commands of one caller: as many as a page may send on its WebSocket.
pub(super) const COMMANDS: Rate = MESSAGES;
/// Callers that are remembered: all operators there can be with their surfaces. Beyond it all begin anew with full buckets.
const REMEMBERED: usize = 4_608;

/// One bucket for each caller.
#[derive(Debug, Default)]
pub struct Rates(Mutex<BTreeMap<String, Allowance>>);

impl Rates {
    /// Counts one request of a caller, whose requests all have this rate.
    ///
    /// # Errors
    /// How long to wait.
    pub(super) fn take(&self, caller: &str, rate: Rate, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED && !buckets.contains_key(caller) {
            buckets.clear();
        }
        let bucket = buckets.entry(caller.to_owned()).or_insert_with(|| Allowance::new(rate, now));
        if bucket.take(1.0, now) { Ok(()) } else { Err(Duration::from_secs_f64(1.0 / rate.per_second)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_caller_waits_and_another_does_not() {
        let (rates, start) = (Rates::default(), Instant::now());

        let done = (0..100).filter(|_| rates.take("lan", ACTIONS, start).is_ok()).count();

        assert_eq!(done, 60);
        assert!(rates.take("hoa", ACTIONS, start).is_ok());
        assert!(rates.take("lan", ACTIONS, start + Duration::from_secs(1)).is_ok());
    }
}
