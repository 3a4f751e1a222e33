//! Ranges of a slot's outgoing numbers, each belonging to one stretch of one source, and which of them were given out.

use super::forward::SourceKey;
use super::vp8::PictureOffset;

/// One range.
#[derive(Debug)]
pub(super) struct Epoch {
    pub(super) source: SourceKey,
    pub(super) first_in: u64,
    /// Inclusive; the largest number while open.
    pub(super) last_in: u64,
    pub(super) first_out: u64,
    pub(super) times: TimeMap,
    pub(super) picture: PictureOffset,
}

impl Epoch {
    /// Where a packet of a source goes.
    pub(super) fn outgoing(&self, source: SourceKey, sequence: u64) -> Option<u64> {
        (self.source == source && (self.first_in..=self.last_in).contains(&sequence))
            .then(|| self.first_out + (sequence - self.first_in))
    }

    /// Where an outgoing number came from.
    pub(super) fn incoming(&self, outgoing: u64) -> Option<u64> {
        let sequence = self.first_in + outgoing.checked_sub(self.first_out)?;
        (sequence <= self.last_in).then_some(sequence)
    }
}

/// From a source's RTP time to the slot's.
///
/// The first frames of a new source may have been captured before the last frames of the old one that were already
/// sent. Their times are squeezed to half speed from just above the last sent one until they meet the line again.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeMap {
    pub(super) offset: i64,
    pub(super) start: i64,
    pub(super) lag: i64,
}

impl TimeMap {
    /// Extended RTP time of the slot.
    pub(super) fn map(&self, timestamp: u64) -> i64 {
        let on_line = (timestamp as i64).wrapping_add(self.offset);
        let since = on_line - self.start;
        if since >= 2 * self.lag { on_line } else { self.start + self.lag + since.max(0) / 2 }
    }
}

/// Which of the last outgoing numbers were given out.
#[derive(Debug)]
pub(super) struct SentWindow {
    bits: [u64; Self::WORDS],
    first: u64,
    next: u64,
}

impl SentWindow {
    const WORDS: usize = 16;
    /// Late packets further back than this are dropped: twice what a jitter buffer of a second holds at 2.5 Mbit/s.
    const SIZE: u64 = Self::WORDS as u64 * 64;

    /// Nothing below `first` will ever be given out.
    pub(super) fn starting_at(first: u64) -> Self {
        Self { bits: [0; Self::WORDS], first, next: first }
    }

    /// True once per number.
    pub(super) fn claim(&mut self, sequence: u64) -> bool {
        if sequence < self.first || sequence + Self::SIZE < self.next {
            return false;
        }
        if sequence >= self.next {
            let fresh = (sequence - self.next + 1).min(Self::SIZE);
            for number in sequence + 1 - fresh..=sequence {
                self.bits[Self::word(number)] &= !(1 << (number % 64));
            }
            self.next = sequence + 1;
        }
        let bit = 1 << (sequence % 64);
        let word = &mut self.bits[Self::word(sequence)];
        let first = *word & bit == 0;
        *word |= bit;
        first
    }

    /// The number was given out lately.
    pub(super) fn has(&self, sequence: u64) -> bool {
        sequence < self.next
            && sequence >= self.first
            && sequence + Self::SIZE >= self.next
            && self.bits[Self::word(sequence)] & (1 << (sequence % 64)) != 0
    }

    fn word(sequence: u64) -> usize {
        (sequence / 64) as usize % Self::WORDS
    }
}
