//! The load's half of the traffic, whatever server has the other: read what arrived, do what is due, send, sleep.
//!
//! It sleeps by the clock and not on its socket, so that the server's core never pays for waking it; what arrived meanwhile
//! has the kernel's stamp.

use std::{
    net::SocketAddrV4,
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;

use crate::{
    bed::Network,
    cores,
    crowd::{Crowd, Event},
    line::Line,
    orders::Usage,
    socket::{BATCH, Nanos, SharedSocket, wall_nanos},
    stream::Stream,
    window::Window,
};

/// Longest sleep: what arrives is read this late at most.
const TICK: Duration = Duration::from_micros(250);
/// Batches read before timers and publishers get their turn.
const BATCHES_PER_TURN: usize = 4;

/// One peer's way, which is not the machine's.
#[derive(Debug)]
pub struct Way {
    /// The peer.
    pub peer: usize,
    /// To it.
    pub down: Line,
    /// From it.
    pub up: Line,
}

/// Peers with their socket.
pub struct Traffic {
    /// The peers.
    pub crowd: Crowd,
    /// The one peer that sits behind a line of its own.
    pub way: Option<Way>,
    socket: SharedSocket,
    /// Peers that send something: the others are not looked at in every turn.
    publishers: Vec<usize>,
}

impl Traffic {
    /// Nobody yet; peers speak to `server` unless they are told something else.
    ///
    /// # Errors
    ///
    /// The socket cannot be had.
    pub fn open(network: Network, server: SocketAddrV4) -> anyhow::Result<Self> {
        Ok(Self {
            crowd: Crowd::new()?,
            way: None,
            socket: SharedSocket::open(network, server)?,
            publishers: Vec::new(),
        })
    }

    /// Port of all peers.
    pub fn port(&self) -> u16 {
        self.socket.port()
    }

    /// A peer speaks to this address of the server.
    pub fn direct(&mut self, peer: usize, server: SocketAddrV4) {
        self.socket.direct(peer, server);
    }

    /// A peer has something to send.
    pub fn publish(&mut self, peer: usize) {
        self.publishers.push(peer);
    }

    /// The counters of this moment, with what the server has used.
    ///
    /// # Errors
    ///
    /// The kernel does not tell what this process has used.
    pub fn window(&self, relay: Usage) -> anyhow::Result<Window> {
        Ok(Window {
            at: Instant::now(),
            wall: Duration::ZERO,
            relay,
            load: cores::usage()?,
            packets: self.crowd.packets,
            dropped: self.socket.dropped(),
            kernel_dropped: cores::kernel_drops(),
            unsent: self.socket.unsent(),
        })
    }

    /// Takes what happened since the last look.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.crowd.events)
    }

    /// Reads; true: there is more to read.
    ///
    /// # Errors
    ///
    /// The socket fails, or the server sends what cannot be.
    pub fn read(&mut self) -> anyhow::Result<bool> {
        let mut more = true;
        for _ in 0..BATCHES_PER_TURN {
            let count = self.socket.receive().context("the load's socket")?;
            let now = Instant::now();
            for index in 0..count {
                let (peer, at, datagram) = self.socket.datagram(index);
                match &mut self.way {
                    Some(way) if way.peer == peer => way.down.push(at, datagram),
                    _ => self.crowd.take(now, peer, at, datagram)?,
                }
            }
            if count < BATCH {
                more = false;
                break;
            }
        }
        if let Some(way) = &mut self.way {
            while let Some((at, datagram)) = way.down.pop(wall_nanos()) {
                self.crowd.take(Instant::now(), way.peer, at, &datagram)?;
            }
        }
        Ok(more)
    }

    /// Does what is due and sends.
    ///
    /// # Errors
    ///
    /// A packet cannot be written, or the system gives no randomness.
    pub fn act(&mut self) -> anyhow::Result<()> {
        let now = Instant::now();
        self.crowd.timers(now)?;
        for &index in &self.publishers {
            let peer = &mut self.crowd.peers[index];
            for stream in 0..peer.streams.len() {
                while let Some(packet) = peer.streams[stream].poll(now) {
                    if let Some(sealed) = peer.seal_rtp(packet)? {
                        send(&mut self.socket, self.way.as_mut(), index, &sealed);
                    }
                }
            }
        }
        for (peer, datagram) in self.crowd.outbox.drain(..) {
            send(&mut self.socket, self.way.as_mut(), peer, &datagram);
        }
        if let Some(way) = &mut self.way {
            while let Some((_, datagram)) = way.up.pop(wall_nanos()) {
                self.socket.send(way.peer, &datagram);
            }
        }
        Ok(())
    }

    /// Sleeps until something is due, `until` at the latest.
    pub fn rest(&self, until: Instant) {
        let now = Instant::now();
        let streams = self.publishers.iter().flat_map(|peer| &self.crowd.peers[*peer].streams);
        let due = streams.filter_map(Stream::due).chain(self.crowd.due()).chain(self.carried(now)).min();
        let wake = due.map_or(until, |due| due.min(until)).min(now + TICK);
        thread::sleep(wake.saturating_duration_since(now));
    }

    /// When something arrives at an end of the line.
    fn carried(&self, now: Instant) -> Option<Instant> {
        let way = self.way.as_ref()?;
        let due: Nanos = [way.down.due(), way.up.due()].into_iter().flatten().min()?;
        Some(now + Duration::from_nanos(due.saturating_sub(wall_nanos())))
    }
}

fn send(socket: &mut SharedSocket, way: Option<&mut Way>, peer: usize, datagram: &[u8]) {
    match way {
        Some(way) if way.peer == peer => way.up.push(wall_nanos(), datagram),
        _ => socket.send(peer, datagram),
    }
}
