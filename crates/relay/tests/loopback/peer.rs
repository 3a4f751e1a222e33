//! A str0m peer on a thread of its own, by datagrams or by a connection.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, SocketAddr, TcpStream, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use relay::RelayHandle;
use relay_core::{EndpointId, LineDirection};
use str0m::{
    Candidate, Event, Input, Output, Rtc,
    change::SdpAnswer,
    media::{Direction, MediaKind},
    net::{Protocol, Receive},
    rtp::RtpWrite,
};

use crate::plan;

/// What a peer comes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Udp,
    Tcp,
}

/// Says the numbers 0, 1, 2… or hears them.
pub struct Peer {
    pub heard: mpsc::Receiver<u64>,
    /// It takes nothing out of its socket while this is set.
    pub deaf: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Joins by the loopback address of the relay's family.
pub async fn join(relay: &RelayHandle, by: Transport, endpoint: EndpointId, direction: LineDirection) -> Peer {
    join_at([127, 0, 0, 1].into(), relay, by, endpoint, direction).await
}

/// Joins by an address of the relay.
pub async fn join_at(
    at: IpAddr,
    relay: &RelayHandle,
    by: Transport,
    endpoint: EndpointId,
    direction: LineDirection,
) -> Peer {
    str0m::crypto::from_feature_flags().install_process_default();
    let wire = Wire::open(by, SocketAddr::new(at, relay.local_addr().port()));
    let mut rtc = Rtc::builder().set_rtp_mode(true).build(Instant::now());
    rtc.add_local_candidate(wire.candidate());
    let mut change = rtc.sdp_api();
    let speaks = direction == LineDirection::FromEndpoint;
    let own = if speaks { Direction::SendOnly } else { Direction::RecvOnly };
    let mid = change.add_media(MediaKind::Audio, own, None, None, None);
    let (offer, pending) = change.apply().unwrap();
    let answer = relay.accept_offer(endpoint, plan(direction), offer.to_sdp_string()).await.unwrap();
    rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(&answer.sdp).unwrap()).unwrap();
    let (hear, heard) = mpsc::channel();
    let (stop, deaf) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let peer = Peer { heard, deaf: deaf.clone(), stop: stop.clone() };
    thread::spawn(move || {
        let (mut wire, mut said) = (wire, 0u64);
        while !stop.load(Ordering::Relaxed) {
            if speaks && rtc.is_connected() {
                let payload_type = rtc.media(mid).unwrap().remote_pts()[0];
                let mut api = rtc.direct_api();
                let stream = api.stream_tx_by_mid(mid, None).unwrap();
                let (sequence, time) = ((1000 + said).into(), 960 * said as u32);
                stream.write_rtp(RtpWrite::new(payload_type, sequence, time, Instant::now(), said_in_full(said)));
                said += 1;
            }
            if deaf.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(5));
                continue;
            }
            turn(&mut rtc, &mut wire, &hear);
        }
        rtc.close().unwrap();
        turn(&mut rtc, &mut wire, &hear);
    });
    peer
}

/// Bytes of one word: enough that a reader who stops is soon behind.
const WORD_BYTES: usize = 1_000;

fn said_in_full(number: u64) -> Vec<u8> {
    let mut word = number.to_be_bytes().to_vec();
    word.resize(WORD_BYTES, 0);
    word
}

/// A socket of either kind.
enum Wire {
    Udp(UdpSocket),
    /// Frames of RFC 4571; what came of the next one.
    Tcp(TcpStream, Vec<u8>),
}

impl Wire {
    fn open(by: Transport, relay: SocketAddr) -> Self {
        match by {
            Transport::Udp => Wire::Udp(UdpSocket::bind((relay.ip(), 0)).unwrap()),
            Transport::Tcp => {
                let stream = TcpStream::connect(relay).unwrap();
                stream.set_nodelay(true).unwrap();
                Wire::Tcp(stream, Vec::new())
            }
        }
    }

    fn local(&self) -> SocketAddr {
        match self {
            Wire::Udp(socket) => socket.local_addr().unwrap(),
            Wire::Tcp(stream, _) => stream.local_addr().unwrap(),
        }
    }

    fn protocol(&self) -> Protocol {
        match self {
            Wire::Udp(_) => Protocol::Udp,
            Wire::Tcp(..) => Protocol::Tcp,
        }
    }

    fn candidate(&self) -> Candidate {
        Candidate::host(self.local(), self.protocol()).unwrap()
    }

    fn send(&mut self, packet: &[u8], to: SocketAddr) {
        match self {
            Wire::Udp(socket) => {
                socket.send_to(packet, to).unwrap();
            }
            Wire::Tcp(stream, _) => {
                let frame = [&(packet.len() as u16).to_be_bytes()[..], packet].concat();
                // A relay that has closed the connection is noticed by silence.
                let _ = stream.write_all(&frame);
            }
        }
    }

    fn receive(&mut self, wait: Duration) -> Option<(Vec<u8>, SocketAddr)> {
        match self {
            Wire::Udp(socket) => {
                socket.set_read_timeout(Some(wait)).unwrap();
                let mut buffer = [0; 2000];
                let (length, source) = socket.recv_from(&mut buffer).ok()?;
                Some((buffer[..length].to_vec(), source))
            }
            Wire::Tcp(stream, frame) => {
                stream.set_read_timeout(Some(wait)).unwrap();
                loop {
                    let whole = match frame.first_chunk::<2>() {
                        Some(length) => 2 + usize::from(u16::from_be_bytes(*length)),
                        None => 2,
                    };
                    if frame.len() > 2 && frame.len() == whole {
                        let packet = std::mem::take(frame).split_off(2);
                        return Some((packet, stream.peer_addr().ok()?));
                    }
                    let mut rest = vec![0; whole - frame.len()];
                    match stream.read(&mut rest) {
                        Ok(0) => {
                            thread::sleep(wait);
                            return None;
                        }
                        Ok(read) => frame.extend_from_slice(&rest[..read]),
                        Err(error) => {
                            assert!(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::ConnectionReset));
                            return None;
                        }
                    }
                }
            }
        }
    }
}

/// Sends what is to be sent and receives for 5 ms.
fn turn(rtc: &mut Rtc, wire: &mut Wire, hear: &mpsc::Sender<u64>) {
    let end = Instant::now() + Duration::from_millis(5);
    loop {
        let due = match rtc.poll_output().unwrap() {
            Output::Timeout(due) => due,
            Output::Transmit(transmit) => {
                wire.send(&transmit.contents, transmit.destination);
                continue;
            }
            Output::Event(Event::RtpPacket(packet)) => {
                // Silence that the relay puts between sources is not a number.
                if packet.payload.len() == WORD_BYTES {
                    let _ = hear.send(u64::from_be_bytes(packet.payload[..8].try_into().unwrap()));
                }
                continue;
            }
            Output::Event(_) => continue,
        };
        let now = Instant::now();
        if now >= end {
            return;
        }
        let wait = due.min(end).saturating_duration_since(now).max(Duration::from_micros(100));
        let input = match wire.receive(wait) {
            Some((packet, source)) => {
                let contents = packet.as_slice().try_into().unwrap();
                let receive = Receive { proto: wire.protocol(), source, destination: wire.local(), contents };
                rtc.handle_input(Input::Receive(Instant::now(), receive))
            }
            None => rtc.handle_input(Input::Timeout(Instant::now())),
        };
        input.unwrap();
    }
}
