//! What a VP8 RTP payload shows (RFC 7741 §4.2), and the rewrite of its picture numbers. Nothing here trusts a length.

use bytes::{BufMut, Bytes, BytesMut};

use super::content::Content;

/// Numbers of the payload descriptor that run on from picture to picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PictureIds {
    /// Picture identifier, 15 bits or 7.
    pub(super) picture: u16,
    /// It has 15 bits.
    pub(super) long: bool,
    /// Temporal-layer-0 index, if present.
    pub(super) base: Option<u8>,
}

/// Bits of the descriptor (RFC 7741 figure 2).
const EXTENDED: u8 = 0x80;
const START: u8 = 0x10;
const PARTITION: u8 = 0x07;
const HAS_PICTURE: u8 = 0x80;
const HAS_BASE: u8 = 0x40;
const HAS_LAYER: u8 = 0x30;
const LONG: u8 = 0x80;

/// Modulus of a long picture identifier.
const PICTURES: u16 = 1 << 15;

struct Descriptor {
    ids: Option<PictureIds>,
    start: bool,
    length: usize,
}

fn parse(payload: &[u8]) -> Option<Descriptor> {
    let first = *payload.first()?;
    let start = first & START != 0 && first & PARTITION == 0;
    if first & EXTENDED == 0 {
        return Some(Descriptor { ids: None, start, length: 1 });
    }
    let flags = *payload.get(1)?;
    let mut at = 2;
    let mut ids = None;
    if flags & HAS_PICTURE != 0 {
        let high = *payload.get(at)?;
        let long = high & LONG != 0;
        let picture = if long { u16::from_be_bytes([high & !LONG, *payload.get(at + 1)?]) } else { u16::from(high) };
        at += if long { 2 } else { 1 };
        ids = Some(PictureIds { picture, long, base: None });
    }
    if flags & HAS_BASE != 0 {
        let base = *payload.get(at)?;
        at += 1;
        if let Some(ids) = &mut ids {
            ids.base = Some(base);
        }
    }
    if flags & HAS_LAYER != 0 {
        payload.get(at)?;
        at += 1;
    }
    Some(Descriptor { ids, start, length: at })
}

/// Looks at one RTP payload.
pub(super) fn inspect(payload: &[u8]) -> Content {
    let Some(descriptor) = parse(payload) else { return Content::default() };
    // The first bit of the frame header is 0 for keyframes (RFC 6386 §9.1).
    let key = descriptor.start && payload.get(descriptor.length).is_some_and(|byte| byte & 1 == 0);
    Content { key, start: descriptor.start, parameters: false, picture: descriptor.ids }
}

/// What is added to the picture numbers of a source in one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct PictureOffset {
    picture: u16,
    base: u8,
}

/// Last picture numbers that a slot sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastPicture {
    picture: u16,
    base: u8,
}

impl PictureOffset {
    /// The offset that makes `first` follow `last`.
    pub(super) fn following(last: Option<LastPicture>, first: PictureIds) -> Self {
        let Some(last) = last else { return Self::default() };
        Self {
            picture: last.picture.wrapping_add(1).wrapping_sub(first.picture) % PICTURES,
            base: last.base.wrapping_add(1).wrapping_sub(first.base.unwrap_or(0)),
        }
    }

    /// Picture numbers after the offset.
    pub(super) fn apply(self, ids: PictureIds) -> LastPicture {
        LastPicture {
            picture: ids.picture.wrapping_add(self.picture) % PICTURES,
            base: ids.base.unwrap_or(0).wrapping_add(self.base),
        }
    }

    /// The payload with its numbers moved, always in the long form so that the width does not change with the source.
    pub(super) fn rewrite(self, payload: &Bytes, ids: PictureIds) -> Bytes {
        if self == Self::default() && ids.long {
            return payload.clone();
        }
        let moved = self.apply(ids);
        let old = if ids.long { 2 } else { 1 };
        // Where the identifier stands is fixed by the descriptor: after its two first bytes.
        let (head, tail) = payload.split_at(payload.len().min(2));
        let Some(tail) = tail.get(old..) else { return payload.clone() };
        let mut rewritten = BytesMut::with_capacity(payload.len() + 1);
        rewritten.put_slice(head);
        rewritten.put_u16(moved.picture | PICTURES);
        match (ids.base, tail.split_first()) {
            (Some(_), Some((_, rest))) => {
                rewritten.put_u8(moved.base);
                rewritten.put_slice(rest);
            }
            _ => rewritten.put_slice(tail),
        }
        rewritten.freeze()
    }
}
