//! What a payload shows, whatever its codec.

use bytes::Bytes;

use super::{h264, vp8};
use crate::Codec;

/// Facts about one payload.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Content {
    /// It belongs to a keyframe, as far as this packet alone shows.
    pub(super) key: bool,
    /// A frame may begin here.
    pub(super) start: bool,
    /// It carries parameter sets.
    pub(super) parameters: bool,
    /// VP8: its picture numbers.
    pub(super) picture: Option<vp8::PictureIds>,
}

/// Looks at a payload.
pub(super) fn inspect(codec: Codec, payload: &Bytes) -> Content {
    match codec {
        Codec::Opus => Content::default(),
        Codec::H264 => h264::inspect(payload),
        Codec::Vp8 => vp8::inspect(payload),
    }
}
