//! DTLS records that arrive before the check that proves their tuple: kept for a moment instead of being lost, since
//! the sender would repeat its hello only after a second.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::Tuple;

/// Datagrams kept for all tuples together: 64 of at most 1,500 bytes are 96 KB, whoever sends them. The oldest goes.
const MAX_KEPT: usize = 64;
/// Datagrams kept of one tuple: a hello fits into one, or two with large key shares.
const MAX_KEPT_OF_TUPLE: usize = 3;
/// After this the sender has repeated it.
const KEPT_FOR: Duration = Duration::from_secs(2);

/// Datagrams of tuples that are nobody's yet.
#[derive(Debug, Default)]
pub(crate) struct EarlyRecords {
    kept: VecDeque<Kept>,
}

#[derive(Debug)]
struct Kept {
    at: Instant,
    from: Tuple,
    datagram: Vec<u8>,
}

impl EarlyRecords {
    pub(crate) fn keep(&mut self, now: Instant, from: Tuple, datagram: &[u8]) {
        if self.kept.iter().filter(|kept| kept.from == from).count() >= MAX_KEPT_OF_TUPLE {
            return;
        }
        if self.kept.len() >= MAX_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(Kept { at: now, from, datagram: datagram.to_vec() });
    }

    /// Takes what is kept of a tuple, oldest first, and drops what is too old.
    pub(crate) fn take(&mut self, now: Instant, from: Tuple) -> Vec<Vec<u8>> {
        let mut taken = Vec::new();
        self.kept.retain_mut(|kept| {
            let fresh = now.saturating_duration_since(kept.at) <= KEPT_FOR;
            if fresh && kept.from == from {
                taken.push(std::mem::take(&mut kept.datagram));
            }
            fresh && kept.from != from
        });
        taken
    }
}
