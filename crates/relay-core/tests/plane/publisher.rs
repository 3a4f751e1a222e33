//! A site's encoder and network: packets with the source's number and the capture time inside.

use bytes::{BufMut, Bytes, BytesMut};
use relay_core::{Codec, EndpointId, IncomingRtp, Layer, LineId, TrackId};

pub const AUDIO_LINE: LineId = LineId(0);
pub const VIDEO_LINE: LineId = LineId(1);
pub const AUDIO_TYPE: u8 = 111;
pub const VIDEO_TYPE: u8 = 102;

/// Microseconds of virtual time.
pub type Micros = u64;

#[derive(Debug, Clone)]
pub struct Stream {
    pub layer: Layer,
    pub ssrc: u32,
    pub sequence: u16,
    /// RTP time at virtual time 0.
    pub base: u32,
    pub key_wanted: bool,
    pub on: bool,
    picture: u16,
    sent_parameters: bool,
}

/// How loud a site is.
#[derive(Debug, Clone, Copy)]
pub enum Voice {
    /// −dBov.
    Steady(u8),
    /// Words and pauses of up to two seconds in which the microphone is gated: digital silence.
    Speech {
        /// Its loudest packets, −dBov.
        loudest: u8,
        /// How far vowels and consonants of one sentence lie apart, dB.
        range: u8,
        /// Makes each speaker another one.
        seed: u64,
    },
}

impl Voice {
    /// Sentences of 1 to 4 s, each followed by a pause of up to 2 s.
    fn level(self, now: Micros) -> u8 {
        let (loudest, range, seed) = match self {
            Voice::Steady(level) => return level,
            Voice::Speech { loudest, range, seed } => (loudest, range, seed),
        };
        let (mut at, mut sentence) = (0, 0);
        loop {
            let spoken = 1_000_000 + scatter(seed, 2 * sentence) % 3_000_000;
            let pause = scatter(seed, 2 * sentence + 1) % 2_000_001;
            if now < at + spoken {
                return loudest + (scatter(seed, now / 60_000) % u64::from(range)) as u8;
            }
            if now < at + spoken + pause {
                return 127;
            }
            (at, sentence) = (at + spoken + pause, sentence + 1);
        }
    }
}

/// A number that looks like chance (splitmix64).
pub fn scatter(seed: u64, index: u64) -> u64 {
    let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(index.wrapping_mul(0xbf58_476d_1ce4_e5b9));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// What one encoder does.
#[derive(Debug, Clone)]
pub struct Publisher {
    pub id: EndpointId,
    pub codec: Codec,
    pub video: Vec<Stream>,
    pub audio: Stream,
    /// Its wall clock minus the relay's.
    pub clock: i64,
    /// Its sender reports are stamped late by up to this: it is a busy machine.
    pub stamps_late: Micros,
    /// It reports on its sound.
    pub reports_sound: bool,
    /// On the way to the relay.
    pub delay: Micros,
    /// Packets are late by up to this besides.
    pub jitter: Micros,
    /// Between two frames.
    pub frame_interval: Micros,
    pub voice: Voice,
    /// Parameter sets with the first keyframe only.
    pub parameters_once: bool,
    pub key_packets: usize,
    pub delta_packets: usize,
    /// Bytes that make packets of each layer larger (H.264 only).
    pub filler: [usize; 3],
    /// The same of sound.
    pub sound_filler: usize,
    transport: u16,
}

fn stream(layer: Layer, ssrc: u32) -> Stream {
    Stream {
        layer,
        ssrc,
        sequence: (ssrc.wrapping_mul(7_919) % 65_536) as u16,
        base: ssrc.wrapping_mul(2_654_435_761),
        key_wanted: true,
        on: true,
        picture: (ssrc % 32_768) as u16,
        sent_parameters: false,
    }
}

/// What a payload of the model tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub source: u8,
    pub layer: u8,
    pub capture: Micros,
    pub key: bool,
    /// First packet of its frame.
    pub first: bool,
}

fn mark(buffer: &mut BytesMut, mark: Mark) {
    buffer.put_u8(mark.source);
    buffer.put_u8(mark.layer);
    buffer.put_u64(mark.capture);
    buffer.put_u8(u8::from(mark.key) | u8::from(mark.first) << 1);
}

/// Reads the mark at the end of a payload.
pub fn read_mark(payload: &[u8]) -> Option<Mark> {
    let at = payload.len().checked_sub(11)?;
    let tail = &payload[at..];
    Some(Mark {
        source: tail[0],
        layer: tail[1],
        capture: u64::from_be_bytes(tail[2..10].try_into().ok()?),
        key: tail[10] & 1 != 0,
        first: tail[10] & 2 != 0,
    })
}

