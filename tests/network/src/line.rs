//! What happens to a packet on one direction of a line. Pure: time and a seed come in, the packet's fate comes out.
//!
//! A packet waits in a bounded queue for its turn on the wire (rate), may be lost there, and arrives after the delay.

use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};

/// The delay wanders from one random value to the next in this time: queues on the way fill and empty, they do not throw
/// dice for each packet.
const JITTER_STEP: Duration = Duration::from_millis(100);
/// Bound of the queue before a throttled wire, bytes: what home routers have, a second and a half at 300 kbit/s.
const DEFAULT_QUEUE_BYTES: u32 = 64_000;

/// What one direction of a line does to packets. The default does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Impairment {
    /// Delay of each packet, ms.
    pub delay_ms: u32,
    /// The delay wanders by at most this to both sides, ms. Packets are never reordered by it.
    pub jitter_ms: u32,
    /// Share of packets that are lost, 0 to 1.
    pub loss: f64,
    /// Mean number of packets that are lost in a row; 1: each packet is lost or not by itself.
    pub burst: f64,
    /// Bits of IP packets that pass in a second, kbit/s; none: as fast as they come.
    pub rate_kbps: Option<u32>,
    /// What waits for its turn on a throttled wire, bytes; more is dropped.
    pub queue_bytes: u32,
    /// The cable is cut: nothing passes.
    pub cut: bool,
}

impl Default for Impairment {
    fn default() -> Self {
        Self {
            delay_ms: 0,
            jitter_ms: 0,
            loss: 0.0,
            burst: 1.0,
            rate_kbps: None,
            queue_bytes: DEFAULT_QUEUE_BYTES,
            cut: false,
        }
    }
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It arrives then.
    Arrives(Instant),
    /// It is lost on the wire.
    Lost,
    /// The queue before the wire is full.
    Overflowed,
    /// There is no wire.
    Cut,
}

/// One direction of a line.
#[derive(Debug)]
pub struct Line {
    impairment: Impairment,
    random: StdRng,
    /// When the wire has sent all that waits.
    free_at: Instant,
    /// No packet overtakes the one before.
    last_arrival: Instant,
    losing: bool,
    jitter: Jitter,
}

impl Line {
    /// A line with its seed: the same seed and the same packets have the same fates.
    pub fn new(now: Instant, impairment: Impairment, seed: u64) -> Self {
        let jitter = Jitter { from: 0.0, to: 0.0, since: now };
        Self { impairment, random: StdRng::seed_from_u64(seed), free_at: now, last_arrival: now, losing: false, jitter }
    }

    /// Another behaviour from now on. What is on its way arrives as it was going to.
    pub fn set(&mut self, now: Instant, impairment: Impairment) {
        self.impairment = impairment;
        // What waited for a slow wire does not keep a fast one busy.
        self.free_at = now;
        self.losing = false;
    }

    /// How it behaves.
    pub fn impairment(&self) -> Impairment {
        self.impairment
    }

    /// A packet of `bytes` (with its IP header) enters the line.
    pub fn handle_packet(&mut self, now: Instant, bytes: usize) -> Fate {
        if self.impairment.cut {
            return Fate::Cut;
        }
        let Some(sent) = self.send(now, bytes) else { return Fate::Overflowed };
        if self.is_lost() {
            return Fate::Lost;
        }
        let arrival = (sent + self.delay(now)).max(self.last_arrival);
        self.last_arrival = arrival;
        Fate::Arrives(arrival)
    }

    /// When the packet's last bit is on the wire; nothing if the queue is full.
    fn send(&mut self, now: Instant, bytes: usize) -> Option<Instant> {
        let Some(kbps) = self.impairment.rate_kbps else { return Some(now) };
        let bits_per_second = f64::from(kbps.max(1)) * 1_000.0;
        let waiting = self.free_at.saturating_duration_since(now);
        let waiting_bytes = waiting.as_secs_f64() * bits_per_second / 8.0;
        // A wire that does nothing takes any packet.
        if !waiting.is_zero() && waiting_bytes + bytes as f64 > f64::from(self.impairment.queue_bytes) {
            return None;
        }
        let sending = Duration::from_secs_f64(bytes as f64 * 8.0 / bits_per_second);
        self.free_at = self.free_at.max(now) + sending;
        Some(self.free_at)
    }

