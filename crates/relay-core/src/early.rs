//! DTLS records that arrive before the check that proves their address: kept for a moment instead of being lost, since
//! the sender would repeat its hello only after a second.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Datagrams kept for all addresses together: 64 of at most 1,500 bytes are 96 KB, whoever sends them. The oldest goes.
const MAX_KEPT: usize = 64;
/// Datagrams kept of one address: a hello fits into one, or two with large key shares.
const MAX_KEPT_OF_ADDRESS: usize = 3;
/// After this the sender has repeated it.
const KEPT_FOR: Duration = Duration::from_secs(2);

/// Datagrams of addresses that are nobody's yet.
#[derive(Debug, Default)]
pub(crate) struct EarlyRecords {
    kept: VecDeque<Kept>,
}

#[derive(Debug)]
struct Kept {
    at: Instant,
    from: SocketAddr,
    datagram: Vec<u8>,
}

impl EarlyRecords {
    pub(crate) fn keep(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        if self.kept.iter().filter(|kept| kept.from == from).count() >= MAX_KEPT_OF_ADDRESS {
            return;
        }
        if self.kept.len() >= MAX_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(Kept { at: now, from, datagram: datagram.to_vec() });
    }

    /// Takes what is kept of an address, oldest first, and drops what is too old.
    pub(crate) fn take(&mut self, now: Instant, from: SocketAddr) -> Vec<Vec<u8>> {
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
