//! The verdict that is told. It worsens only when the cause lasts and improves only when the cure lasts, so that a tile does
//! not flicker; loss of everything is told at once, and so is the return. Who comes, or comes back, is good until what is wrong
//! has lasted: its first second is measured while its pictures begin, and has few frames in any case.

use crate::{Finding, Millis, Quality, Thresholds};

/// The verdict that is told, with the one that would replace it.
#[derive(Debug, Clone, Copy)]
pub struct Verdict {
    told: Finding,
    /// Another finding and since when it has held.
    other: Option<(Finding, Millis)>,
}

impl Verdict {
    /// Of a site of which something arrives for the first time.
    pub fn new(now: Millis, first: Finding, bounds: &Thresholds) -> Self {
        let mut verdict = Self { told: Finding::GOOD, other: None };
        verdict.observe(now, first, bounds);
        verdict
    }

    /// The verdict to tell.
    pub fn told(&self) -> Finding {
        self.told
    }

    /// Takes the finding of this moment.
    pub fn observe(&mut self, now: Millis, finding: Finding, bounds: &Thresholds) {
        if self.told.quality == Quality::Lost && finding.quality != Quality::Lost {
            *self = Self { told: Finding::GOOD, other: None };
        }
        if finding == self.told {
            self.other = None;
            return;
        }
        let since = match self.other {
            Some((other, since)) if other.quality == finding.quality => since,
            Some(_) | None => now,
        };
        if now.since(since) >= patience_ms(self.told.quality, finding.quality, bounds) {
            self.told = finding;
            self.other = None;
        } else {
            self.other = Some((finding, since));
        }
    }
}

/// How long a finding must hold before it is told.
fn patience_ms(told: Quality, found: Quality, bounds: &Thresholds) -> u64 {
    if found == Quality::Lost {
        // That nothing arrives was waited for already.
        return 0;
    }
    if found >= told { bounds.worse_after_ms } else { bounds.better_after_ms }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reason;

    const LOSSY: Finding = Finding { quality: Quality::Bad, reason: Some(Reason::Loss) };
    const LOST: Finding = Finding { quality: Quality::Lost, reason: Some(Reason::NoMedia) };

    fn observe(verdict: &mut Verdict, seconds: u64, finding: Finding) -> Quality {
        verdict.observe(Millis(seconds * 1_000), finding, &Thresholds::default());
        verdict.told().quality
    }

    fn good() -> Verdict {
        Verdict::new(Millis(0), Finding::GOOD, &Thresholds::default())
    }

    #[test]
    fn who_comes_or_comes_back_is_good_until_what_is_wrong_has_lasted() {
        let mut verdict = Verdict::new(Millis(0), LOSSY, &Thresholds::default());
        assert_eq!(verdict.told(), Finding::GOOD);
        assert_eq!(observe(&mut verdict, 1, Finding::GOOD), Quality::Good);

        observe(&mut verdict, 10, LOST);
        assert_eq!(observe(&mut verdict, 20, LOSSY), Quality::Good);
        assert_eq!(observe(&mut verdict, 22, LOSSY), Quality::Bad);
    }

    #[test]
    fn one_bad_second_is_not_told_and_two_are() {
        let mut verdict = good();

        observe(&mut verdict, 0, LOSSY);
        observe(&mut verdict, 1, Finding::GOOD);
        assert_eq!(observe(&mut verdict, 3, LOSSY), Quality::Good);

        assert_eq!(observe(&mut verdict, 5, LOSSY), Quality::Bad);
    }

    #[test]
    fn recovery_must_last() {
        let mut verdict = good();
        observe(&mut verdict, 0, LOSSY);
        assert_eq!(observe(&mut verdict, 2, LOSSY), Quality::Bad);

        observe(&mut verdict, 3, Finding::GOOD);
        assert_eq!(observe(&mut verdict, 7, Finding::GOOD), Quality::Bad);

        assert_eq!(observe(&mut verdict, 8, Finding::GOOD), Quality::Good);
    }

    #[test]
    fn a_lost_site_is_told_at_once_and_so_is_its_return() {
        let mut verdict = good();

        assert_eq!(observe(&mut verdict, 0, LOST), Quality::Lost);
        assert_eq!(observe(&mut verdict, 0, Finding::GOOD), Quality::Good);
    }

    #[test]
    fn a_clock_that_goes_back_makes_nothing_happen_sooner() {
        let mut verdict = good();

        observe(&mut verdict, 100, LOSSY);
        assert_eq!(observe(&mut verdict, 10, LOSSY), Quality::Good);
    }
}
