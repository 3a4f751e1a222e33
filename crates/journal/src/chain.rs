//! The hash chain: each event's link covers the event and the link before it.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::{NewEvent, Seq, StreamId};

/// Bytes of a SHA-256.
const HASH_BYTES: usize = 32;
/// Says which encoding follows; changes if the encoding ever does.
const ENCODING: &[u8] = b"dienhong event 1";

/// What the first event of a stream is linked to.
pub const FIRST_LINK: EventHash = EventHash([0; HASH_BYTES]);

/// SHA-256 over an event and the link before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventHash([u8; HASH_BYTES]);

impl EventHash {
    /// The raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// From raw bytes; none if there are not 32 of them.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// From 64 hexadecimal digits; none if it is anything else.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 2 * HASH_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; HASH_BYTES];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The link of an event. Every field is written with its length before it, so that no two different events have the
/// same encoding. `ordinal` is the event's place among those of its command.
pub(crate) fn link(previous: &EventHash, stream: &StreamId, seq: Seq, ordinal: u32, event: &NewEvent) -> EventHash {
    let mut hasher = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    field(ENCODING);
    field(previous.as_bytes());
    field(stream.0.as_bytes());
    field(&seq.0.to_be_bytes());
    field(&event.at_ms.to_be_bytes());
    field(event.actor.as_bytes());
    match &event.command_id {
        Some(command) => {
            field(&[1]);
            field(command.0.as_bytes());
        }
        None => field(&[0]),
    }
    field(&ordinal.to_be_bytes());
    field(event.kind.as_bytes());
    field(&event.version.to_be_bytes());
    field(&event.body);
    EventHash(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CommandId;

    fn event() -> NewEvent {
        NewEvent {
            at_ms: 1_611_190_800_000,
            actor: "lead".into(),
            command_id: Some(CommandId("c-1".into())),
            kind: "take_ordered".into(),
            version: 1,
            body: br#"{"take":1}"#.to_vec(),
        }
    }

    #[test]
    fn the_encoding_never_changes() {
        let stream = StreamId("bau-cu-2021".into());

        let hash = link(&FIRST_LINK, &stream, Seq(1), 0, &event());

        assert_eq!(hash.to_string(), "68cb7a23e482eccff0947e150d6055e49b97f82f0b8e0ad485b6d953cc98f7a2");
    }

    #[test]
    fn bytes_that_move_between_fields_change_the_link() {
        let stream = StreamId("s".into());
        let (mut left, mut right) = (event(), event());
        (left.actor, left.kind) = ("ab".into(), "c".into());
        (right.actor, right.kind) = ("a".into(), "bc".into());

        let links = [left, right].map(|event| link(&FIRST_LINK, &stream, Seq(1), 0, &event));

        assert_ne!(links[0], links[1]);
    }

    #[test]
    fn hex_goes_there_and_back() {
        let hash = link(&FIRST_LINK, &StreamId("s".into()), Seq(1), 0, &event());

        assert_eq!(EventHash::from_hex(&hash.to_string()), Some(hash));
        assert_eq!(EventHash::from_hex("zz"), None);
        assert_eq!(EventHash::from_hex(&"é".repeat(32)), None);
    }
}
