//! The UDP socket, read and written in batches, and what wakes the thread that waits for it.

use std::{
    io::{self, IoSlice, IoSliceMut},
    net::{IpAddr, SocketAddr},
    os::fd::{AsFd, AsRawFd},
    time::Duration,
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        eventfd::{EfdFlags, EventFd},
        socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmmsg},
    },
};
use relay_core::{MAX_DATAGRAM_BYTES, Transmit};
use socket2::{Domain, Protocol, Socket, Type};

/// Datagrams per system call: a keyframe of 50 packets fits into one.
pub(crate) const BATCH: usize = 64;

/// Bytes the kernel may hold for the relay while its thread does something else: 100 ms of 63 sites at 3 Mbit/s are
/// 2.4 MB, and the kernel counts its own overhead.
const RECEIVE_BUFFER: usize = 8 * 1024 * 1024;
/// A keyframe of 50 packets to 64 receivers is 4 MB.
const SEND_BUFFER: usize = 8 * 1024 * 1024;

/// One more than is looked at, so that longer datagrams are seen to be too long.
const BUFFER_BYTES: usize = MAX_DATAGRAM_BYTES + 1;

/// How long a full send buffer is waited for before the rest of a batch is dropped: it empties within microseconds
/// unless the network card stands still, and then media must not wait.
const SEND_PATIENCE_MILLIS: u8 = 20;

/// A bound socket on its way to the relay's thread.
#[derive(Debug)]
pub(crate) struct BoundSocket {
    socket: Socket,
    local: SocketAddr,
}

/// The relay's socket with its buffers, which stay on the thread that made them.
pub(crate) struct UdpSocket {
    socket: Socket,
    local: SocketAddr,
    buffers: Vec<[u8; BUFFER_BYTES]>,
    received: Vec<(SocketAddr, usize)>,
    receive_headers: MultiHeaders<SockaddrStorage>,
    send_headers: MultiHeaders<SockaddrStorage>,
}

impl BoundSocket {
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        if address.is_ipv6() && address.ip().is_unspecified() {
            socket.set_only_v6(false)?;
        }
        // The kernel caps these at net.core.rmem_max and wmem_max; less than asked for is no fault.
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        socket.set_send_buffer_size(SEND_BUFFER)?;
        socket.bind(&address.into())?;
        let local = socket.local_addr()?.as_socket().ok_or_else(|| io::Error::other("not an IP socket"))?;
        tracing::debug!(
            receive = socket.recv_buffer_size()?,
            send = socket.send_buffer_size()?,
            "socket buffers in bytes"
        );
        Ok(Self { socket, local })
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local
    }
}

impl UdpSocket {
    pub(crate) fn new(bound: BoundSocket) -> Self {
        Self {
            socket: bound.socket,
            local: bound.local,
            buffers: vec![[0; BUFFER_BYTES]; BATCH],
            received: Vec::with_capacity(BATCH),
            receive_headers: MultiHeaders::preallocate(BATCH, None),
            send_headers: MultiHeaders::preallocate(BATCH, None),
        }
    }

