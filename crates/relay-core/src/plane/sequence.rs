//! Wire numbers that wrap → numbers that do not.

/// Extends 16-bit sequence numbers (RFC 3550 appendix A.1).
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct SequenceNumbers {
    highest: Option<u64>,
}

impl SequenceNumbers {
    /// Where a stream starts: one roll-over up, so that earlier packets do not fall below zero.
    const START: u64 = 1 << 16;

    pub(super) fn extend(&mut self, wire: u16) -> u64 {
        let Some(highest) = self.highest else {
            let first = Self::START + u64::from(wire);
            self.highest = Some(first);
            return first;
        };
        let extended = self.near(highest, wire);
        self.highest = Some(highest.max(extended));
        extended
    }

    /// Extends without moving: for numbers that only refer to a packet.
    pub(super) fn refer(&self, wire: u16) -> Option<u64> {
        self.highest.map(|highest| self.near(highest, wire))
    }

    fn near(&self, highest: u64, wire: u16) -> u64 {
        let step = wire.wrapping_sub(highest as u16) as i16;
        highest.saturating_add_signed(i64::from(step))
    }
}

/// Extends 32-bit RTP timestamps.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Timestamps {
    latest: Option<u64>,
}

impl Timestamps {
    /// Where a stream starts: one roll-over up, so that earlier instants do not fall below zero.
    const START: u64 = 1 << 32;

    pub(super) fn extend(&mut self, wire: u32) -> u64 {
        let extended = self.refer(wire).unwrap_or(Self::START + u64::from(wire));
        self.latest = Some(self.latest.map_or(extended, |latest| latest.max(extended)));
        extended
    }

    pub(super) fn refer(&self, wire: u32) -> Option<u64> {
        self.latest.map(|latest| {
            let step = wire.wrapping_sub(latest as u32) as i32;
            latest.saturating_add_signed(i64::from(step))
        })
    }
}
