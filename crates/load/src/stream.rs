//! One outgoing RTP stream of a publisher: its frames, when their packets leave, its numbers and reports.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use bytes::Bytes;
use rtc_rtcp::sender_report::SenderReport;
use rtc_rtp::header::Header;

use crate::{
    h264,
    orders::Extensions,
    socket::Nanos,
    stamp::{STAMP_BYTES, Stamp},
};

/// From a request to the last packet of the keyframe on its way out: what an encoder takes.
pub const ENCODER: Duration = Duration::from_millis(30);
/// Frames a second.
const FRAME_RATE: u32 = 30;
/// Browsers pace packets at this multiple of the bit rate.
const PACING: f64 = 2.5;
/// Seconds from 1900 to 1970 (RFC 3550 §4).
const NTP_EPOCH: u64 = 2_208_988_800;
/// An Opus packet of 20 ms at 32 kbit/s.
const SOUND_BYTES: usize = 80;
const SOUND_INTERVAL: Duration = Duration::from_millis(20);
/// Opus: CELT, full band, 20 ms, one frame (RFC 6716 §3.1).
const OPUS: u8 = 0xf8;
/// −30 dBov (RFC 6464).
const LEVEL: u8 = 30;
/// Number of sound among layers in stamps.
pub const SOUND: u8 = 3;

/// What a layer is: bit rate, and size of its keyframes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Bits a second between keyframes.
    pub bit_rate: u32,
    /// Packets of a keyframe beside its parameter sets.
    pub keyframe_packets: usize,
}

/// Layers of a camera, lowest first.
pub const CAMERA: [Shape; 3] = [
    Shape { bit_rate: 150_000, keyframe_packets: 4 },
    Shape { bit_rate: 500_000, keyframe_packets: 12 },
    Shape { bit_rate: 2_500_000, keyframe_packets: 49 },
];

/// What is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Media {
    Picture(Shape),
    Sound,
}

/// How a stream is told apart from others.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Number of the sender in stamps.
    pub source: u16,
    /// Place of its line.
    pub line: u16,
    /// 0 low, 1 mid, 2 high, [`SOUND`].
    pub layer: u8,
    /// Its RID, with layers.
    pub rid: Option<&'static str>,
    /// SSRC.
    pub ssrc: u32,
    /// Payload type that was agreed.
    pub payload_type: u8,
    /// Ids of header extensions.
    pub extensions: Extensions,
}

/// A packet that waits for its time.
#[derive(Debug)]
struct Queued {
    due: Instant,
    timestamp: u32,
    marker: bool,
    frame: u16,
    key: bool,
    first: bool,
    payload: Vec<u8>,
}

/// One stream.
#[derive(Debug)]
pub struct Stream {
    terms: Terms,
    media: Media,
    start: Instant,
    on: bool,
    next_frame: Instant,
    /// When a keyframe that was asked for is ready.
    keyframe: Option<Instant>,
    queue: VecDeque<Queued>,
    number: u32,
    frame: u16,
    packets: u32,
    octets: u32,
}

/// A packet to stamp, seal and send.
#[derive(Debug)]
pub struct Outgoing {
    /// Its header without the transport-wide number.
    pub header: Header,
    /// Its stamp without time.
    pub stamp: Stamp,
    /// Its payload, with room for the stamp.
    pub payload: Vec<u8>,
}

impl Stream {
    /// A picture; it flows once it is switched on.
    pub fn picture(now: Instant, terms: Terms, shape: Shape) -> Self {
        Self::new(now, terms, Media::Picture(shape))
    }

    /// A sound; it flows at once.
    pub fn sound(now: Instant, terms: Terms) -> Self {
        Self { on: true, ..Self::new(now, terms, Media::Sound) }
    }

    fn new(now: Instant, terms: Terms, media: Media) -> Self {
        Self {
            // Streams begin anywhere, but not so high that a short run wraps.
            number: terms.ssrc % 30_000 + 1,
            terms,
            media,
            start: now,
            on: false,
            next_frame: now,
            keyframe: None,
            queue: VecDeque::new(),
            frame: 0,
            packets: 0,
            octets: 0,
        }
    }

