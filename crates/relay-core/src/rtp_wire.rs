//! RTP headers on the wire (RFC 3550 §5.1, RFC 8285): read from the bytes that were authenticated, written into the
//! buffer that is sealed.

use crate::{ExtensionIds, MAX_DATAGRAM_BYTES};

/// Fixed header without CSRCs.
const FIXED_HEADER: usize = 12;
/// Profile and length of the extension block.
const EXTENSION_HEADER: usize = 4;
const VERSION: u8 = 2 << 6;
const PADDING: u8 = 1 << 5;
const EXTENSION: u8 = 1 << 4;
const CSRC_COUNT: u8 = 0x0f;
const MARKER: u8 = 1 << 7;

/// One-byte extension elements (RFC 8285 §4.2).
const ONE_BYTE_PROFILE: u16 = 0xbede;
/// Two-byte extension elements, application bits ignored (RFC 8285 §4.3).
const TWO_BYTE_PROFILE: u16 = 0x1000;
const TWO_BYTE_MASK: u16 = 0xfff0;
/// The id that ends a one-byte block.
const STOP_ID: u8 = 15;

/// Longest header that is written: fixed part, extension block with the longest MID, level and transport-wide number, padded.
const LONGEST_WRITTEN: usize = FIXED_HEADER + EXTENSION_HEADER + (1 + MAX_ELEMENT + 2 + 3usize).next_multiple_of(4);
/// What repetition (RFC 4588) and long picture numbers (RFC 7741 §4.2) add to a payload, and the longest tag.
const ADDED: usize = 2 + 1 + 16;
/// Longest payload that is taken in: what becomes of it must not be larger than the datagrams that relays look at. A packet with
/// few extensions would grow beyond that, as it gets ours. Endpoints keep far below.
pub(crate) const MAX_PAYLOAD: usize = MAX_DATAGRAM_BYTES - LONGEST_WRITTEN - ADDED;

/// The header of an incoming packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RtpHeader {
    /// Bytes on the wire, with CSRCs and extensions: the payload begins here.
    pub length: usize,
    pub padded: bool,
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    /// Offset and length of the extension block's elements.
    extensions: (usize, usize),
    two_byte: bool,
}

impl RtpHeader {
    /// Reads a header; none if it is malformed.
    pub(crate) fn parse(packet: &[u8]) -> Option<Self> {
        let fixed = packet.get(..FIXED_HEADER)?;
        if fixed[0] & 0xc0 != VERSION {
            return None;
        }
        let mut length = FIXED_HEADER + 4 * usize::from(fixed[0] & CSRC_COUNT);
        let mut extensions = (length, 0);
        let mut two_byte = false;
        if fixed[0] & EXTENSION != 0 {
            let block = packet.get(length..length + EXTENSION_HEADER)?;
            let profile = u16::from_be_bytes([block[0], block[1]]);
            let bytes = 4 * usize::from(u16::from_be_bytes([block[2], block[3]]));
            length += EXTENSION_HEADER;
            two_byte = profile & TWO_BYTE_MASK == TWO_BYTE_PROFILE;
            // Elements of an unknown profile are skipped, not guessed at.
            extensions = (length, if two_byte || profile == ONE_BYTE_PROFILE { bytes } else { 0 });
            length += bytes;
        }
        if packet.len() < length {
            return None;
        }
        Some(Self {
            length,
            padded: fixed[0] & PADDING != 0,
            marker: fixed[1] & MARKER != 0,
            payload_type: fixed[1] & !MARKER,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            extensions,
            two_byte,
        })
    }

