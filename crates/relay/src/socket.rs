//! The UDP socket, read and written in batches, and what wakes the thread that waits for it.

use std::{
    io::{self, IoSlice, IoSliceMut},
    net::{IpAddr, SocketAddr},
    os::fd::{AsFd, AsRawFd, BorrowedFd},
    time::{Duration, Instant, SystemTime},
};

use nix::{
    cmsg_space,
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        eventfd::{EfdFlags, EventFd},
        socket::{
            ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmmsg,
            setsockopt,
            sockopt::{ReceiveTimestampns, RxqOvfl},
        },
        time::TimeSpec,
    },
};
use relay_core::MAX_DATAGRAM_BYTES;
use socket2::{Domain, Protocol, Socket, Type};

use crate::batch::{BATCH, Message, SendBatch, one_call};

/// Bytes the kernel may hold for the relay while its thread does something else: 100 ms of 63 sites at 3 Mbit/s are
/// 2.4 MB, and the kernel counts its own overhead.
const RECEIVE_BUFFER: usize = 8 * 1024 * 1024;
/// A keyframe of 50 packets to 64 receivers is 4 MB.
const SEND_BUFFER: usize = 8 * 1024 * 1024;

/// Nothing waits in the receive buffer for longer unless the thread stood still.
const MAX_AGE: Duration = Duration::from_secs(1);

/// One more than is looked at, so that longer datagrams are seen to be too long.
const BUFFER_BYTES: usize = MAX_DATAGRAM_BYTES + 1;

/// How long a full send buffer is waited for before the rest of a batch is dropped: it empties within microseconds
/// unless the network card stands still, and then media must not wait.
const SEND_PATIENCE_MILLIS: u8 = 20;

/// Messages to so many receivers that the kernel does not cut up are no accident.
const MAX_UNCUT: usize = 4;