impl Publisher {
    pub fn new(id: u64, codec: Codec, layers: &[Layer]) -> Self {
        let base = id as u32 * 1_000;
        Self {
            id: EndpointId(id),
            codec,
            video: layers.iter().map(|&layer| stream(layer, base + 10 + layer as u32)).collect(),
            audio: stream(Layer::High, base + 1),
            clock: 0,
            stamps_late: 0,
            reports_sound: true,
            delay: 5_000,
            jitter: 0,
            frame_interval: 33_333,
            voice: Voice::Steady(30),
            parameters_once: false,
            key_packets: 12,
            delta_packets: 3,
            filler: [0; 3],
            sound_filler: 0,
            transport: 65_000,
        }
    }

    pub fn audio_track(&self) -> TrackId {
        TrackId { endpoint: self.id, line: AUDIO_LINE }
    }

    /// The packets of a frame captured at `now`.
    pub fn frame(&mut self, index: usize, now: Micros) -> Vec<IncomingRtp> {
        let (codec, once, source) = (self.codec, self.parameters_once, self.id.0 as u8);
        let stream = &mut self.video[index];
        if !stream.on {
            return Vec::new();
        }
        let key = std::mem::take(&mut stream.key_wanted);
        let filler = self.filler[stream.layer as usize];
        let count = if key { self.key_packets } else { self.delta_packets };
        let timestamp = stream.base.wrapping_add((now * 9 / 100) as u32);
        let mut payloads = Vec::new();
        stream.picture = (stream.picture + 1) % 32_768;
        if key && codec == Codec::H264 && !(once && stream.sent_parameters) {
            stream.sent_parameters = true;
            payloads.push(Bytes::from_static(&[0x67, 66, 0, 30, 0x80, 1]));
            payloads.push(Bytes::from_static(&[0x68, 0x80, 2]));
        }
        for part in 0..count {
            let told = Mark { source, layer: stream.layer as u8, capture: now, key, first: part == 0 };
            payloads.push(match codec {
                Codec::Vp8 => vp8(told, stream.picture),
                Codec::H264 | Codec::Opus => fragment(told, part, count, filler),
            });
        }
        let last = payloads.len() - 1;
        let (ssrc, layer) = (stream.ssrc, stream.layer);
        let track = TrackId { endpoint: self.id, line: VIDEO_LINE };
        let mut packets = Vec::new();
        for (part, payload) in payloads.into_iter().enumerate() {
            let sequence = self.video[index].next();
            packets.push(IncomingRtp {
                track,
                layer,
                rtx: false,
                ssrc,
                sequence,
                timestamp,
                marker: part == last,
                payload_type: VIDEO_TYPE,
                transport_sequence: Some(self.next_transport()),
                audio_level: None,
                payload,
            });
        }
        packets
    }

    /// A packet of sound captured at `now`.
    pub fn sound(&mut self, now: Micros) -> IncomingRtp {
        let mut payload = BytesMut::zeroed(self.sound_filler);
        mark(&mut payload, Mark { source: self.id.0 as u8, layer: 9, capture: now, key: false, first: true });
        IncomingRtp {
            track: self.audio_track(),
            layer: Layer::High,
            rtx: false,
            ssrc: self.audio.ssrc,
            sequence: self.audio.next(),
            timestamp: self.audio.base.wrapping_add((now * 48 / 1_000) as u32),
            marker: false,
            payload_type: AUDIO_TYPE,
            transport_sequence: Some(self.next_transport()),
            audio_level: Some(self.voice.level(now)),
            payload: payload.freeze(),
        }
    }

    fn next_transport(&mut self) -> u16 {
        self.transport = self.transport.wrapping_add(1);
        self.transport
    }
}

impl Stream {
    pub fn next(&mut self) -> u16 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }
}

fn fragment(told: Mark, part: usize, count: usize, filler: usize) -> Bytes {
    let kind = if told.key { 5 } else { 1 };
    let edge = if part == 0 { 0x80 } else { 0 } | if part + 1 == count { 0x40 } else { 0 };
    let mut payload = BytesMut::new();
    payload.put_slice(&[0x60 | 28, edge | kind, if part == 0 { 0x80 } else { 0x11 }]);
    payload.put_bytes(0x55, filler);
    mark(&mut payload, told);
    payload.freeze()
}

fn vp8(told: Mark, picture: u16) -> Bytes {
    let mut payload = BytesMut::new();
    payload.put_u8(if told.first { 0x90 } else { 0x80 });
    payload.put_u8(0xc0);
    payload.put_u16(picture | 0x8000);
    payload.put_u8(picture as u8);
    payload.put_u8(if told.first && told.key { 0x10 } else { 0x11 });
    mark(&mut payload, told);
    payload.freeze()
}
