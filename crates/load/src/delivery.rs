//! Which of a source's packets reached one slot, counted by number: nothing has to be decrypted for it.

use std::ops::Range;

/// Numbers of one slot. The slot's numbers are the source's plus an offset that stays while the source does; it is learned
/// from packets that are opened.
#[derive(Debug, Default, Clone)]
pub struct Delivery {
    highest: Option<u64>,
    /// Slot number minus source number.
    offset: Option<i64>,
    /// Source numbers that count.
    window: Option<Range<u64>>,
    counted: u64,
    total: u64,
}

/// What a packet's number shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// Extended number in the slot.
    pub sequence: u64,
    /// Numbers that were skipped.
    pub gap: Range<u64>,
}

impl Delivery {
    /// A packet with this number on the wire arrived.
    pub fn note(&mut self, wire: u16) -> Noted {
        self.total += 1;
        let Some(highest) = self.highest else {
            let sequence = u64::from(wire);
            self.highest = Some(sequence);
            self.count(sequence);
            return Noted { sequence, gap: sequence..sequence };
        };
        let sequence = self.extend(wire);
        let gap = if sequence > highest { highest + 1..sequence } else { sequence..sequence };
        self.highest = Some(highest.max(sequence));
        self.count(sequence);
        Noted { sequence, gap }
    }

    /// The number in the slot that is nearest to the highest one.
    pub fn extend(&self, wire: u16) -> u64 {
        let highest = self.highest.unwrap_or(u64::from(wire));
        let ahead = wire.wrapping_sub(highest as u16).cast_signed();
        highest.saturating_add_signed(i64::from(ahead))
    }

    fn count(&mut self, sequence: u64) {
        if let (Some(window), Some(offset)) = (&self.window, self.offset)
            && window.contains(&sequence.saturating_add_signed(-offset))
        {
            self.counted += 1;
        }
    }

    /// A packet was opened: it is this number of its source.
    pub fn learn(&mut self, sequence: u64, number: u32) {
        self.offset = Some(sequence.cast_signed() - i64::from(number));
    }

    /// From here on, source numbers of this range are counted.
    pub fn open_window(&mut self, numbers: Range<u64>) {
        self.window = Some(numbers);
        self.counted = 0;
    }

    /// Ends the range: later numbers do not count. Call it before any of them has arrived.
    pub fn close_window(&mut self, end: u64) {
        if let Some(window) = &mut self.window {
            window.end = end;
        }
    }

    /// Packets of the range that arrived.
    pub fn counted(&self) -> u64 {
        self.counted
    }

    /// All packets that arrived.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Highest number, for receiver reports.
    pub fn highest(&self) -> Option<u64> {
        self.highest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_across_the_wrap() {
        let mut delivery = Delivery::default();

        assert_eq!(delivery.note(65_534).sequence, 65_534);
        assert_eq!(delivery.note(1), Noted { sequence: 65_537, gap: 65_535..65_537 });
        assert_eq!(delivery.note(65_535).sequence, 65_535);
        assert_eq!(delivery.highest(), Some(65_537));
    }

    #[test]
    fn only_numbers_of_the_window_count() {
        let mut delivery = Delivery::default();
        let first = delivery.note(9_000);
        delivery.learn(first.sequence, 100);
        delivery.open_window(110..u64::MAX);

        for wire in 9_001..9_030 {
            if wire != 9_015 {
                delivery.note(wire);
            }
        }
        delivery.close_window(130);
        for wire in 9_030..9_050 {
            delivery.note(wire);
        }

        assert_eq!(delivery.counted(), 19, "20 numbers of which one was lost");
    }
}
