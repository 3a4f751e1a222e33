//! The relay's thread and real sockets on loopback, with str0m at both ends.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod connections;
mod peer;

use std::{
    net::{SocketAddr, UdpSocket},
    time::Duration,
};

use relay::{Certificate, Relay, RelayConfig, RelayEvent, RelayHandle};
use relay_core::{
    Codec, DisconnectReason, EndpointId, Feed, Kind, Layer, LineDirection, LineId, LinePlan, OfferError, Routes,
    SlotId, TrackId,
};

use self::peer::{Transport, join};

/// Everything in these tests takes milliseconds; a busy machine may need longer.
const PATIENCE: Duration = Duration::from_secs(20);

fn config(bind: SocketAddr) -> RelayConfig {
    RelayConfig {
        bind,
        tcp: true,
        announced: vec![],
        certificate: Certificate::generate().unwrap(),
        codec: Codec::H264,
        seed: [3; 32],
    }
}

fn start(bind: &str) -> (RelayHandle, tokio::sync::mpsc::UnboundedReceiver<RelayEvent>) {
    Relay::start(config(bind.parse().unwrap())).unwrap()
}

/// The listeners hear the speaker.
fn routes(speaker: EndpointId, listeners: &[EndpointId]) -> Routes {
    let track = TrackId { endpoint: speaker, line: LineId(0) };
    let slots = listeners.iter().map(|listener| {
        let slot = SlotId { endpoint: *listener, line: LineId(0) };
        (slot, Feed { track, layer: Layer::High, rank: 0 })
    });
    Routes { slots: slots.collect(), ..Routes::default() }
}

fn plan(direction: LineDirection) -> Vec<LinePlan> {
    vec![LinePlan { kind: Kind::Audio, direction, simulcast: false, msid: Some("sound".into()) }]
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
    let _speaks = join(&relay, Transport::Udp, speaker, LineDirection::FromEndpoint).await;
    let hears = join(&relay, Transport::Udp, listener, LineDirection::ToEndpoint).await;
    for _ in 0..2 {
        expect(&mut events, |event| matches!(event, RelayEvent::Connected { .. })).await;
    }

    relay.set_routes(routes(speaker, &[listener])).await.unwrap();

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
    let _peer = join(&relay, Transport::Udp, EndpointId(1), LineDirection::FromEndpoint).await;

    expect(&mut events, |event| matches!(event, RelayEvent::Connected { .. })).await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_taken_port_is_an_error() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = taken.local_addr().unwrap();

    let started = Relay::start(config(address));

    assert_eq!(started.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
}