    /// How it is told apart.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The number that the next packet will have.
    pub fn next_number(&self) -> u32 {
        self.number
    }

    /// Lets it flow or not. An encoder that is switched on begins with a keyframe.
    pub fn switch(&mut self, now: Instant, on: bool) {
        if on && !self.on {
            self.keyframe = Some(now + ENCODER);
            self.next_frame = now + ENCODER;
        }
        if !on {
            self.queue.clear();
        }
        self.on = on;
    }

    /// Somebody asked for a keyframe. Requests that arrive while one is being encoded are served by it.
    pub fn ask(&mut self, asked: Instant) {
        if self.on && self.media != Media::Sound {
            self.keyframe.get_or_insert(asked + ENCODER);
        }
    }

    /// When something is to be sent.
    pub fn due(&self) -> Option<Instant> {
        if !self.on {
            return None;
        }
        let frame = self.keyframe.map_or(self.next_frame, |ready| ready.min(self.next_frame));
        Some(self.queue.front().map_or(frame, |packet| packet.due.min(frame)))
    }

    /// The next packet that is due.
    pub fn poll(&mut self, now: Instant) -> Option<Outgoing> {
        if !self.on {
            return None;
        }
        if self.keyframe.is_some_and(|ready| ready <= now) {
            self.keyframe = None;
            self.encode(now, true);
        } else if self.next_frame <= now {
            self.encode(self.next_frame, false);
        }
        if self.queue.front()?.due > now {
            return None;
        }
        let packet = self.queue.pop_front()?;
        Some(self.outgoing(packet))
    }

    fn encode(&mut self, at: Instant, key: bool) {
        let (payloads, interval, spacing) = match self.media {
            Media::Sound => {
                let mut payload = vec![OPUS; SOUND_BYTES];
                payload[1..].fill(0x33);
                (vec![payload], SOUND_INTERVAL, Duration::ZERO)
            }
            Media::Picture(shape) => {
                let bytes = match key {
                    true => shape.keyframe_packets * h264::MAX_PAYLOAD,
                    false => (shape.bit_rate / 8 / FRAME_RATE) as usize,
                };
                let wire = h264::MAX_PAYLOAD as f64 * 8.0;
                let spacing = Duration::from_secs_f64(wire / (f64::from(shape.bit_rate) * PACING));
                // A keyframe leaves in one burst: a pacer's delay would be the sender's, not the relay's.
                let spacing = if key { Duration::ZERO } else { spacing };
                (h264::frame(key, bytes), Duration::from_secs(1) / FRAME_RATE, spacing)
            }
        };
        let timestamp = self.timestamp(at);
        let count = payloads.len();
        if key {
            // What is left of the frame before goes out ahead of the burst.
            self.queue.iter_mut().for_each(|packet| packet.due = at);
        }
        for (index, payload) in (0u32..).zip(payloads) {
            let (first, last) = (index == 0, index as usize + 1 == count);
            self.queue.push_back(Queued {
                due: at + spacing * index,
                timestamp,
                marker: last && self.media != Media::Sound,
                frame: self.frame,
                key: key && self.media != Media::Sound,
                first,
                payload,
            });
        }
        self.frame = self.frame.wrapping_add(1).max(1);
        self.next_frame = at + interval;
    }

    fn outgoing(&mut self, packet: Queued) -> Outgoing {
        let Terms { source, layer, ssrc, payload_type, extensions, rid, line } = self.terms.clone();
        let mut header = Header {
            version: 2,
            marker: packet.marker,
            payload_type,
            sequence_number: (self.number & 0xffff) as u16,
            timestamp: packet.timestamp,
            ssrc,
            ..Header::default()
        };
        let mut extend = |id: Option<u8>, value: Bytes| {
            if let Some(id) = id {
                // One-byte elements of at most 16 bytes always fit.
                let _ = header.set_extension(id, value);
            }
        };
        extend(extensions.mid, Bytes::from(line.to_string()));
        if let Some(rid) = rid {
            extend(extensions.rid, Bytes::from_static(rid.as_bytes()));
        }
        if self.media == Media::Sound {
            extend(extensions.audio_level, Bytes::from_static(&[LEVEL]));
        }
        let stamp = Stamp {
            sent: 0,
            number: self.number,
            frame: packet.frame,
            source,
            layer,
            key: packet.key,
            first: packet.first,
            last: packet.marker || self.media == Media::Sound,
        };
        debug_assert!(packet.payload.len() >= STAMP_BYTES, "every payload has room for its stamp");
        self.number += 1;
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(packet.payload.len() as u32);
        Outgoing { header, stamp, payload: packet.payload }
    }

