//! Packets in a stream of bytes: each stands behind its length in 16 bits (RFC 4571 §2, which RFC 6544 §3 uses for all that
//! goes through a connection of ICE).

use std::ops::Range;

use relay_core::MAX_DATAGRAM_BYTES;

/// Bytes of the length.
pub(crate) const LENGTH_BYTES: usize = 2;
/// Largest frame that is taken.
pub(crate) const MAX_FRAME_BYTES: usize = LENGTH_BYTES + MAX_DATAGRAM_BYTES;

/// What stands at the beginning of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A packet, at this place; the next frame begins at its end.
    Whole(Range<usize>),
    /// The rest has not come yet.
    Incomplete,
    /// Longer than anything that is for a relay: this is another protocol, or the stream is out of step.
    TooLong,
}

/// The first frame of `bytes`.
pub(crate) fn first(bytes: &[u8]) -> Frame {
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else { return Frame::Incomplete };
    let length = usize::from(u16::from_be_bytes(*length));
    if length > MAX_DATAGRAM_BYTES {
        Frame::TooLong
    } else if length > rest.len() {
        Frame::Incomplete
    } else {
        Frame::Whole(LENGTH_BYTES..LENGTH_BYTES + length)
    }
}

/// Appends a packet as a frame.
pub(crate) fn append(packet: &[u8], stream: &mut Vec<u8>) {
    let length = u16::try_from(packet.len()).expect("packets of the relay are no longer than datagrams");
    stream.extend_from_slice(&length.to_be_bytes());
    stream.extend_from_slice(packet);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_again_one_by_one() {
        let mut stream = Vec::new();
        append(b"one", &mut stream);
        append(b"", &mut stream);
        append(&[7; MAX_DATAGRAM_BYTES], &mut stream);

        assert_eq!(first(&stream), Frame::Whole(2..5));
        assert_eq!(first(&stream[5..]), Frame::Whole(2..2));
        assert_eq!(first(&stream[7..]), Frame::Whole(2..MAX_FRAME_BYTES));
        for cut in 7..stream.len() {
            assert_eq!(first(&stream[7..cut]), Frame::Incomplete);
        }
    }

    #[test]
    fn other_protocols_are_too_long() {
        for other in [&b"GET / HTTP/1.1\r\n"[..], b"\x16\x03\x01\x02\x00", b"SSH-2.0-x", &[0x05, 0xdd]] {
            assert_eq!(first(other), Frame::TooLong);
        }
    }
}
