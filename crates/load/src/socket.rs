//! The one socket of all peers. Each has an address of its own: the kernel says to which of them a datagram went, and is told
//! from which one to send, so that the server sees as many addresses as there are peers while reading stays one system
//! call a batch.

use std::{
    io::{self, IoSlice, IoSliceMut},
    net::{Ipv4Addr, SocketAddrV4},
    os::fd::AsRawFd,
    time::{Duration, SystemTime},
};

use anyhow::Context;
use nix::{
    cmsg_space,
    errno::Errno,
    libc,
    sys::{
        socket::{
            ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmsg, setsockopt,
            sockopt::{Ipv4PacketInfo, RcvBuf, RcvBufForce, ReceiveTimestampns, RxqOvfl, SndBufForce},
        },
        time::TimeSpec,
    },
};
use socket2::{Domain, Protocol, Socket, Type};

use crate::bed::Network;

/// Datagrams of one system call.
pub const BATCH: usize = 128;

/// What the kernel may hold for the load: 50 packets to each of 1,200 receivers at 2.5 KB of the kernel's memory each.
const RECEIVE_BUFFER: usize = 256 * 1024 * 1024;
/// What peers send at once fits many times.
const SEND_BUFFER: usize = 16 * 1024 * 1024;
/// The relay keeps to 1,200 bytes; a longer datagram would be cut off and fail its authentication.
const BUFFER_BYTES: usize = 1500;

/// Nanoseconds of the machine's clock, which the kernel stamps datagrams with.
pub type Nanos = u64;

/// The machine's clock.
pub fn wall_nanos() -> Nanos {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// A received datagram in its buffer.
#[derive(Debug, Clone, Copy)]
struct Received {
    peer: usize,
    bytes: usize,
    at: Nanos,
}

/// The socket with its buffers.
pub struct SharedSocket {
    socket: Socket,
    network: Network,
    server: SockaddrIn,
    /// By peer: where the server hears it, if that is not where it hears everybody.
    directions: Vec<SockaddrIn>,
    port: u16,
    buffers: Vec<[u8; BUFFER_BYTES]>,
    received: Vec<Received>,
    headers: MultiHeaders<SockaddrIn>,
    dropped: u64,
    unsent: u64,
}

impl SharedSocket {
    /// A socket of peers that speak to `server`.
    ///
    /// # Errors
    ///
    /// The socket cannot be made or its options cannot be set.
    pub fn open(network: Network, server: SocketAddrV4) -> anyhow::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).context("a UDP socket")?;
        socket.set_nonblocking(true)?;
        // Only root may pass the limit of the machine; others take what they get, and drops void the run.
        if setsockopt(&socket, RcvBufForce, &RECEIVE_BUFFER).is_err() {
            setsockopt(&socket, RcvBuf, &RECEIVE_BUFFER).context("receive buffer")?;
        }
        let _ = setsockopt(&socket, SndBufForce, &SEND_BUFFER);
        setsockopt(&socket, ReceiveTimestampns, &true).context("stamps of arrival")?;
        setsockopt(&socket, Ipv4PacketInfo, &true).context("addresses of arrival")?;
        setsockopt(&socket, RxqOvfl, &1).context("count of drops")?;
        socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0).into()).context("bind")?;
        let port = socket.local_addr()?.as_socket_ipv4().context("an IPv4 socket")?.port();
        Ok(Self {
            socket,
            network,
            server: server.into(),
            directions: Vec::new(),
            port,
            buffers: vec![[0; BUFFER_BYTES]; BATCH],
            received: Vec::with_capacity(BATCH),
            headers: headers(),
            dropped: 0,
            unsent: 0,
        })
    }

    /// Port of all peers.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Datagrams that were lost because this process did not read them in time.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Datagrams that could not be sent.
    pub fn unsent(&self) -> u64 {
        self.unsent
    }

    /// Takes what has arrived, at most [`BATCH`] datagrams; gives their number. [`Self::datagram`] reads them.
    ///
    /// # Errors
    ///
    /// The socket fails.
    pub fn receive(&mut self) -> io::Result<usize> {
        self.received.clear();
        let mut slices: Vec<[IoSliceMut<'_>; 1]> =
            self.buffers.iter_mut().map(|buffer| [IoSliceMut::new(buffer)]).collect();
        let flags = MsgFlags::MSG_DONTWAIT;
        let messages = match recvmmsg(self.socket.as_raw_fd(), &mut self.headers, slices.iter_mut(), flags, None) {
            Ok(messages) => messages,
            Err(Errno::EAGAIN | Errno::EINTR | Errno::ECONNREFUSED) => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        let mut cut = false;
        for message in messages {
            let mut received = Received { peer: usize::MAX, bytes: message.bytes, at: 0 };
            let controls = message.cmsgs();
            cut |= controls.is_err();
            for control in controls.into_iter().flatten() {
                match control {
                    ControlMessageOwned::ScmTimestampns(stamp) => {
                        received.at = stamp.tv_sec().unsigned_abs() * 1_000_000_000 + stamp.tv_nsec().unsigned_abs();
                    }
                    ControlMessageOwned::Ipv4PacketInfo(info) => {
                        let to = Ipv4Addr::from(u32::from_be(info.ipi_addr.s_addr));
                        received.peer = self.network.peer_at(to);
                    }
                    ControlMessageOwned::RxqOvfl(dropped) => self.dropped = self.dropped.max(u64::from(dropped)),
                    _ => {}
                }
            }
            self.received.push(received);
        }
        if cut {
            // The room for what the kernel tells shrinks to what it last told, and with the first drop it tells more.
            self.headers = headers();
            self.dropped = self.dropped.max(1);
        }
        Ok(self.received.len())
    }

    /// The datagram at `index` of the last batch: the peer, when it arrived, its bytes.
    pub fn datagram(&self, index: usize) -> (usize, Nanos, &[u8]) {
        let received = self.received[index];
        (received.peer, received.at, &self.buffers[index][..received.bytes])
    }

    /// A peer speaks to this address of the server.
    pub fn direct(&mut self, peer: usize, server: SocketAddrV4) {
        if self.directions.len() <= peer {
            self.directions.resize(peer + 1, self.server);
        }
        self.directions[peer] = server.into();
    }

    /// Sends a peer's datagram to the server.
    pub fn send(&mut self, peer: usize, datagram: &[u8]) {
        let from = libc::in_addr { s_addr: u32::from(self.network.address_of(peer)).to_be() };
        let info = libc::in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: from, ipi_addr: libc::in_addr { s_addr: 0 } };
        let control = [ControlMessage::Ipv4PacketInfo(&info)];
        let slices = [IoSlice::new(datagram)];
        let fd = self.socket.as_raw_fd();
        let server = self.directions.get(peer).unwrap_or(&self.server);
        if sendmsg(fd, &slices, &control, MsgFlags::MSG_DONTWAIT, Some(server)).is_err() {
            self.unsent += 1;
        }
    }
}

fn headers() -> MultiHeaders<SockaddrIn> {
    MultiHeaders::preallocate(BATCH, Some(cmsg_space!(TimeSpec, libc::in_pktinfo, u32)))
}

impl std::fmt::Debug for SharedSocket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SharedSocket").field("port", &self.port).finish_non_exhaustive()
    }
}
