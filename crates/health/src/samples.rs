//! What is measured of an endpoint: numbers, never labels. Each has the unit it is measured in; none means that it was not
//! measured, which is never a fault of its own.

use serde::{Deserialize, Serialize};

use crate::units::{Dbfs, DelayMs, Fps, Kbps, Luma, Share};

/// Seen from the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the site to the relay.
    Up,
    /// From the relay to the site.
    Down,
}

/// One second of one direction of an endpoint's line, from the relay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LineSample {
    /// Which direction.
    pub direction: Direction,
    /// What arrived (up) or left (down).
    pub kbps: Option<Kbps>,
    /// Packets that should have arrived.
    pub expected: u32,
    /// Packets of them that did not.
    pub lost: u32,
    /// Variation of the packets' delay (RFC 3550, 6.4.1), of sound.
    pub jitter: Option<DelayMs>,
    /// Round trip.
    pub rtt: Option<DelayMs>,
    /// Frames of the best layer.
    pub fps: Option<Fps>,
    /// Keyframes of all layers.
    pub keyframes: u32,
    /// Pauses between complete frames that are seen as a freeze.
    pub freezes: u32,
    /// Height of the best layer, pixels; none: no picture.
    pub height: Option<u16>,
    /// Level of the sound.
    pub level: Option<Dbfs>,
}

impl LineSample {
    /// Share of the packets that was lost; none if none was expected.
    pub fn loss(&self) -> Option<Share> {
        Share::of(self.lost, self.expected)
    }
}

/// What limits the encoder of a page (`qualityLimitationReason` of W3C webrtc-stats).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EncoderLimit {
    /// Nothing.
    #[default]
    None,
    /// The processor.
    Cpu,
    /// The line.
    Bandwidth,
    /// Something else.
    Other,
}

/// The way that media takes: the selected candidate pair (RFC 8445), by its end at the site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CandidatePath {
    /// Not known.
    #[default]
    Unknown,
    /// Straight, over UDP.
    Udp,
    /// Straight, over TCP (RFC 6544): a firewall keeps UDP out.
    Tcp,
    /// By a TURN server (RFC 8656).
    Relayed,
}

/// The network that a device hangs on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkType {
    /// Not told.
    #[default]
    Unknown,
    /// A cable.
    Wired,
    /// WiFi.
    Wifi,
    /// A mobile network.
    Cellular,
    /// Something else.
    Other,
}

/// Two seconds of a page, from its own statistics.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PageSample {
    /// Decoded frames of the programme.
    pub fps: Option<Fps>,
    /// Freezes of it.
    pub freezes: u32,
    /// Share of the sound that was concealed because its packets were missing.
    pub concealed: Option<Share>,
    /// What limits its encoder.
    pub limit: EncoderLimit,
    /// The way that its media takes.
    pub path: CandidatePath,
    /// The network that it hangs on.
    pub network: NetworkType,
    /// Charge of its battery; none: it has none, or tells nobody.
    pub battery: Option<Share>,
    /// The page is in the foreground.
    pub visible: bool,
}

/// What a sender measures of its own picture and sound before they are encoded, since the sample before. The encoder and the
/// line would spoil it: a codec makes a quiet room perfectly still and a black picture grey.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ContentSample {
    /// Frames of the camera, counted by the sender or by the relay.
    pub frames: u32,
    /// Mean luma of the picture.
    pub luma_mean: Option<Luma>,
    /// Standard deviation of the luma over the picture.
    pub luma_spread: Option<Luma>,
    /// Mean of the absolute change of luma between two frames, the last one of this sample and an earlier one, pixel by pixel: in
    /// full resolution or in every n-th pixel, but not in means of many, which lose the noise of the camera.
    pub luma_change: Option<Luma>,
    /// Share of the samples of sound that are at full scale.
    pub clipped: Option<Share>,
    /// Effective level of the microphone.
    pub rms: Option<Dbfs>,
    /// Peak of the microphone.
    pub peak: Option<Dbfs>,
}

impl ContentSample {
    /// Nothing was measured.
    pub const NOTHING: Self =
        Self { frames: 0, luma_mean: None, luma_spread: None, luma_change: None, clipped: None, rms: None, peak: None };
}
