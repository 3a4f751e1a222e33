//! One incoming layer: its numbers, its ring, its frames, its keyframes.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::bandwidth::BitRate;
use super::content::{self, Content};
use super::departures::OVERHEAD;
use super::h264::ParameterSets;
use super::keyframe::KeyframeRequests;
use super::reports::Reception;
use super::retransmit::Missing;
use super::sequence::{SequenceNumbers, Timestamps};
use super::timeline::{LayerClock, Micros};
use crate::{Codec, Kind};

/// One unbroken run of numbers of a layer. A source that starts its numbers afresh gets a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StreamId(pub(super) u64);

/// A packet in the ring.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) sequence: u64,
    pub(super) timestamp: u64,
    pub(super) marker: bool,
    pub(super) audio_level: Option<u8>,
    pub(super) content: Content,
    pub(super) arrived: Instant,
    pub(super) payload: Bytes,
}

/// The last packets of a layer, shared by all receivers.
#[derive(Debug)]
pub(super) struct Ring {
    packets: Vec<Option<Stored>>,
    highest: Option<u64>,
}

impl Ring {
    /// Two seconds of 2.5 Mbit/s and room for two keyframes.
    const VIDEO: usize = 1_024;
    /// Two seconds of 20 ms packets and some.
    const AUDIO: usize = 128;
    /// A retransmission later than this comes too late for any picture.
    const AGE: Duration = Duration::from_secs(2);

    fn new(kind: Kind) -> Self {
        let size = match kind {
            Kind::Audio => Self::AUDIO,
            Kind::Video => Self::VIDEO,
        };
        Self { packets: vec![None; size], highest: None }
    }

    fn place(&self, sequence: u64) -> usize {
        (sequence % self.packets.len() as u64) as usize
    }

    pub(super) fn get(&self, sequence: u64) -> Option<&Stored> {
        self.packets[self.place(sequence)].as_ref().filter(|packet| packet.sequence == sequence)
    }

    /// Highest sequence number seen.
    pub(super) fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// Too old to be kept.
    fn is_past(&self, sequence: u64) -> bool {
        self.highest.is_some_and(|highest| sequence + self.packets.len() as u64 <= highest)
    }

    fn insert(&mut self, packet: Stored) {
        self.highest = Some(self.highest.map_or(packet.sequence, |highest| highest.max(packet.sequence)));
        let place = self.place(packet.sequence);
        self.packets[place] = Some(packet);
    }

    /// Lets the payloads of old packets go; that they arrived stays known, so a copy of one is still a duplicate.
    fn expire(&mut self, now: Instant) {
        for packet in self.packets.iter_mut().flatten() {
            if !packet.payload.is_empty() && now.saturating_duration_since(packet.arrived) > Self::AGE {
                packet.payload = Bytes::new();
            }
        }
    }
}

/// A complete frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) key: bool,
    pub(super) completed: Instant,
}

/// What became of a packet.
#[derive(Debug)]
pub(super) enum Arrival {
    /// Seen before, too old or senseless.
    Dropped,
    /// In the ring under this number.
    Stored {
        /// Extended sequence number.
        sequence: u64,
        /// The frame that it completed.
        frame: Option<Frame>,
    },
}

/// A packet as the layer sees it.
#[derive(Debug)]
pub(super) struct Packet {
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) audio_level: Option<u8>,
    pub(super) repaired: bool,
    pub(super) payload: Bytes,
}

/// What is counted for one second's statistics.
#[derive(Debug, Default, Clone)]
pub(super) struct LayerSecond {
    pub(super) bits: u64,
    pub(super) packets: u32,
    pub(super) lost: u32,
    pub(super) frames: u32,
    pub(super) keyframes: u32,
}

/// One incoming layer.
#[derive(Debug)]
pub(super) struct LayerSource {
    pub(super) stream: StreamId,
    pub(super) ssrc: u32,
    codec: Codec,
    sequences: SequenceNumbers,
    timestamps: Timestamps,
    pub(super) ring: Ring,
    pub(super) missing: Missing,
    pub(super) parameters: ParameterSets,
    /// Last complete keyframe.
    pub(super) keyframe: Option<Frame>,
    pub(super) requests: KeyframeRequests,
    pub(super) clock: LayerClock,
    pub(super) reception: Reception,
    pub(super) second: LayerSecond,
    /// Bits on the wire in the last whole second in which it flowed.
    rate: Option<BitRate>,
    /// First packet.
    pub(super) began: Instant,
    /// Last packet.
    pub(super) heard: Instant,
    /// Last complete frame (video) or packet (sound).
    pub(super) fresh: Instant,
    /// The last packet in order ended a frame.
    pub(super) at_boundary: bool,
    /// Packets arrived within [`LAYER_DEAD`].
    pub(super) flowing: bool,
}

