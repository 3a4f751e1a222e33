//! The relay's thread: wait, take a batch, hand it to the core, send what came of it. Datagrams go before connections.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use relay_core::{Relay, RelayEvent, Tuple};
use tokio::sync::mpsc;

use crate::{
    batch::{BATCH, SendBatch},
    handle::{Command, Offer, Queues},
    socket::{BoundSocket, UdpSocket, Waker},
    tcp::Connections,
};

/// Batches read before commands and timers get their turn, so that a flood cannot keep them waiting.
const BATCHES_PER_TURN: usize = 8;
/// Commands carried out before the socket gets its turn. Of offers it is one: each costs up to a few milliseconds.
const COMMANDS_PER_TURN: usize = 8;

/// A socket that fails again and again must not fill a core, nor the log.
const AFTER_FAILURE: Duration = Duration::from_millis(10);
const FAILURES_PER_LINE: u32 = 1_000;

/// All that the thread owns.
pub(crate) struct Worker {
    core: Relay,
    socket: UdpSocket,
    connections: Connections,
    waker: Arc<Waker>,
    queues: Queues,
    events: mpsc::UnboundedSender<RelayEvent>,
    outgoing: SendBatch,
    /// The latest time that the core was told.
    latest: Instant,
}

/// Whether the thread goes on.
enum Turn {
    /// Wait for the next thing.
    Idle,
    /// More commands may be waiting.
    Busy,
    /// Stop.
    Over,
}

impl Worker {
    pub(crate) fn new(
        core: Relay,
        socket: BoundSocket,
        connections: Connections,
        waker: Arc<Waker>,
        queues: Queues,
        events: mpsc::UnboundedSender<RelayEvent>,
    ) -> Self {
        Self {
            core,
            socket: UdpSocket::new(socket),
            connections,
            waker,
            queues,
            events,
            outgoing: SendBatch::default(),
            latest: Instant::now(),
        }
    }

    /// Runs until it is told to stop, or nobody is left who could tell.
    pub(crate) fn run(mut self) {
        let mut connections_ready = false;
        let mut failures = 0_u32;
        loop {
            self.waker.clear();
            let turn = self.commands();
            match self.datagrams() {
                Ok(()) => failures = 0,
                Err(error) => {
                    failures += 1;
                    if failures == 1 || failures.is_multiple_of(FAILURES_PER_LINE) {
                        tracing::error!(%error, failures, "the relay's socket failed");
                    }
                    if failures > 1 {
                        std::thread::sleep(AFTER_FAILURE);
                    }
                }
            }
            if connections_ready {
                let now = self.tell(Instant::now());
                self.connections.receive(now, &mut self.core);
            }
            self.timeouts();
            self.flush();
            let timeout = match turn {
                Turn::Over => return,
                Turn::Busy => Some(Duration::ZERO),
                Turn::Idle => self.poll_timeout().map(|due| due.saturating_duration_since(Instant::now())),
            };
            connections_ready = match self.socket.wait(&self.waker, self.connections.as_fd(), timeout) {
                Ok(ready) => ready,
                Err(error) => {
                    tracing::error!(%error, "the relay cannot wait for its socket");
                    return;
                }
            };
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.core.poll_timeout().into_iter().chain(self.connections.poll_timeout()).min()
    }

    fn timeouts(&mut self) {
        let now = Instant::now();
        if self.core.poll_timeout().is_some_and(|due| due <= now) {
            let now = self.tell(now);
            self.core.handle_timeout(now);
        }
        if self.connections.poll_timeout().is_some_and(|due| due <= now) {
            self.connections.handle_timeout(now, &mut self.core);
        }
    }

    fn commands(&mut self) -> Turn {
        for _ in 0..COMMANDS_PER_TURN {
            let command = match self.queues.commands.try_recv() {
                Ok(command) => command,
                Err(mpsc::error::TryRecvError::Empty) => return self.offer(),
                Err(mpsc::error::TryRecvError::Disconnected) => Command::Shutdown,
            };
            let now = self.tell(Instant::now());
            match command {
                Command::Close(endpoint) => self.core.remove_endpoint(now, endpoint),
                Command::SetRoutes(routes) => self.core.set_routes(now, routes),
                Command::SetWatches(watches) => self.core.set_watches(now, &watches),
                Command::OrderTake(take, routes) => self.core.order_take(now, take, routes),
                Command::CancelTake(take) => self.core.cancel_take(now, take),
                Command::RestartIce { endpoint, remote_ufrag, answer } => {
                    // A caller that no longer waits keeps its earlier credentials, which still hold.
                    let _ = answer.send(self.core.restart_ice(endpoint, &remote_ufrag));
                }
                Command::Shutdown => {
                    self.core.close(now);
                    return Turn::Over;
                }
            }
        }
        Turn::Busy
    }

    /// Answers one offer, if one waits.
    fn offer(&mut self) -> Turn {
        let Ok(Offer { endpoint, plan, sdp, answer }) = self.queues.offers.try_recv() else { return Turn::Idle };
        let now = self.tell(Instant::now());
        // A caller that no longer waits leaves an endpoint that falls silent and is dropped.
        let _ = answer.send(self.core.accept_offer(now, endpoint, &plan, &sdp));
        Turn::Busy
    }

    /// The time to tell the core. It never goes back: what arrived before the core was last called arrives then.
    fn tell(&mut self, at: Instant) -> Instant {
        self.latest = self.latest.max(at);
        self.latest
    }

    fn datagrams(&mut self) -> std::io::Result<()> {
        for _ in 0..BATCHES_PER_TURN {
            let count = self.socket.receive()?;
            let waited = (count > 0).then(|| self.socket.arrival(0).elapsed());
            for index in 0..count {
                let at = self.tell(self.socket.arrival(index));
                let (from, datagram) = self.socket.datagram(index);
                self.core.handle_datagram(at, Tuple::Udp(from), datagram);
            }
            if let Some(waited) = waited {
                let now = self.tell(Instant::now());
                self.core.note_wait(now, waited, self.socket.has_overflown());
            }
            self.flush();
            if count < BATCH {
                break;
            }
        }
        Ok(())
    }

    fn flush(&mut self) {
        self.core.group_by_receiver();
        loop {
            let now = self.tell(Instant::now());
            if !self.outgoing.fill(|buffer| next_datagram(&mut self.core, &mut self.connections, now, buffer)) {
                break;
            }
            self.socket.send(&mut self.outgoing);
        }
        self.connections.flush(&mut self.core);
        while let Some(connection) = self.core.poll_close() {
            self.connections.close(connection, &mut self.core);
        }
        while let Some(event) = self.core.poll_event() {
            // An owner that dropped its end does not want to know.
            let _ = self.events.send(event);
        }
    }
}

/// The next datagram to send. What is for connections is queued there on the way.
fn next_datagram(
    core: &mut Relay,
    connections: &mut Connections,
    now: Instant,
    buffer: &mut Vec<u8>,
) -> Option<SocketAddr> {
    let start = buffer.len();
    loop {
        match core.poll_transmit(now, buffer)? {
            Tuple::Udp(to) => return Some(to),
            Tuple::Tcp { connection, .. } => {
                connections.queue(connection, &buffer[start..]);
                buffer.truncate(start);
            }
        }
    }
}
