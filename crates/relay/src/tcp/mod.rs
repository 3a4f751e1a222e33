//! Connections to the relay (ICE-TCP, RFC 6544): for networks that let no datagrams through. The relay waits for them at the
//! number of its UDP port and opens none itself.
//!
//! They live on the relay's thread beside the datagrams, so everything here is bounded and nothing waits: neither a flood of
//! connections nor one that does not read or says its sentence letter by letter delays a datagram.

mod accept;
mod connection;
mod framing;

use std::{
    collections::{BTreeMap, HashMap},
    io,
    net::SocketAddr,
    os::fd::{AsFd, BorrowedFd},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout},
};
use relay_core::{ConnectionNumber, Relay, Tuple};
use socket2::{Domain, Protocol, Socket, Type};

use self::{
    accept::Pace,
    connection::{BUFFER_BYTES, Connection, Ended, Flushed, Proof},
};

/// Connections at the same time. By default 192 endpoints and 32 consoles may be there, each with a connection and the one
/// that replaces it; a process has 1,024 descriptors unless told otherwise.
pub(crate) const MAX_CONNECTIONS: usize = 512;
/// Connections that have not shown a valid check. In a flood the oldest makes room, a quarter of a second after it came:
/// a peer's check comes right behind its connection.
pub(crate) const MAX_UNPROVEN: usize = 128;
/// From the connection to the first valid check. Browsers check at once and then again within a second.
pub(crate) const PROVEN_WITHIN: Duration = Duration::from_secs(5);

/// Connections that the kernel keeps for the relay until it accepts them.
const BACKLOG: i32 = 128;
/// Connections served in one turn of the thread, with at most 16 KiB each: then datagrams have their turn.
const SERVED_PER_TURN: usize = 32;
/// Connections accepted in one turn: some 20 µs each.
const ACCEPTED_PER_TURN: usize = 16;

/// The listener among the numbers of the connections, which begin with 1.
const LISTENER: u64 = 0;

/// All connections.
pub(crate) struct Connections {
    epoll: Epoll,
    listener: Option<Socket>,
    pace: Pace,
    connections: HashMap<ConnectionNumber, Connection>,
    /// Until when they have to show a valid check. Numbers grow, so the first is the oldest.
    unproven: BTreeMap<ConnectionNumber, Instant>,
    last: u64,
    /// Something was queued for them since the last flush.
    queued: Vec<ConnectionNumber>,
    buffer: Box<[u8]>,
    ready: Vec<EpollEvent>,
}

