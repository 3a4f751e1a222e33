//! Measured numbers, each with its unit and range. This is the one place where numbers from outside are read: `read` refuses
//! what is not a number and brings everything else, infinities too, into the range. Behind it no number is ever NaN.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What was read is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a number")]
pub struct NotANumber;

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident, $lowest:literal, $highest:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "f32", into = "f32")]
        pub struct $name(f32);

        impl $name {
            /// The lowest value.
            pub const LOWEST: Self = Self($lowest);
            /// The highest value.
            pub const HIGHEST: Self = Self($highest);

            /// The nearest value of the range; none for what is not a number, which counts as not measured.
            pub fn read(value: f32) -> Option<Self> {
                (!value.is_nan()).then(|| Self(value.clamp($lowest, $highest)))
            }

            /// The number.
            pub fn get(self) -> f32 {
                self.0
            }
        }

        impl TryFrom<f32> for $name {
            type Error = NotANumber;

            fn try_from(value: f32) -> Result<Self, NotANumber> {
                Self::read(value).ok_or(NotANumber)
            }
        }

        impl From<$name> for f32 {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

unit!(
    /// A share, 0 to 1.
    Share, 0.0, 1.0
);
unit!(
    /// A level of sound, dB of digital full scale. −127 stands for digital silence, as in RFC 6464.
    Dbfs, -127.0, 0.0
);
unit!(
    /// Brightness of a picture, its spread, or its change, in steps of 8-bit luma: 0 to 255.
    Luma, 0.0, 255.0
);
unit!(
    /// A delay or its variation, ms. A minute is no delay any more but an interruption.
    DelayMs, 0.0, 60_000.0
);
unit!(
    /// A rate, kbit/s. Ten gigabits a second is above every line that a site may have.
    Kbps, 0.0, 10_000_000.0
);
unit!(
    /// Frames a second.
    Fps, 0.0, 1_000.0
);

impl Share {
    /// `part` of `whole`; none if there is no whole. More than the whole is the whole.
    pub fn of(part: u32, whole: u32) -> Option<Self> {
        if whole == 0 { None } else { Self::read(part as f32 / whole as f32) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_number_is_refused_and_the_rest_is_brought_into_range() {
        assert_eq!(Share::read(f32::NAN), None);
        assert_eq!(Share::read(f32::INFINITY), Some(Share::HIGHEST));
        assert_eq!(Dbfs::read(f32::NEG_INFINITY), Some(Dbfs::LOWEST));
        assert_eq!(Fps::read(-1.0).map(Fps::get), Some(0.0));
        assert_eq!(Luma::read(16.5).map(Luma::get), Some(16.5));
    }

    #[test]
    fn a_share_needs_a_whole() {
        assert_eq!(Share::of(0, 0), None);
        assert_eq!(Share::of(25, 100).map(Share::get), Some(0.25));
        assert_eq!(Share::of(u32::MAX, 1), Some(Share::HIGHEST));
    }

    #[test]
    fn what_is_kept_is_read_the_same_way() {
        assert_eq!(serde_json::from_str::<Share>("7").unwrap(), Share::HIGHEST);
        assert_eq!(serde_json::from_str::<Option<Share>>("null").unwrap(), None);
        assert_eq!(serde_json::to_string(&Dbfs::read(-26.0)).unwrap(), "-26.0");
    }

    proptest! {
        #[test]
        fn any_bits_give_a_number_in_range_or_none(bits in any::<u32>()) {
            let value = f32::from_bits(bits);
            match Dbfs::read(value) {
                None => prop_assert!(value.is_nan()),
                Some(read) => prop_assert!((-127.0..=0.0).contains(&read.get())),
            }
        }
    }
}