    fn rate(&self) -> u32 {
        match self.media {
            Media::Picture(_) => 90_000,
            Media::Sound => 48_000,
        }
    }

    fn timestamp(&self, at: Instant) -> u32 {
        let micros = at.saturating_duration_since(self.start).as_micros();
        // Wraps, as RTP time does.
        (micros * u128::from(self.rate()) / 1_000_000) as u32
    }

    /// The sender report of this moment; none before the first packet.
    pub fn report(&self, now: Instant, wall: Nanos) -> Option<SenderReport> {
        if !self.on || self.packets == 0 {
            return None;
        }
        let seconds = wall / 1_000_000_000 + NTP_EPOCH;
        let fraction = ((wall % 1_000_000_000) << 32) / 1_000_000_000;
        Some(SenderReport {
            ssrc: self.terms.ssrc,
            ntp_time: seconds << 32 | fraction,
            rtp_time: self.timestamp(now),
            packet_count: self.packets,
            octet_count: self.octets,
            ..SenderReport::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn high(now: Instant) -> Stream {
        let terms = Terms {
            source: 1,
            line: 0,
            layer: 2,
            rid: Some("h"),
            ssrc: 7,
            payload_type: 102,
            extensions: Extensions::default(),
        };
        Stream::picture(now, terms, CAMERA[2])
    }

    fn drain(stream: &mut Stream, now: Instant) -> Vec<Outgoing> {
        std::iter::from_fn(|| stream.poll(now)).collect()
    }

    #[test]
    fn it_begins_with_a_keyframe_in_one_burst_after_the_encoders_time() {
        let now = Instant::now();
        let mut stream = high(now);
        stream.switch(now, true);

        assert!(drain(&mut stream, now + ENCODER - Duration::from_millis(1)).is_empty());
        let keyframe = drain(&mut stream, now + ENCODER);

        assert_eq!(keyframe.len(), 50);
        assert!(keyframe.iter().all(|packet| packet.stamp.key));
        assert!(keyframe[0].stamp.first && keyframe[49].stamp.last && keyframe[49].header.marker);
    }

    #[test]
    fn frames_are_paced_and_numbers_have_no_gap() {
        let start = Instant::now();
        let mut stream = high(start);
        stream.switch(start, true);
        let mut numbers = Vec::new();
        let mut most = 0;

        for millis in 0..1_000 {
            let packets = drain(&mut stream, start + Duration::from_millis(millis));
            let pictures = packets.iter().filter(|packet| !packet.stamp.key).count();
            most = most.max(pictures);
            numbers.extend(packets.iter().map(|packet| packet.stamp.number));
        }

        assert!(most <= 2, "{most} packets of a paced frame left in one millisecond");
        assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1));
        assert!((290..340).contains(&numbers.len()), "{} packets in a second", numbers.len());
    }

    #[test]
    fn requests_while_encoding_are_served_by_one_keyframe() {
        let start = Instant::now();
        let mut stream = high(start);
        stream.switch(start, true);
        drain(&mut stream, start + ENCODER);

        let asked = start + Duration::from_millis(200);
        stream.ask(asked);
        stream.ask(asked + Duration::from_millis(10));
        let mut keys = 0;
        for millis in 200..600 {
            let packets = drain(&mut stream, start + Duration::from_millis(millis));
            keys += packets.iter().filter(|packet| packet.stamp.key && packet.stamp.first).count();
        }

        assert_eq!(keys, 1);
    }
}
