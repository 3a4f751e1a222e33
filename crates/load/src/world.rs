//! The load's loop: read what arrived, do what is due, send, sleep.
//!
//! It sleeps by the clock and not on its socket, so that the relay's core never pays for waking it; what arrived meanwhile
//! has the kernel's stamp.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use crate::{
    cores,
    crowd::{Crowd, Event},
    offer,
    orders::{Line, News, Order, Routes, Usage},
    peer::Peer,
    relay_client::RelayClient,
    socket::{BATCH, MAX_PEERS, SharedSocket},
    window::Window,
};

/// Longest sleep: what arrives is read this late at most.
const TICK: Duration = Duration::from_micros(250);
/// Batches read before timers and publishers get their turn.
const BATCHES_PER_TURN: usize = 4;
/// An order that the relay answers is answered by then.
const PATIENCE: Duration = Duration::from_secs(20);
/// Offers on their way while many peers join one after the other: about what a relay's queue of commands is for.
const JOINING_AT_ONCE: usize = 32;
/// Between SSRCs of two peers: a peer has its own and one for each stream.
const SSRC_STEP: u32 = 16;
/// Credentials of all peers: the relay finds peers by its own.
const PASSWORD: &str = "loadloadloadloadloadload";

/// A relay process and its peers.
pub struct World {
    /// The relay process.
    pub relay: RelayClient,
    /// The peers.
    pub crowd: Crowd,
    /// News that nobody awaited.
    pub news: VecDeque<(Instant, News)>,
    socket: SharedSocket,
    /// Peers that send something: the others are not looked at in every turn.
    publishers: Vec<usize>,
}

impl World {
    /// Starts a relay process on a core; this process stays on its own.
    ///
    /// # Errors
    ///
    /// The relay process or the socket cannot be had.
    pub fn start(relay_core: usize) -> anyhow::Result<Self> {
        let relay = RelayClient::start(relay_core)?;
        let SocketAddr::V4(address) = relay.address() else { bail!("the relay listens on IPv6") };
        let socket = SharedSocket::open(address)?;
        Ok(Self { relay, crowd: Crowd::new()?, news: VecDeque::new(), socket, publishers: Vec::new() })
    }

    /// Offers a peer to the relay; gives its number. Its connection is made while time passes.
    ///
    /// # Errors
    ///
    /// The relay process is gone, or there are too many peers.
    pub fn offer(&mut self, plan: Vec<Line>, sounds: bool) -> anyhow::Result<usize> {
        let index = self.crowd.peers.len();
        if index >= MAX_PEERS {
            bail!("more than {MAX_PEERS} peers have no addresses");
        }
        let sdp = offer::write(&plan, &ufrag(index), PASSWORD, self.crowd.fingerprint());
        let ssrc = 1_000_000 + u32::try_from(index)? * SSRC_STEP;
        let order = Order::Offer { endpoint: index as u64, plan: plan.clone(), sdp };
        self.crowd.peers.push(Peer::offering(plan, ssrc, sounds));
        self.relay.order(&order)?;
        Ok(index)
    }

    /// Joins many peers, some at once, and waits until all are connected; gives their numbers.
    ///
    /// # Errors
    ///
    /// One of them does not connect.
    pub fn join(&mut self, count: usize, plan: &[Line], sounds: bool) -> anyhow::Result<Vec<usize>> {
        let mut joined = Vec::new();
        while joined.len() < count {
            let some = JOINING_AT_ONCE.min(count - joined.len());
            let wave: Vec<usize> = (0..some).map(|_| self.offer(plan.to_vec(), sounds)).collect::<Result<_, _>>()?;
            self.await_open(&wave)?;
            joined.extend(wave);
        }
        Ok(joined)
    }

    /// Waits until peers are connected.
    ///
    /// # Errors
    ///
    /// One of them does not connect.
    pub fn await_open(&mut self, peers: &[usize]) -> anyhow::Result<()> {
        let patience = Instant::now() + PATIENCE;
        while !peers.iter().all(|peer| self.crowd.peers[*peer].is_open()) {
            if Instant::now() > patience {
                let open = peers.iter().filter(|peer| self.crowd.peers[**peer].is_open()).count();
                bail!("{open} of {} peers connected within {PATIENCE:?}", peers.len());
            }
            self.run_for(Duration::from_millis(1))?;
        }
        Ok(())
    }

    /// Applies routes.
    ///
    /// # Errors
    ///
    /// The relay process is gone.
    pub fn route(&mut self, routes: &Routes) -> anyhow::Result<()> {
        self.relay.order(&Order::Routes(routes.clone()))
    }

