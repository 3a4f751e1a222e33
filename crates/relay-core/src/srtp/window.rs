//! Which packet indices were seen: the replay list of RFC 3711 §3.3.2, used in both directions.

use super::SrtpError;

/// Packets below the newest that can still be told apart: a second of a 10 Mbit/s layer. Older ones are taken for seen.
const WINDOW: u64 = 1024;
const WORD_BITS: u64 = u64::BITS as u64;

/// Half of the sequence number space: what is further ahead is taken for behind.
const HALF: u16 = 1 << 15;

/// A window over the newest indices.
#[derive(Debug, Clone)]
pub(super) struct IndexWindow {
    highest: u64,
    /// Bit `index % WINDOW` is set if the index was seen.
    seen: [u64; (WINDOW / WORD_BITS) as usize],
}

impl IndexWindow {
    /// A window that ends at `first`, which is still fresh.
    pub(super) fn new(first: u64) -> Self {
        Self { highest: first, seen: [0; _] }
    }

    pub(super) fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether an index is still fresh.
    pub(super) fn check(&self, index: u64) -> Result<(), SrtpError> {
        if index > self.highest {
            Ok(())
        } else if self.highest - index >= WINDOW {
            Err(SrtpError::TooOld)
        } else if self.seen[Self::word(index)] & Self::bit(index) != 0 {
            Err(SrtpError::Replayed)
        } else {
            Ok(())
        }
    }

    /// Marks a fresh index as seen.
    pub(super) fn accept(&mut self, index: u64) {
        debug_assert_eq!(self.check(index), Ok(()), "an index is used once");
        if index > self.highest {
            if index - self.highest >= WINDOW {
                self.seen = [0; _];
            } else {
                for skipped in self.highest + 1..index {
                    self.seen[Self::word(skipped)] &= !Self::bit(skipped);
                }
            }
            self.highest = index;
        }
        self.seen[Self::word(index)] |= Self::bit(index);
    }

    fn word(index: u64) -> usize {
        ((index % WINDOW) / WORD_BITS) as usize
    }

    fn bit(index: u64) -> u64 {
        1 << (index % WORD_BITS)
    }
}

/// The index that a wire sequence number most likely stands for (RFC 3711 §3.3.1); none: from before the first packet.
pub(super) fn estimate_index(highest: u64, sequence: u16) -> Option<u64> {
    let ahead = sequence.wrapping_sub(highest as u16);
    if ahead < HALF {
        highest.checked_add(u64::from(ahead))
    } else {
        highest.checked_sub(u64::from(ahead.wrapping_neg()))
    }
}
