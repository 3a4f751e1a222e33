//! What an H.264 RTP payload shows (RFC 6184), as far as a relay must know: where a picture begins, whether it is an
//! IDR picture, and its parameter sets. Nothing here trusts a length.

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};

use super::content::Content;

/// NAL unit types (RFC 6184 table 1, H.264 table 7-1).
const SLICE: u8 = 1;
const IDR: u8 = 5;
const SEI: u8 = 6;
const SPS: u8 = 7;
const PPS: u8 = 8;
const DELIMITER: u8 = 9;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

/// Units looked at in one STAP-A: a hostile packet of empty units ends here.
const MAX_AGGREGATED: usize = 64;

/// Looks at one RTP payload.
pub(super) fn inspect(payload: &[u8]) -> Content {
    let mut content = Content::default();
    let Some(&first) = payload.first() else { return content };
    match first & 0x1f {
        STAP_A => {
            for unit in aggregated(payload) {
                note(&payload[unit], &mut content);
            }
        }
        FU_A => {
            let Some(&header) = payload.get(1) else { return content };
            let kind = header & 0x1f;
            content.key = kind == IDR;
            let begins = header & 0x80 != 0;
            content.start =
                begins && matches!(kind, SLICE | IDR) && payload.get(2).is_some_and(|byte| byte & 0x80 != 0);
        }
        _ => note(payload, &mut content),
    }
    content
}

fn note(unit: &[u8], content: &mut Content) {
    let Some(&header) = unit.first() else { return };
    match header & 0x1f {
        kind @ (SLICE | IDR) => {
            content.key |= kind == IDR;
            // first_mb_in_slice is ue(v): zero is a single set bit.
            content.start |= unit.get(1).is_some_and(|byte| byte & 0x80 != 0);
        }
        SPS => {
            content.start = true;
            content.parameters = true;
        }
        PPS => content.parameters = true,
        DELIMITER | SEI => content.start = true,
        _ => {}
    }
}

/// Ranges of the units of a STAP-A (RFC 6184 §5.7.1).
fn aggregated(payload: &[u8]) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    let mut at = 1;
    std::iter::from_fn(move || {
        let size = u16::from_be_bytes([*payload.get(at)?, *payload.get(at + 1)?]) as usize;
        let unit = at + 2..at + 2 + size;
        (size > 0 && unit.end <= payload.len()).then(|| {
            at = unit.end;
            unit
        })
    })
    .take(MAX_AGGREGATED)
}

/// The parameter sets last seen, for sources that send them only once.
#[derive(Debug, Default, Clone)]
pub(super) struct ParameterSets {
    sequence: BTreeMap<u32, Bytes>,
    picture: BTreeMap<u32, Bytes>,
}

impl ParameterSets {
    /// Sets kept of each kind: real encoders use one or two; the oldest identifiers win against a flood.
    const MAX_SETS: usize = 4;
    /// Bytes of one injected payload, below every path's MTU.
    const MAX_INJECTED: usize = 1_100;

    /// Takes the sets out of a payload.
    pub(super) fn learn(&mut self, payload: &Bytes) {
        let Some(&first) = payload.first() else { return };
        if first & 0x1f == STAP_A {
            for unit in aggregated(payload) {
                self.learn_unit(payload.slice(unit));
            }
        } else {
            self.learn_unit(payload.clone());
        }
    }

    fn learn_unit(&mut self, unit: Bytes) {
        let (sets, id) = match unit.first().map(|header| header & 0x1f) {
            // profile_idc, constraints and level_idc precede the identifier (H.264 §7.3.2.1.1).
            Some(SPS) => (&mut self.sequence, unit.get(4..).and_then(exp_golomb)),
            Some(PPS) => (&mut self.picture, unit.get(1..).and_then(exp_golomb)),
            _ => return,
        };
        let Some(id) = id else { return };
        if sets.contains_key(&id) || sets.len() < Self::MAX_SETS {
            // A copy, so that a packet buffer is not kept alive by a few bytes of it.
            sets.insert(id, Bytes::copy_from_slice(&unit));
        }
    }

    /// A picture can be decoded with what is known.
    pub(super) fn is_complete(&self) -> bool {
        !self.sequence.is_empty() && !self.picture.is_empty()
    }

    /// One STAP-A with everything known; none if there is no complete set or it would be too large.
    pub(super) fn aggregate(&self) -> Option<Bytes> {
        if !self.is_complete() {
            return None;
        }
        let units = || self.sequence.values().chain(self.picture.values());
        let size = 1 + units().map(|unit| unit.len() + 2).sum::<usize>();
        if size > Self::MAX_INJECTED {
            return None;
        }
        let importance = units().map(|unit| unit[0] & 0x60).max().unwrap_or(0);
        let mut payload = BytesMut::with_capacity(size);
        payload.put_u8(importance | STAP_A);
        for unit in units() {
            payload.put_u16(unit.len() as u16);
            payload.put_slice(unit);
        }
        Some(payload.freeze())
    }
}

/// First ue(v) of some bytes (H.264 §9.1), for identifiers, which are small.
fn exp_golomb(bytes: &[u8]) -> Option<u32> {
    let window = bytes.iter().chain([&0; 4]).take(4).fold(0u32, |window, &byte| window << 8 | u32::from(byte));
    let zeros = window.leading_zeros();
    (zeros <= 8 && !bytes.is_empty()).then(|| (window >> (31 - 2 * zeros)) - 1)
}
