//! What flows in one slot, judged packet by packet: whose picture, whose sound, what was missing.

use std::time::{Duration, Instant};

use bytes::Bytes;
use openh264::decoder::Decoder;
use openh264::formats::YUVSource;
use rtc::rtp::codec::h264::H264Packet;
use rtc::rtp::packetizer::Depacketizer;

use crate::assemble::{Assembled, Assembler, VideoPacket, WholeFrame};
use crate::marker::{self, Marker};
use crate::packetize;
use crate::sei;
use crate::sound::Ear;

/// An endpoint that does not decode pictures listens to one window of sound in this time.
pub const LISTEN_EVERY: Duration = Duration::from_secs(1);
/// Without packets for this long an audio slot is silent.
pub const SILENT_AFTER: Duration = Duration::from_millis(300);
/// Keyframes are asked for at most this often.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// A step of the sound's sequence numbers beyond this is a new stream, not a loss.
const MAX_SOUND_STEP: u16 = 500;

/// A frame that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Its marker.
    pub marker: Marker,
    /// Sender's clock when it was drawn; none if the marker was read from pixels.
    pub captured_ms: Option<u64>,
    /// RTP timestamp.
    pub timestamp: u32,
    /// Site of the frame before it, if it is another one; `Some(None)`: it is the first.
    pub new_source: Option<Option<u16>>,
    /// Since the frame before it.
    pub gap: Duration,
}

/// What a video packet led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VideoOutcome {
    /// A whole frame with its marker.
    Seen(Seen),
    /// A whole frame without a readable marker, or a damaged one.
    Damaged,
    /// Ask the relay for a keyframe.
    AskKeyframe,
}

/// Watches one video slot.
pub struct VideoWatch {
    assembler: Assembler,
    decoder: Option<Decoder>,
    source: Option<u16>,
    last_frame: Option<Instant>,
    last_ask: Option<Instant>,
    found: Vec<Assembled>,
}

impl VideoWatch {
    /// A watch that reads the SEI marker, or decodes pictures and reads theirs.
    pub fn new(decode: bool) -> Result<Self, openh264::Error> {
        Ok(Self {
            assembler: Assembler::default(),
            decoder: decode.then(Decoder::new).transpose()?,
            source: None,
            last_frame: None,
            last_ask: None,
            found: Vec::new(),
        })
    }

    /// Takes a packet.
    pub fn packet(&mut self, now: Instant, packet: VideoPacket, outcomes: &mut Vec<VideoOutcome>) {
        let mut found = std::mem::take(&mut self.found);
        self.assembler.push(now, packet, &mut found);
        for found in found.drain(..) {
            match found {
                Assembled::Frame(frame) => self.frame(now, &frame, outcomes),
                Assembled::Damaged => self.damaged(now, outcomes),
            }
        }
        self.found = found;
    }

    /// Packets that never came.
    pub fn lost(&self) -> u64 {
        self.assembler.lost()
    }

    fn frame(&mut self, now: Instant, frame: &WholeFrame, outcomes: &mut Vec<VideoOutcome>) {
        let read = match &mut self.decoder {
            Some(decoder) => decode_marker(decoder, frame).map(|marker| (marker, None)),
            None => stamp_of(frame).map(|stamp| (stamp.marker, Some(stamp.captured_ms))),
        };
        let Some((marker, captured_ms)) = read else {
            self.damaged(now, outcomes);
            return;
        };
        let gap = self.last_frame.replace(now).map_or(Duration::ZERO, |last| now.duration_since(last));
        let before = self.source.replace(marker.site);
        outcomes.push(VideoOutcome::Seen(Seen {
            marker,
            captured_ms,
            timestamp: frame.timestamp,
            new_source: (before != Some(marker.site)).then_some(before),
            gap,
        }));
    }

    fn damaged(&mut self, now: Instant, outcomes: &mut Vec<VideoOutcome>) {
        outcomes.push(VideoOutcome::Damaged);
        if self.last_ask.is_none_or(|last| now.duration_since(last) >= ASK_EVERY) {
            self.last_ask = Some(now);
            outcomes.push(VideoOutcome::AskKeyframe);
        }
    }
}

fn stamp_of(frame: &WholeFrame) -> Option<sei::Stamp> {
    frame.payloads.iter().flat_map(|payload| packetize::whole_units(payload)).find_map(sei::read)
}

