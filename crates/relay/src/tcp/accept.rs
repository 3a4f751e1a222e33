//! How many connections are taken in, and how fast: a flood of them must cost the media nothing.

use std::time::{Duration, Instant};

/// Accepting is counted in windows of this length.
const WINDOW: Duration = Duration::from_millis(100);
/// Connections accepted in one window: 500 a second cost about a hundredth of a processor, and all endpoints of a large
/// conference are back within a second. What comes faster waits in the kernel's queue, or is turned away there.
const ACCEPTED_PER_WINDOW: u32 = 50;
/// The system gave no descriptor or no memory: it is asked again after this.
const EXHAUSTED_FOR: Duration = Duration::from_secs(1);

/// How many connections may be accepted.
#[derive(Debug)]
pub(super) struct Pace {
    window: Instant,
    accepted: u32,
    resting: Option<Instant>,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { window: now, accepted: 0, resting: None }
    }

    /// One may be accepted now. False: not before [`Self::due`].
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        if now >= self.window + WINDOW {
            (self.window, self.accepted) = (now, 0);
        }
        if self.accepted >= ACCEPTED_PER_WINDOW {
            self.resting = Some(self.window + WINDOW);
            return false;
        }
        true
    }

    /// One was accepted.
    pub(super) fn count(&mut self) {
        self.accepted += 1;
    }

    /// The system has no more.
    pub(super) fn exhausted(&mut self, now: Instant) {
        self.resting = Some(now + EXHAUSTED_FOR);
    }

    /// When accepting goes on; none: it does.
    pub(super) fn due(&self) -> Option<Instant> {
        self.resting
    }

    /// True if a rest is over now.
    pub(super) fn resumes(&mut self, now: Instant) -> bool {
        self.resting.take_if(|due| *due <= now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_admitted_at_its_pace() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let mut admitted = 0;
        for millis in 0..1_000 {
            let now = start + Duration::from_millis(millis);
            if pace.due().is_some() && !pace.resumes(now) {
                continue;
            }
            for _ in 0..100 {
                if pace.admits(now) {
                    pace.count();
                    admitted += 1;
                }
            }
        }

        assert_eq!(admitted, 500);
    }

    #[test]
    fn an_exhausted_system_is_asked_again_after_a_rest() {
        let start = Instant::now();
        let mut pace = Pace::new(start);

        pace.exhausted(start);

        assert_eq!(pace.due(), Some(start + EXHAUSTED_FOR));
        assert!(!pace.resumes(start + EXHAUSTED_FOR / 2));
        assert!(pace.resumes(start + EXHAUSTED_FOR));
        assert_eq!(pace.due(), None);
    }
}
