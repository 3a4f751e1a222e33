//! Payloads in the shape of H.264 (RFC 6184, packetization mode 1): parameter sets in a STAP-A, pictures in FU-A.

use crate::stamp::STAMP_BYTES;

/// NAL unit headers: importance and type.
const IDR: u8 = 0x65;
const SLICE: u8 = 0x41;
const STAP_A: u8 = 0x78;
const FU_A: u8 = 28;
const START: u8 = 0x80;
const END: u8 = 0x40;
/// `first_mb_in_slice` is zero: the picture begins here.
const FIRST_SLICE: u8 = 0x88;

/// Constrained baseline, level 3.1, set 0.
const SPS: [u8; 12] = [0x67, 0x42, 0xe0, 0x1f, 0x8c, 0x8d, 0x40, 0x50, 0x1e, 0xd0, 0x0f, 0x08];
/// Set 0 of SPS 0.
const PPS: [u8; 4] = [0x68, 0xce, 0x3c, 0x80];

/// Longest payload: 1,200 bytes of datagram less headers, extensions and tag.
pub const MAX_PAYLOAD: usize = 1_160;

/// The payloads of one frame of `bytes` bytes, each with room for a stamp at its end. A keyframe begins with its parameter
/// sets.
pub fn frame(key: bool, bytes: usize) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    if key {
        payloads.push(parameters());
    }
    let unit = if key { IDR } else { SLICE };
    let count = bytes.div_ceil(MAX_PAYLOAD).max(1);
    for index in 0..count {
        let size = (bytes / count + usize::from(index < bytes % count)).max(STAMP_BYTES + 3);
        let mut payload = Vec::with_capacity(size);
        if count == 1 {
            payload.extend([unit, FIRST_SLICE]);
        } else {
            let edge = if index == 0 { START } else { 0 } | if index + 1 == count { END } else { 0 };
            payload.extend([unit & 0x60 | FU_A, edge | unit & 0x1f]);
            payload.push(if index == 0 { FIRST_SLICE } else { 0x5a });
        }
        payload.resize(size, 0x5a);
        payloads.push(payload);
    }
    payloads
}

fn parameters() -> Vec<u8> {
    let mut payload = vec![STAP_A];
    for (unit, room) in [(&SPS[..], 0), (&PPS[..], STAMP_BYTES)] {
        let size = u16::try_from(unit.len() + room).unwrap_or(u16::MAX);
        payload.extend(size.to_be_bytes());
        payload.extend(unit);
        payload.resize(payload.len() + room, 0);
    }
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyframe_has_its_parameter_sets_first_and_fragments_with_edges() {
        let payloads = frame(true, 50_000);

        assert_eq!(payloads[0][0] & 0x1f, 24);
        let sps = usize::from(u16::from_be_bytes([payloads[0][1], payloads[0][2]]));
        assert_eq!(payloads[0][3] & 0x1f, 7);
        assert_eq!(payloads[0][3 + sps + 2] & 0x1f, 8);
        let fragments = &payloads[1..];
        assert!(fragments.iter().all(|fragment| fragment[0] & 0x1f == 28 && fragment[1] & 0x1f == 5));
        assert_eq!(fragments.iter().filter(|fragment| fragment[1] & 0x80 != 0).count(), 1);
        assert!(fragments[0][1] & 0x80 != 0 && fragments[0][2] & 0x80 != 0);
        assert!(fragments.last().unwrap()[1] & 0x40 != 0);
        assert_eq!(fragments.iter().map(Vec::len).sum::<usize>(), 50_000);
    }

    #[test]
    fn a_frame_of_2500_kbit_at_30_a_second_has_nine_packets() {
        let payloads = frame(false, 2_500_000 / 8 / 30);

        assert_eq!(payloads.len(), 9);
        assert!(payloads.iter().all(|payload| payload.len() <= MAX_PAYLOAD && payload[1] & 0x1f == 1));
    }

    #[test]
    fn a_small_frame_is_one_unit() {
        let payloads = frame(false, 600);

        assert_eq!(payloads.len(), 1);
        assert_eq!(payloads[0][0] & 0x1f, 1);
        assert_eq!(payloads[0].len(), 600);
    }
}
