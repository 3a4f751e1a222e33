//! Lost packets: asking publishers for them (RFC 4585 §6.2.1), answering receivers from the ring (RFC 4588).

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::bandwidth::BitRate;

/// Packets that all publishers together are asked for in a second: what a hundred sites on bad lines lose. More is lost where the
/// relay itself cannot keep up, and asking for it would make that last.
pub(super) const MAX_REQUESTS: usize = 3_000;
/// And one publisher's track: what a camera loses on a line that loses every fourth packet. One that lies about its numbers uses
/// up nobody else's.
pub(super) const MAX_REQUESTS_OF_TRACK: usize = 200;

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

    /// None of them will be asked for again.
    pub(super) fn give_up(&mut self) {
        self.packets.clear();
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

/// What one slot has repeated lately: a receiver that asks for everything, or for the same again and again, must not double its
/// own traffic.
#[derive(Debug)]
pub(super) struct Repetitions {
    left: u32,
    /// When numbers were repeated last; at most [`Self::PER_SECOND`] a second come in, and all go out each second.
    lately: BTreeMap<u16, Instant>,
}

impl Default for Repetitions {
    fn default() -> Self {
        Self { left: Self::PER_SECOND, lately: BTreeMap::new() }
    }
}

impl Repetitions {
    /// Packets per second and slot: more than a 2.5 Mbit/s picture has.
    const PER_SECOND: u32 = 300;
    /// A request that comes sooner than this share of a round trip after the last cannot know of its repetition yet.
    const PATIENCE: f64 = 0.75;

    /// True if the packet is to be repeated now; it counts as repeated then.
    pub(super) fn spend(&mut self, now: Instant, outgoing: u16, rtt: Option<Duration>) -> bool {
        let patience = rtt.unwrap_or_default().mul_f64(Self::PATIENCE);
        let under_way = self.lately.get(&outgoing).is_some_and(|at| now.saturating_duration_since(*at) < patience);
        if under_way || self.left == 0 {
            return false;
        }
        self.left -= 1;
        self.lately.insert(outgoing, now);
        true
    }

    /// Nothing more is repeated in this second.
    pub(super) fn are_used_up(&self) -> bool {
        self.left == 0
    }

    /// A second has passed.
    pub(super) fn refill(&mut self, now: Instant) {
        self.left = Self::PER_SECOND;
        self.lately.retain(|_, at| now.saturating_duration_since(*at) < Duration::from_secs(1));
    }
}

/// Bytes that may be repeated to a receiver whose way has a limit, over all its slots: what the line loses by itself and some.
/// What was lost because too much was sent is not helped by sending more.
#[derive(Debug, Default)]
pub(super) struct RepeatRoom {
    bytes: f64,
    at: Option<Instant>,
}

impl RepeatRoom {
    /// Share of the way that is always there for repetitions.
    const SHARE: f64 = 0.1;
    /// What is repeated may be lost again.
    const OF_LOSSES: f64 = 1.5;
    /// Room is saved for so long: a burst of losses is mended at once.
    const SAVED: Duration = Duration::from_secs(1);

    /// True if there is room, for a way that carries `target` bits a second and loses `own_loss` of them by itself.
    pub(super) fn has_room(&mut self, now: Instant, target: BitRate, own_loss: f64) -> bool {
        let full = target as f64 / 8.0 * (Self::SHARE + own_loss * Self::OF_LOSSES) * Self::SAVED.as_secs_f64();
        let grown = match self.at.replace(now) {
            None => full,
            Some(at) => full * now.saturating_duration_since(at).as_secs_f64() / Self::SAVED.as_secs_f64(),
        };
        self.bytes = (self.bytes + grown).min(full);
        self.bytes > 0.0
    }

    /// So much was repeated.
    pub(super) fn take(&mut self, bytes: usize) {
        self.bytes -= bytes as f64;
    }
}
