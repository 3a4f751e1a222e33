//! An honest stream: sound every 20 ms, pictures in three layers every 40 ms, keyframes when asked for.

use std::sync::atomic::{AtomicU32, Ordering};

use wire::{MediaKind, MediaPlan, Slot};

use super::rtp::{self, OPUS, Packet, VIDEO};

/// SSRCs differ between all peers of a process.
static NEXT_SSRC: AtomicU32 = AtomicU32::new(0x1000_0000);

/// Ticks of RTP time of a sound packet and of a picture.
const SOUND_STEP: u32 = 960;
const PICTURE_STEP: u32 = 3_600;

/// One of a peer's own sources, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// M-line.
    pub line: usize,
    /// Layer; none: sound.
    pub rid: Option<&'static str>,
    /// SSRC.
    pub ssrc: u32,
    /// Index of the next packet.
    pub index: u64,
    /// Timestamp of the next packet.
    pub timestamp: u32,
    key: bool,
}

pub(super) struct Stream {
    says: &'static str,
    sources: Vec<Source>,
    ticks: u64,
}

impl Stream {
    pub(super) fn new(says: &'static str, plan: &MediaPlan) -> Self {
        let mut sources = Vec::new();
        for (line, planned) in plan.lines.iter().enumerate() {
            let rids: &[Option<&'static str>] = match (planned.slot, planned.kind) {
                (Slot::Microphone, MediaKind::Audio) => &[None],
                (Slot::Camera, MediaKind::Video) => &[Some("l"), Some("m"), Some("h")],
                _ => continue,
            };
            sources.extend(rids.iter().map(|rid| Source {
                line,
                rid: *rid,
                ssrc: NEXT_SSRC.fetch_add(1, Ordering::Relaxed),
                index: 100,
                timestamp: 1_000,
                key: true,
            }));
        }
        Self { says, sources, ticks: 0 }
    }

    pub(super) fn sources(&self) -> Vec<Source> {
        self.sources.clone()
    }

    pub(super) fn keyframe_asked(&mut self, ssrc: u32) {
        for source in self.sources.iter_mut().filter(|source| source.ssrc == ssrc) {
            source.key = true;
        }
    }

    pub(super) fn tick(&mut self) -> Vec<Packet> {
        self.ticks += 1;
        let pictures = self.ticks.is_multiple_of(2);
        let says = format!("{}#{}", self.says, self.ticks);
        let due = self.sources.iter_mut().filter(|source| pictures || source.rid.is_none());
        due.map(|source| source.next(says.as_bytes())).collect()
    }
}

impl Source {
    fn next(&mut self, says: &[u8]) -> Packet {
        let (second, payload, step) = match self.rid {
            None => (OPUS, says.to_vec(), SOUND_STEP),
            Some(_) => (0x80 | VIDEO, rtp::picture(self.key, says), PICTURE_STEP),
        };
        let packet = Packet {
            second,
            timestamp: self.timestamp,
            payload,
            ..Packet::of(self.line, self.rid, self.ssrc, self.index)
        };
        self.key = false;
        self.index += 1;
        self.timestamp = self.timestamp.wrapping_add(step);
        packet
    }
}
