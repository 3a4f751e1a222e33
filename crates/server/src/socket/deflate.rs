//! Long messages travel deflated (RFC 1951) to pages that can inflate them. The welcome of 64 sites is 21 KB and the answer to an
//! offer 10 KB: more than the 14 KB that a fresh connection carries at once (RFC 6928), and far away the rest costs a round trip.
//! The library of the WebSockets lacks their own compression (RFC 7692).

use std::io::Write as _;

use axum::extract::ws::{Message, Utf8Bytes};
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// Shorter messages fit into one or two packets as they are.
const LONG_BYTES: usize = 2 * 1024;

/// What is sent for a text.
pub(super) fn message(text: Utf8Bytes) -> Message {
    if text.len() < LONG_BYTES {
        return Message::Text(text);
    }
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(text.len() / 4), Compression::default());
    let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    Message::Binary(packed.expect("a vector takes every byte").into())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::DeflateDecoder;

    use super::*;

    #[test]
    fn a_long_message_is_a_fraction_of_itself_and_the_same_again() {
        let text = "{\"site\":\"Cao Bằng\"}".repeat(1_000);

        let Message::Binary(packed) = message(text.clone().into()) else { panic!("not deflated") };

        assert!(packed.len() * 20 < text.len(), "{} of {} bytes", packed.len(), text.len());
        let mut inflated = String::new();
        DeflateDecoder::new(&packed[..]).read_to_string(&mut inflated).unwrap();
        assert_eq!(inflated, text);
    }

    #[test]
    fn a_short_message_stays_as_it_is() {
        assert_eq!(message("{}".into()), Message::Text("{}".into()));
    }
}
