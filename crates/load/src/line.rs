//! One direction of a thin line, in user space: a queue before a slow wire, chance, delay.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::socket::Nanos;

/// IP and UDP headers, which the wire carries too.
const HEADERS: usize = 28;
/// Runs meet the same chance.
const SEED: u64 = 300;

/// What a line does to packets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Bits a second.
    pub rate: u64,
    /// Bytes that wait for the wire; what comes when so many wait is dropped.
    pub queue_bytes: u64,
    /// Share of packets that are lost on the wire.
    pub loss: f64,
    /// From the wire to the other end.
    pub delay: Duration,
}

/// One direction.
#[derive(Debug)]
pub struct Line {
    shape: Shape,
    /// The wire is busy until then.
    busy: Nanos,
    /// By time of arrival, which is the order in which they came.
    carried: VecDeque<(Nanos, Bytes)>,
    random: StdRng,
    /// Packets that were lost on the wire.
    pub lost: u64,
    /// Packets that found the queue full.
    pub overflowed: u64,
}

impl Line {
    /// A line with nothing on it.
    pub fn new(shape: Shape) -> Self {
        let random = StdRng::seed_from_u64(SEED);
        Self { shape, busy: 0, carried: VecDeque::new(), random, lost: 0, overflowed: 0 }
    }

    /// From now on it is another line; what is on its way arrives as it would have. Its delay must not shrink: packets do not
    /// overtake each other.
    pub fn reshape(&mut self, shape: Shape) {
        self.shape = shape;
    }

    /// A datagram came to its beginning.
    pub fn push(&mut self, at: Nanos, datagram: &[u8]) {
        let Shape { rate, queue_bytes, loss, delay } = self.shape;
        let start = self.busy.max(at);
        let waiting = u128::from(start - at) * u128::from(rate) / 8_000_000_000;
        if waiting > u128::from(queue_bytes) {
            self.overflowed += 1;
            return;
        }
        self.busy = start + (datagram.len() + HEADERS) as u64 * 8_000_000_000 / rate;
        if self.random.random_bool(loss) {
            self.lost += 1;
            return;
        }
        let arrival = self.busy + u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
        self.carried.push_back((arrival, Bytes::copy_from_slice(datagram)));
    }

    /// The next datagram that has arrived by now, with its time.
    pub fn pop(&mut self, now: Nanos) -> Option<(Nanos, Bytes)> {
        self.due().filter(|due| *due <= now)?;
        self.carried.pop_front()
    }

    /// When the next datagram arrives.
    pub fn due(&self) -> Option<Nanos> {
        self.carried.front().map(|(arrival, _)| *arrival)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Nanos = 1_000_000;
    /// 972 bytes and headers: 1,000 bytes take 10 ms.
    const SHAPE: Shape = Shape { rate: 800_000, queue_bytes: 3_000, loss: 0.0, delay: Duration::from_millis(150) };

    #[test]
    fn packets_wait_for_the_wire_and_arrive_after_the_delay() {
        let mut line = Line::new(SHAPE);
        line.push(1_000 * MILLI, &[1; 972]);
        line.push(1_000 * MILLI, &[2; 972]);

        assert_eq!(line.pop(1_159 * MILLI), None);
        let (first, datagram) = line.pop(1_200 * MILLI).unwrap();
        assert_eq!((first, datagram[0]), (1_160 * MILLI, 1));
        assert_eq!(line.pop(1_200 * MILLI).unwrap().0, 1_170 * MILLI);
        assert_eq!(line.due(), None);
    }

    #[test]
    fn a_full_queue_drops_what_comes_last() {
        let mut line = Line::new(SHAPE);
        for _ in 0..10 {
            line.push(0, &[0; 972]);
        }

        let arrived = std::iter::from_fn(|| line.pop(Nanos::MAX)).count();
        assert_eq!((arrived, line.overflowed), (4, 6), "one on the wire and 3,000 bytes that wait");
    }

    #[test]
    fn chance_takes_its_share_and_leaves_when_it_is_told() {
        let mut line = Line::new(Shape { rate: 8_000_000_000, loss: 0.05, ..SHAPE });
        (0..10_000).for_each(|at| line.push(at * MILLI, &[0; 100]));
        assert!((400..600).contains(&line.lost), "{} of 10,000", line.lost);

        let before = line.lost;
        line.reshape(SHAPE);
        (10_000..11_000).for_each(|at| line.push(at * 10 * MILLI, &[0; 100]));
        assert_eq!(line.lost, before);
    }
}
