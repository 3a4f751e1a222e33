//! Carries packets from one TUN device to another, as the line between them says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use serde::Serialize;
use tokio::time::sleep_until;
use tokio_tun::Tun;

use crate::line::{Fate, Impairment, Line};

/// Packets under way in one direction: a second of 200 Mbit/s. More is dropped, so that a test cannot fill the memory.
const MAX_UNDER_WAY: usize = 16_384;
/// Largest packet that a TUN device gives: its MTU is 1,500.
const MAX_PACKET_BYTES: usize = 2_048;

/// What became of the packets of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Arrived.
    pub arrived: u64,
    /// Lost on the wire.
    pub lost: u64,
    /// Dropped because the queue was full.
    pub overflowed: u64,
    /// Met a cut.
    pub cut: u64,
}

/// One direction of a line, to be changed while packets pass.
#[derive(Debug, Clone)]
pub struct Way {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    line: Line,
    counts: Counts,
}

impl Way {
    pub(crate) fn new(seed: u64) -> Self {
        let line = Line::new(Instant::now(), Impairment::default(), seed);
        Self { shared: Arc::new(Mutex::new(Shared { line, counts: Counts::default() })) }
    }

    /// Another behaviour from now on.
    pub fn set(&self, impairment: Impairment) {
        self.lock().line.set(Instant::now(), impairment);
    }

    /// How it behaves.
    pub fn impairment(&self) -> Impairment {
        self.lock().line.impairment()
    }

    /// What became of the packets so far.
    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("nothing panics while it holds a line")
    }

    /// When a packet arrives, if it does.
    fn fate(&self, now: Instant, bytes: usize, under_way: usize) -> Option<Instant> {
        let mut shared = self.lock();
        match shared.line.handle_packet(now, bytes) {
            Fate::Arrives(at) if under_way < MAX_UNDER_WAY => {
                shared.counts.arrived += 1;
                return Some(at);
            }
            Fate::Arrives(_) | Fate::Overflowed => shared.counts.overflowed += 1,
            Fate::Lost => shared.counts.lost += 1,
            Fate::Cut => shared.counts.cut += 1,
        }
        None
    }
}

/// Carries packets until a device is gone. Timers have a resolution of a millisecond: packets are up to that much late.
pub(crate) async fn pump(from: Arc<Tun>, to: Arc<Tun>, way: Way) -> std::io::Result<std::convert::Infallible> {
    let mut under_way: VecDeque<(Instant, Vec<u8>)> = VecDeque::new();
    let mut buffer = [0; MAX_PACKET_BYTES];
    loop {
        let next = under_way.front().map(|(at, _)| *at);
        let due = async {
            match next {
                Some(at) => sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            received = from.recv(&mut buffer) => {
                let packet = &buffer[..received?];
                if is_ipv4(packet) && let Some(at) = way.fate(Instant::now(), packet.len(), under_way.len()) {
                    under_way.push_back((at, packet.to_vec()));
                }
            }
            () = due => {}
        }
        let now = Instant::now();
        while under_way.front().is_some_and(|(at, _)| *at <= now) {
            let Some((_, packet)) = under_way.pop_front() else { break };
            to.send(&packet).await?;
        }
    }
}

/// Kernels look for IPv6 routers on every new device; that is not the test's traffic.
fn is_ipv4(packet: &[u8]) -> bool {
    packet.first().is_some_and(|first| first >> 4 == 4)
}