/// A layer without packets for so long does not flow.
pub(super) const LAYER_DEAD: Duration = Duration::from_secs(1);

/// A jump of sequence numbers beyond this is a source that began afresh (RFC 3550 appendix A.1: MAX_DROPOUT).
const MAX_JUMP: u64 = 3_000;

/// RTP time that leaves arrival behind by more than this is a clock that began afresh.
const MAX_CLOCK_JUMP: Micros = 10_000_000;

impl LayerSource {
    pub(super) fn new(stream: StreamId, ssrc: u32, codec: Codec, kind: Kind, now: Instant) -> Self {
        Self {
            stream,
            ssrc,
            codec,
            sequences: SequenceNumbers::default(),
            timestamps: Timestamps::default(),
            ring: Ring::new(kind),
            missing: Missing::default(),
            parameters: ParameterSets::default(),
            keyframe: None,
            requests: KeyframeRequests::default(),
            clock: LayerClock::new(codec.clock_rate()),
            reception: Reception::default(),
            second: LayerSecond::default(),
            rate: None,
            began: now,
            heard: now,
            fresh: now,
            at_boundary: true,
            flowing: false,
        }
    }

    /// It goes on where another stream of the same layer ended. An encoder that kept its SSRC is the same one: what was asked of it
    /// stays asked, and parameter sets that it sent once still hold, for some never send them again (RFC 6184 §8.4).
    pub(super) fn succeed(&mut self, former: &LayerSource) {
        self.second = former.second.clone();
        if self.ssrc == former.ssrc {
            self.requests = former.requests.clone();
            self.parameters = former.parameters.clone();
        }
    }

    /// The packet cannot continue this stream: another SSRC, or numbers or clock that began afresh.
    pub(super) fn is_broken_by(&self, now: Instant, ssrc: u32, sequence: u16, timestamp: u32) -> bool {
        if ssrc != self.ssrc {
            return true;
        }
        let (Some(highest), Some(extended)) = (self.ring.highest(), self.sequences.refer(sequence)) else {
            return false;
        };
        if highest.abs_diff(extended) > MAX_JUMP {
            return true;
        }
        let Some(last) = self.ring.get(highest).filter(|_| extended > highest) else { return false };
        let step = timestamp.wrapping_sub(last.timestamp as u32) as i32;
        let media = i64::from(step) * 1_000_000 / i64::from(self.codec.clock_rate());
        let arrival = now.saturating_duration_since(last.arrived).as_micros() as i64;
        (media - arrival).abs() > MAX_CLOCK_JUMP
    }

    /// Takes a packet in.
    pub(super) fn accept(&mut self, now: Instant, now_micros: Micros, packet: Packet) -> Arrival {
        let highest = self.ring.highest();
        let sequence = match highest {
            // A repaired packet only refers; it must not move the numbers.
            Some(_) if packet.repaired => match self.sequences.refer(packet.sequence) {
                Some(sequence) if Some(sequence) < highest => sequence,
                _ => return Arrival::Dropped,
            },
            None if packet.repaired => return Arrival::Dropped,
            _ => self.sequences.extend(packet.sequence),
        };
        if self.ring.is_past(sequence) || self.ring.get(sequence).is_some() {
            return Arrival::Dropped;
        }
        let timestamp = self.timestamps.extend(packet.timestamp);
        let late = highest.is_some_and(|highest| sequence < highest);
        self.count(now, now_micros, sequence, timestamp, &packet);
        if let Some(highest) = highest.filter(|_| !late) {
            self.second.lost += self.missing.note_gap(now, highest + 1..sequence);
        }
        if late && self.missing.found(sequence) && !packet.repaired {
            self.second.lost = self.second.lost.saturating_sub(1);
        }
        let content = content::inspect(self.codec, &packet.payload);
        if content.parameters {
            self.parameters.learn(&packet.payload);
        }
        let marker = packet.marker;
        if !late && !packet.payload.is_empty() {
            self.at_boundary = marker;
        }
        self.ring.insert(Stored {
            sequence,
            timestamp,
            marker,
            audio_level: packet.audio_level,
            content,
            arrived: now,
            payload: packet.payload,
        });
        Arrival::Stored { sequence, frame: self.complete(now, sequence, late) }
    }

