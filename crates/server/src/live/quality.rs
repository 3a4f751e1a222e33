//! The verdict on a site, from what really arrives of it. A verdict worsens only when the cause lasts and improves only
//! when the cure lasts, so that a tile does not flicker; loss of everything is told at once.

use std::time::{Duration, Instant};

use wire::{Quality, QualityReason};

/// No packet of a track for this long: it does not flow. With a check four times a second the centre is told within
/// three seconds of a cut.
pub const SILENT_AFTER: Duration = Duration::from_millis(2_250);
/// A worse verdict must hold this long; one bad second of a radio link is not an alarm.
pub const WORSE_AFTER: Duration = Duration::from_secs(2);
/// A better verdict must hold this long.
pub const BETTER_AFTER: Duration = Duration::from_secs(5);

/// Share of packets lost at which concealment becomes audible.
const LOSS_WEAK: f32 = 0.03;
/// Share of packets lost at which retransmission no longer keeps up at 50 ms round trip.
const LOSS_BAD: f32 = 0.10;
/// Round trip at which a dialogue begins to stumble (ITU-T G.114: 400 ms one way is the limit).
const DELAY_WEAK_MS: f32 = 400.0;
/// Round trip at which a dialogue is impossible.
const DELAY_BAD_MS: f32 = 800.0;
/// An idle site sends at most 10 frames a second; fewer than this is a struggling encoder or line.
const FPS_WEAK: f32 = 5.0;
/// A slide show.
const FPS_BAD: f32 = 2.0;

/// What arrives of a site now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arriving {
    /// Its page or endpoint is connected.
    pub control: bool,
    /// Pictures arrive.
    pub picture: bool,
    /// Sound packets arrive.
    pub sound: bool,
    /// Share of packets lost, 0 to 1.
    pub loss: f32,
    /// Round trip, ms; 0: not known.
    pub rtt_ms: f32,
    /// Frames a second of the best layer.
    pub fps: f32,
}

/// A verdict and its first reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The verdict.
    pub quality: Quality,
    /// None for good.
    pub reason: Option<QualityReason>,
}

impl Finding {
    const GOOD: Self = Self { quality: Quality::Good, reason: None };

    fn of(quality: Quality, reason: QualityReason) -> Self {
        Self { quality, reason: Some(reason) }
    }

    /// True if this is the better of two lines of a site.
    pub fn is_better_than(&self, other: &Self) -> bool {
        badness(self.quality) < badness(other.quality)
    }

    /// Verdict of this moment alone.
    pub fn now(arriving: &Arriving) -> Self {
        if !arriving.picture && !arriving.sound {
            let reason = if arriving.control { QualityReason::NoMedia } else { QualityReason::NotConnected };
            return Self::of(Quality::Lost, reason);
        }
        if !arriving.picture {
            return Self::of(Quality::Bad, QualityReason::NoPicture);
        }
        if arriving.loss >= LOSS_BAD {
            return Self::of(Quality::Bad, QualityReason::Loss);
        }
        if arriving.rtt_ms >= DELAY_BAD_MS {
            return Self::of(Quality::Bad, QualityReason::Delay);
        }
        if arriving.fps < FPS_BAD {
            return Self::of(Quality::Bad, QualityReason::LowFrameRate);
        }
        if !arriving.sound {
            return Self::of(Quality::Weak, QualityReason::NoSound);
        }
        if arriving.loss >= LOSS_WEAK {
            return Self::of(Quality::Weak, QualityReason::Loss);
        }
        if arriving.rtt_ms >= DELAY_WEAK_MS {
            return Self::of(Quality::Weak, QualityReason::Delay);
        }
        if arriving.fps < FPS_WEAK {
            return Self::of(Quality::Weak, QualityReason::LowFrameRate);
        }
        Self::GOOD
    }
}

