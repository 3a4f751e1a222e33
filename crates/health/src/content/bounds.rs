//! Every bound of the faults of picture and sound.

use serde::{Deserialize, Serialize};

use crate::held::Patience;
use crate::thresholds::{Check, ThresholdError};

/// Bounds of the faults. What is not written in a configuration has the default.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContentBounds {
    /// Peak, dBFS, that an open microphone exceeds in every room. −84 dBFS are two steps of 16-bit sound: the noise of a
    /// microphone and its amplifier alone is louder, also after a browser's noise suppression.
    pub silent_peak_dbfs: f32,
    /// So long without such a peak, ms: gated microphones are digitally silent between two sentences.
    pub silent_after_ms: u64,
    /// Share of the samples of a report at full scale from which it is clipped. A vowel that is cut off has a fifth of its
    /// samples there; a knock on the microphone is in one report only.
    pub clipped_share: f32,
    /// As many reports of the last [`CLIPPING_REPORTS`] must be clipped.
    pub clipped_reports: u32,
    /// Effective level, dBFS, below which a speaker is hardly understood beside others: 20 dB under −26, the
    /// level of speech (ITU-T P.56) that listening tests by ITU-T P.800 use.
    pub too_low_dbfs: f32,
    /// Effective level, dBFS, above which a microphone is too loud: peaks of speech lie 12 dB and more above it, and are cut off.
    pub too_loud_dbfs: f32,
    /// Mean luma of a black picture at most. Video black is 16; a sensor in the dark adds its noise.
    pub black_mean: f32,
    /// Spread of luma of a black picture at most. A dark room has lamps, windows and screens in it.
    pub black_spread: f32,
    /// So long, ms: cameras are dark for a second or two when they start or switch.
    pub black_after_ms: u64,
    /// Mean change of luma between two frames of a frozen picture at most. A room in which nothing moves has the noise of
    /// its camera: half a step and more in each pixel, so that also behind a camera's own noise reduction one pixel of
    /// ten changes by a step (0.1). A frozen source repeats one frame: nothing changes at all.
    pub frozen_change: f32,
    /// So long, ms: a slide that is shown to the camera's input may stand still for a breath.
    pub frozen_after_ms: u64,
    /// Correlation of microphone and programme, 0 to 1, from which the site sends the programme back.
    pub echo_correlation: f32,
    /// As many windows in a row must say so.
    pub echo_windows: u32,
    /// A fault of the picture or a silence is told no more when it has been gone for so long, ms.
    pub ends_after_ms: u64,
}

/// Reports of a microphone that are looked at for clipping: 20 seconds.
pub const CLIPPING_REPORTS: usize = 10;

impl Default for ContentBounds {
    fn default() -> Self {
        Self {
            silent_peak_dbfs: -84.0,
            silent_after_ms: 20_000,
            clipped_share: 0.002,
            clipped_reports: 4,
            too_low_dbfs: -46.0,
            too_loud_dbfs: -12.0,
            black_mean: 24.0,
            black_spread: 6.0,
            black_after_ms: 10_000,
            frozen_change: 0.01,
            frozen_after_ms: 20_000,
            echo_correlation: 0.6,
            echo_windows: 3,
            ends_after_ms: 4_000,
        }
    }
}

/// Longest patience, ms: the check of a whole country is over in three minutes.
const MAX_PATIENCE_MS: u64 = 120_000;
/// More windows than these are five minutes.
const MAX_WINDOWS: u32 = 60;

impl ContentBounds {
    /// Checks all of them.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first.
    pub fn validate(&self) -> Result<(), Vec<ThresholdError>> {
        let mut check = Check::default();
        check.range("silent_peak_dbfs", self.silent_peak_dbfs, -127.0, -60.0);
        check.range("clipped_share", self.clipped_share, 0.000_1, 0.5);
        check.range("too_low_dbfs", self.too_low_dbfs, -80.0, -20.0);
        check.range("too_loud_dbfs", self.too_loud_dbfs, -40.0, -1.0);
        check.range("black_mean", self.black_mean, 0.0, 64.0);
        check.range("black_spread", self.black_spread, 0.0, 32.0);
        check.range("frozen_change", self.frozen_change, 0.0, 1.0);
        check.range("echo_correlation", self.echo_correlation, 0.3, 1.0);
        check.whole("clipped_reports", u64::from(self.clipped_reports), 1, CLIPPING_REPORTS as u64);
        check.whole("echo_windows", u64::from(self.echo_windows), 1, u64::from(MAX_WINDOWS));
        for (field, ms) in [
            ("silent_after_ms", self.silent_after_ms),
            ("black_after_ms", self.black_after_ms),
            ("frozen_after_ms", self.frozen_after_ms),
            ("ends_after_ms", self.ends_after_ms),
        ] {
            check.whole(field, ms, 0, MAX_PATIENCE_MS);
        }
        check.less(("silent_peak_dbfs", self.silent_peak_dbfs), ("too_low_dbfs", self.too_low_dbfs));
        check.less(("too_low_dbfs", self.too_low_dbfs), ("too_loud_dbfs", self.too_loud_dbfs));
        check.done()
    }

    pub(super) fn silence(&self) -> Patience {
        Patience { begins_ms: self.silent_after_ms, ends_ms: self.ends_after_ms }
    }

    pub(super) fn blackness(&self) -> Patience {
        Patience { begins_ms: self.black_after_ms, ends_ms: self.ends_after_ms }
    }

    pub(super) fn stillness(&self) -> Patience {
        Patience { begins_ms: self.frozen_after_ms, ends_ms: self.ends_after_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(ContentBounds::default().validate(), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_told() {
        let wrong = ContentBounds { too_low_dbfs: -5.0, echo_correlation: f32::NAN, ..ContentBounds::default() };

        let told: Vec<String> = wrong.validate().unwrap_err().iter().map(ToString::to_string).collect();

        assert_eq!(
            told,
            [
                "too_low_dbfs is -5, must be from -80 to -20",
                "echo_correlation is NaN, must be from 0.3 to 1",
                "too_low_dbfs must be less than too_loud_dbfs",
            ]
        );
    }
}
