//! RTP packets of one video slot to whole frames: order restored, damage noticed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::packetize;

/// Packets kept while one before them is missing: about a keyframe of 720p.
const MAX_WAITING: usize = 128;
/// How long a missing packet is waited for; a retransmission on a slow line takes a round trip.
const MAX_WAIT: Duration = Duration::from_millis(150);
/// A sequence number further ahead than this is a new stream, not a loss.
const MAX_STEP: i16 = 3_000;

/// What one RTP packet of video says.
#[derive(Debug, Clone)]
pub struct VideoPacket {
    /// Sequence number.
    pub sequence: u16,
    /// RTP timestamp.
    pub timestamp: u32,
    /// Last packet of its frame.
    pub marker: bool,
    /// Payload.
    pub payload: Bytes,
}

/// A whole frame, decodable if everything before it since the keyframe was whole too.
#[derive(Debug, Clone)]
pub struct WholeFrame {
    /// RTP timestamp.
    pub timestamp: u32,
    /// It begins with a keyframe's parameter sets or slice.
    pub keyframe: bool,
    /// Its payloads.
    pub payloads: Vec<Bytes>,
}

/// What an assembler found.
#[derive(Debug, Clone)]
pub enum Assembled {
    /// A frame that can be shown.
    Frame(WholeFrame),
    /// A frame was damaged, or cannot be shown because one before it was: a keyframe is needed.
    Damaged,
}

/// Assembles the frames of one slot.
#[derive(Debug, Default)]
pub struct Assembler {
    /// Next sequence number in order.
    next: Option<u16>,
    /// Early packets, by distance from `next` at the time they came.
    waiting: BTreeMap<u16, VideoPacket>,
    waiting_since: Option<Instant>,
    /// Payloads of the frame under way.
    payloads: Vec<Bytes>,
    timestamp: Option<u32>,
    damaged: bool,
    /// A keyframe was whole and nothing was lost since.
    decodable: bool,
    /// Packets that never came.
    lost: u64,
}

impl Assembler {
    /// Takes a packet; `found` gets what became whole or was given up.
    pub fn push(&mut self, now: Instant, packet: VideoPacket, found: &mut Vec<Assembled>) {
        let step = self.next.map_or(0, |next| packet.sequence.wrapping_sub(next) as i16);
        if self.next.is_none() || !(-MAX_STEP..=MAX_STEP).contains(&step) {
            self.restart(packet.sequence);
        } else if step < 0 {
            return;
        }
        self.waiting.insert(packet.sequence, packet);
        self.drain(found);
        if self.waiting.is_empty() {
            self.waiting_since = None;
            return;
        }
        let since = *self.waiting_since.get_or_insert(now);
        if self.waiting.len() > MAX_WAITING || now.duration_since(since) > MAX_WAIT {
            self.skip_hole(found);
            self.waiting_since = (!self.waiting.is_empty()).then_some(now);
        }
    }

