//! Numbers with a point, as they are read. JSON has no infinity, but a number beyond 32 bits becomes one, and would be written
//! to everybody else as `null`, where pages expect a number.

use serde::{Deserialize, Deserializer, de::Error};

/// For `#[serde(deserialize_with)]`.
pub(crate) fn finite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    let number = f32::deserialize(deserializer)?;
    if number.is_finite() { Ok(number) } else { Err(D::Error::custom("a number is too large")) }
}
