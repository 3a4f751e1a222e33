//! One connection: what of a frame has come, what the other side has not taken yet.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    time::Duration,
};

use relay_core::is_known_protocol;
use socket2::Socket;

use super::framing::{self, Frame, LENGTH_BYTES, MAX_FRAME_BYTES};

/// Bytes taken of one connection at a time, so that none keeps the others waiting.
const READ_BYTES: usize = 16 * 1024;
/// What a read needs: the beginning of a frame from before, and what comes.
pub(super) const BUFFER_BYTES: usize = MAX_FRAME_BYTES + READ_BYTES;

/// Media that waits for one connection. A keyframe of each of a grid's four pictures fits into it; at 4 Mbit/s it is half a
/// second, and what is older is of no use in a conversation. Packets beyond it are dropped, whole: the receiver asks for
/// those that it still wants.
pub(super) const MAX_UNSENT_MEDIA: usize = 256 * 1024;
/// STUN and DTLS may wait beyond the media: a reader that is slow is not to be taken for dead.
pub(super) const MAX_UNSENT: usize = MAX_UNSENT_MEDIA + 16 * 1024;
/// Received before the first valid check: ten checks of 200 bytes, each a few times.
const MAX_UNPROVEN_BYTES: usize = 4 * 1024;

/// Bytes that the kernel keeps besides those on their way: more would wait there, where nothing can be dropped.
const KERNEL_UNSENT: u32 = 16 * 1024;
/// The other side has acknowledged nothing for this long: it is gone. Its consent has ended by then, too.
const UNACKNOWLEDGED: Duration = relay_core::CONSENT_TIMEOUT;

/// Kinds of packets by their first byte (RFC 7983 §7): above are RTP and RTCP.
const FIRST_OF_MEDIA: u8 = 128;
const LAST_OF_STUN: u8 = 3;

/// Whether somebody has shown that it is a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// Not yet; so many bytes have come.
    Awaited { received: usize },
    /// A valid check came.
    Given,
}

/// The connection is of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The other side has closed it, or it broke.
    Closed,
    /// What came is nothing that a peer sends, or more than it may send before its proof.
    Garbage,
}

/// How far what waited was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flushed {
    All,
    /// The rest waits until the other side takes it.
    Some,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) socket: Socket,
    pub(super) address: SocketAddr,
    pub(super) proof: Proof,
    /// The kernel takes no more and was asked to tell when it does.
    pub(super) waits: bool,
    /// The beginning of a frame.
    partial: Vec<u8>,
    /// Frames; the first `sent` bytes are the kernel's already.
    unsent: Vec<u8>,
    sent: usize,
}

