//! Names of what the relay moves.

/// One connection to the relay: one ICE/DTLS association. Given by the caller of `accept_offer`, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId(pub u64);

/// Place of an endpoint in the plane's table. It stands beside the [`EndpointId`] in each packet, so that finding the receiver's
/// keys and address costs nothing; a place is used again after its endpoint has left, so the id decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EndpointKey(pub usize);

/// Index of an m-line in the endpoint's offer, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId(pub u16);

/// What an endpoint sends in one m-line: a camera with up to three layers, a microphone, content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId {
    /// The sender.
    pub endpoint: EndpointId,
    /// Its m-line.
    pub line: LineId,
}

/// What an endpoint receives in one m-line. What flows in it changes; SSRC, MID and negotiation do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId {
    /// The receiver.
    pub endpoint: EndpointId,
    /// Its m-line.
    pub line: LineId,
}

/// Simulcast layer. A track without simulcast has only [`Layer::High`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// RID `l`, 320×180.
    Low,
    /// RID `m`, 640×360.
    Mid,
    /// RID `h`, 1280×720, or the only layer.
    High,
}

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Opus.
    Audio,
    /// H.264 or VP8.
    Video,
}

/// A take, numbered by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TakeId(pub u64);