/// The verdict that is told, with the one that would replace it.
#[derive(Debug, Clone, Copy)]
pub struct Verdict {
    told: Finding,
    /// Another finding and since when it has held.
    other: Option<(Finding, Instant)>,
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
    pub fn observe(&mut self, now: Instant, finding: Finding) {
        if finding == self.told {
            self.other = None;
            return;
        }
        let since = match self.other {
            Some((other, since)) if other.quality == finding.quality => since,
            _ => now,
        };
        if now.saturating_duration_since(since) >= patience(self.told.quality, finding.quality) {
            self.told = finding;
            self.other = None;
        } else {
            self.other = Some((finding, since));
        }
    }
}

/// How long a finding must hold before it is told.
fn patience(told: Quality, found: Quality) -> Duration {
    if found == Quality::Lost || told == Quality::Lost {
        // `SILENT_AFTER` was patience enough, and a site that is back is welcome at once.
        return Duration::ZERO;
    }
    if badness(found) >= badness(told) { WORSE_AFTER } else { BETTER_AFTER }
}

fn badness(quality: Quality) -> u8 {
    match quality {
        Quality::Good => 0,
        Quality::Weak => 1,
        Quality::Bad => 2,
        Quality::Lost => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn healthy() -> Arriving {
        Arriving { control: true, picture: true, sound: true, loss: 0.0, rtt_ms: 20.0, fps: 10.0 }
    }

    #[test]
    fn each_cause_is_named() {
        let cases = [
            (healthy(), Quality::Good, None),
            (Arriving { picture: false, ..healthy() }, Quality::Bad, Some(QualityReason::NoPicture)),
            (Arriving { sound: false, ..healthy() }, Quality::Weak, Some(QualityReason::NoSound)),
            (Arriving { loss: 0.05, ..healthy() }, Quality::Weak, Some(QualityReason::Loss)),
            (Arriving { loss: 0.2, ..healthy() }, Quality::Bad, Some(QualityReason::Loss)),
            (Arriving { rtt_ms: 500.0, ..healthy() }, Quality::Weak, Some(QualityReason::Delay)),
            (Arriving { fps: 1.0, ..healthy() }, Quality::Bad, Some(QualityReason::LowFrameRate)),
            (Arriving { picture: false, sound: false, ..healthy() }, Quality::Lost, Some(QualityReason::NoMedia)),
            (
                Arriving { picture: false, sound: false, control: false, ..healthy() },
                Quality::Lost,
                Some(QualityReason::NotConnected),
            ),
        ];
        for (arriving, quality, reason) in cases {
            assert_eq!(Finding::now(&arriving), Finding { quality, reason }, "{arriving:?}");
        }
    }

    #[test]
    fn one_bad_second_is_not_told_and_two_are() {
        let start = Instant::now();
        let mut verdict = Verdict::new(Finding::now(&healthy()));
        let lossy = Finding::now(&Arriving { loss: 0.2, ..healthy() });

        verdict.observe(start, lossy);
        verdict.observe(start + Duration::from_secs(1), Finding::now(&healthy()));
        verdict.observe(start + Duration::from_secs(3), lossy);
        assert_eq!(verdict.told().quality, Quality::Good);

        verdict.observe(start + Duration::from_secs(5), lossy);
        assert_eq!(verdict.told().quality, Quality::Bad);
    }

    #[test]
    fn recovery_must_last() {
        let start = Instant::now();
        let mut verdict = Verdict::new(Finding::now(&Arriving { loss: 0.2, ..healthy() }));

        verdict.observe(start, Finding::now(&healthy()));
        verdict.observe(start + Duration::from_secs(4), Finding::now(&healthy()));
        assert_eq!(verdict.told().quality, Quality::Bad);

        verdict.observe(start + Duration::from_secs(5), Finding::now(&healthy()));
        assert_eq!(verdict.told().quality, Quality::Good);
    }

    #[test]
    fn a_lost_site_is_told_at_once_and_so_is_its_return() {
        let start = Instant::now();
        let mut verdict = Verdict::new(Finding::now(&healthy()));

        verdict.observe(start, Finding::now(&Arriving { picture: false, sound: false, ..healthy() }));
        assert_eq!(verdict.told().quality, Quality::Lost);

        verdict.observe(start, Finding::now(&healthy()));
        assert_eq!(verdict.told().quality, Quality::Good);
    }
}
