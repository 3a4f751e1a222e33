//! Records of handshakes wait for their turn: each costs the relay a fraction of a millisecond, in which it forwards nothing. Five
//! hundred sites that come at once must not keep the media of the others waiting, nor fill the socket behind it.

use std::{collections::VecDeque, time::Instant};

use crate::EndpointId;

/// Datagrams that wait: eight of each of five hundred sites. What is beyond is lost, and said again by its sender.
const MAX_WAITING: usize = 4_096;

/// Datagrams that are read in one turn, between two looks at the socket: two milliseconds at most.
const PER_TURN: usize = 4;

#[derive(Debug)]
struct Waiting {
    since: Instant,
    peer: EndpointId,
    datagram: Vec<u8>,
}

/// The queue, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Handshakes(VecDeque<Waiting>);

impl Handshakes {
    pub(crate) fn push(&mut self, now: Instant, peer: EndpointId, datagram: &[u8]) {
        if self.0.len() < MAX_WAITING {
            self.0.push_back(Waiting { since: now, peer, datagram: datagram.to_vec() });
        }
    }

    /// What may be read in this turn.
    pub(crate) fn turn(&mut self) -> Vec<(EndpointId, Vec<u8>)> {
        let count = self.0.len().min(PER_TURN);
        self.0.drain(..count).map(|waiting| (waiting.peer, waiting.datagram)).collect()
    }

    /// When the next turn is due: at once, if something waits.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.0.front().map(|waiting| waiting.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_read_a_few_at_a_time_in_its_order_and_within_bounds() {
        let now = Instant::now();
        let mut handshakes = Handshakes::default();
        for number in 0..MAX_WAITING as u64 + 10 {
            handshakes.push(now, EndpointId(number), &[1, 2, 3]);
        }

        let first: Vec<u64> = handshakes.turn().into_iter().map(|(peer, _)| peer.0).collect();

        assert_eq!(first, [0, 1, 2, 3]);
        assert_eq!(handshakes.poll_timeout(), Some(now));
        let rest = std::iter::from_fn(|| Some(handshakes.turn().len()).filter(|read| *read > 0)).sum::<usize>();
        assert_eq!(rest + first.len(), MAX_WAITING);
        assert_eq!(handshakes.poll_timeout(), None);
    }
}