    /// What the relay process has used.
    ///
    /// # Errors
    ///
    /// It does not answer.
    pub fn relay_usage(&mut self) -> anyhow::Result<Usage> {
        self.relay.order(&Order::Usage)?;
        let patience = Instant::now() + PATIENCE;
        while Instant::now() < patience {
            let at = self.news.iter().position(|(_, news)| matches!(news, News::Usage(_)));
            if let Some((_, News::Usage(usage))) = at.and_then(|at| self.news.remove(at)) {
                return Ok(usage);
            }
            self.run_for(Duration::from_millis(1))?;
        }
        bail!("the relay process does not tell its usage")
    }

    /// Runs for a while and tells what that cost on both sides.
    ///
    /// # Errors
    ///
    /// Something of the load failed.
    pub fn measure(&mut self, duration: Duration) -> anyhow::Result<Window> {
        let before = self.snapshot()?;
        self.run_for(duration)?;
        Ok(self.snapshot()?.since(&before))
    }

    /// The counters of this moment.
    ///
    /// # Errors
    ///
    /// The relay process does not tell its usage.
    pub fn snapshot(&mut self) -> anyhow::Result<Window> {
        let relay = self.relay_usage()?;
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

    /// Port of all peers.
    pub fn port(&self) -> u16 {
        self.socket.port()
    }

    /// Lets time pass.
    ///
    /// # Errors
    ///
    /// Something of the load failed.
    pub fn run_for(&mut self, duration: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + duration;
        loop {
            let more = self.read()?;
            self.hear()?;
            let now = Instant::now();
            self.crowd.timers(now)?;
            self.publish(now)?;
            self.flush();
            let now = Instant::now();
            if now >= until {
                return Ok(());
            }
            if !more {
                let streams = self.publishers.iter().flat_map(|peer| &self.crowd.peers[*peer].streams);
                let due = streams.filter_map(crate::stream::Stream::due).chain(self.crowd.due()).min();
                let wake = due.map_or(until, |due| due.min(until)).min(now + TICK);
                thread::sleep(wake.saturating_duration_since(now));
            }
        }
    }

    /// True: there is more to read.
    fn read(&mut self) -> anyhow::Result<bool> {
        for _ in 0..BATCHES_PER_TURN {
            let count = self.socket.receive().context("the load's socket")?;
            let now = Instant::now();
            for index in 0..count {
                let (peer, at, datagram) = self.socket.datagram(index);
                self.crowd.take(now, peer, at, datagram)?;
            }
            if count < BATCH {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn flush(&mut self) {
        for (peer, datagram) in self.crowd.outbox.drain(..) {
            self.socket.send(peer, &datagram);
        }
    }

    fn publish(&mut self, now: Instant) -> anyhow::Result<()> {
        for &index in &self.publishers {
            let peer = &mut self.crowd.peers[index];
            for stream in 0..peer.streams.len() {
                while let Some(packet) = peer.streams[stream].poll(now) {
                    if let Some(sealed) = peer.seal_rtp(packet)? {
                        self.socket.send(index, &sealed);
                    }
                }
            }
        }
        Ok(())
    }

    fn hear(&mut self) -> anyhow::Result<()> {
        while let Some(news) = self.relay.news()? {
            let now = Instant::now();
            match news {
                News::Answered { endpoint, sdp, lines, extensions } => {
                    let index = usize::try_from(endpoint)?;
                    let source = u16::try_from(index).unwrap_or(u16::MAX);
                    let peer = &mut self.crowd.peers[index];
                    peer.answered(&ufrag(index), &sdp, &lines, extensions, source)?;
                    if !peer.streams.is_empty() {
                        self.publishers.push(index);
                    }
                    self.crowd.begin_checks(now, index);
                }
                News::Refused { endpoint, reason } => bail!("the relay refused peer {endpoint}: {reason}"),
                News::Connected { endpoint } => self.crowd.peers[usize::try_from(endpoint)?].connected = true,
                News::Disconnected { endpoint, reason } => bail!("the relay lost peer {endpoint}: {reason}"),
                News::LayersWanted { endpoint, line, layers } => {
                    if line == offer::site::CAMERA {
                        self.crowd.peers[usize::try_from(endpoint)?].want(now, layers);
                    }
                }
                News::Listening { .. } | News::TakeDone { .. } | News::TakeFailed { .. } | News::Usage(_) => {
                    self.news.push_back((now, news));
                }
            }
        }
        Ok(())
    }
}

fn ufrag(index: usize) -> String {
    format!("load{index:04}")
}