fn decode_marker(decoder: &mut Decoder, frame: &WholeFrame) -> Option<Marker> {
    let mut depacketizer = H264Packet::default();
    let mut stream = Vec::new();
    for payload in &frame.payloads {
        stream.extend_from_slice(&depacketizer.depacketize(payload).ok()?);
    }
    let picture = decoder.decode(&stream).ok()??;
    let ((width, height), (stride, _, _)) = (picture.dimensions(), picture.strides());
    marker::read_strided(picture.y(), stride, width, height)
}

/// What an audio packet, or silence, led to.
#[derive(Debug, Clone, PartialEq)]
pub enum AudioOutcome {
    /// Another set of sites is heard: indices, loudest first, and the mean level in dBFS.
    Tones(Vec<u16>, f32),
    /// The same sites as before at this level.
    Level(f32),
    /// Packets were missing before this one.
    Gap(Duration, u16),
}

/// Level reported for silence, dBFS.
const NO_LEVEL_DBFS: f32 = -127.0;

/// Watches one audio slot.
pub struct AudioWatch {
    ear: Ear,
    listen_every: Option<Duration>,
    next_listen: Option<Instant>,
    listening: bool,
    next_sequence: Option<u16>,
    heard: Option<Vec<u16>>,
}

impl AudioWatch {
    /// A watch that knows `sites` tones and listens always, or to one window of 120 ms in [`LISTEN_EVERY`].
    pub fn new(sites: u16, always: bool) -> Result<Self, opus::Error> {
        Ok(Self {
            ear: Ear::new(sites)?,
            listen_every: (!always).then_some(LISTEN_EVERY),
            next_listen: None,
            listening: true,
            next_sequence: None,
            heard: None,
        })
    }

    /// Takes a packet. Errors are the decoder's.
    pub fn packet(
        &mut self,
        now: Instant,
        sequence: u16,
        payload: &Bytes,
        outcomes: &mut Vec<AudioOutcome>,
    ) -> Result<(), opus::Error> {
        let missing = self.next_sequence.map_or(0, |next| sequence.wrapping_sub(next));
        if missing > u16::MAX / 2 {
            return Ok(()); // late: its place has been passed
        }
        self.next_sequence = Some(sequence.wrapping_add(1));
        if missing > 0 {
            self.ear.rest()?;
            if missing <= MAX_SOUND_STEP {
                let length = Duration::from_millis(u64::from(missing) * crate::sound::FRAME_MS);
                outcomes.push(AudioOutcome::Gap(length, missing));
            }
        }
        if !self.listening && self.next_listen.is_none_or(|at| now >= at) {
            self.listening = true;
            self.ear.rest()?;
        }
        if !self.listening {
            return Ok(());
        }
        if let Some(heard) = self.ear.hear(payload)? {
            let sites = heard.tones.iter().map(|(site, _)| *site).collect();
            self.judge(sites, heard.level_dbfs, outcomes);
            if let Some(every) = self.listen_every {
                self.listening = false;
                self.next_listen = Some(now + every);
            }
        }
        Ok(())
    }

    /// No packet came for [`SILENT_AFTER`].
    pub fn silent(&mut self, outcomes: &mut Vec<AudioOutcome>) {
        self.listening = true;
        self.judge(Vec::new(), NO_LEVEL_DBFS, outcomes);
    }

