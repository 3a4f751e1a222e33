//! The marker as an SEI message of type `user_data_unregistered` (H.264 D.1.7), read without decoding the picture.

use crate::annexb::nal_type;
use crate::marker::{FRAME_MODULUS, MAX_SITE, Marker, crc8};

/// Identifies our user data.
pub const MARKER_UUID: [u8; 16] =
    [0xd1, 0xe4, 0x40, 0x6e, 0x6a, 0x09, 0x4b, 0x1c, 0x9f, 0x36, 0x5e, 0x74, 0xca, 0x6d, 0x0b, 0x21];
/// `payloadType` of user_data_unregistered.
const USER_DATA_UNREGISTERED: u8 = 5;
/// UUID, site (2), frame (4), capture time (8), CRC-8 (1).
const PAYLOAD_BYTES: usize = 16 + BODY_BYTES + 1;
const BODY_BYTES: usize = 2 + 4 + 8;
/// NAL header of an SEI: `nal_ref_idc` 0, type 6.
const SEI_HEADER: u8 = nal_type::SEI;
/// `rbsp_trailing_bits` of a byte-aligned payload.
const TRAILING_BITS: u8 = 0x80;

/// What the SEI message of a frame says: the marker and, as it has room, when the frame was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The same marker as in the picture.
    pub marker: Marker,
    /// Sender's clock when the frame was drawn, ms since the Unix epoch.
    pub captured_ms: u64,
}

/// The SEI NAL unit of a stamp, without start code, emulation prevention applied.
pub fn write(stamp: Stamp) -> Vec<u8> {
    let mut payload = Vec::with_capacity(PAYLOAD_BYTES);
    payload.extend_from_slice(&MARKER_UUID);
    payload.extend_from_slice(&stamp.marker.site.to_be_bytes());
    payload.extend_from_slice(&stamp.marker.frame.to_be_bytes());
    payload.extend_from_slice(&stamp.captured_ms.to_be_bytes());
    payload.push(crc8(&payload[16..]));

    let mut rbsp = vec![USER_DATA_UNREGISTERED, PAYLOAD_BYTES as u8];
    rbsp.extend_from_slice(&payload);
    rbsp.push(TRAILING_BITS);

    let mut nal = vec![SEI_HEADER];
    add_emulation_prevention(&rbsp, &mut nal);
    nal
}

/// Reads a stamp from a NAL unit; none if it is no SEI, has no message of ours, or its checksum is wrong.
pub fn read(nal: &[u8]) -> Option<Stamp> {
    let (header, body) = nal.split_first()?;
    if header & 0x1f != nal_type::SEI {
        return None;
    }
    let rbsp = remove_emulation_prevention(body);
    let mut rest = rbsp.as_slice();
    // More than the trailing bits: another message (H.264 7.3.2.3).
    while rest.len() > 2 {
        let (kind, after) = read_variable(rest)?;
        let (length, after) = read_variable(after)?;
        let payload = after.get(..length)?;
        if kind == usize::from(USER_DATA_UNREGISTERED)
            && let Some(stamp) = read_payload(payload)
        {
            return Some(stamp);
        }
        rest = &after[length..];
    }
    None
}

/// A value coded as bytes of 255 and a last smaller one (H.264 7.3.2.3.1).
fn read_variable(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let full = bytes.iter().take_while(|byte| **byte == 0xff).count();
    let last = *bytes.get(full)?;
    Some((full * 255 + usize::from(last), &bytes[full + 1..]))
}

fn read_payload(payload: &[u8]) -> Option<Stamp> {
    let body = payload.strip_prefix(&MARKER_UUID)?;
    if body.len() != BODY_BYTES + 1 || crc8(&body[..BODY_BYTES]) != body[BODY_BYTES] {
        return None;
    }
    let site = u16::from_be_bytes(body[..2].try_into().ok()?);
    let frame = u32::from_be_bytes(body[2..6].try_into().ok()?);
    let captured_ms = u64::from_be_bytes(body[6..14].try_into().ok()?);
    (site <= MAX_SITE && frame < FRAME_MODULUS).then_some(Stamp { marker: Marker { site, frame }, captured_ms })
}

/// H.264 7.4.1: no 00 00 0x with x ≤ 3 inside a NAL unit.
fn add_emulation_prevention(rbsp: &[u8], nal: &mut Vec<u8>) {
    let mut zeros = 0;
    for byte in rbsp {
        if zeros == 2 && *byte <= 3 {
            nal.push(3);
            zeros = 0;
        }
        nal.push(*byte);
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
    }
}

fn remove_emulation_prevention(body: &[u8]) -> Vec<u8> {
    let mut rbsp = Vec::with_capacity(body.len());
    let mut zeros = 0;
    for byte in body {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        rbsp.push(*byte);
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
    }
    rbsp
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(site: u16, frame: u32, captured_ms: u64) -> Stamp {
        Stamp { marker: Marker { site, frame }, captured_ms }
    }

    #[test]
    fn what_is_written_is_read() {
        for stamp in
            [stamp(0, 0, 0), stamp(63, 12_345, 1_795_000_000_123), stamp(MAX_SITE, FRAME_MODULUS - 1, u64::MAX)]
        {
            assert_eq!(read(&write(stamp)), Some(stamp));
        }
    }

    #[test]
    fn zeros_never_look_like_a_start_code() {
        let nal = write(stamp(0, 1, 2));
        assert!(!nal.windows(3).any(|window| window[..2] == [0, 0] && window[2] < 3), "{nal:02x?}");
        assert!(nal.windows(3).any(|window| window == [0, 0, 3]), "the case has something to prevent");
        assert_eq!(read(&nal), Some(stamp(0, 1, 2)));
    }

    #[test]
    fn our_message_is_found_behind_another_one() {
        let ours = write(stamp(7, 8, 9));
        let mut nal = vec![SEI_HEADER, 1, 2, 0xaa, 0xbb];
        nal.extend_from_slice(&ours[1..]);
        assert_eq!(read(&nal), Some(stamp(7, 8, 9)));
    }

    #[test]
    fn damaged_and_foreign_messages_are_not_read() {
        let mut damaged = write(stamp(1, 2, 0x0102_0304_0506_0708));
        let last = damaged.len() - 3;
        damaged[last] ^= 0x10;
        assert_eq!(read(&damaged), None);
        assert_eq!(read(&[0x65, 1, 2, 3]), None);
        assert_eq!(read(&[SEI_HEADER]), None);
        assert_eq!(read(&[SEI_HEADER, 5, 200, 1, 2]), None);
    }
}
