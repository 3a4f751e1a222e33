//! Where a line stops being good, and how long it must stay so before anybody is told.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Thresholds of the verdict. What is not written in a configuration has the default.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Share of packets lost at which concealment becomes audible.
    pub loss_weak: f32,
    /// Share of packets lost at which retransmission no longer keeps up at 50 ms round trip.
    pub loss_bad: f32,
    /// Round trip, ms, at which a dialogue begins to stumble (ITU-T G.114: 400 ms one way is the limit of planning).
    pub delay_weak_ms: f32,
    /// Round trip, ms, at which a dialogue is impossible: that limit in each direction.
    pub delay_bad_ms: f32,
    /// Frames a second: an idle site sends at most 10; fewer than this is a struggling encoder or line.
    pub fps_weak: f32,
    /// Frames a second: a slide show.
    pub fps_bad: f32,
    /// Share of concealed sound at which a site hears that something is missing. Concealment hides one lost packet of 20 ms, so
    /// it is heard at the loss at which packets begin to be lost in a row: the figure of `loss_weak`.
    pub concealed_weak: f32,
    /// Share of concealed sound at which words are lost: the figure of `loss_bad`.
    pub concealed_bad: f32,
    /// Freezes of the programme in a page's report of two seconds. One is what a take or a busy page makes.
    pub freezes_weak: u32,
    /// As many freezes that nothing moves between them.
    pub freezes_bad: u32,
    /// A worse verdict must hold this long, ms; one bad second of a radio link is not an alarm.
    pub worse_after_ms: u64,
    /// A better verdict must hold this long, ms.
    pub better_after_ms: u64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            loss_weak: 0.03,
            loss_bad: 0.10,
            delay_weak_ms: 400.0,
            delay_bad_ms: 800.0,
            fps_weak: 5.0,
            fps_bad: 2.0,
            concealed_weak: 0.03,
            concealed_bad: 0.10,
            freezes_weak: 2,
            freezes_bad: 4,
            worse_after_ms: 2_000,
            better_after_ms: 5_000,
        }
    }
}

/// Longest patience, ms: what is told a minute late is not told in time.
const MAX_PATIENCE_MS: u64 = 60_000;
/// Longest delay that can be a threshold, ms.
const MAX_DELAY_MS: f32 = 10_000.0;
/// Highest frame rate that can be a threshold.
const MAX_FPS: f32 = 60.0;
/// More freezes than frames there are not.
const MAX_FREEZES: u32 = 120;

/// What is wrong with a configured bound.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ThresholdError {
    /// Not a number, or out of its range.
    #[error("{field} is {value}, must be from {lowest} to {highest}")]
    OutOfRange {
        /// Which.
        field: &'static str,
        /// What it is.
        value: f32,
        /// The least it may be.
        lowest: f32,
        /// The most it may be.
        highest: f32,
    },
    /// Two bounds in the wrong order: the site would be bad before it is weak, or begin and end at once.
    #[error("{less} must be less than {more}")]
    Order {
        /// The one that must be less.
        less: &'static str,
        /// Than this one.
        more: &'static str,
    },
}

impl Thresholds {
    /// Checks all of them.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first.
    pub fn validate(&self) -> Result<(), Vec<ThresholdError>> {
        let mut check = Check::default();
        let Self { loss_weak, loss_bad, concealed_weak, concealed_bad, .. } = *self;
        for (field, share) in [
            ("loss_weak", loss_weak),
            ("loss_bad", loss_bad),
            ("concealed_weak", concealed_weak),
            ("concealed_bad", concealed_bad),
        ] {
            check.range(field, share, 0.001, 1.0);
        }
        check.range("delay_weak_ms", self.delay_weak_ms, 1.0, MAX_DELAY_MS);
        check.range("delay_bad_ms", self.delay_bad_ms, 1.0, MAX_DELAY_MS);
        check.range("fps_weak", self.fps_weak, 0.1, MAX_FPS);
        check.range("fps_bad", self.fps_bad, 0.0, MAX_FPS);
        check.whole("freezes_weak", u64::from(self.freezes_weak), 1, u64::from(MAX_FREEZES));
        check.whole("freezes_bad", u64::from(self.freezes_bad), 1, u64::from(MAX_FREEZES));
        check.whole("worse_after_ms", self.worse_after_ms, 0, MAX_PATIENCE_MS);
        check.whole("better_after_ms", self.better_after_ms, 0, MAX_PATIENCE_MS);
        check.less(("loss_weak", loss_weak), ("loss_bad", loss_bad));
        check.less(("delay_weak_ms", self.delay_weak_ms), ("delay_bad_ms", self.delay_bad_ms));
        check.less(("fps_bad", self.fps_bad), ("fps_weak", self.fps_weak));
        check.less(("concealed_weak", concealed_weak), ("concealed_bad", concealed_bad));
        check.less(("freezes_weak", self.freezes_weak as f32), ("freezes_bad", self.freezes_bad as f32));
        check.done()
    }
}

/// Gathers what is wrong.
#[derive(Debug, Default)]
pub(crate) struct Check(Vec<ThresholdError>);

impl Check {
    pub(crate) fn range(&mut self, field: &'static str, value: f32, lowest: f32, highest: f32) {
        // A NaN is in no range.
        if !(lowest..=highest).contains(&value) {
            self.0.push(ThresholdError::OutOfRange { field, value, lowest, highest });
        }
    }

    pub(crate) fn whole(&mut self, field: &'static str, value: u64, lowest: u64, highest: u64) {
        if !(lowest..=highest).contains(&value) {
            let [value, lowest, highest] = [value, lowest, highest].map(|number| number as f32);
            self.0.push(ThresholdError::OutOfRange { field, value, lowest, highest });
        }
    }

    pub(crate) fn less(&mut self, less: (&'static str, f32), more: (&'static str, f32)) {
        if less.1 >= more.1 {
            self.0.push(ThresholdError::Order { less: less.0, more: more.0 });
        }
    }

    pub(crate) fn done(self) -> Result<(), Vec<ThresholdError>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_fill_what_is_not_written() {
        assert_eq!(Thresholds::default().validate(), Ok(()));
        let written: Thresholds = serde_json::from_str(r#"{ "loss_weak": 0.02 }"#).unwrap();
        assert_eq!(written, Thresholds { loss_weak: 0.02, ..Thresholds::default() });
        assert!(serde_json::from_str::<Thresholds>(r#"{ "los_weak": 0.02 }"#).is_err());
    }

    #[test]
    fn all_that_is_wrong_is_told_in_words() {
        let wrong =
            Thresholds { loss_weak: 0.2, delay_bad_ms: f32::NAN, worse_after_ms: 90_000, ..Thresholds::default() };

        let errors = wrong.validate().unwrap_err();

        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "delay_bad_ms is NaN, must be from 1 to 10000",
                "worse_after_ms is 90000, must be from 0 to 60000",
                "loss_weak must be less than loss_bad",
            ]
        );
    }
}
