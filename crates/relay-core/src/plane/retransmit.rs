//! Lost packets: asking publishers for them (RFC 4585 §6.2.1), answering receivers from the ring (RFC 4588).

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Packets of one layer that have not arrived.
#[derive(Debug, Default)]
pub(super) struct Missing {
    packets: BTreeMap<u64, Gap>,
}

#[derive(Debug, Clone, Copy)]
struct Gap {
    since: Instant,
    due: Instant,
    tries: u32,
}

impl Missing {
    /// Packets asked for at once: a keyframe and some. A larger gap is a cut, and a keyframe mends it.
    const MAX_PACKETS: usize = 256;
    /// Packets that overtake each other on the way do so within this.
    const REORDER: Duration = Duration::from_millis(5);
    /// Requests per packet.
    const MAX_TRIES: u32 = 10;
    /// After this no receiver's jitter buffer waits any more.
    const GIVE_UP: Duration = Duration::from_secs(1);
    /// Bounds of the time between two requests, whatever the round trip is.
    const SPACING: Range<Duration> = Duration::from_millis(30)..Duration::from_millis(200);

    /// These did not arrive; returns how many.
    pub(super) fn note_gap(&mut self, now: Instant, gap: Range<u64>) -> u32 {
        let lost = gap.end.saturating_sub(gap.start);
        let room = Self::MAX_PACKETS.saturating_sub(self.packets.len()) as u64;
        if lost <= room {
            let due = now + Self::REORDER;
            self.packets.extend(gap.map(|sequence| (sequence, Gap { since: now, due, tries: 0 })));
        }
        lost as u32
    }

    /// It arrived after all; true if it was missed.
    pub(super) fn found(&mut self, sequence: u64) -> bool {
        self.packets.remove(&sequence).is_some()
    }

    /// Time of the next request.
    pub(super) fn due(&self) -> Option<Instant> {
        self.packets.values().map(|gap| gap.due).min()
    }

    /// The numbers to ask for now, on the wire's 16 bits.
    pub(super) fn requests(&mut self, now: Instant, rtt: Option<Duration>) -> Vec<u16> {
        self.packets.retain(|_, gap| gap.tries < Self::MAX_TRIES && now.duration_since(gap.since) < Self::GIVE_UP);
        let spacing = rtt.map_or(Duration::from_millis(60), |rtt| rtt * 5 / 4);
        let spacing = spacing.clamp(Self::SPACING.start, Self::SPACING.end);
        let mut wanted = Vec::new();
        for (&sequence, gap) in self.packets.iter_mut().filter(|(_, gap)| gap.due <= now) {
            gap.tries += 1;
            gap.due = now + spacing;
            wanted.push(sequence as u16);
        }
        wanted
    }
}

/// How much one slot may retransmit: a receiver that asks for everything must not double its own traffic.
#[derive(Debug)]
pub(super) struct RetransmitBudget {
    left: u32,
}

impl Default for RetransmitBudget {
    fn default() -> Self {
        Self { left: Self::PER_SECOND }
    }
}

impl RetransmitBudget {
    /// Packets per second and slot: more than a 2.5 Mbit/s picture has.
    const PER_SECOND: u32 = 300;

    pub(super) fn spend(&mut self) -> bool {
        let some = self.left > 0;
        self.left = self.left.saturating_sub(1);
        some
    }

    /// A second has passed.
    pub(super) fn refill(&mut self) {
        self.left = Self::PER_SECOND;
    }
}