    /// The negotiated extensions of the packet this header was parsed from; none if the block is malformed.
    pub(crate) fn extensions<'a>(&self, packet: &'a [u8], ids: &ExtensionIds) -> Option<Extensions<'a>> {
        let (start, length) = self.extensions;
        let mut rest = packet.get(start..start + length)?;
        let mut found = Extensions::default();
        while let Some((&first, tail)) = rest.split_first() {
            if first == 0 {
                rest = tail;
                continue;
            }
            let (id, size, tail) = if self.two_byte {
                let (&size, tail) = tail.split_first()?;
                (first, usize::from(size), tail)
            } else {
                (first >> 4, usize::from(first & 0x0f) + 1, tail)
            };
            if !self.two_byte && id == STOP_ID {
                break;
            }
            let value = tail.get(..size)?;
            found.set(id, value, ids);
            rest = &tail[size..];
        }
        Some(found)
    }

    /// The payload in an opened packet, without padding; none if the padding is longer than the payload, or if it could not be
    /// passed on.
    pub(crate) fn payload<'a>(&self, opened: &'a [u8]) -> Option<&'a [u8]> {
        let mut payload = opened.get(self.length..)?;
        if self.padded {
            let padding = usize::from(*payload.last()?);
            let length = payload.len().checked_sub(padding).filter(|_| padding > 0)?;
            payload = &payload[..length];
        }
        (payload.len() <= MAX_PAYLOAD).then_some(payload)
    }
}

/// What the header extensions of a packet say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Extensions<'a> {
    pub mid: Option<&'a str>,
    pub rid: Option<&'a str>,
    pub repaired_rid: Option<&'a str>,
    pub transport_sequence: Option<u16>,
    /// −dBov, without the voice activity bit.
    pub audio_level: Option<u8>,
}

impl<'a> Extensions<'a> {
    fn set(&mut self, id: u8, value: &'a [u8], ids: &ExtensionIds) {
        let id = Some(id);
        let text = || std::str::from_utf8(value).ok();
        if id == ids.mid {
            self.mid = text();
        } else if id == ids.rid {
            self.rid = text();
        } else if id == ids.repaired_rid {
            self.repaired_rid = text();
        } else if id == ids.transport_cc {
            self.transport_sequence = value.try_into().ok().map(u16::from_be_bytes);
        } else if id == ids.audio_level {
            self.audio_level = value.first().map(|level| level & 0x7f);
        }
    }
}

/// A header to write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutgoingHeader<'a> {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub mid: Option<(u8, &'a str)>,
    pub audio_level: Option<(u8, u8)>,
    pub transport_sequence: Option<(u8, u16)>,
}

impl OutgoingHeader<'_> {
    /// Appends the header; gives its length.
    pub(crate) fn write(&self, packet: &mut Vec<u8>) -> usize {
        let start = packet.len();
        let extended = self.mid.is_some() || self.audio_level.is_some() || self.transport_sequence.is_some();
        packet.push(VERSION | if extended { EXTENSION } else { 0 });
        packet.push(self.payload_type | if self.marker { MARKER } else { 0 });
        packet.extend_from_slice(&self.sequence.to_be_bytes());
        packet.extend_from_slice(&self.timestamp.to_be_bytes());
        packet.extend_from_slice(&self.ssrc.to_be_bytes());
        if extended {
            packet.extend_from_slice(&ONE_BYTE_PROFILE.to_be_bytes());
            packet.extend_from_slice(&[0, 0]);
            let elements = packet.len();
            if let Some((id, mid)) = self.mid {
                element(packet, id, mid.as_bytes());
            }
            if let Some((id, level)) = self.audio_level {
                element(packet, id, &[level]);
            }
            if let Some((id, sequence)) = self.transport_sequence {
                element(packet, id, &sequence.to_be_bytes());
            }
            packet.resize(elements + (packet.len() - elements).next_multiple_of(4), 0);
            let words = u16::try_from((packet.len() - elements) / 4).expect("a MID has at most 16 bytes");
            packet[elements - 2..elements].copy_from_slice(&words.to_be_bytes());
        }
        packet.len() - start
    }
}

/// Longest value of a one-byte element (RFC 8285 §4.2).
pub(crate) const MAX_ELEMENT: usize = 16;

fn element(packet: &mut Vec<u8>, id: u8, value: &[u8]) {
    debug_assert!((1..=MAX_ELEMENT).contains(&value.len()), "one-byte elements have 1 to 16 bytes");
    packet.push(id << 4 | (value.len() as u8 - 1));
    packet.extend_from_slice(value);
}
