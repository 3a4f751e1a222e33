//! RTP packets whose names are true, whatever else they carry (RFC 3550 §5.1, RFC 8285).

use crate::offer::{LEVEL_ID, MID_ID, REPAIRED_ID, RID_ID, TRANSPORT_ID};

/// What a packet says before its payload.
#[derive(Debug, Clone, Default)]
pub(crate) struct Packet {
    /// Marker and payload type.
    pub second: u8,
    /// Roll-over counter and sequence number.
    pub index: u64,
    pub timestamp: u32,
    pub ssrc: u32,
    /// M-line.
    pub mid: u16,
    /// Layer.
    pub rid: Option<&'static str>,
    /// Layer of what is repeated.
    pub repaired: Option<&'static str>,
    /// Transport-wide number.
    pub transport: Option<u16>,
    /// −dBov.
    pub level: Option<u8>,
}

impl Packet {
    /// The packet with its payload, not sealed.
    pub(crate) fn bytes(&self, payload: &[u8]) -> Vec<u8> {
        let mut elements = Vec::new();
        let mut element = |id: u8, value: &[u8]| {
            let length = u8::try_from(value.len() - 1).expect("names are short");
            elements.push(id << 4 | length);
            elements.extend_from_slice(value);
        };
        element(MID_ID, self.mid.to_string().as_bytes());
        for (id, name) in [(RID_ID, self.rid), (REPAIRED_ID, self.repaired)] {
            if let Some(name) = name {
                element(id, name.as_bytes());
            }
        }
        if let Some(number) = self.transport {
            element(TRANSPORT_ID, &number.to_be_bytes());
        }
        if let Some(level) = self.level {
            element(LEVEL_ID, &[level]);
        }
        elements.resize(elements.len().next_multiple_of(4), 0);
        let mut bytes = vec![0x90, self.second];
        bytes.extend_from_slice(&(self.index as u16).to_be_bytes());
        bytes.extend_from_slice(&self.timestamp.to_be_bytes());
        bytes.extend_from_slice(&self.ssrc.to_be_bytes());
        bytes.extend_from_slice(&[0xbe, 0xde, 0, (elements.len() / 4) as u8]);
        bytes.extend_from_slice(&elements);
        bytes.extend_from_slice(payload);
        bytes
    }
}

/// The index of a wire number near the highest one of its stream (RFC 3711 §3.3.1).
pub(crate) fn near(highest: Option<u64>, sequence: u16) -> u64 {
    match highest {
        Some(highest) => highest.saturating_add_signed(i64::from(sequence.wrapping_sub(highest as u16) as i16)),
        None => u64::from(sequence),
    }
}