    /// Packets that never came, since the beginning.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    fn restart(&mut self, sequence: u16) {
        self.waiting.clear();
        self.waiting_since = None;
        self.next = Some(sequence);
        self.payloads.clear();
        self.timestamp = None;
        self.decodable = false;
        // Whether the packet begins a frame is not known: only a keyframe's beginning is trusted.
        self.damaged = false;
    }

    fn drain(&mut self, found: &mut Vec<Assembled>) {
        while let Some(packet) = self.next.and_then(|next| self.waiting.remove(&next)) {
            self.next = Some(packet.sequence.wrapping_add(1));
            self.in_order(packet, found);
        }
    }

    /// Gives up what is missing before the earliest waiting packet.
    fn skip_hole(&mut self, found: &mut Vec<Assembled>) {
        let Some(next) = self.next else { return };
        let Some(earliest) = self.waiting.keys().copied().min_by_key(|sequence| sequence.wrapping_sub(next)) else {
            return;
        };
        self.lost += u64::from(earliest.wrapping_sub(next));
        self.damaged = true;
        self.next = Some(earliest);
        self.drain(found);
    }

    fn in_order(&mut self, packet: VideoPacket, found: &mut Vec<Assembled>) {
        if self.timestamp != Some(packet.timestamp) {
            let unfinished = !self.payloads.is_empty();
            self.timestamp = Some(packet.timestamp);
            self.payloads.clear();
            if packetize::begins_keyframe(&packet.payload) {
                // Whatever was lost before it does not matter to a keyframe.
                self.damaged = false;
            } else if unfinished {
                // The frame before ended without its last packet (a cut in its middle).
                self.damaged = true;
            }
        }
        self.payloads.push(packet.payload);
        if packet.marker {
            self.finish(packet.timestamp, found);
        }
    }

    fn finish(&mut self, timestamp: u32, found: &mut Vec<Assembled>) {
        let payloads = std::mem::take(&mut self.payloads);
        let keyframe = payloads.first().is_some_and(|payload| packetize::begins_keyframe(payload));
        if self.damaged {
            self.decodable = false;
        } else if keyframe {
            self.decodable = true;
        }
        self.damaged = false;
        found.push(if self.decodable {
            Assembled::Frame(WholeFrame { timestamp, keyframe, payloads })
        } else {
            Assembled::Damaged
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First fragment of an IDR slice.
    const KEY: &[u8] = &[0x7c, 0x85, 1];
    /// A small slice.
    const SLICE: &[u8] = &[0x41, 1];

    fn packet(sequence: u16, frame: u32, marker: bool, payload: &'static [u8]) -> VideoPacket {
        VideoPacket { sequence, timestamp: frame * 3_600, marker, payload: Bytes::from_static(payload) }
    }

    /// What comes out, as `K` keyframe, `P` other frame, `x` damaged.
    fn outcome(packets: &[(u64, VideoPacket)]) -> String {
        let start = Instant::now();
        let mut assembler = Assembler::default();
        let mut found = Vec::new();
        for (at_ms, packet) in packets {
            assembler.push(start + Duration::from_millis(*at_ms), packet.clone(), &mut found);
        }
        found
            .iter()
            .map(|found| match found {
                Assembled::Frame(frame) if frame.keyframe => 'K',
                Assembled::Frame(_) => 'P',
                Assembled::Damaged => 'x',
            })
            .collect()
    }

    #[test]
    fn frames_count_from_the_first_keyframe() {
        let start = 65_534;
        let packets = [
            (0, packet(start, 1, true, SLICE)),
            (1, packet(start + 1, 2, false, KEY)),
            (2, packet(0, 2, true, SLICE)),
            (3, packet(1, 3, true, SLICE)),
        ];
        assert_eq!(outcome(&packets), "xKP");
    }

    #[test]
    fn late_packets_are_waited_for() {
        let packets = [
            (0, packet(10, 1, false, KEY)),
            (1, packet(12, 2, true, SLICE)),
            (40, packet(11, 1, true, SLICE)),
            (41, packet(13, 3, true, SLICE)),
        ];
        assert_eq!(outcome(&packets), "KPP");
    }

    #[test]
    fn a_loss_spoils_everything_up_to_the_next_keyframe() {
        let packets = [
            (0, packet(10, 1, true, KEY)),
            (40, packet(12, 3, true, SLICE)),
            (80, packet(13, 4, true, SLICE)),
            (400, packet(14, 5, true, SLICE)),
            (440, packet(15, 6, true, KEY)),
            (480, packet(16, 7, true, SLICE)),
        ];
        assert_eq!(outcome(&packets), "KxxxKP");
    }

    #[test]
    fn duplicates_change_nothing() {
        let packets = [(0, packet(10, 1, true, KEY)), (1, packet(10, 1, true, KEY)), (2, packet(11, 2, true, SLICE))];
        assert_eq!(outcome(&packets), "KP");
    }
}
