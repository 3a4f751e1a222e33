//! JSON of pages and of callers of the HTTP API. What is understood is the same after it was written and read again, as the
//! journal and other pages do with it, and does not grow.

use serde::{Serialize, de::DeserializeOwned};
use wire::{ClientMessage, CommandRequest, MAX_MESSAGE_BYTES, ServerMessage, SignInLinkRequest, SignInRequest};

/// A number of one character may be written with a point and an exponent, and what may be left out is written as `null`.
const GROWTH: usize = 12;
/// Names of the fields that were left out.
const SHELL: usize = 1_024;

/// The target: JSON text.
pub fn run(input: &[u8]) {
    if input.len() > MAX_MESSAGE_BYTES {
        return;
    }
    same_again::<ClientMessage>(input);
    same_again::<ServerMessage>(input);
    same_again::<CommandRequest>(input);
    same_again::<SignInRequest>(input);
    same_again::<SignInLinkRequest>(input);
}

fn same_again<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(input: &[u8]) {
    let Ok(read) = serde_json::from_slice::<T>(input) else { return };
    let written = serde_json::to_string(&read).expect("a message can be written");
    let again: T = match serde_json::from_str(&written) {
        Ok(again) => again,
        Err(error) => panic!("{written} is not read again: {error}"),
    };
    assert!(read == again, "{read:?} became {again:?}");
    assert!(written.len() <= GROWTH * input.len() + SHELL, "{} bytes became {}", input.len(), written.len());
}