impl Connection {
    /// A connection that was accepted.
    pub(super) fn new(socket: Socket, address: SocketAddr) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        // Each write is a burst of packets that should leave now.
        socket.set_tcp_nodelay(true)?;
        socket.set_tcp_notsent_lowat(KERNEL_UNSENT)?;
        socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
        let proof = Proof::Awaited { received: 0 };
        Ok(Self { socket, address, proof, waits: false, partial: Vec::new(), unsent: Vec::new(), sent: 0 })
    }

    /// Takes what has come, at most [`READ_BYTES`], and hands out its packets. `take` says whether the connection is a
    /// peer's, after each packet. `buffer` has [`BUFFER_BYTES`] and is empty between calls.
    pub(super) fn read(&mut self, buffer: &mut [u8], mut take: impl FnMut(&mut [u8]) -> Proof) -> Result<(), Ended> {
        let begun = self.partial.len();
        buffer[..begun].copy_from_slice(&self.partial);
        let read = match (&self.socket).read(&mut buffer[begun..begun + READ_BYTES]) {
            Ok(0) => return Err(Ended::Closed),
            Ok(read) => read,
            Err(error) if is_transient(&error) => return Ok(()),
            Err(_) => return Err(Ended::Closed),
        };
        if let Proof::Awaited { received } = &mut self.proof {
            *received += read;
        }
        let mut rest = &mut buffer[..begun + read];
        loop {
            match framing::first(rest) {
                Frame::Whole(place) => {
                    let (frame, behind) = rest.split_at_mut(place.end);
                    self.take(&mut frame[place], &mut take)?;
                    rest = behind;
                }
                Frame::Incomplete => break,
                Frame::TooLong => return Err(Ended::Garbage),
            }
        }
        self.partial.clear();
        self.partial.extend_from_slice(rest);
        match self.proof {
            Proof::Awaited { received } if received > MAX_UNPROVEN_BYTES => Err(Ended::Garbage),
            Proof::Awaited { .. } | Proof::Given => Ok(()),
        }
    }

    fn take(&mut self, packet: &mut [u8], take: &mut impl FnMut(&mut [u8]) -> Proof) -> Result<(), Ended> {
        // Frames without content are allowed and mean nothing (RFC 4571 §2).
        let Some(first) = packet.first() else { return Ok(()) };
        let expected = match self.proof {
            Proof::Awaited { .. } => *first <= LAST_OF_STUN,
            Proof::Given => is_known_protocol(packet),
        };
        if !expected {
            return Err(Ended::Garbage);
        }
        if take(packet) == Proof::Given {
            self.proof = Proof::Given;
        }
        Ok(())
    }

    /// Lets a packet wait for [`Self::flush`]; false: there is no room, and it is dropped.
    pub(super) fn queue(&mut self, packet: &[u8]) -> bool {
        let is_media = packet.first().is_some_and(|first| *first >= FIRST_OF_MEDIA);
        let room = if is_media { MAX_UNSENT_MEDIA } else { MAX_UNSENT };
        if self.unsent.len() - self.sent + LENGTH_BYTES + packet.len() > room {
            return false;
        }
        framing::append(packet, &mut self.unsent);
        true
    }

    /// Hands the kernel what waits, as far as it takes it.
    pub(super) fn flush(&mut self) -> Result<Flushed, Ended> {
        while self.sent < self.unsent.len() {
            match (&self.socket).write(&self.unsent[self.sent..]) {
                Ok(0) => return Err(Ended::Closed),
                Ok(written) => self.sent += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.forget_sent();
                    return Ok(Flushed::Some);
                }
                Err(_) => return Err(Ended::Closed),
            }
        }
        self.unsent.clear();
        self.sent = 0;
        Ok(Flushed::All)
    }

    /// Moves what waits to the front when that is cheap: each byte is moved at most once on average.
    fn forget_sent(&mut self) {
        if self.sent >= self.unsent.len() / 2 {
            self.unsent.drain(..self.sent);
            self.sent = 0;
        }
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// A binding request's first bytes are enough here.
    const STUN: [u8; 20] = [0; 20];
    const MEDIA: [u8; 1_200] = [0x80; 1_200];

    fn pair() -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, address) = listener.accept().unwrap();
        (Connection::new(accepted.into(), address).unwrap(), client)
    }

    fn frame(packet: &[u8]) -> Vec<u8> {
        let mut frame = Vec::new();
        framing::append(packet, &mut frame);
        frame
    }

    /// Reads until something came, or the connection ended.
    fn read(connection: &mut Connection, mut take: impl FnMut(&mut [u8]) -> Proof) -> Result<(), Ended> {
        let mut buffer = vec![0; BUFFER_BYTES];
        std::thread::sleep(Duration::from_millis(20));
        connection.read(&mut buffer, &mut take)
    }

    #[test]
    fn packets_cut_anywhere_are_put_together() {
        let (mut connection, mut client) = pair();
        connection.proof = Proof::Given;
        let stream = [frame(&MEDIA), frame(&[]), frame(&STUN)].concat();
        let mut packets = Vec::new();

        for piece in [&stream[..1], &stream[1..700], &stream[700..1_203], &stream[1_203..]] {
            client.write_all(piece).unwrap();
            let taken = read(&mut connection, |packet| {
                packets.push(packet.to_vec());
                Proof::Given
            });
            assert_eq!(taken, Ok(()));
        }

        assert_eq!(packets, [MEDIA.to_vec(), STUN.to_vec()]);
    }

    #[test]
    fn before_the_proof_nothing_but_checks_and_few_bytes_are_taken() {
        let awaited = |_: &mut [u8]| Proof::Awaited { received: 0 };
        let (mut connection, mut client) = pair();
        client.write_all(&frame(&MEDIA)).unwrap();
        assert_eq!(read(&mut connection, awaited), Err(Ended::Garbage));

        let (mut connection, mut client) = pair();
        client.write_all(&frame(&STUN)).unwrap();
        assert_eq!(read(&mut connection, awaited), Ok(()));
        client.write_all(&frame(&STUN).repeat(MAX_UNPROVEN_BYTES / 22)).unwrap();
        assert_eq!(read(&mut connection, awaited), Err(Ended::Garbage));
    }

    #[test]
    fn nonsense_ends_a_proven_connection_too() {
        for nonsense in [frame(&[255; 100]), b"GET / HTTP/1.1\r\n\r\n".to_vec(), frame(&[64; 20])] {
            let (mut connection, mut client) = pair();
            connection.proof = Proof::Given;
            client.write_all(&nonsense).unwrap();

            assert_eq!(read(&mut connection, |_| Proof::Given), Err(Ended::Garbage));
        }
    }

    #[test]
    fn an_end_is_noticed() {
        let (mut connection, client) = pair();
        drop(client);

        assert_eq!(read(&mut connection, |_| Proof::Given), Err(Ended::Closed));
    }

    #[test]
    fn a_reader_that_is_behind_loses_whole_packets_and_checks_have_room_beyond_media() {
        let (mut connection, mut client) = pair();
        let mut queued = 0;
        let mut full = 0;
        // More than the kernel's buffers on both sides and ours hold.
        for _ in 0..20_000 {
            if connection.queue(&MEDIA) {
                queued += 1;
            } else {
                full += 1;
            }
            let _ = connection.flush().unwrap();
            assert!(connection.unsent.len() <= 2 * MAX_UNSENT, "sent bytes are forgotten");
        }
        assert!(full > 0 && connection.unsent.len() - connection.sent <= MAX_UNSENT_MEDIA);
        assert!(connection.queue(&STUN), "a check is answered");

        client.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let mut stream = Vec::new();
        let mut buffer = vec![0; 1 << 20];
        let mut flushed = Flushed::Some;
        while flushed == Flushed::Some {
            if let Ok(read) = client.read(&mut buffer) {
                stream.extend_from_slice(&buffer[..read]);
            }
            flushed = connection.flush().unwrap();
        }
        while let Ok(read) = client.read(&mut buffer) {
            stream.extend_from_slice(&buffer[..read]);
        }

        assert_eq!(stream.len(), queued * (LENGTH_BYTES + MEDIA.len()) + LENGTH_BYTES + STUN.len());
        assert!(stream.ends_with(&frame(&STUN)));
        assert!(stream.chunks(LENGTH_BYTES + MEDIA.len()).take(queued).all(|chunk| chunk == frame(&MEDIA)));
    }
}
