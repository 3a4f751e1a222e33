//! The shell around `relay_core::Relay`: one UDP socket, one thread of the operating system, batched system calls.
//!
//! It decides nothing. Datagrams and commands go in, datagrams and events come out; neither a database nor a slow
//! reader of events can delay a packet, because the thread waits for its socket, its queue and its timers alone.
//!
//! ```text
//!  RelayHandle ──commands──▶ ┌────────┐ ◀──recvmmsg── socket
//!      ▲                     │ worker │
//!      └──── answers ─────── └────────┘ ──sendmmsg──▶ socket
//!                                └───── RelayEvent ──▶ owner
//! ```

mod addresses;
mod batch;
mod certificate;
mod handle;
mod priority;
mod socket;
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
use relay_core::{Codec, TimeAnchor};
use tokio::sync::mpsc;

/// What a relay is started with.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// Address of the UDP socket; an unspecified address listens on all interfaces, port 0 takes a free one.
    pub bind: SocketAddr,
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
    /// Binds the socket and starts the thread. The relay runs until [`RelayHandle::shutdown`], or until every handle is
    /// dropped. Events must be read: they wait in memory.
    ///
    /// # Errors
    ///
    /// The socket cannot be bound, the interfaces cannot be listed, or the certificate cannot be used.
    pub fn start(config: RelayConfig) -> io::Result<(RelayHandle, mpsc::UnboundedReceiver<RelayEvent>)> {
        let socket = socket::BoundSocket::bind(config.bind)?;
        let local = socket.local_addr();
        let announced = if config.announced.is_empty() { addresses::reachable(local.ip())? } else { config.announced };
        let core = relay_core::Relay::new(relay_core::RelayConfig {
            anchor: TimeAnchor { instant: Instant::now(), wall: SystemTime::now() },
            seed: config.seed,
            certificate: config.certificate.into_dtls(),
            candidates: announced.iter().map(|ip| SocketAddr::new(*ip, local.port())).collect(),
            codec: config.codec,
        })
        .map_err(io::Error::other)?;
        let waker = Arc::new(socket::Waker::new()?);
        let (senders, queues) = handle::queues();
        let (events, receiver) = mpsc::unbounded_channel();
        let thread = {
            let waker = waker.clone();
            let run = move || {
                priority::raise();
                worker::Worker::new(core, socket, waker, queues, events).run();
            };
            std::thread::Builder::new().name("relay".into()).spawn(run)?
        };
        tracing::info!(%local, candidates = ?announced, "relay listens");
        Ok((RelayHandle::new(senders, waker, local, thread), receiver))
    }
}