/// Opens a socket that waits for connections.
pub(crate) fn listen(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() && address.ip().is_unspecified() {
        socket.set_only_v6(false)?;
    }
    // Connections of the relay before may still be ending; a restart must not wait a minute for them.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}

impl Connections {
    /// No connections yet; without a listener there never are.
    pub(crate) fn new(now: Instant, listener: Option<Socket>) -> io::Result<Self> {
        let connections = Self {
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            listener,
            pace: Pace::new(now),
            connections: HashMap::new(),
            unproven: BTreeMap::new(),
            last: LISTENER,
            queued: Vec::new(),
            buffer: vec![0; BUFFER_BYTES].into(),
            ready: vec![EpollEvent::empty(); SERVED_PER_TURN],
        };
        connections.watch_listener()?;
        Ok(connections)
    }

    /// Readable when a connection has something to be done.
    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.0.as_fd()
    }

    /// Takes what has come, by some of the connections; hands packets to the core.
    pub(crate) fn receive(&mut self, now: Instant, core: &mut Relay) {
        let mut ready = std::mem::take(&mut self.ready);
        let count = match self.epoll.wait(&mut ready, EpollTimeout::ZERO) {
            Ok(count) => count,
            Err(Errno::EINTR) => 0,
            Err(error) => {
                tracing::error!(%error, "connections cannot be waited for");
                0
            }
        };
        for event in &ready[..count] {
            match event.data() {
                LISTENER => self.accept(now, core),
                number => self.serve(now, ConnectionNumber(number), event.events(), core),
            }
        }
        self.ready = ready;
    }

    fn serve(&mut self, now: Instant, number: ConnectionNumber, events: EpollFlags, core: &mut Relay) {
        let Some(connection) = self.connections.get_mut(&number) else { return };
        if events.intersects(EpollFlags::EPOLLIN | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR) {
            let tuple = Tuple::Tcp { connection: number, address: connection.address };
            let before = connection.proof;
            let read = connection.read(&mut self.buffer, |packet| {
                core.handle_datagram(now, tuple, packet);
                if core.is_proven(number) { Proof::Given } else { before }
            });
            if connection.proof == Proof::Given && before != Proof::Given {
                self.unproven.remove(&number);
                tracing::debug!(number = number.0, address = %tuple.address(), "a peer came by a connection");
            }
            if let Err(ended) = read {
                return self.end(number, ended, core);
            }
        }
        if events.contains(EpollFlags::EPOLLOUT) {
            self.flush_one(number, true, core);
        }
    }

    fn accept(&mut self, now: Instant, core: &mut Relay) {
        for _ in 0..ACCEPTED_PER_TURN {
            let Some(listener) = &self.listener else { return };
            if !self.pace.admits(now) {
                return self.rest();
            }
            match listener.accept() {
                Ok((socket, address)) => {
                    self.pace.count();
                    self.admit(now, socket, address.as_socket(), core);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // It was gone before it was accepted.
                Err(error) if is_of_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted for a moment");
                    self.pace.exhausted(now);
                    return self.rest();
                }
            }
        }
    }

    fn admit(&mut self, now: Instant, socket: Socket, address: Option<SocketAddr>, core: &mut Relay) {
        if self.unproven.len() >= MAX_UNPROVEN
            && let Some((oldest, _)) = self.unproven.pop_first()
        {
            self.close(oldest, core);
        }
        let Some(address) = address.filter(|_| self.connections.len() < MAX_CONNECTIONS) else { return };
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        let number = ConnectionNumber(self.last + 1);
        let watch = EpollEvent::new(EpollFlags::EPOLLIN, number.0);
        // One that cannot be set up is closed, as if there were no room.
        let Ok(connection) = Connection::new(socket, address) else { return };
        if self.epoll.add(&connection.socket, watch).is_err() {
            return;
        }
        self.last = number.0;
        self.connections.insert(number, connection);
        self.unproven.insert(number, now + PROVEN_WITHIN);
    }

    /// The listener is not looked at until its rest is over: it would be ready all the time.
    fn rest(&self) {
        if let Some(listener) = &self.listener
            && let Err(error) = self.epoll.delete(listener)
        {
            tracing::error!(%error, "the listener cannot rest");
        }
    }

    fn watch_listener(&self) -> io::Result<()> {
        let Some(listener) = &self.listener else { return Ok(()) };
        Ok(self.epoll.add(listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))?)
    }

    /// Time has passed.
    pub(crate) fn handle_timeout(&mut self, now: Instant, core: &mut Relay) {
        while let Some(oldest) = self.unproven.first_entry().filter(|oldest| *oldest.get() <= now) {
            let number = oldest.remove_entry().0;
            self.close(number, core);
        }
        if self.pace.resumes(now)
            && let Err(error) = self.watch_listener()
        {
            tracing::error!(%error, "no connections are accepted any more");
        }
    }

    /// When [`Self::handle_timeout`] is due.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let proof = self.unproven.first_key_value().map(|(_, due)| *due);
        proof.into_iter().chain(self.pace.due()).min()
    }

    /// Lets a packet wait for the next flush; without room for it, or for a connection that is gone, it is dropped.
    pub(crate) fn queue(&mut self, number: ConnectionNumber, packet: &[u8]) {
        let Some(connection) = self.connections.get_mut(&number) else { return };
        if !connection.queue(packet) {
            tracing::trace!(number = number.0, "a slow connection: packet dropped");
            return;
        }
        if self.queued.last() != Some(&number) {
            self.queued.push(number);
        }
    }

    /// Sends what was queued, as far as it is taken.
    pub(crate) fn flush(&mut self, core: &mut Relay) {
        let mut queued = std::mem::take(&mut self.queued);
        queued.sort_unstable();
        queued.dedup();
        for number in queued.drain(..) {
            self.flush_one(number, false, core);
        }
        self.queued = queued;
    }

    /// `waited`: the kernel was asked to tell when it takes more.
    fn flush_one(&mut self, number: ConnectionNumber, waited: bool, core: &mut Relay) {
        let Some(connection) = self.connections.get_mut(&number) else { return };
        let before = connection.waits;
        if before && !waited {
            // The kernel has said that it takes no more, and has not said otherwise since.
            return;
        }
        match connection.flush() {
            Ok(flushed) => {
                connection.waits = flushed == Flushed::Some;
                if connection.waits != before {
                    let writable = if connection.waits { EpollFlags::EPOLLOUT } else { EpollFlags::empty() };
                    let mut watch = EpollEvent::new(EpollFlags::EPOLLIN | writable, number.0);
                    if self.epoll.modify(&connection.socket, &mut watch).is_err() {
                        self.end(number, Ended::Closed, core);
                    }
                }
            }
            Err(ended) => self.end(number, ended, core),
        }
    }

    fn end(&mut self, number: ConnectionNumber, ended: Ended, core: &mut Relay) {
        if let Some(connection) = self.connections.get(&number) {
            let (address, proven) = (connection.address, connection.proof == Proof::Given);
            tracing::debug!(number = number.0, %address, proven, ?ended, "a connection has ended");
        }
        self.close(number, core);
    }

    /// Closes a connection; what the kernel has of it is still sent.
    pub(crate) fn close(&mut self, number: ConnectionNumber, core: &mut Relay) {
        self.unproven.remove(&number);
        // The descriptor leaves the epoll set when it is closed.
        let Some(connection) = self.connections.remove(&number) else { return };
        core.connection_closed(&Tuple::Tcp { connection: number, address: connection.address });
    }
}

/// An error of the connection that was to be accepted, not of the listener (accept(2)).
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionReset, HostUnreachable, Interrupted, NetworkDown, NetworkUnreachable,
    };
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | HostUnreachable | Interrupted | NetworkDown | NetworkUnreachable
    )
}

#[cfg(test)]
mod tests;
