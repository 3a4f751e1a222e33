//! What an encoder sends: sound every 20 ms, pictures every 40 ms in each layer, keyframes when asked for. Parameter sets come with
//! the first keyframe only, as from encoders without repeated headers: the relay has to remember them.

use std::time::Instant;

use anyhow::{Context, Result};
use str0m::{
    Rtc,
    format::Codec,
    media::{MediaKind, Mid, Pt, Rid},
    rtp::{ExtensionValues, RtpWrite, SeqNo},
};

use crate::peer::rtp;

/// Ticks of RTP time of a sound packet and of a picture.
const SOUND_STEP: u32 = 960;
const PICTURE_STEP: u32 = 3_600;
/// Level of the sound, dB below full scale.
const LEVEL: i8 = -20;

struct Source {
    mid: Mid,
    rid: Option<Rid>,
    codec: Codec,
    sequence: u64,
    timestamp: u32,
    key: bool,
    began: bool,
}

pub(super) struct Stream {
    says: &'static str,
    sources: Vec<Source>,
    ticks: u64,
}

impl Stream {
    /// Sound or pictures in each line.
    pub(super) fn new(says: &'static str, lines: impl Iterator<Item = (MediaKind, Mid)>, layers: &[&str]) -> Self {
        let source = |mid: Mid, rid: Option<&str>, codec| Source {
            mid,
            rid: rid.map(Rid::from),
            codec,
            sequence: 1_000,
            timestamp: 5_000,
            key: true,
            began: false,
        };
        let mut sources = Vec::new();
        for (kind, mid) in lines {
            match (kind, layers) {
                (MediaKind::Audio, _) => sources.push(source(mid, None, Codec::Opus)),
                (MediaKind::Video, []) => sources.push(source(mid, None, Codec::H264)),
                (MediaKind::Video, layers) => {
                    sources.extend(layers.iter().map(|rid| source(mid, Some(*rid), Codec::H264)));
                }
            }
        }
        Self { says, sources, ticks: 0 }
    }

    pub(super) fn keyframe_asked(&mut self, rid: Option<Rid>) {
        for source in self.sources.iter_mut().filter(|source| source.rid == rid) {
            source.key = true;
        }
    }

    pub(super) fn tick(&mut self, rtc: &mut Rtc) -> Result<()> {
        self.ticks += 1;
        let pictures = self.ticks.is_multiple_of(2);
        let due = self.sources.iter_mut().filter(|source| pictures || source.codec == Codec::Opus);
        for source in due {
            source.send(rtc, self.says)?;
        }
        Ok(())
    }
}

impl Source {
    fn send(&mut self, rtc: &mut Rtc, says: &str) -> Result<()> {
        let layer = self.rid.map(|rid| format!("-{rid}")).unwrap_or_default();
        let says = format!("{says}{layer}");
        let (payload, step) = match self.codec {
            Codec::Opus => (says.into_bytes(), SOUND_STEP),
            // The whole picture with its parameter sets, once; later its slice alone.
            _ if self.key && !self.began => (rtp::picture(true, says.as_bytes()), PICTURE_STEP),
            _ if self.key => ([&[0x65, 0x80], says.as_bytes()].concat(), PICTURE_STEP),
            _ => (rtp::picture(false, says.as_bytes()), PICTURE_STEP),
        };
        let codec = self.codec;
        let is_codec =
            |rtc: &Rtc, pt: Pt| rtc.codec_config().find(|known| known.pt() == pt).map(|known| known.spec().codec);
        let offered = rtc.media(self.mid).context("a line of the offer")?.remote_pts().to_vec();
        let payload_type = offered.into_iter().find(|pt| is_codec(rtc, *pt) == Some(codec)).context("the codec")?;
        let sound = codec == Codec::Opus;
        let extensions = ExtensionValues {
            audio_level: sound.then_some(LEVEL),
            voice_activity: sound.then_some(true),
            ..ExtensionValues::default()
        };
        let mut api = rtc.direct_api();
        let stream = api.stream_tx_by_mid(self.mid, self.rid).context("a stream of the line")?;
        let packet =
            RtpWrite::new(payload_type, SeqNo::from(self.sequence), self.timestamp, Instant::now(), payload.as_slice());
        stream.write_rtp(packet.marker(true).ext_vals(extensions));
        (self.key, self.began) = (false, true);
        self.sequence += 1;
        self.timestamp = self.timestamp.wrapping_add(step);
        Ok(())
    }
}