    fn judge(&mut self, sites: Vec<u16>, level: f32, outcomes: &mut Vec<AudioOutcome>) {
        let mut sorted = sites.clone();
        sorted.sort_unstable();
        if self.heard.as_ref() == Some(&sorted) {
            outcomes.push(AudioOutcome::Level(level));
        } else {
            self.heard = Some(sorted);
            outcomes.push(AudioOutcome::Tones(sites, level));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::{LAYERS, LayerEncoder};
    use crate::sei::Stamp;
    use crate::sound::Microphone;
    use crate::test_card::TestCard;

    /// Packets of `frames` frames of a site, the first a keyframe.
    fn packets(site: u16, frames: u32, sequence: &mut u16, timestamp: &mut u32) -> Vec<VideoPacket> {
        let spec = &LAYERS[0];
        let mut card = TestCard::new(site, "Huế", spec.size);
        let mut encoder = LayerEncoder::new(spec).unwrap();
        let mut out = Vec::new();
        for frame in 0..frames {
            let stamp = Stamp { marker: card.marker(frame), captured_ms: 5 };
            let unit = encoder.encode(card.draw(u64::from(frame) * 120, frame), stamp, false).unwrap();
            let payloads = packetize::payloads(&unit);
            let last = payloads.len() - 1;
            for (index, payload) in payloads.into_iter().enumerate() {
                out.push(VideoPacket { sequence: *sequence, timestamp: *timestamp, marker: index == last, payload });
                *sequence = sequence.wrapping_add(1);
            }
            *timestamp = timestamp.wrapping_add(10_800);
        }
        out
    }

    fn outcomes(watch: &mut VideoWatch, packets: Vec<VideoPacket>) -> Vec<VideoOutcome> {
        let mut outcomes = Vec::new();
        for packet in packets {
            watch.packet(Instant::now(), packet, &mut outcomes);
        }
        outcomes
    }

    #[test]
    fn a_change_of_source_is_seen_once_with_and_without_decoding() {
        for decode in [false, true] {
            let mut watch = VideoWatch::new(decode).unwrap();
            let (mut sequence, mut timestamp) = (65_500, u32::MAX - 20_000);
            let mut stream = packets(3, 4, &mut sequence, &mut timestamp);
            stream.extend(packets(9, 4, &mut sequence, &mut timestamp));
            let changes: Vec<(u16, Option<u16>)> = outcomes(&mut watch, stream)
                .into_iter()
                .map(|outcome| match outcome {
                    VideoOutcome::Seen(seen) => seen,
                    VideoOutcome::Damaged | VideoOutcome::AskKeyframe => panic!("nothing is damaged"),
                })
                .filter_map(|seen| Some((seen.marker.site, seen.new_source?)))
                .collect();
            assert_eq!(changes, [(3, None), (9, Some(3))], "decode: {decode}");
        }
    }

    #[test]
    fn a_receiver_that_comes_late_asks_for_a_keyframe_once() {
        let (mut sequence, mut timestamp) = (1, 1);
        let stream = packets(3, 4, &mut sequence, &mut timestamp);
        let late = stream.iter().position(|packet| packet.timestamp != 1).unwrap();
        let found = outcomes(&mut VideoWatch::new(false).unwrap(), stream[late..].to_vec());
        assert_eq!(found.iter().filter(|outcome| **outcome == VideoOutcome::AskKeyframe).count(), 1);
        assert!(!found.iter().any(|outcome| matches!(outcome, VideoOutcome::Seen(_))));
    }

    #[test]
    fn tones_are_reported_when_they_change_and_gaps_when_they_are() {
        let mut watch = AudioWatch::new(64, true).unwrap();
        let mut found = Vec::new();
        let now = Instant::now();
        let mut sequence = 10_u16;
        for site in [5, 6] {
            let mut microphone = Microphone::of_site(site).unwrap();
            for _ in 0..12 {
                watch.packet(now, sequence, &microphone.next_frame().unwrap(), &mut found).unwrap();
                sequence += 1;
            }
        }
        sequence += 3;
        watch.packet(now, sequence, &Microphone::of_site(6).unwrap().next_frame().unwrap(), &mut found).unwrap();
        watch.silent(&mut found);
        let told: Vec<String> = found
            .iter()
            .filter_map(|outcome| match outcome {
                AudioOutcome::Tones(sites, _) => Some(format!("{sites:?}")),
                AudioOutcome::Gap(length, missing) => Some(format!("{missing} missing, {} ms", length.as_millis())),
                AudioOutcome::Level(_) => None,
            })
            .collect();
        assert_eq!(told, ["[5]", "[6]", "3 missing, 60 ms", "[]"]);
    }

    #[test]
    fn who_listens_sometimes_decodes_one_window_a_second() {
        let mut watch = AudioWatch::new(64, false).unwrap();
        let mut microphone = Microphone::of_site(5).unwrap();
        let began = Instant::now();
        let mut found = Vec::new();
        for at in 0..150_u16 {
            let now = began + Duration::from_millis(u64::from(at) * 20);
            watch.packet(now, at, &microphone.next_frame().unwrap(), &mut found).unwrap();
        }
        assert_eq!(found.len(), 3, "{found:?}");
    }
}
