//! What a stretch of time cost on both sides, and whether it counts.

use std::time::{Duration, Instant};

use crate::orders::Usage;

/// A run in which the load's core was busier than this is void: it would measure the load.
const MAX_LOAD_SHARE: f64 = 0.9;

/// A moment's counters, or the difference of two moments.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// The moment.
    pub at: Instant,
    /// Time between the moments.
    pub wall: Duration,
    /// The relay process.
    pub relay: Usage,
    /// This process.
    pub load: Usage,
    /// RTP packets that arrived.
    pub packets: u64,
    /// Datagrams lost at the load's socket.
    pub dropped: u64,
    /// Packets lost in the kernel's loopback.
    pub kernel_dropped: u64,
    /// Datagrams that the load could not send.
    pub unsent: u64,
}

impl Window {
    /// What happened since an earlier moment.
    pub fn since(&self, before: &Self) -> Self {
        let used = |now: Usage, then: Usage| Usage { cpu_us: now.cpu_us - then.cpu_us, rss_kib: now.rss_kib };
        Self {
            at: self.at,
            wall: self.at.saturating_duration_since(before.at),
            relay: used(self.relay, before.relay),
            load: used(self.load, before.load),
            packets: self.packets - before.packets,
            dropped: self.dropped - before.dropped,
            kernel_dropped: self.kernel_dropped - before.kernel_dropped,
            unsent: self.unsent - before.unsent,
        }
    }

    /// CPU of the relay for each packet that it forwarded, µs.
    pub fn us_per_packet(&self) -> f64 {
        self.relay.cpu_us as f64 / self.packets.max(1) as f64
    }

    /// CPU of the load for each packet that it received, µs.
    pub fn load_us_per_packet(&self) -> f64 {
        self.load.cpu_us as f64 / self.packets.max(1) as f64
    }

    /// Share of its core that the relay used.
    pub fn relay_share(&self) -> f64 {
        self.relay.cpu_us as f64 / self.wall.as_micros().max(1) as f64
    }

    /// Share of its core that the load used.
    pub fn load_share(&self) -> f64 {
        self.load.cpu_us as f64 / self.wall.as_micros().max(1) as f64
    }

    /// Why it does not count; none: it does.
    pub fn void(&self) -> Option<String> {
        if self.dropped > 0 {
            return Some(format!("the load's socket dropped {} datagrams", self.dropped));
        }
        if self.kernel_dropped > 0 {
            return Some(format!("the kernel's loopback dropped {} packets", self.kernel_dropped));
        }
        if self.unsent > 0 {
            return Some(format!("the load could not send {} datagrams", self.unsent));
        }
        let share = self.load_share();
        (share > MAX_LOAD_SHARE).then(|| format!("the load's core was {:.0} % busy", share * 100.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(cpu_us: u64, dropped: u64) -> Window {
        let load = Usage { cpu_us, rss_kib: 0 };
        Window {
            at: Instant::now(),
            wall: Duration::from_secs(1),
            relay: Usage { cpu_us: 300_000, rss_kib: 0 },
            load,
            packets: 100_000,
            dropped,
            kernel_dropped: 0,
            unsent: 0,
        }
    }

    #[test]
    fn a_busy_load_or_a_drop_voids_the_run() {
        assert_eq!(window(890_000, 0).void(), None);
        assert!(window(910_000, 0).void().is_some_and(|why| why.contains("91 %")));
        assert!(window(100_000, 3).void().is_some_and(|why| why.contains("3 datagrams")));
    }

    #[test]
    fn cost_is_per_packet() {
        assert!((window(0, 0).us_per_packet() - 3.0).abs() < 1e-9);
        assert!((window(0, 0).relay_share() - 0.3).abs() < 1e-9);
    }
}
