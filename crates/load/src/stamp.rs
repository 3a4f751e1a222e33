//! What each payload of the load tells of itself, in its last bytes.

use crate::socket::Nanos;

/// Bytes of a stamp.
pub const STAMP_BYTES: usize = 20;
/// Ends every stamp: what the relay puts in between by itself (silence, parameter sets) has none.
const MAGIC: [u8; 2] = [0xd9, 0x4e];

/// Flags.
const KEY: u8 = 1;
const FIRST: u8 = 2;
const LAST: u8 = 4;

/// A payload's place in its stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The machine's clock just before the datagram was handed to the kernel.
    pub sent: Nanos,
    /// The packet's number in its stream: the extended RTP sequence number.
    pub number: u32,
    /// The frame's number in its stream.
    pub frame: u16,
    /// The sender.
    pub source: u16,
    /// 0 low, 1 mid, 2 high; 3 for sound.
    pub layer: u8,
    /// It belongs to a keyframe.
    pub key: bool,
    /// The frame's first packet.
    pub first: bool,
    /// The frame's last packet.
    pub last: bool,
}

impl Stamp {
    /// Writes the stamp over the end of a payload, which has at least [`STAMP_BYTES`].
    pub fn write(&self, payload: &mut [u8]) {
        let at = payload.len() - STAMP_BYTES;
        let stamp = &mut payload[at..];
        stamp[..8].copy_from_slice(&self.sent.to_be_bytes());
        stamp[8..12].copy_from_slice(&self.number.to_be_bytes());
        stamp[12..14].copy_from_slice(&self.frame.to_be_bytes());
        stamp[14..16].copy_from_slice(&self.source.to_be_bytes());
        stamp[16] = self.layer;
        let flags = [(self.key, KEY), (self.first, FIRST), (self.last, LAST)];
        stamp[17] = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| flag).sum();
        stamp[18..].copy_from_slice(&MAGIC);
    }

    /// Reads the stamp of a payload, if it has one.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let stamp: &[u8; STAMP_BYTES] = payload.last_chunk()?;
        if stamp[18..] != MAGIC {
            return None;
        }
        let short = |at: usize| u16::from_be_bytes([stamp[at], stamp[at + 1]]);
        Some(Self {
            sent: u64::from_be_bytes(stamp[..8].try_into().ok()?),
            number: u32::from_be_bytes(stamp[8..12].try_into().ok()?),
            frame: short(12),
            source: short(14),
            layer: stamp[16],
            key: stamp[17] & KEY != 0,
            first: stamp[17] & FIRST != 0,
            last: stamp[17] & LAST != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_as_it_was_written() {
        let stamp = Stamp {
            sent: 1_234_567_890_123_456_789,
            number: 77_000,
            frame: 65_535,
            source: 300,
            layer: 2,
            key: true,
            first: false,
            last: true,
        };
        let mut payload = vec![0x5c; 100];

        stamp.write(&mut payload);

        assert_eq!(Stamp::read(&payload), Some(stamp));
        assert!(payload[..100 - STAMP_BYTES].iter().all(|byte| *byte == 0x5c));
    }

    #[test]
    fn silence_and_strangers_have_none() {
        assert_eq!(Stamp::read(&[0xf8, 0xff, 0xfe]), None);
        assert_eq!(Stamp::read(&[0; 100]), None);
    }
}
