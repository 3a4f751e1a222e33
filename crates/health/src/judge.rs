//! The finding of one moment: how good a site is, from what really arrives of it and what it receives, and the first reason.
//! Never from heartbeats: a page that answers while its media does not come is lost.

use serde::{Deserialize, Serialize};

use crate::Thresholds;
use crate::samples::{LineSample, PageSample};
use crate::units::{DelayMs, Fps, Share};

/// How good a site is; the same four everywhere. Ordered from good to lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Good.
    Good,
    /// It works, with flaws that are noticed.
    Weak,
    /// It hardly works.
    Bad,
    /// Nothing arrives.
    Lost,
}

/// Why a finding is not good; the first that holds, in the order of [`Finding::now`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Neither page nor media: cut off, or gone.
    NotConnected,
    /// The page is there, media is not.
    NoMedia,
    /// No picture.
    NoPicture,
    /// No sound packets.
    NoSound,
    /// Packets from the site are lost.
    Loss,
    /// The line is slow.
    Delay,
    /// Few frames.
    LowFrameRate,
    /// Packets to the site are lost.
    ReceivingLoss,
    /// The site hears concealed sound.
    ConcealedSound,
    /// The site sees the programme freeze.
    Freezes,
}

/// What arrives of a site now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arriving {
    /// Its page or endpoint is connected.
    pub control: bool,
    /// Pictures arrive.
    pub picture: bool,
    /// Sound packets arrive.
    pub sound: bool,
    /// Share of packets lost.
    pub loss: Option<Share>,
    /// Round trip.
    pub rtt: Option<DelayMs>,
    /// Frames of the best layer.
    pub fps: Option<Fps>,
    /// What it receives; none: not known, or it receives nothing by its nature.
    pub receiving: Option<Receiving>,
}

impl Arriving {
    /// Nothing arrives, and nobody is there.
    pub const NOTHING: Self =
        Self { control: false, picture: false, sound: false, loss: None, rtt: None, fps: None, receiving: None };
}

/// What a site receives, as relay and page measure it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Receiving {
    /// Share of packets lost on the way to it.
    pub loss: Option<Share>,
    /// Share of its sound that was concealed.
    pub concealed: Option<Share>,
    /// Freezes of the programme in its last report.
    pub freezes: u32,
}

impl Receiving {
    /// From the last second that the relay sent it, and the last report of its page.
    pub fn of(sent: Option<&LineSample>, page: Option<&PageSample>) -> Self {
        Self {
            loss: sent.and_then(LineSample::loss),
            concealed: page.and_then(|page| page.concealed),
            freezes: page.map_or(0, |page| page.freezes),
        }
    }
}

/// A finding and its first reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How good.
    pub quality: Quality,
    /// None for good.
    pub reason: Option<Reason>,
}

impl Finding {
    /// Nothing is wrong.
    pub const GOOD: Self = Self { quality: Quality::Good, reason: None };

    fn of(quality: Quality, reason: Reason) -> Self {
        Self { quality, reason: Some(reason) }
    }

    /// True if this is the better of two lines of a site.
    pub fn is_better_than(&self, other: &Self) -> bool {
        self.quality < other.quality
    }

    /// The finding of this moment alone. What the hall sees and hears of a site comes before what the site does.
    pub fn now(arriving: &Arriving, bounds: &Thresholds) -> Self {
        if !arriving.picture && !arriving.sound {
            let reason = if arriving.control { Reason::NoMedia } else { Reason::NotConnected };
            return Self::of(Quality::Lost, reason);
        }
        if let Some(reason) = bad(arriving, bounds) {
            return Self::of(Quality::Bad, reason);
        }
        if let Some(reason) = weak(arriving, bounds) {
            return Self::of(Quality::Weak, reason);
        }
        Self::GOOD
    }
}

fn bad(arriving: &Arriving, bounds: &Thresholds) -> Option<Reason> {
    let receiving = arriving.receiving.as_ref();
    let causes = [
        (!arriving.picture, Reason::NoPicture),
        (arriving.loss.is_some_and(|loss| loss.get() >= bounds.loss_bad), Reason::Loss),
        (arriving.rtt.is_some_and(|rtt| rtt.get() >= bounds.delay_bad_ms), Reason::Delay),
        (arriving.fps.is_some_and(|fps| fps.get() < bounds.fps_bad), Reason::LowFrameRate),
        (share(receiving, |to| to.loss) >= bounds.loss_bad, Reason::ReceivingLoss),
        (share(receiving, |to| to.concealed) >= bounds.concealed_bad, Reason::ConcealedSound),
        (receiving.is_some_and(|to| to.freezes >= bounds.freezes_bad), Reason::Freezes),
    ];
    first(&causes)
}