    /// Takes what has arrived, at most [`BATCH`] datagrams; gives their number. [`Self::datagram`] reads them.
    pub(crate) fn receive(&mut self) -> io::Result<usize> {
        self.received.clear();
        let mut slices: Vec<[IoSliceMut<'_>; 1]> =
            self.buffers.iter_mut().map(|buffer| [IoSliceMut::new(buffer)]).collect();
        let messages = match recvmmsg(
            self.socket.as_raw_fd(),
            &mut self.receive_headers,
            slices.iter_mut(),
            MsgFlags::MSG_DONTWAIT,
            None,
        ) {
            Ok(messages) => messages,
            Err(Errno::EAGAIN | Errno::EINTR) => return Ok(0),
            // An ICMP error for something sent earlier; what was sent to is found silent by its own timer.
            Err(Errno::ECONNREFUSED | Errno::EHOSTUNREACH | Errno::ENETUNREACH) => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        for message in messages {
            let from = message.address.as_ref().and_then(to_std);
            // A datagram without an address is of length 0 to the core, which drops it.
            self.received.push(from.map_or((self.local, 0), |from| (from, message.bytes)));
        }
        Ok(self.received.len())
    }

    /// The datagram at `index` of the last batch.
    pub(crate) fn datagram(&mut self, index: usize) -> (SocketAddr, &mut [u8]) {
        let (from, length) = self.received[index];
        (from, &mut self.buffers[index][..length])
    }

    /// Sends all of `transmits` and empties it. What cannot be sent is dropped: media does not wait.
    pub(crate) fn send(&mut self, transmits: &mut Vec<Transmit>) {
        let addresses: Vec<Option<SockaddrStorage>> =
            transmits.iter().map(|transmit| Some(self.for_socket(transmit.to).into())).collect();
        let slices: Vec<[IoSlice<'_>; 1]> = transmits.iter().map(|transmit| [IoSlice::new(&transmit.bytes)]).collect();
        let mut sent = 0;
        while sent < slices.len() {
            let end = slices.len().min(sent + BATCH);
            let no_control: [nix::sys::socket::ControlMessage<'_>; 0] = [];
            let result = sendmmsg(
                self.socket.as_raw_fd(),
                &mut self.send_headers,
                &slices[sent..end],
                &addresses[sent..end],
                no_control,
                MsgFlags::MSG_DONTWAIT,
            )
            .map(Iterator::count);
            match result {
                Ok(count) => sent += count.max(1),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) if writable(&self.socket) => {}
                Err(Errno::EAGAIN) => {
                    tracing::warn!(dropped = slices.len() - sent, "the send buffer stays full");
                    break;
                }
                // The first of the batch cannot be sent (no route, an ICMP error): go on behind it.
                Err(error) => {
                    tracing::trace!(%error, to = %transmits[sent].to, "not sent");
                    sent += 1;
                }
            }
        }
        drop(slices);
        transmits.clear();
    }

    /// Waits until there is something to read, the waker is called, or the time is over.
    pub(crate) fn wait(&self, waker: &Waker, timeout: Option<Duration>) -> io::Result<()> {
        // Rounded up: a timer that fires early would spin until it is due.
        let timeout = timeout.map_or(PollTimeout::NONE, |timeout| {
            let millis = timeout.as_micros().div_ceil(1000);
            PollTimeout::try_from(i32::try_from(millis).unwrap_or(i32::MAX)).unwrap_or(PollTimeout::MAX)
        });
        let mut fds =
            [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN), PollFd::new(waker.event.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// An IPv4 address as an IPv6 socket wants it.
    fn for_socket(&self, to: SocketAddr) -> SocketAddr {
        match (self.local.ip(), to.ip()) {
            (IpAddr::V6(_), IpAddr::V4(ip)) => SocketAddr::new(ip.to_ipv6_mapped().into(), to.port()),
            _ => to,
        }
    }
}

fn writable(socket: &Socket) -> bool {
    let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)];
    matches!(poll(&mut fds, PollTimeout::from(SEND_PATIENCE_MILLIS)), Ok(ready) if ready > 0)
}

/// The sender's address; an IPv4 sender at an IPv6 socket is shown as IPv4.
fn to_std(address: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(address) = address.as_sockaddr_in() {
        return Some(SocketAddr::from(std::net::SocketAddrV4::from(*address)));
    }
    let address = std::net::SocketAddrV6::from(*address.as_sockaddr_in6()?);
    Some(SocketAddr::new(address.ip().to_canonical(), address.port()))
}

/// Wakes the relay's thread.
#[derive(Debug)]
pub(crate) struct Waker {
    event: EventFd,
}

impl Waker {
    pub(crate) fn new() -> io::Result<Self> {
        let flags = EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC;
        Ok(Self { event: EventFd::from_value_and_flags(0, flags)? })
    }

    pub(crate) fn wake(&self) {
        // A counter that is full wakes just as well.
        let _ = self.event.write(1);
    }

    /// Forgets all calls so far.
    pub(crate) fn clear(&self) {
        // EAGAIN: nobody called.
        let _ = self.event.read();
    }
}