    fn count(&mut self, now: Instant, now_micros: Micros, sequence: u64, timestamp: u64, packet: &Packet) {
        self.heard = now;
        self.second.packets += 1;
        self.second.bits += packet.payload.len() as u64 * 8;
        if !packet.repaired {
            self.reception.received(now_micros, sequence, timestamp, self.codec.clock_rate());
            self.clock.arrived(now_micros, timestamp);
        }
    }

    fn complete(&mut self, now: Instant, sequence: u64, late: bool) -> Option<Frame> {
        if self.codec == Codec::Opus {
            self.fresh = now;
            return None;
        }
        let last = self.end_of_frame(sequence, late)?;
        let frame = self.frame_ending_at(now, last)?;
        self.fresh = now;
        self.second.frames += 1;
        // Without parameter sets, its own or known ones, nobody could decode it.
        if frame.key && (self.is_self_contained(frame) || self.parameters.is_complete()) {
            self.second.keyframes += 1;
            self.requests.served();
            if self.keyframe.is_none_or(|known| known.last < frame.last) {
                self.keyframe = Some(frame);
            }
        }
        Some(Frame { key: self.keyframe == Some(frame), ..frame })
    }

    /// The marker packet of the frame of `sequence`; only a late packet can complete a frame without being its end.
    fn end_of_frame(&self, sequence: u64, late: bool) -> Option<u64> {
        let packet = self.ring.get(sequence)?;
        if packet.payload.is_empty() {
            return None;
        }
        if packet.marker || !late {
            return packet.marker.then_some(sequence);
        }
        (sequence + 1..=self.ring.highest()?)
            .map_while(|next| self.ring.get(next).filter(|next| next.timestamp == packet.timestamp))
            .find(|next| next.marker)
            .map(|end| end.sequence)
    }

    /// Walks back to the frame's first packet; none while one is missing.
    fn frame_ending_at(&self, now: Instant, last: u64) -> Option<Frame> {
        let end = self.ring.get(last)?;
        let (mut first, mut key) = (end, end.content.key);
        while let Some(before) = self.ring.get(first.sequence - 1) {
            if before.timestamp != end.timestamp || before.marker || before.payload.is_empty() {
                return Some(Frame { first: first.sequence, last, key, completed: now });
            }
            key |= before.content.key;
            first = before;
        }
        // Nothing is known of what came before: only an unmistakable beginning will do.
        let unmistakable = match self.codec {
            Codec::Opus => true,
            Codec::Vp8 => first.content.start,
            Codec::H264 => first.content.start && first.content.parameters,
        };
        let beginning = self.reception.first() == Some(first.sequence) && first.content.start;
        (unmistakable || beginning).then_some(Frame { first: first.sequence, last, key, completed: now })
    }

    /// The keyframe's packets carry parameter sets themselves.
    pub(super) fn is_self_contained(&self, frame: Frame) -> bool {
        self.codec != Codec::H264
            || (frame.first..=frame.last).filter_map(|at| self.ring.get(at)).any(|packet| packet.content.parameters)
    }

    /// The last keyframe if it is not older than `age` and still in the ring. What followed it may have gaps: those are
    /// being repaired, and the slot's epoch has room for them.
    pub(super) fn fresh_keyframe(&self, now: Instant, age: Duration) -> Option<Frame> {
        let frame = self.keyframe.filter(|frame| now.saturating_duration_since(frame.completed) <= age)?;
        self.ring.get(frame.first).filter(|first| !first.payload.is_empty()).map(|_| frame)
    }

    /// Ends a second: what was counted in it.
    pub(super) fn take_second(&mut self) -> LayerSecond {
        let second = std::mem::take(&mut self.second);
        if second.packets > 0 {
            let rate = second.bits + u64::from(second.packets) * OVERHEAD as u64 * 8;
            // A still picture may move again: the rate is forgotten slowly.
            self.rate = Some(self.rate.map_or(rate, |before| rate.max(before - before / 8)));
        }
        second
    }

    /// Bits per second of this layer on the wire; none: it was never measured.
    pub(super) fn rate(&self) -> Option<BitRate> {
        self.rate
    }

    /// Extended form of an RTP timestamp of this layer.
    pub(super) fn extend_timestamp(&self, timestamp: u32) -> Option<u64> {
        self.timestamps.refer(timestamp)
    }

    /// Lets go what is too old.
    pub(super) fn expire(&mut self, now: Instant) {
        self.ring.expire(now);
    }
}
