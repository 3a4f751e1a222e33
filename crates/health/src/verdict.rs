//! The verdict that is told. It worsens only when the cause lasts and improves only when the cure lasts, so that a tile does
//! not flicker; loss of everything is told at once.

use crate::{Finding, Millis, Quality, Thresholds};

/// The verdict that is told, with the one that would replace it.
#[derive(Debug, Clone, Copy)]
pub struct Verdict {
    told: Finding,
    /// Another finding and since when it has held.
    other: Option<(Finding, Millis)>,
}

impl Verdict {
    /// The first verdict is told at once.
    pub fn new(first: Finding) -> Self {
        Self { told: first, other: None }
    }

    /// The verdict to tell.
    pub fn told(&self) -> Finding {
        self.told
    }

    /// Takes the finding of this moment.
    pub fn observe(&mut self, now: Millis, finding: Finding, bounds: &Thresholds) {
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
    if found == Quality::Lost || told == Quality::Lost {
        // That nothing arrives was waited for already, and a site that is back is welcome at once.
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

    #[test]
    fn one_bad_second_is_not_told_and_two_are() {
        let mut verdict = Verdict::new(Finding::GOOD);

        observe(&mut verdict, 0, LOSSY);
        observe(&mut verdict, 1, Finding::GOOD);
        assert_eq!(observe(&mut verdict, 3, LOSSY), Quality::Good);

        assert_eq!(observe(&mut verdict, 5, LOSSY), Quality::Bad);
    }

    #[test]
    fn recovery_must_last() {
        let mut verdict = Verdict::new(LOSSY);

        observe(&mut verdict, 0, Finding::GOOD);
        assert_eq!(observe(&mut verdict, 4, Finding::GOOD), Quality::Bad);

        assert_eq!(observe(&mut verdict, 5, Finding::GOOD), Quality::Good);
    }

    #[test]
    fn a_lost_site_is_told_at_once_and_so_is_its_return() {
        let mut verdict = Verdict::new(Finding::GOOD);

        assert_eq!(observe(&mut verdict, 0, LOST), Quality::Lost);
        assert_eq!(observe(&mut verdict, 0, Finding::GOOD), Quality::Good);
    }

    #[test]
    fn a_clock_that_goes_back_makes_nothing_happen_sooner() {
        let mut verdict = Verdict::new(Finding::GOOD);

        observe(&mut verdict, 100, LOSSY);
        assert_eq!(observe(&mut verdict, 10, LOSSY), Quality::Good);
    }
}
