//! RTP packets to be sealed: well formed if nothing is said, and any field may say something else.

use wire::{MediaKind, Slot};

/// Ids of header extensions in the peer's offers.
pub const MID_ID: u8 = 9;
/// Simulcast layer.
pub const RID_ID: u8 = 10;
/// Layer of a retransmission.
pub const REPAIRED_ID: u8 = 11;
/// Transport-wide sequence number.
pub const TRANSPORT_ID: u8 = 4;
/// Audio level.
pub const LEVEL_ID: u8 = 12;
/// Payload types in the peer's offers.
pub const OPUS: u8 = 111;
/// Of the conference's video codec.
pub const VIDEO: u8 = 108;
/// Of its retransmissions.
pub const RTX: u8 = 109;

/// One-byte header extensions (RFC 8285 §4.2).
pub const ONE_BYTE: u16 = 0xbede;
/// Two-byte header extensions.
pub const TWO_BYTE: u16 = 0x1000;

/// A packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Padding flag (32) and number of CSRCs (0–15), for the first byte.
    pub flags: u8,
    /// Marker and payload type: the second byte, any of its 256 values.
    pub second: u8,
    /// Roll-over counter and sequence number.
    pub index: u64,
    /// Timestamp.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
    /// Profile, declared length in words, bytes that follow.
    pub extension: Option<(u16, u16, Vec<u8>)>,
    /// Payload, with padding if the flag says so.
    pub payload: Vec<u8>,
}

impl Packet {
    /// A packet of a line, named by MID and, for a layer, by RID.
    pub fn of(line: usize, rid: Option<&str>, ssrc: u32, index: u64) -> Self {
        let mid = line.to_string();
        let mut elements = vec![(MID_ID, mid.as_bytes())];
        elements.extend(rid.map(|rid| (RID_ID, rid.as_bytes())));
        Self { extension: Some(one_byte(&elements)), ..Self::bare(ssrc, index) }
    }

    /// A packet that names nothing.
    pub fn bare(ssrc: u32, index: u64) -> Self {
        Self { flags: 0, second: OPUS, index, timestamp: 0, ssrc, extension: None, payload: Vec::new() }
    }

    /// Its bytes and the length of its header.
    pub fn bytes(&self) -> (Vec<u8>, usize) {
        let extended = if self.extension.is_some() { 0x10 } else { 0 };
        let mut bytes = vec![0x80 | self.flags | extended, self.second];
        bytes.extend_from_slice(&(self.index as u16).to_be_bytes());
        bytes.extend_from_slice(&self.timestamp.to_be_bytes());
        bytes.extend_from_slice(&self.ssrc.to_be_bytes());
        bytes.extend(std::iter::repeat_n(0xcc, 4 * usize::from(self.flags & 0x0f)));
        if let Some((profile, words, elements)) = &self.extension {
            bytes.extend_from_slice(&profile.to_be_bytes());
            bytes.extend_from_slice(&words.to_be_bytes());
            bytes.extend_from_slice(elements);
        }
        let header = bytes.len();
        bytes.extend_from_slice(&self.payload);
        (bytes, header)
    }
}

/// A block of one-byte elements, padded, with its true length.
pub fn one_byte(elements: &[(u8, &[u8])]) -> (u16, u16, Vec<u8>) {
    let mut bytes = Vec::new();
    for (id, value) in elements {
        bytes.push(id << 4 | (value.len() as u8).wrapping_sub(1) & 0x0f);
        bytes.extend_from_slice(value);
    }
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    (ONE_BYTE, (bytes.len() / 4) as u16, bytes)
}

/// A picture that a relay takes for one: parameter sets and an IDR slice, or a slice that refers to one.
pub fn picture(key: bool, says: &[u8]) -> Vec<u8> {
    if !key {
        return [&[0x61, 0x80], says].concat();
    }
    let idr = [&[0x65, 0x80], says].concat();
    let units: [&[u8]; 3] = [&[0x67, 0x42, 0xe0, 0x1f, 0x80], &[0x68, 0x80, 0x01], &idr];
    let mut payload = vec![0x78];
    for unit in units {
        payload.extend_from_slice(&(unit.len() as u16).to_be_bytes());
        payload.extend_from_slice(unit);
    }
    payload
}

/// One packet that was received.
#[derive(Debug, Clone)]
pub struct Received {
    /// When.
    pub at: std::time::Instant,
    /// In which line.
    pub slot: Slot,
    /// Sound or picture.
    pub kind: MediaKind,
    /// Its payload.
    pub payload: Vec<u8>,
}

impl Received {
    /// True if the payload says this.
    pub fn says(&self, what: &str) -> bool {
        self.payload.windows(what.len()).any(|window| window == what.as_bytes())
    }
}