/// A datagram in its buffer.
#[derive(Debug, Clone, Copy)]
struct Received {
    from: SocketAddr,
    bytes: usize,
    at: Instant,
}

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
    received: Vec<Received>,
    /// Datagrams that were lost in the socket so far (wrapping), and whether the last batch told of more.
    lost: u32,
    overflown: bool,
    receive_headers: MultiHeaders<SockaddrStorage>,
    send_headers: MultiHeaders<SockaddrStorage>,
    segment_headers: MultiHeaders<SockaddrStorage>,
    /// The kernel cuts messages up.
    segments: bool,
    /// To whom it did not, since it last did.
    uncut: Vec<SocketAddr>,
    send_addresses: Vec<Option<SockaddrStorage>>,
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
        // Endpoints measure their uplink by when their packets arrived. If a batch had one arrival time, the bursts with
        // which browsers probe for more would look infinitely fast, be disbelieved, and half a minute of climbing lost.
        setsockopt(&socket, ReceiveTimestampns, &true)?;
        // And the number that were lost because the thread was behind.
        setsockopt(&socket, RxqOvfl, &1)?;
        socket.bind(&address.into())?;
        let local = socket.local_addr()?.as_socket().ok_or_else(|| io::Error::other("not an IP socket"))?;
        let (receive, send) = (socket.recv_buffer_size()?, socket.send_buffer_size()?);
        tracing::debug!(receive, send, "socket buffers in bytes");
        if receive < RECEIVE_BUFFER {
            tracing::warn!(
                bytes = receive,
                "the kernel keeps less for the relay than a busy conference needs: raise net.core.rmem_max to {}",
                RECEIVE_BUFFER / 2
            );
        }
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
            lost: 0,
            overflown: false,
            receive_headers: receive_headers(),
            send_headers: MultiHeaders::preallocate(BATCH, None),
            segment_headers: MultiHeaders::preallocate(BATCH, Some(cmsg_space!(u16))),
            segments: true,
            uncut: Vec::new(),
            send_addresses: Vec::with_capacity(BATCH),
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
        let (now, wall) = (Instant::now(), SystemTime::now());
        let before = self.lost;
        let mut short_of_room = false;
        for message in messages {
            let mut stamp = None;
            for control in message.cmsgs().into_iter().flatten() {
                match control {
                    // The number of all so far; none as long as nothing was lost.
                    ControlMessageOwned::RxqOvfl(lost) => self.lost = lost,
                    ControlMessageOwned::ScmTimestampns(time) => stamp = Some(time),
                    _ => {}
                }
            }
            short_of_room |= stamp.is_none() || message.flags.contains(MsgFlags::MSG_CTRUNC);
            let at = stamp.map_or(now, |stamp| arrival(stamp, now, wall));
            let from = message.address.as_ref().and_then(to_std);
            // A datagram without an address is of length 0 to the core, which drops it.
            let (from, bytes) = from.map_or((self.local, 0), |from| (from, message.bytes));
            self.received.push(Received { from, bytes, at });
        }
        // Others than those that found no room are counted too (checksums): a socket that was full gives a full batch.
        self.overflown = self.lost != before && self.received.len() == BATCH;
        if short_of_room {
            self.receive_headers = receive_headers();
        }
        Ok(self.received.len())
    }

    /// Datagrams were lost before those of the last batch, because nobody had fetched what was there.
    pub(crate) fn has_overflown(&self) -> bool {
        self.overflown
    }

    /// When the kernel had the datagram at `index` of the last batch.
    pub(crate) fn arrival(&self, index: usize) -> Instant {
        self.received[index].at
    }

    /// The datagram at `index` of the last batch.
    pub(crate) fn datagram(&mut self, index: usize) -> (SocketAddr, &mut [u8]) {
        let Received { from, bytes, .. } = self.received[index];
        (from, &mut self.buffers[index][..bytes])
    }

    /// Sends all of a batch and empties it. What cannot be sent is dropped: media does not wait.
    pub(crate) fn send(&mut self, batch: &mut SendBatch) {
        let mut messages = std::mem::take(&mut batch.messages);
        if !self.segments {
            messages = messages.iter().flat_map(Message::split).collect();
        }
        self.send_all(&batch.bytes, &messages);
        messages.clear();
        batch.messages = messages;
        batch.clear();
    }

    fn send_all(&mut self, bytes: &[u8], mut rest: &[Message]) {
        while !rest.is_empty() {
            let (count, segment) = one_call(rest);
            match self.send_some(bytes, &rest[..count], segment) {
                Ok(sent) => {
                    if segment.is_some() {
                        self.uncut.clear();
                    }
                    rest = &rest[sent.max(1)..];
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) if writable(&self.socket) => {}
                Err(Errno::EAGAIN) => {
                    tracing::warn!(dropped = rest.len(), "the send buffer stays full");
                    break;
                }
                // The kernel would not cut the first message up.
                Err(error @ (Errno::EIO | Errno::EINVAL | Errno::EMSGSIZE)) if segment.is_some() => {
                    self.note_uncut(error, rest[0].to);
                    let split: Vec<Message> = rest[0].split().collect();
                    self.send_all(bytes, &split);
                    rest = &rest[1..];
                }
                // The first cannot be sent (no route, an ICMP error): go on behind it.
                Err(error) => {
                    tracing::trace!(%error, to = %rest[0].to, "not sent");
                    rest = &rest[1..];
                }
            }
        }
    }

    /// One message was refused: a path with smaller packets, an address that is none. If those to several receivers are, and none
    /// in between was taken, this kernel or its card cannot do it, and nothing is asked of it any more.
    fn note_uncut(&mut self, error: Errno, to: SocketAddr) {
        if !self.uncut.contains(&to) {
            self.uncut.push(to);
        }
        if self.uncut.len() >= MAX_UNCUT {
            tracing::info!(%error, "datagrams are sent one by one from now on");
            self.segments = false;
        }
    }

    /// One system call; gives how many messages the kernel took.
    fn send_some(&mut self, bytes: &[u8], messages: &[Message], segment: Option<u16>) -> nix::Result<usize> {
        let (local, addresses) = (self.local.ip(), &mut self.send_addresses);
        addresses.clear();
        addresses.extend(messages.iter().map(|message| Some(for_socket(local, message.to).into())));
        let slices: Vec<[IoSlice<'_>; 1]> =
            messages.iter().map(|message| [IoSlice::new(&bytes[message.bytes.clone()])]).collect();
        let (fd, flags) = (self.socket.as_raw_fd(), MsgFlags::MSG_DONTWAIT);
        let sent = match &segment {
            Some(segment) => {
                let control = [ControlMessage::UdpGsoSegments(segment)];
                sendmmsg(fd, &mut self.segment_headers, &slices, &*addresses, control, flags)?.count()
            }
            None => {
                let control: [ControlMessage<'_>; 0] = [];
                sendmmsg(fd, &mut self.send_headers, &slices, &*addresses, control, flags)?.count()
            }
        };
        Ok(sent)
    }

    /// Waits until there is something to read, the waker is called, connections have something to do, or the time is over.
    /// True: connections have.
    pub(crate) fn wait(
        &self,
        waker: &Waker,
        connections: BorrowedFd<'_>,
        timeout: Option<Duration>,
    ) -> io::Result<bool> {
        // Rounded up: a timer that fires early would spin until it is due.
        let timeout = timeout.map_or(PollTimeout::NONE, |timeout| {
            let millis = timeout.as_micros().div_ceil(1000);
            PollTimeout::try_from(i32::try_from(millis).unwrap_or(i32::MAX)).unwrap_or(PollTimeout::MAX)
        });
        let mut fds =
            [self.socket.as_fd(), waker.event.as_fd(), connections].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        match poll(&mut fds, timeout) {
            Ok(_) => Ok(fds[2].any().unwrap_or(true)),
            Err(Errno::EINTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Headers with room for an arrival time and the number of lost datagrams. A header keeps only as much room as it last needed
/// (nix hands the kernel what the kernel wrote back), so where something was missing they are made anew.
fn receive_headers() -> MultiHeaders<SockaddrStorage> {
    MultiHeaders::preallocate(BATCH, Some(cmsg_space!(TimeSpec, u32)))
}

/// An IPv4 address as an IPv6 socket wants it.
fn for_socket(local: IpAddr, to: SocketAddr) -> SocketAddr {
    match (local, to.ip()) {
        (IpAddr::V6(_), IpAddr::V4(ip)) => SocketAddr::new(ip.to_ipv6_mapped().into(), to.port()),
        _ => to,
    }
}

fn writable(socket: &Socket) -> bool {
    let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)];
    matches!(poll(&mut fds, PollTimeout::from(SEND_PATIENCE_MILLIS)), Ok(ready) if ready > 0)
}

/// The kernel's stamp on the relay's clock. A wall clock that was set in between gives a time in the future, which is taken for
/// now, or long ago; what is older than [`MAX_AGE`], for that reason or because the thread was behind, counts as so old.
fn arrival(stamp: TimeSpec, now: Instant, wall: SystemTime) -> Instant {
    let since_epoch = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let age = since_epoch.saturating_sub(Duration::from(stamp)).min(MAX_AGE);
    now.checked_sub(age).unwrap_or(now)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Batches that are tried: a busy kernel takes some hundred milliseconds until it stamps.
    const BATCHES: u32 = 40;

    #[test]
    fn datagrams_of_one_batch_keep_their_own_arrival_times() {
        let bound = BoundSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let to = bound.local_addr();
        let mut socket = UdpSocket::new(bound);
        let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let apart = Duration::from_millis(30);
        // The two clocks are read one after the other, so a stamp may be off by the time between.
        let slack = Duration::from_millis(1);

        // The kernel begins to stamp some time after the first socket asked for it; until then both have one time.
        let mut batch = || {
            let start = Instant::now();
            sender.send_to(b"first", to).unwrap();
            std::thread::sleep(apart);
            sender.send_to(b"second", to).unwrap();
            assert_eq!(socket.receive().unwrap(), 2);
            assert_eq!(socket.datagram(0), (sender.local_addr().unwrap(), &mut b"first".to_owned()[..]));
            let (first, second) = (socket.arrival(0), socket.arrival(1));
            assert!(first + slack >= start && second <= Instant::now());
            assert_eq!(socket.receive().unwrap(), 0);
            second.saturating_duration_since(first) + slack >= apart
        };

        assert!((0..BATCHES).any(|_| batch()), "no batch of {BATCHES} was stamped datagram by datagram");
    }

    /// Two messages of some datagrams each, the first to a receiver that cannot be; true if the second arrived whole.
    fn second_arrives(socket: &mut UdpSocket, receiver: &std::net::UdpSocket) -> bool {
        let nowhere: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let mut datagrams = [(nowhere, 2), (receiver.local_addr().unwrap(), 3)]
            .into_iter()
            .flat_map(|(to, count)| (0..count).map(move |_| to))
            .collect::<std::collections::VecDeque<_>>();
        let mut batch = SendBatch::default();
        batch.fill(|buffer| {
            let to = datagrams.pop_front()?;
            buffer.extend_from_slice(&[7; 100]);
            Some(to)
        });
        assert_eq!(batch.messages.len(), if socket.segments { 2 } else { batch.messages.len() });
        socket.send(&mut batch);
        let mut bytes = [0; 400];
        (0..3).all(|_| receiver.recv(&mut bytes).is_ok_and(|length| length == 100))
    }

    #[test]
    fn a_message_that_cannot_be_cut_up_costs_the_others_nothing_until_none_can_be() {
        let mut socket = UdpSocket::new(BoundSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap());
        let receiver = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        receiver.set_read_timeout(Some(Duration::from_secs(5))).unwrap();

        for _ in 0..2 * MAX_UNCUT {
            assert!(second_arrives(&mut socket, &receiver));
        }
        assert!(socket.segments, "others were cut up in between");
        for port in (1..).take(MAX_UNCUT) {
            assert!(socket.segments);
            (0..20).for_each(|_| socket.note_uncut(Errno::EIO, ([127, 0, 0, 1], port).into()));
        }
        assert!(!socket.segments);
        assert!(second_arrives(&mut socket, &receiver), "one by one");
    }

    #[test]
    fn datagrams_that_are_lost_in_the_socket_are_noticed() {
        let bound = BoundSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        bound.socket.set_recv_buffer_size(256 * 1_024).unwrap();
        let to = bound.local_addr();
        let mut socket = UdpSocket::new(bound);
        let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut overflows = |datagrams: usize| {
            (0..datagrams).for_each(|_| _ = sender.send_to(&[1; 1_000], to).unwrap());
            let mut told = Vec::new();
            while socket.receive().unwrap() > 0 {
                told.push(socket.has_overflown());
            }
            told.contains(&true)
        };

        assert!(!overflows(1));
        // What was lost is told with the next one that comes, and there is room for it with the one after that.
        assert!(overflows(1_000) || overflows(1_000) || overflows(1_000));
        assert!(!overflows(1));
    }

    #[test]
    fn a_stamp_from_the_future_is_now_and_one_from_long_ago_is_not_that_old() {
        let (now, wall) = (Instant::now(), SystemTime::now());
        let stamped =
            |at: SystemTime| arrival(TimeSpec::from(at.duration_since(SystemTime::UNIX_EPOCH).unwrap()), now, wall);
        let millis = Duration::from_millis;

        assert_eq!(stamped(wall - millis(5)), now - millis(5));
        assert_eq!(stamped(wall + millis(5)), now);
        assert_eq!(stamped(wall - 3 * MAX_AGE), now - MAX_AGE);
    }
}
