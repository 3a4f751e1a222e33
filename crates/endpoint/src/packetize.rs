//! H.264 access units to RTP payloads: single NAL units, STAP-A and FU-A (RFC 6184, packetization-mode 1).
//!
//! Small NAL units of a frame travel together, as browsers send them: the marker costs no packet of its own.

use bytes::{BufMut, Bytes, BytesMut};

use crate::encoder::AccessUnit;

/// Largest payload: 1,200 bytes of datagram less RTP header, extensions and SRTP tag.
pub const MAX_PAYLOAD_BYTES: usize = 1_120;
/// RFC 6184 §5.7.1.
const STAP_A: u8 = 24;
/// RFC 6184 §5.8.
const FU_A: u8 = 28;
const FU_START: u8 = 0x80;
const FU_END: u8 = 0x40;
/// `nal_ref_idc` of a NAL header.
const REF_IDC: u8 = 0x60;
/// Length prefix of a NAL unit inside a STAP-A.
const LENGTH_BYTES: usize = 2;

/// Payloads of an access unit, in order; the last one carries the RTP marker bit.
pub fn payloads(unit: &AccessUnit) -> Vec<Bytes> {
    let mut out = Vec::new();
    let mut waiting: Vec<&Bytes> = Vec::new();
    let mut waiting_bytes = 1;
    for nal in unit.nals.iter().filter(|nal| !nal.is_empty()) {
        if waiting_bytes + LENGTH_BYTES + nal.len() > MAX_PAYLOAD_BYTES {
            flush(&mut waiting, &mut out);
            waiting_bytes = 1;
        }
        if nal.len() > MAX_PAYLOAD_BYTES - 1 - LENGTH_BYTES {
            fragment(nal, &mut out);
        } else {
            waiting_bytes += LENGTH_BYTES + nal.len();
            waiting.push(nal);
        }
    }
    flush(&mut waiting, &mut out);
    out
}

fn flush(waiting: &mut Vec<&Bytes>, out: &mut Vec<Bytes>) {
    match waiting.as_slice() {
        [] => {}
        [single] => out.push((*single).clone()),
        several => {
            let highest = several.iter().map(|nal| nal[0] & REF_IDC).max().unwrap_or(0);
            let mut packet = BytesMut::with_capacity(MAX_PAYLOAD_BYTES);
            packet.put_u8(highest | STAP_A);
            for nal in several {
                packet.put_u16(nal.len() as u16);
                packet.put_slice(nal);
            }
            out.push(packet.freeze());
        }
    }
    waiting.clear();
}

/// Equal fragments, so that no packet is a crumb.
fn fragment(nal: &Bytes, out: &mut Vec<Bytes>) {
    let body = &nal[1..];
    let count = body.len().div_ceil(MAX_PAYLOAD_BYTES - 2);
    let each = body.len().div_ceil(count);
    for (index, part) in body.chunks(each).enumerate() {
        let start = if index == 0 { FU_START } else { 0 };
        let end = if index + 1 == count { FU_END } else { 0 };
        let mut packet = BytesMut::with_capacity(part.len() + 2);
        packet.put_u8(nal[0] & REF_IDC | FU_A);
        packet.put_u8(start | end | (nal[0] & 0x1f));
        packet.put_slice(part);
        out.push(packet.freeze());
    }
}

/// Whole NAL units inside one payload (a single unit or a STAP-A); nothing for fragments.
pub fn whole_units(payload: &[u8]) -> impl Iterator<Item = &[u8]> {
    let kind = payload.first().map_or(0, |first| first & 0x1f);
    let (single, mut aggregated) = match kind {
        1..=23 => (Some(payload), &[][..]),
        STAP_A => (None, &payload[1..]),
        _ => (None, &[][..]),
    };
    single.into_iter().chain(std::iter::from_fn(move || {
        let length = usize::from(u16::from_be_bytes(aggregated.get(..LENGTH_BYTES)?.try_into().ok()?));
        let unit = aggregated.get(LENGTH_BYTES..LENGTH_BYTES + length)?;
        aggregated = &aggregated[LENGTH_BYTES + length..];
        Some(unit)
    }))
}

/// Whether a payload begins a keyframe: it holds a parameter set or an IDR slice, or the first fragment of one.
pub fn begins_keyframe(payload: &[u8]) -> bool {
    let is_key = |kind: u8| kind == crate::annexb::nal_type::SPS || kind == crate::annexb::nal_type::IDR;
    match payload {
        [indicator, header, ..] if indicator & 0x1f == FU_A => header & FU_START != 0 && is_key(header & 0x1f),
        _ => whole_units(payload).any(|unit| is_key(crate::annexb::kind(unit))),
    }
}
