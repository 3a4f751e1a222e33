//! The relay's thread and real sockets on loopback, with str0m at both ends.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use relay::{Certificate, Relay, RelayConfig, RelayEvent, RelayHandle};
use relay_core::{
    Codec, DisconnectReason, EndpointId, Feed, Kind, Layer, LineDirection, LineId, LinePlan, OfferError, Routes,
    SlotId, TrackId,
};
use str0m::{
    Candidate, Event, Input, Output, Rtc,
    change::SdpAnswer,
    media::{Direction, MediaKind},
    net::{Protocol, Receive},
    rtp::RtpWrite,
};

/// Everything in these tests takes milliseconds; a busy machine may need longer.
const PATIENCE: Duration = Duration::from_secs(20);

fn start(bind: &str) -> (RelayHandle, tokio::sync::mpsc::UnboundedReceiver<RelayEvent>) {
    Relay::start(RelayConfig {
        bind: bind.parse().unwrap(),
        announced: vec![],
        certificate: Certificate::generate().unwrap(),
        codec: Codec::H264,
        seed: [3; 32],
    })
    .unwrap()
}

fn plan(direction: LineDirection) -> Vec<LinePlan> {
    vec![LinePlan { kind: Kind::Audio, direction, simulcast: false, msid: Some("sound".into()) }]
}

/// A str0m peer on a thread of its own that says the numbers 0, 1, 2… or hears them.
struct Peer {
    heard: mpsc::Receiver<u64>,
    stop: Arc<AtomicBool>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

async fn join(relay: &RelayHandle, endpoint: EndpointId, direction: LineDirection) -> Peer {
    str0m::crypto::from_feature_flags().install_process_default();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut rtc = Rtc::builder().set_rtp_mode(true).build(Instant::now());
    rtc.add_local_candidate(Candidate::host(socket.local_addr().unwrap(), "udp").unwrap());
    let mut change = rtc.sdp_api();
    let speaks = direction == LineDirection::FromEndpoint;
    let own = if speaks { Direction::SendOnly } else { Direction::RecvOnly };
    let mid = change.add_media(MediaKind::Audio, own, None, None, None);
    let (offer, pending) = change.apply().unwrap();
    let answer = relay.accept_offer(endpoint, plan(direction), offer.to_sdp_string()).await.unwrap();
    rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(&answer.sdp).unwrap()).unwrap();
    let (hear, heard) = mpsc::channel();
    let stop = Arc::new(AtomicBool::new(false));
    let peer = Peer { heard, stop: stop.clone() };
    thread::spawn(move || {
        let mut said = 0u64;
        while !stop.load(Ordering::Relaxed) {
            if speaks && rtc.is_connected() {
                let payload_type = rtc.media(mid).unwrap().remote_pts()[0];
                let mut api = rtc.direct_api();
                let stream = api.stream_tx_by_mid(mid, None).unwrap();
                let sequence = (1000 + said).into();
                let time = 960 * said as u32;
                stream.write_rtp(RtpWrite::new(payload_type, sequence, time, Instant::now(), said.to_be_bytes()));
                said += 1;
            }
            turn(&mut rtc, &socket, &hear);
        }
        rtc.close().unwrap();
        turn(&mut rtc, &socket, &hear);
    });
    peer
}

/// Sends what is to be sent and receives for 5 ms.
fn turn(rtc: &mut Rtc, socket: &UdpSocket, hear: &mpsc::Sender<u64>) {
    let local = socket.local_addr().unwrap();
    let end = Instant::now() + Duration::from_millis(5);
    loop {
        let due = match rtc.poll_output().unwrap() {
            Output::Timeout(due) => due,
            Output::Transmit(transmit) => {
                socket.send_to(&transmit.contents, transmit.destination).unwrap();
                continue;
            }
            Output::Event(Event::RtpPacket(packet)) => {
                // Silence that the relay puts between sources is not a number.
                if let Ok(number) = packet.payload[..].try_into() {
                    let _ = hear.send(u64::from_be_bytes(number));
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
        socket.set_read_timeout(Some(wait)).unwrap();
        let mut buffer = [0; 2000];
        match socket.recv_from(&mut buffer) {
            Ok((length, source)) => {
                let contents = buffer[..length].try_into().unwrap();
                let receive = Receive { proto: Protocol::Udp, source, destination: local, contents };
                rtc.handle_input(Input::Receive(Instant::now(), receive)).unwrap();
            }
            Err(_) => rtc.handle_input(Input::Timeout(Instant::now())).unwrap(),
        }
    }
}

async fn expect(
    events: &mut tokio::sync::mpsc::UnboundedReceiver<RelayEvent>,
    wanted: impl Fn(&RelayEvent) -> bool,
) -> RelayEvent {
    tokio::time::timeout(PATIENCE, async {
        loop {
            let event = events.recv().await.unwrap();
            if wanted(&event) {
                return event;
            }
        }
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn sound_goes_through_real_sockets() {
    let (relay, mut events) = start("127.0.0.1:0");
    let (speaker, listener) = (EndpointId(1), EndpointId(2));
    let _speaks = join(&relay, speaker, LineDirection::FromEndpoint).await;
    let hears = join(&relay, listener, LineDirection::ToEndpoint).await;
    for _ in 0..2 {
        expect(&mut events, |event| matches!(event, RelayEvent::Connected { .. })).await;
    }
    let track = TrackId { endpoint: speaker, line: LineId(0) };
    let slot = SlotId { endpoint: listener, line: LineId(0) };
    let mut routes = Routes::default();
    routes.slots.insert(slot, Feed { track, layer: Layer::High, rank: 0 });

    relay.set_routes(routes).await.unwrap();

    let heard: Vec<u64> = (0..50).map(|_| hears.heard.recv_timeout(PATIENCE).unwrap()).collect();
    assert!(heard.windows(2).all(|pair| pair[1] == pair[0] + 1), "in order and without a gap: {heard:?}");
    drop(hears);
    let gone = expect(&mut events, |event| matches!(event, RelayEvent::Disconnected { .. })).await;
    assert_eq!(gone, RelayEvent::Disconnected { endpoint: listener, reason: DisconnectReason::Closed });
    relay.shutdown().await;
}

#[tokio::test]
async fn a_relay_that_was_shut_down_says_so() {
    let (relay, mut events) = start("127.0.0.1:0");
    let address = relay.local_addr();
    let other = relay.clone();

    relay.shutdown().await;
    relay.shutdown().await;

    assert_eq!(other.accept_offer(EndpointId(1), vec![], String::new()).await, Err(OfferError::Stopped));
    assert_eq!(other.set_routes(Routes::default()).await, Err(relay::Stopped));
    assert_eq!(events.recv().await, None);
    UdpSocket::bind(address).expect("the port is free again");
}

#[tokio::test]
async fn a_relay_whose_handles_are_gone_stops() {
    let (relay, mut events) = start("127.0.0.1:0");

    drop(relay);

    assert_eq!(tokio::time::timeout(PATIENCE, events.recv()).await.unwrap(), None);
}

#[tokio::test]
async fn a_socket_of_both_families_speaks_ipv4_too() {
    let (relay, mut events) = start("[::]:0");
    let _peer = join(&relay, EndpointId(1), LineDirection::FromEndpoint).await;

    expect(&mut events, |event| matches!(event, RelayEvent::Connected { .. })).await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_taken_port_is_an_error() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = taken.local_addr().unwrap();

    let started = Relay::start(RelayConfig {
        bind: address,
        announced: vec![],
        certificate: Certificate::generate().unwrap(),
        codec: Codec::Vp8,
        seed: [0; 32],
    });

    assert_eq!(started.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
}
