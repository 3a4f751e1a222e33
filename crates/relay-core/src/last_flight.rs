//! Repeats a flight of a DTLS handshake where `rtc-dtls` 0.21.1 forgets to. It stops its timer at any handshake record and sets it
//! again only if that record brings the handshake on. So a flight that was lost is never repeated once the peer has repeated its
//! own, or a part of its next one has come: the two wait for each other, and a tenth of all handshakes behind 30 % of loss fail.
//!
//! RFC 6347 §4.2.4: who reads a repeated flight repeats its own.

use std::time::{Duration, Instant};

use bytes::BytesMut;

/// The rest of the peer's flight may be just behind what came of it.
const REST: Duration = Duration::from_millis(50);
/// Between two repetitions, and then twice as long each time.
const INTERVAL: Duration = Duration::from_millis(400);
const MAX_INTERVAL: Duration = Duration::from_millis(3_200);
/// Repetitions of one flight.
const MAX_REPETITIONS: u32 = 10;

/// The flight that was sent last, and when it is sent again.
///
/// The datagrams are repeated as they are, record numbers and all: what the peer has already, its replay window drops
/// (RFC 6347 §4.1.2.6), and what it does not have is new to it. A peer that received a record and threw it away is not helped; the
/// RFC's way, new numbers for a repeated flight, needs the library.
#[derive(Debug, Default)]
pub struct LastFlight {
    datagrams: Vec<BytesMut>,
    due: Option<Instant>,
    interval: Duration,
    repetitions: u32,
}

impl LastFlight {
    /// Datagrams left together; none: nothing changes. `rtc-dtls` repeats a flight with new record numbers, which counts as a
    /// flight of its own.
    pub fn sent(&mut self, datagrams: Vec<BytesMut>) {
        if !datagrams.is_empty() {
            *self = Self { datagrams, due: None, interval: INTERVAL, repetitions: 0 };
        }
    }

    /// The handshake goes on. `forgotten`: it waits, and `rtc-dtls` has no timer for it.
    pub fn watch(&mut self, now: Instant, forgotten: bool) {
        if !forgotten || self.datagrams.is_empty() || self.repetitions == MAX_REPETITIONS {
            self.due = None;
        } else if self.due.is_none() {
            self.due = Some(now + REST);
        }
    }

    /// When [`Self::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// Gives what is to be sent again now.
    pub fn handle_timeout(&mut self, now: Instant) -> &[BytesMut] {
        if self.due.is_none_or(|due| due > now) {
            return &[];
        }
        self.repetitions += 1;
        self.due = (self.repetitions < MAX_REPETITIONS).then_some(now + self.interval);
        self.interval = (self.interval * 2).min(MAX_INTERVAL);
        &self.datagrams
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgotten_flight_is_repeated_less_and_less_often_and_not_for_ever() {
        let start = Instant::now();
        let mut flight = LastFlight::default();
        flight.watch(start, true);
        assert_eq!(flight.poll_timeout(), None, "nothing was sent yet");
        flight.sent(vec![BytesMut::from("one"), BytesMut::from("two")]);
        flight.watch(start, false);
        assert_eq!(flight.poll_timeout(), None, "it has a timer");

        flight.watch(start, true);
        let mut at = Vec::new();
        while let Some(due) = flight.poll_timeout() {
            assert!(flight.handle_timeout(due - Duration::from_millis(1)).is_empty());
            assert_eq!(flight.handle_timeout(due).len(), 2);
            // Whatever else comes of the peer changes nothing.
            flight.watch(due, true);
            at.push((due - start).as_millis());
        }
        assert_eq!(at[..5], [50, 450, 1_250, 2_850, 6_050]);
        assert_eq!(at.len(), MAX_REPETITIONS as usize);

        flight.sent(Vec::new());
        assert_eq!(flight.poll_timeout(), None);
        flight.sent(vec![BytesMut::from("next")]);
        flight.watch(start, true);
        assert_eq!(flight.poll_timeout(), Some(start + REST));
    }
}
