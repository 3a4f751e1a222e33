//! Live H.264 of one simulcast layer.

use bytes::Bytes;
use openh264::OpenH264API;
use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate, IntraFramePeriod, Profile, QpRange, RateControlMode,
    UsageType,
};
use wire::Layer;

use crate::annexb::{self, nal_type};
use crate::frame::{Frame, Size};
use crate::sei::{self, Stamp};
use crate::test_card::FRAME_RATE;

/// Coarsest quantiser: a keyframe of the low layer at its bitrate stays legible.
const QP_MAX: u8 = 42;
/// Finest quantiser: a still card must not eat its whole bitrate on noise nobody sees.
const QP_MIN: u8 = 18;

/// What a simulcast layer is encoded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerSpec {
    /// The layer.
    pub layer: Layer,
    /// RID in the offer.
    pub rid: &'static str,
    /// Size of its pictures.
    pub size: Size,
    /// One of how many card frames is encoded (card frames come [`FRAME_RATE`] times a second).
    pub every: u32,
    /// Target, bits a second.
    pub bitrate: u32,
}

/// The three layers, lowest first.
pub const LAYERS: [LayerSpec; 3] = [
    LayerSpec { layer: Layer::Low, rid: "l", size: Size { width: 320, height: 180 }, every: 4, bitrate: 150_000 },
    LayerSpec { layer: Layer::Mid, rid: "m", size: Size { width: 640, height: 360 }, every: 1, bitrate: 500_000 },
    LayerSpec { layer: Layer::High, rid: "h", size: Size { width: 1280, height: 720 }, every: 1, bitrate: 2_500_000 },
];

/// One encoded frame.
#[derive(Debug, Clone)]
pub struct AccessUnit {
    /// True for an IDR with its parameter sets.
    pub keyframe: bool,
    /// NAL units without start codes, in order: parameter sets, marker, slices.
    pub nals: Vec<Bytes>,
}

impl AccessUnit {
    /// As a byte stream with start codes.
    pub fn to_stream(&self) -> Vec<u8> {
        let mut stream = Vec::new();
        self.nals.iter().for_each(|nal| annexb::append(&mut stream, nal));
        stream
    }
}

/// An encoder of one layer. Its first frame is a keyframe; after that only [`LayerEncoder::encode`] with `keyframe`
/// makes one.
pub struct LayerEncoder {
    encoder: Encoder,
    stream: Vec<u8>,
}

impl LayerEncoder {
    /// An encoder for `spec`. Fails only if the codec library does.
    pub fn new(spec: &LayerSpec) -> Result<Self, openh264::Error> {
        let config = EncoderConfig::new()
            .usage_type(UsageType::CameraVideoRealTime)
            .profile(Profile::Baseline)
            .complexity(Complexity::Low)
            // The bitrate modes want to skip frames, and say so on standard error for every encoder. This one keeps
            // every frame and follows the buffer.
            .rate_control_mode(RateControlMode::Bufferbased)
            .bitrate(BitRate::from_bps(spec.bitrate))
            .max_frame_rate(FrameRate::from_hz(FRAME_RATE as f32 / spec.every as f32))
            .qp(QpRange::new(QP_MIN, QP_MAX))
            // A skipped frame would be a missing marker; keyframes come on request only.
            .skip_frames(false)
            .intra_frame_period(IntraFramePeriod::auto())
            .scene_change_detect(false)
            .adaptive_quantization(false)
            .background_detection(false)
            .num_threads(1);
        let encoder = Encoder::with_api_config(OpenH264API::from_source(), config)?;
        Ok(Self { encoder, stream: Vec::new() })
    }

    /// Encodes a picture with its stamp.
    pub fn encode(&mut self, picture: &Frame, stamp: Stamp, keyframe: bool) -> Result<AccessUnit, openh264::Error> {
        if keyframe {
            self.encoder.force_intra_frame();
        }
        self.stream.clear();
        self.encoder.encode(picture)?.write_vec(&mut self.stream);
        let mut nals = Vec::with_capacity(4);
        let mut is_key = false;
        let mut stamped = false;
        for nal in annexb::nal_units(&self.stream) {
            let kind = annexb::kind(nal);
            is_key |= kind == nal_type::IDR;
            if !stamped && (kind == nal_type::IDR || kind == nal_type::SLICE) {
                nals.push(Bytes::from(sei::write(stamp)));
                stamped = true;
            }
            nals.push(Bytes::copy_from_slice(nal));
        }
        Ok(AccessUnit { keyframe: is_key, nals })
    }
}
