//! Which protocol a datagram is, and which track and layer an SSRC is.

use std::collections::HashMap;

use crate::{
    Layer, LineId,
    rtp_wire::{Extensions, RtpHeader},
    sdp::SenderLine,
};

/// Longest datagram that is looked at: Ethernet's payload. Endpoints keep to 1,200 bytes.
pub const MAX_DATAGRAM_BYTES: usize = 1500;

/// What a datagram holds (RFC 7983 §7, RFC 5761 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Stun,
    Dtls,
    Rtp,
    Rtcp,
}

/// The datagram looks like something that a relay receives: STUN, DTLS, RTP or RTCP of a length that is looked at.
pub fn is_known_protocol(datagram: &[u8]) -> bool {
    Protocol::of(datagram).is_some()
}

impl Protocol {
    pub(crate) fn of(datagram: &[u8]) -> Option<Self> {
        if datagram.len() > MAX_DATAGRAM_BYTES {
            return None;
        }
        match (*datagram.first()?, *datagram.get(1)?) {
            (0..=3, _) => Some(Self::Stun),
            (20..=63, _) => Some(Self::Dtls),
            (128..=191, 192..=223) => Some(Self::Rtcp),
            (128..=191, _) => Some(Self::Rtp),
            _ => None,
        }
    }
}

/// Where packets of an SSRC belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    pub line: LineId,
    pub layer: Layer,
    pub rtx: bool,
}

/// What is known of one peer's SSRCs. What was learned is kept for the peer's life: browsers stop sending MID and RID
/// after the first report. It is bounded by the SSRCs that `srtp` opens.
#[derive(Debug)]
pub(crate) struct SourceMap {
    lines: Vec<SenderLine>,
    known: HashMap<u32, Origin>,
}

impl SourceMap {
    /// Begins with what the offer names.
    pub(crate) fn new(lines: Vec<SenderLine>) -> Self {
        let mut known = HashMap::new();
        for line in &lines {
            for (ssrc, rtx) in &line.ssrcs {
                known.insert(*ssrc, Origin { line: line.line, layer: Layer::High, rtx: *rtx });
            }
        }
        Self { lines, known }
    }

    /// Where an authenticated packet belongs; none: it cannot be told, or the line does not carry that payload type.
    pub(crate) fn resolve(&mut self, header: &RtpHeader, extensions: &Extensions<'_>) -> Option<Origin> {
        if let Some(origin) = self.known.get(&header.ssrc) {
            return self.carries(*origin, header.payload_type).then_some(*origin);
        }
        let origin = self.learn(header, extensions)?;
        self.known.insert(header.ssrc, origin);
        Some(origin)
    }

    fn learn(&self, header: &RtpHeader, extensions: &Extensions<'_>) -> Option<Origin> {
        let carries = |line: &&SenderLine| {
            line.payload_type == header.payload_type || Some(header.payload_type) == line.rtx_payload_type
        };
        let line = match extensions.mid {
            Some(mid) => self.lines.iter().find(|line| line.mid == mid).filter(carries)?,
            // Without MID only a payload type that one line alone has tells the line (RFC 9143 §9.2).
            None => {
                let mut candidates = self.lines.iter().filter(carries);
                candidates.next().filter(|_| candidates.next().is_none())?
            }
        };
        let rtx = Some(header.payload_type) == line.rtx_payload_type;
        let rid = if rtx { extensions.repaired_rid } else { extensions.rid };
        let layer = match rid {
            Some(rid) => line.rids.iter().find(|(known, _)| known == rid)?.1,
            None if line.rids.is_empty() => Layer::High,
            None => return None,
        };
        Some(Origin { line: line.line, layer, rtx })
    }

    fn carries(&self, origin: Origin, payload_type: u8) -> bool {
        self.lines.iter().find(|line| line.line == origin.line).is_some_and(|line| {
            if origin.rtx { line.rtx_payload_type == Some(payload_type) } else { line.payload_type == payload_type }
        })
    }
}
