//! The relay process and its peers: offers and routes go to it, its news come back.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::bail;

use crate::{
    bed::{Bed, MAX_PEERS},
    offer,
    orders::{Line, News, Order, Routes, Usage},
    peer::Peer,
    relay_client::RelayClient,
    subject::Subject,
    traffic::Traffic,
};

/// An order that the relay answers is answered by then.
const PATIENCE: Duration = Duration::from_secs(20);
/// Offers on their way while many peers join one after the other: about what a relay's queue of commands is for.
pub const JOINING_AT_ONCE: usize = 32;
/// Between SSRCs of two peers: a peer has its own and one for each stream.
pub const SSRC_STEP: u32 = 16;
/// Credentials of all peers: the relay finds peers by its own.
pub const PASSWORD: &str = "loadloadloadloadloadload";

/// A relay process and its peers.
pub struct World {
    /// The relay process.
    pub relay: RelayClient,
    /// The peers.
    pub traffic: Traffic,
    /// News that nobody awaited.
    pub news: VecDeque<(Instant, News)>,
}

impl World {
    /// Starts a relay process on its core; this process stays on its own.
    ///
    /// # Errors
    ///
    /// The relay process or the socket cannot be had.
    pub fn start(bed: &Bed) -> anyhow::Result<Self> {
        let relay = RelayClient::start(bed)?;
        let SocketAddr::V4(address) = relay.address() else { bail!("the relay listens on IPv6") };
        let traffic = Traffic::open(bed.network, address)?;
        Ok(Self { relay, traffic, news: VecDeque::new() })
    }

    /// Offers a peer to the relay; gives its number. Its connection is made while time passes.
    ///
    /// # Errors
    ///
    /// The relay process is gone, or there are too many peers.
    pub fn offer(&mut self, plan: Vec<Line>, sounds: bool) -> anyhow::Result<usize> {
        let index = self.traffic.crowd.peers.len();
        if index >= MAX_PEERS {
            bail!("more than {MAX_PEERS} peers have no addresses");
        }
        let sdp = offer::write(&plan, &ufrag(index), PASSWORD, self.traffic.crowd.fingerprint());
        let ssrc = 1_000_000 + u32::try_from(index)? * SSRC_STEP;
        let order = Order::Offer { endpoint: index as u64, plan: plan.clone(), sdp };
        self.traffic.crowd.peers.push(Peer::offering(plan, ssrc, sounds));
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
        while !peers.iter().all(|peer| self.traffic.crowd.peers[*peer].is_open()) {
            if Instant::now() > patience {
                let open = peers.iter().filter(|peer| self.traffic.crowd.peers[**peer].is_open()).count();
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
}

impl Subject for World {
    fn traffic(&mut self) -> &mut Traffic {
        &mut self.traffic
    }

    fn usage(&mut self) -> anyhow::Result<Usage> {
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

    fn hear(&mut self) -> anyhow::Result<()> {
        while let Some(news) = self.relay.news()? {
            let now = Instant::now();
            match news {
                News::Answered { endpoint, sdp, lines, extensions } => {
                    let index = usize::try_from(endpoint)?;
                    let source = u16::try_from(index).unwrap_or(u16::MAX);
                    let peer = &mut self.traffic.crowd.peers[index];
                    peer.answered(&ufrag(index), &sdp, &lines, extensions, source)?;
                    if !peer.streams.is_empty() {
                        self.traffic.publish(index);
                    }
                    self.traffic.crowd.begin_checks(now, index);
                }
                News::Refused { endpoint, reason } => bail!("the relay refused peer {endpoint}: {reason}"),
                News::Connected { endpoint } => self.traffic.crowd.peers[usize::try_from(endpoint)?].connected = true,
                News::Disconnected { endpoint, reason } => bail!("the relay lost peer {endpoint}: {reason}"),
                News::LayersWanted { endpoint, line, layers } => {
                    if line == offer::site::CAMERA {
                        self.traffic.crowd.peers[usize::try_from(endpoint)?].want(now, layers);
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

/// User fragment of a peer.
pub fn ufrag(index: usize) -> String {
    format!("load{index:04}")
}