fn weak(arriving: &Arriving, bounds: &Thresholds) -> Option<Reason> {
    let receiving = arriving.receiving.as_ref();
    let causes = [
        (!arriving.sound, Reason::NoSound),
        (arriving.loss.is_some_and(|loss| loss.get() >= bounds.loss_weak), Reason::Loss),
        (arriving.rtt.is_some_and(|rtt| rtt.get() >= bounds.delay_weak_ms), Reason::Delay),
        (arriving.fps.is_some_and(|fps| fps.get() < bounds.fps_weak), Reason::LowFrameRate),
        (share(receiving, |to| to.loss) >= bounds.loss_weak, Reason::ReceivingLoss),
        (share(receiving, |to| to.concealed) >= bounds.concealed_weak, Reason::ConcealedSound),
        (receiving.is_some_and(|to| to.freezes >= bounds.freezes_weak), Reason::Freezes),
    ];
    first(&causes)
}

/// A share of what is received; what was not measured is below every bound.
fn share(receiving: Option<&Receiving>, of: impl Fn(&Receiving) -> Option<Share>) -> f32 {
    receiving.and_then(of).map_or(-1.0, Share::get)
}

fn first(causes: &[(bool, Reason)]) -> Option<Reason> {
    causes.iter().find(|(holds, _)| *holds).map(|(_, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn healthy() -> Arriving {
        Arriving {
            control: true,
            picture: true,
            sound: true,
            loss: Share::read(0.0),
            rtt: DelayMs::read(20.0),
            fps: Fps::read(10.0),
            receiving: Some(well()),
        }
    }

    fn well() -> Receiving {
        Receiving { loss: Share::read(0.0), concealed: Share::read(0.0), freezes: 0 }
    }

    fn receives(receiving: Receiving) -> Arriving {
        Arriving { receiving: Some(receiving), ..healthy() }
    }

    #[test]
    fn each_cause_is_named() {
        let nothing = Arriving { picture: false, sound: false, ..healthy() };
        let cases = [
            (healthy(), Quality::Good, None),
            (Arriving { picture: false, ..healthy() }, Quality::Bad, Some(Reason::NoPicture)),
            (Arriving { sound: false, ..healthy() }, Quality::Weak, Some(Reason::NoSound)),
            (Arriving { loss: Share::read(0.05), ..healthy() }, Quality::Weak, Some(Reason::Loss)),
            (Arriving { loss: Share::read(0.2), ..healthy() }, Quality::Bad, Some(Reason::Loss)),
            (Arriving { rtt: DelayMs::read(500.0), ..healthy() }, Quality::Weak, Some(Reason::Delay)),
            (Arriving { rtt: DelayMs::read(900.0), ..healthy() }, Quality::Bad, Some(Reason::Delay)),
            (Arriving { fps: Fps::read(3.0), ..healthy() }, Quality::Weak, Some(Reason::LowFrameRate)),
            (Arriving { fps: Fps::read(1.0), ..healthy() }, Quality::Bad, Some(Reason::LowFrameRate)),
            (nothing, Quality::Lost, Some(Reason::NoMedia)),
            (Arriving { control: false, ..nothing }, Quality::Lost, Some(Reason::NotConnected)),
            (receives(Receiving { loss: Share::read(0.05), ..well() }), Quality::Weak, Some(Reason::ReceivingLoss)),
            (receives(Receiving { concealed: Share::read(0.3), ..well() }), Quality::Bad, Some(Reason::ConcealedSound)),
            (receives(Receiving { freezes: 2, ..well() }), Quality::Weak, Some(Reason::Freezes)),
        ];
        for (arriving, quality, reason) in cases {
            let finding = Finding::now(&arriving, &Thresholds::default());
            assert_eq!(finding, Finding { quality, reason }, "{arriving:?}");
        }
    }

    #[test]
    fn what_was_not_measured_is_no_fault() {
        let unknown = Arriving { loss: None, rtt: None, fps: None, receiving: None, ..healthy() };
        let nothing = Receiving { loss: None, concealed: None, freezes: 0 };

        assert_eq!(Finding::now(&unknown, &Thresholds::default()), Finding::GOOD);
        assert_eq!(Finding::now(&receives(nothing), &Thresholds::default()), Finding::GOOD);
    }

    #[test]
    fn the_worse_cause_is_told_before_the_earlier_one() {
        let both = Arriving { sound: false, rtt: DelayMs::read(900.0), ..healthy() };

        assert_eq!(Finding::now(&both, &Thresholds::default()).reason, Some(Reason::Delay));
    }
}
