//! A condition that is told only when it has lasted, and no longer told only when it has been gone for a while.

use crate::Millis;

/// How long a condition must hold to be told, and must be gone to be told no more, ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    pub(crate) begins_ms: u64,
    pub(crate) ends_ms: u64,
}

/// Two observations further apart than this, ms, have something between them that nobody saw: pages report every two seconds,
/// and one report may be late or lost.
pub(crate) const MAX_GAP_MS: u64 = 5_000;

/// A condition with its patience.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Held {
    told: bool,
    /// Since when the opposite of what is told was seen, without a gap.
    other_since: Option<Millis>,
    seen: Option<Millis>,
}

impl Held {
    /// It is told.
    pub(crate) fn told(&self) -> bool {
        self.told
    }

    /// Takes what holds now.
    pub(crate) fn observe(&mut self, now: Millis, holds: bool, patience: Patience) {
        let gap = self.seen.is_some_and(|seen| now.since(seen) > MAX_GAP_MS);
        self.seen = Some(now);
        if holds == self.told {
            self.other_since = None;
            return;
        }
        let since = self.other_since.filter(|_| !gap).unwrap_or(now);
        let enough = if holds { patience.begins_ms } else { patience.ends_ms };
        if now.since(since) >= enough {
            self.told = holds;
            self.other_since = None;
        } else {
            self.other_since = Some(since);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { begins_ms: 10_000, ends_ms: 4_000 };

    fn seconds(held: &mut Held, from: u64, to: u64, holds: bool) {
        for second in from..=to {
            held.observe(Millis(second * 1_000), holds, PATIENCE);
        }
    }

    #[test]
    fn it_begins_and_ends_late() {
        let mut held = Held::default();
        seconds(&mut held, 0, 9, true);
        assert!(!held.told());
        seconds(&mut held, 10, 10, true);
        assert!(held.told());
        seconds(&mut held, 11, 14, false);
        assert!(held.told());
        seconds(&mut held, 15, 15, false);
        assert!(!held.told());
    }

    #[test]
    fn what_nobody_saw_does_not_count() {
        let mut held = Held::default();
        seconds(&mut held, 0, 5, true);
        seconds(&mut held, 60, 69, true);
        assert!(!held.told());
    }

    #[test]
    fn a_moment_without_it_starts_anew() {
        let mut held = Held::default();
        seconds(&mut held, 0, 8, true);
        seconds(&mut held, 9, 9, false);
        seconds(&mut held, 10, 19, true);
        assert!(!held.told());
    }
}