    /// Two states (Gilbert): good, and a burst in which everything is lost.
    fn is_lost(&mut self) -> bool {
        let Impairment { loss, burst, .. } = self.impairment;
        if loss <= 0.0 {
            return false;
        }
        if burst <= 1.0 {
            return self.random.random::<f64>() < loss;
        }
        let change = if self.losing { 1.0 / burst } else { loss / (burst * (1.0 - loss).max(f64::EPSILON)) };
        if self.random.random::<f64>() < change {
            self.losing = !self.losing;
        }
        self.losing
    }

    fn delay(&mut self, now: Instant) -> Duration {
        let Impairment { delay_ms, jitter_ms, .. } = self.impairment;
        let delay = Duration::from_millis(u64::from(delay_ms));
        if jitter_ms == 0 {
            return delay;
        }
        let most = f64::from(jitter_ms) / 1_000.0;
        let wandered = self.jitter.at(now, || self.random.random_range(-1.0..=1.0)) * most;
        Duration::from_secs_f64((delay.as_secs_f64() + wandered).max(0.0))
    }
}

/// A value between −1 and 1 that wanders.
#[derive(Debug)]
struct Jitter {
    from: f64,
    to: f64,
    since: Instant,
}

impl Jitter {
    fn at(&mut self, now: Instant, mut next: impl FnMut() -> f64) -> f64 {
        if now.saturating_duration_since(self.since) >= JITTER_STEP {
            self.from = self.to;
            self.to = next();
            // After a pause the wandering goes on from where it was: nobody saw the steps in between.
            let steps = now.saturating_duration_since(self.since).as_micros() / JITTER_STEP.as_micros();
            self.since += JITTER_STEP * u32::try_from(steps).unwrap_or(u32::MAX);
        }
        let part = now.saturating_duration_since(self.since).as_secs_f64() / JITTER_STEP.as_secs_f64();
        self.from + (self.to - self.from) * part.min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet of video with its headers.
    const BYTES: usize = 1_200;

    /// Fates of `count` packets, `every` apart, each with when it was sent.
    fn fates(impairment: Impairment, count: u32, every: Duration) -> Vec<(Instant, Fate)> {
        let start = Instant::now();
        let mut line = Line::new(start, impairment, 7);
        (0..count).map(|at| start + every * at).map(|now| (now, line.handle_packet(now, BYTES))).collect()
    }

    fn arrivals(fates: &[(Instant, Fate)]) -> Vec<(Instant, Instant)> {
        let arrival = |(sent, fate): &(Instant, Fate)| match fate {
            Fate::Arrives(at) => Some((*sent, *at)),
            Fate::Lost | Fate::Overflowed | Fate::Cut => None,
        };
        fates.iter().filter_map(arrival).collect()
    }

    #[test]
    fn a_perfect_line_changes_nothing() {
        let fates = fates(Impairment::default(), 100, Duration::from_millis(1));

        assert!(fates.iter().all(|(sent, fate)| *fate == Fate::Arrives(*sent)));
    }

    #[test]
    fn each_packet_is_delayed_by_exactly_the_delay() {
        let impairment = Impairment { delay_ms: 250, ..Impairment::default() };

        let fates = fates(impairment, 1_000, Duration::from_millis(3));

        let delay = Duration::from_millis(250);
        assert!(fates.iter().all(|(sent, fate)| *fate == Fate::Arrives(*sent + delay)));
    }

    #[test]
    fn jitter_wanders_to_both_sides_around_the_delay_and_reorders_nothing() {
        let impairment = Impairment { delay_ms: 150, jitter_ms: 40, ..Impairment::default() };

        let fates = fates(impairment, 40_000, Duration::from_millis(3));

        let arrivals = arrivals(&fates);
        let delays: Vec<f64> = arrivals.iter().map(|(sent, at)| (*at - *sent).as_secs_f64() * 1_000.0).collect();
        let mean = delays.iter().sum::<f64>() / delays.len() as f64;
        let [least, most] = [f64::min, f64::max].map(|pick| delays.iter().copied().reduce(pick).unwrap());
        assert!((110.0..118.0).contains(&least) && (182.0..=190.0).contains(&most), "{least} to {most} ms");
        assert!((mean - 150.0).abs() < 2.0, "{mean} ms");
        assert!(arrivals.windows(2).all(|pair| pair[0].1 <= pair[1].1));
    }

    #[test]
    fn random_loss_takes_its_share_and_single_packets() {
        let impairment = Impairment { loss: 0.1, ..Impairment::default() };

        let (share, mean_burst) = losses(&fates(impairment, 100_000, Duration::from_millis(1)));

        assert!((share - 0.1).abs() < 0.005, "{share}");
        assert!((mean_burst - 1.0 / 0.9).abs() < 0.05, "{mean_burst} in a row");
    }

    #[test]
    fn bursts_take_their_share_and_have_their_length() {
        let impairment = Impairment { loss: 0.2, burst: 5.0, ..Impairment::default() };

        let (share, mean_burst) = losses(&fates(impairment, 200_000, Duration::from_millis(1)));

        assert!((share - 0.2).abs() < 0.01, "{share}");
        assert!((mean_burst - 5.0).abs() < 0.25, "{mean_burst} in a row");
    }

    /// Share of lost packets and mean length of runs of them.
    fn losses(fates: &[(Instant, Fate)]) -> (f64, f64) {
        let lost: Vec<bool> = fates.iter().map(|(_, fate)| *fate == Fate::Lost).collect();
        let count = lost.iter().filter(|lost| **lost).count() as f64;
        let runs = lost.windows(2).filter(|pair| !pair[0] && pair[1]).count() as f64;
        (count / lost.len() as f64, count / runs)
    }

    #[test]
    fn a_throttled_wire_passes_its_rate_and_drops_the_rest() {
        let impairment = Impairment { rate_kbps: Some(300), ..Impairment::default() };

        // 9.6 Mbit/s for ten seconds.
        let fates = fates(impairment, 10_000, Duration::from_millis(1));

        let arrived = arrivals(&fates);
        let bits = (arrived.len() * BYTES * 8) as f64;
        let seconds = (arrived.last().unwrap().1 - fates[0].0).as_secs_f64();
        assert!((bits / seconds - 300_000.0).abs() < 3_000.0, "{} bit/s", bits / seconds);
        assert_eq!(fates.iter().filter(|(_, fate)| *fate == Fate::Overflowed).count() + arrived.len(), 10_000);
    }

    #[test]
    fn no_packet_waits_longer_than_a_full_queue_takes() {
        let impairment = Impairment { rate_kbps: Some(1_000), queue_bytes: 25_000, ..Impairment::default() };

        let fates = fates(impairment, 5_000, Duration::from_millis(1));

        let longest = arrivals(&fates).iter().map(|(sent, at)| *at - *sent).max().unwrap();
        assert!(longest <= Duration::from_millis(200), "{longest:?}: 25,000 bytes take 200 ms");
        assert!(longest >= Duration::from_millis(185), "{longest:?}");
    }

    #[test]
    fn a_packet_larger_than_the_queue_passes_an_idle_wire() {
        let impairment = Impairment { rate_kbps: Some(1_000), queue_bytes: 100, ..Impairment::default() };

        let fates = fates(impairment, 10, Duration::from_millis(20));

        assert_eq!(arrivals(&fates).len(), 10);
    }

    #[test]
    fn a_cut_line_passes_nothing_until_it_is_mended() {
        let start = Instant::now();
        let mut line = Line::new(start, Impairment { cut: true, ..Impairment::default() }, 7);

        assert_eq!(line.handle_packet(start, BYTES), Fate::Cut);
        line.set(start, Impairment::default());
        assert_eq!(line.handle_packet(start, BYTES), Fate::Arrives(start));
    }

    #[test]
    fn a_shorter_delay_lets_nobody_overtake() {
        let start = Instant::now();
        let mut line = Line::new(start, Impairment { delay_ms: 250, ..Impairment::default() }, 7);

        let slow = line.handle_packet(start, BYTES);
        line.set(start, Impairment { delay_ms: 30, ..Impairment::default() });
        let fast = line.handle_packet(start + Duration::from_millis(1), BYTES);

        assert_eq!(fast, slow);
    }

    #[test]
    fn the_same_seed_gives_the_same_fates() {
        let impairment = Impairment { loss: 0.3, jitter_ms: 20, delay_ms: 20, ..Impairment::default() };
        let start = Instant::now();
        let run = |seed| {
            let mut line = Line::new(start, impairment, seed);
            (0..500).map(|at| line.handle_packet(start + Duration::from_millis(at), BYTES)).collect::<Vec<_>>()
        };

        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }
}
