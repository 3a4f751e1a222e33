//! Roles and endpoint roles as text, the same words as on the wire.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::AccessError;

/// The wire word of a unit variant.
pub(super) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(_) | Err(_) => unreachable!("roles are unit variants, which serialise as text"),
    }
}

/// The unit variant of a wire word.
pub(super) fn from_word<T: DeserializeOwned>(text: &str) -> Result<T, AccessError> {
    serde_json::from_value(serde_json::Value::String(text.to_owned()))
        .map_err(|_| AccessError::Unreadable { what: format!("the role {text:?}") })
}
