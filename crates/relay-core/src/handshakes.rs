//! Records of handshakes wait for their turn: each costs the relay a fraction of a millisecond, in which it forwards nothing. Five
//! hundred sites that come at once must not keep the media of the others waiting, nor fill the socket behind it.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Instant,
};

use crate::EndpointId;

/// Datagrams of one endpoint that wait: two flights of four, repeated. What is beyond is lost, and said again by its sender.
const MAX_OF_ONE: usize = 16;

/// Datagrams that are read in one turn, between two looks at the socket: two milliseconds at most.
const PER_TURN: usize = 4;

/// Endpoints take turns, a datagram each: one that floods keeps only itself waiting.
#[derive(Debug, Default)]
pub(crate) struct Handshakes {
    waiting: BTreeMap<EndpointId, VecDeque<Vec<u8>>>,
    /// Who is next, and since when.
    order: VecDeque<(Instant, EndpointId)>,
}

impl Handshakes {
    pub(crate) fn push(&mut self, now: Instant, peer: EndpointId, datagram: &[u8]) {
        let waiting = self.waiting.entry(peer).or_default();
        if waiting.is_empty() {
            self.order.push_back((now, peer));
        }
        if waiting.len() < MAX_OF_ONE {
            waiting.push_back(datagram.to_vec());
        }
    }

    /// What may be read in this turn.
    pub(crate) fn turn(&mut self) -> Vec<(EndpointId, Vec<u8>)> {
        let mut read = Vec::new();
        while read.len() < PER_TURN
            && let Some((since, peer)) = self.order.pop_front()
        {
            let Some(waiting) = self.waiting.get_mut(&peer) else { continue };
            read.extend(waiting.pop_front().map(|datagram| (peer, datagram)));
            if waiting.is_empty() {
                self.waiting.remove(&peer);
            } else {
                self.order.push_back((since, peer));
            }
        }
        read
    }

    /// When the next turn is due: at once, if something waits.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.order.front().map(|(since, _)| *since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_read_a_few_at_a_time_and_who_floods_keeps_only_itself_waiting() {
        let now = Instant::now();
        let mut handshakes = Handshakes::default();
        for _ in 0..10_000 {
            handshakes.push(now, EndpointId(1), &[1]);
        }
        for number in 2..6 {
            handshakes.push(now, EndpointId(number), &[2]);
        }

        let peers = |read: Vec<(EndpointId, Vec<u8>)>| read.into_iter().map(|(peer, _)| peer.0).collect::<Vec<_>>();
        assert_eq!(peers(handshakes.turn()), [1, 2, 3, 4]);
        assert_eq!(handshakes.poll_timeout(), Some(now));
        assert_eq!(peers(handshakes.turn()), [5, 1, 1, 1]);

        let rest = std::iter::from_fn(|| Some(handshakes.turn().len()).filter(|read| *read > 0)).sum::<usize>();
        assert_eq!(rest, MAX_OF_ONE - 4);
        assert_eq!(handshakes.poll_timeout(), None);
    }
}
