//! What a slot lacks, asked for as Chromium does: at once, and again until it comes or is of no use any more.

use std::{
    collections::BTreeMap,
    ops::Range,
    time::{Duration, Instant},
};

/// Numbers asked for at once: more is a cut, and a keyframe mends it.
const MAX_PACKETS: usize = 64;
/// Between two requests for one packet: the round trip that Chromium takes for granted while nobody tells it.
pub const INTERVAL: Duration = Duration::from_millis(100);
/// Requests for one packet, as in Chromium.
const MAX_TRIES: u32 = 10;

/// What one slot lacks.
#[derive(Debug, Default)]
pub struct Missing {
    /// Number in the slot, when to ask next, and how often it was asked for.
    packets: BTreeMap<u64, (Instant, u32)>,
}

/// What to send.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Numbers to ask for, on the wire's 16 bits.
    pub numbers: Vec<u16>,
    /// Something is given up: only a keyframe helps.
    pub hopeless: bool,
}

impl Missing {
    /// These did not arrive.
    pub fn note(&mut self, now: Instant, gap: Range<u64>) -> Requests {
        if gap.is_empty() {
            return Requests::default();
        }
        let room = MAX_PACKETS.saturating_sub(self.packets.len()) as u64;
        if gap.end - gap.start > room {
            self.packets.clear();
            return Requests { numbers: Vec::new(), hopeless: true };
        }
        self.packets.extend(gap.map(|number| (number, (now, 0))));
        self.requests(now)
    }

    /// It arrived after all.
    pub fn found(&mut self, number: u64) {
        self.packets.remove(&number);
    }

    /// Nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// What to ask for now.
    pub fn requests(&mut self, now: Instant) -> Requests {
        let before = self.packets.len();
        self.packets.retain(|_, (due, tries)| *due > now || *tries < MAX_TRIES);
        let mut requests = Requests { numbers: Vec::new(), hopeless: self.packets.len() < before };
        for (number, (due, tries)) in self.packets.iter_mut().filter(|(_, (due, _))| *due <= now) {
            *due = now + INTERVAL;
            *tries += 1;
            requests.numbers.push(*number as u16);
        }
        requests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_asked_for_until_it_comes() {
        let now = Instant::now();
        let mut missing = Missing::default();

        assert_eq!(missing.note(now, 65_535..65_538).numbers, [65_535, 0, 1]);
        missing.found(65_536);
        assert_eq!(missing.requests(now + INTERVAL / 2), Requests::default());
        assert_eq!(missing.requests(now + INTERVAL).numbers, [65_535, 1]);
    }

    #[test]
    fn what_does_not_come_is_given_up_and_a_cut_is_hopeless_at_once() {
        let now = Instant::now();
        let mut missing = Missing::default();
        missing.note(now, 10..11);

        let rounds: Vec<Requests> = (1..=10).map(|round| missing.requests(now + INTERVAL * round)).collect();

        assert!(rounds[..9].iter().all(|round| round.numbers == [10] && !round.hopeless));
        assert_eq!(rounds[9], Requests { numbers: Vec::new(), hopeless: true });
        assert!(missing.is_empty());
        assert!(missing.note(now, 100..200).hopeless);
    }
}
