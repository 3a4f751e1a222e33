//! The shell around `relay_core::Relay`: one UDP socket, connections at the same port number, one thread of the operating
//! system, batched system calls.
//!
//! It decides nothing. Datagrams and commands go in, datagrams and events come out; neither a database nor a slow
//! reader of events can delay a packet, because the thread waits for its sockets, its queue and its timers alone.
//!
//! ```text
//!  RelayHandle ──commands──▶ ┌────────┐ ◀──recvmmsg── socket
//!      ▲                     │ worker │
//!      └──── answers ─────── └─▲──▲───┘ ──sendmmsg──▶ socket
//!                connections ◀─┘  └── RelayEvent ──▶ owner
//! ```

mod addresses;
mod batch;
mod certificate;
mod handle;
mod priority;
mod socket;
mod tcp;
mod worker;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Instant, SystemTime},
};

pub use addresses::reachable;
pub use certificate::{Certificate, CertificateFault};
pub use handle::{MAX_QUEUED_COMMANDS, MAX_QUEUED_OFFERS, RelayHandle, Stopped};
pub use relay_core::RelayEvent;
use relay_core::{Candidate, Codec, TimeAnchor, Transport};
use tokio::sync::mpsc;

/// What a relay is started with.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// Address of the UDP socket; an unspecified address listens on all interfaces (`[::]` for IPv6 and IPv4), port 0 takes
    /// a free one.
    pub bind: SocketAddr,
    /// Connections are taken, too, at the same port number (RFC 6544): for networks that let no datagrams through.
    pub tcp: bool,
    /// Addresses that answers name, with the socket's port. Empty: loopback and the addresses of the interfaces that
    /// the socket listens on.
    pub announced: Vec<IpAddr>,
    /// DTLS certificate.
    pub certificate: Certificate,
    /// Video codec.
    pub codec: Codec,
    /// Feeds every random choice; 32 bytes of the system's generator in production.
    pub seed: [u8; 32],
}

/// The relay's entry.
#[derive(Debug)]
pub struct Relay;

impl Relay {
    /// Binds the sockets and starts the thread. The relay runs until [`RelayHandle::shutdown`], or until every handle is
    /// dropped. Events must be read: they wait in memory.
    ///
    /// # Errors
    ///
    /// A socket cannot be bound, the interfaces cannot be listed, or the certificate cannot be used.
    pub fn start(config: RelayConfig) -> io::Result<(RelayHandle, mpsc::UnboundedReceiver<RelayEvent>)> {
        let (socket, listener) = bind(config.bind, config.tcp)?;
        let local = socket.local_addr();
        let announced = if config.announced.is_empty() { addresses::reachable(local.ip())? } else { config.announced };
        let core = relay_core::Relay::new(relay_core::RelayConfig {
            anchor: TimeAnchor { instant: Instant::now(), wall: SystemTime::now() },
            seed: config.seed,
            certificate: config.certificate.into_dtls(),
            candidates: candidates(&announced, local.port(), config.tcp),
            codec: config.codec,
        })
        .map_err(io::Error::other)?;
        let connections = tcp::Connections::new(Instant::now(), listener)?;
        let waker = Arc::new(socket::Waker::new()?);
        let (senders, queues) = handle::queues();
        let (events, receiver) = mpsc::unbounded_channel();
        let thread = {
            let waker = waker.clone();
            let run = move || {
                priority::raise();
                worker::Worker::new(core, socket, connections, waker, queues, events).run();
            };
            std::thread::Builder::new().name("relay".into()).spawn(run)?
        };
        tracing::info!(%local, tcp = config.tcp, candidates = ?announced, "relay listens");
        Ok((RelayHandle::new(senders, waker, local, thread), receiver))
    }
}

/// How often a free port is looked for whose number is free for connections, too.
const PORT_ATTEMPTS: usize = 16;

/// Binds the socket and, at the same port number, the one that waits for connections.
fn bind(address: SocketAddr, tcp: bool) -> io::Result<(socket::BoundSocket, Option<socket2::Socket>)> {
    let mut attempts = if address.port() == 0 { PORT_ATTEMPTS } else { 1 };
    loop {
        let datagrams = socket::BoundSocket::bind(address)?;
        if !tcp {
            return Ok((datagrams, None));
        }
        attempts -= 1;
        match tcp::listen(datagrams.local_addr()) {
            Ok(listener) => return Ok((datagrams, Some(listener))),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && attempts > 0 => {}
            Err(error) => return Err(error),
        }
    }
}

/// What answers announce: every address for datagrams, then every address for connections.
fn candidates(addresses: &[IpAddr], port: u16, tcp: bool) -> Vec<Candidate> {
    let of = |transport| addresses.iter().map(move |ip| Candidate { transport, address: SocketAddr::new(*ip, port) });
    of(Transport::Udp).chain(of(Transport::Tcp).filter(|_| tcp)).collect()
}
