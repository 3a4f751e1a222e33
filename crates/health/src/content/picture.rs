//! Black and frozen pictures, by what the sender measures before its encoder.

use super::{ContentBounds, Context};
use crate::held::Held;
use crate::units::Luma;
use crate::{ContentSample, Millis};

/// Watches the picture.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PictureWatch {
    black: Held,
    frozen: Held,
}

impl PictureWatch {
    pub(super) fn is_black(&self) -> bool {
        self.black.told()
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.frozen.told()
    }

    pub(super) fn observe(&mut self, now: Millis, sample: &ContentSample, context: Context, bounds: &ContentBounds) {
        // Without frames there is no picture that could be black or frozen: that is the line's fault, or the camera is off.
        let comes = sample.frames > 0 && !context.camera_off;
        let black = comes
            && at_most(sample.luma_mean, bounds.black_mean)
            // A dark room is as dark, but not as even.
            && at_most(sample.luma_spread, bounds.black_spread);
        // A black picture stands still as well: it has one name.
        let frozen = comes && !black && sample.frames > 1 && at_most(sample.luma_change, bounds.frozen_change);
        self.black.observe(now, black, bounds.blackness());
        self.frozen.observe(now, frozen, bounds.stillness());
    }
}

/// What was not measured is not low.
fn at_most(value: Option<Luma>, bound: f32) -> bool {
    value.is_some_and(|value| value.get() <= bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(mean: f32, spread: f32, change: f32) -> ContentSample {
        ContentSample {
            frames: 30,
            luma_mean: Luma::read(mean),
            luma_spread: Luma::read(spread),
            luma_change: Luma::read(change),
            ..ContentSample::NOTHING
        }
    }

    /// Black and frozen after reports for so many seconds.
    fn after(seconds: u64, sample: ContentSample, context: Context) -> (bool, bool) {
        let mut watch = PictureWatch::default();
        for second in (0..=seconds).step_by(2) {
            watch.observe(Millis(second * 1_000), &sample, context, &ContentBounds::default());
        }
        (watch.is_black(), watch.is_frozen())
    }

    #[test]
    fn a_black_picture_is_named_late_and_has_one_name() {
        let black = picture(16.0, 0.0, 0.0);
        assert_eq!(after(8, black, Context::default()), (false, false));
        assert_eq!(after(60, black, Context::default()), (true, false));
        assert_eq!(after(60, picture(19.0, 3.0, 0.8), Context::default()), (true, false), "a covered lens");
    }

    #[test]
    fn a_dark_room_is_not_black_and_a_grey_wall_neither() {
        assert_eq!(after(60, picture(20.0, 14.0, 0.8), Context::default()), (false, false));
        assert_eq!(after(60, picture(120.0, 2.0, 0.8), Context::default()), (false, false));
    }

    #[test]
    fn a_frozen_picture_is_named_and_a_still_room_is_not() {
        assert_eq!(after(18, picture(110.0, 40.0, 0.0), Context::default()), (false, false));
        assert_eq!(after(60, picture(110.0, 40.0, 0.0), Context::default()), (false, true));
        assert_eq!(after(600, picture(110.0, 40.0, 0.1), Context::default()), (false, false));
    }

    #[test]
    fn nothing_is_said_of_a_camera_that_is_off_or_was_not_measured() {
        let off = Context { camera_off: true, ..Context::default() };
        assert_eq!(after(60, picture(0.0, 0.0, 0.0), off), (false, false));
        assert_eq!(
            after(60, ContentSample { frames: 30, ..ContentSample::NOTHING }, Context::default()),
            (false, false)
        );
        assert_eq!(
            after(60, ContentSample { frames: 0, ..picture(0.0, 0.0, 0.0) }, Context::default()),
            (false, false)
        );
    }
}
