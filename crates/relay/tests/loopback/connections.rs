//! Connections through real sockets: media both ways, and what strangers and slow readers cost the others.

use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv6Addr, TcpListener, TcpStream, UdpSocket},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use relay::{RelayEvent, RelayHandle};
use relay_core::{EndpointId, LineDirection};

use crate::{
    PATIENCE, expect,
    peer::{Peer, Transport, join, join_at},
    routes, start,
};

const SPEAKER: EndpointId = EndpointId(1);
const LISTENER: EndpointId = EndpointId(2);
const SLOW: EndpointId = EndpointId(3);

type Events = tokio::sync::mpsc::UnboundedReceiver<RelayEvent>;

async fn connected(events: &mut Events, count: usize) {
    for _ in 0..count {
        expect(events, |event| matches!(event, RelayEvent::Connected { .. })).await;
    }
}

/// The next numbers that a peer hears.
fn hears(peer: &Peer, count: usize) -> Vec<u64> {
    (0..count).map(|_| peer.heard.recv_timeout(PATIENCE).unwrap()).collect()
}

fn is_without_gap(heard: &[u64]) -> bool {
    heard.windows(2).all(|pair| pair[1] == pair[0] + 1)
}

/// A speaker and a listener, each by a way of its own.
async fn conversation(speaks: Transport, listens: Transport) -> (RelayHandle, Events, [Peer; 2]) {
    let (relay, mut events) = start("127.0.0.1:0");
    let speaker = join(&relay, speaks, SPEAKER, LineDirection::FromEndpoint).await;
    let listener = join(&relay, listens, LISTENER, LineDirection::ToEndpoint).await;
    connected(&mut events, 2).await;
    relay.set_routes(routes(SPEAKER, &[LISTENER])).await.unwrap();
    (relay, events, [speaker, listener])
}

#[tokio::test]
async fn sound_goes_by_connections_in_both_directions() {
    for (speaks, listens) in [(Transport::Tcp, Transport::Udp), (Transport::Udp, Transport::Tcp)] {
        let (relay, _events, [_speaker, listener]) = conversation(speaks, listens).await;

        let heard = hears(&listener, 50);

        assert!(is_without_gap(&heard), "{speaks:?} to {listens:?}: {heard:?}");
        relay.shutdown().await;
    }
}

#[tokio::test]
async fn a_reader_that_stops_delays_nobody_and_goes_on_with_whole_packets() {
    let (relay, mut events, [_speaker, listener]) = conversation(Transport::Udp, Transport::Udp).await;
    let slow = join(&relay, Transport::Tcp, SLOW, LineDirection::ToEndpoint).await;
    connected(&mut events, 1).await;
    relay.set_routes(routes(SPEAKER, &[LISTENER, SLOW])).await.unwrap();
    assert!(is_without_gap(&hears(&slow, 10)));
    hears(&listener, 10);
    while listener.heard.try_recv().is_ok() {}

    // 200 kB a second fill the kernel's buffers and the relay's within this time.
    slow.deaf.store(true, Ordering::Relaxed);
    let until = Instant::now() + Duration::from_secs(10);
    let (mut heard, mut longest) = (Vec::new(), Duration::ZERO);
    while Instant::now() < until {
        let asked = Instant::now();
        heard.push(listener.heard.recv_timeout(PATIENCE).unwrap());
        longest = longest.max(asked.elapsed());
    }
    slow.deaf.store(false, Ordering::Relaxed);

    assert!(is_without_gap(&heard), "nothing is lost for the other");
    // A thread that waited for the reader would wait ten seconds; a busy machine may delay this test's own threads.
    assert!(longest < Duration::from_secs(2), "nor is it late: {longest:?}");
    let now = *heard.last().unwrap();
    let mut late = hears(&slow, 1);
    while *late.last().unwrap() < now + 100 {
        late.extend(hears(&slow, 1));
    }
    assert!(late.len() > 100, "what it reads is authentic: {}", late.len());
    assert!(!is_without_gap(&late), "what it could not take was not kept for ever");
    relay.shutdown().await;
}

#[tokio::test]
async fn strangers_by_the_hundred_disturb_no_datagram_and_keep_no_peer_out() {
    let (relay, mut events, [_speaker, listener]) = conversation(Transport::Udp, Transport::Udp).await;
    hears(&listener, 10);
    let address = relay.local_addr();

    let mut strangers: Vec<TcpStream> = Vec::new();
    for number in 0..400 {
        let mut stranger = TcpStream::connect(address).unwrap();
        match number % 4 {
            0 => stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap(),
            1 => stranger.write_all(&[0xff; 1_000]).unwrap(),
            2 => stranger.write_all(&[0, 20, 0, 1]).unwrap(),
            _ => {}
        }
        strangers.push(stranger);
    }
    let late = join(&relay, Transport::Tcp, SLOW, LineDirection::ToEndpoint).await;
    connected(&mut events, 1).await;
    relay.set_routes(routes(SPEAKER, &[LISTENER, SLOW])).await.unwrap();

    assert!(is_without_gap(&hears(&late, 20)));
    assert!(is_without_gap(&hears(&listener, 200)));
    let mut first = strangers.swap_remove(0);
    first.set_read_timeout(Some(PATIENCE)).unwrap();
    assert!(matches!(first.read(&mut [0; 100]), Ok(0) | Err(_)), "who speaks another protocol is sent away");
    relay.shutdown().await;
}

#[tokio::test]
async fn answers_name_the_connections_after_the_datagrams() {
    let (relay, _events) = start("127.0.0.1:0");
    let port = relay.local_addr().port();
    str0m::crypto::from_feature_flags().install_process_default();
    let mut rtc = str0m::Rtc::builder().build(Instant::now());
    let mut change = rtc.sdp_api();
    change.add_media(str0m::media::MediaKind::Audio, str0m::media::Direction::RecvOnly, None, None, None);
    let (offer, _) = change.apply().unwrap();

    let answer = relay.accept_offer(SPEAKER, crate::plan(LineDirection::ToEndpoint), offer.to_sdp_string()).await;

    let sdp = answer.unwrap().sdp;
    let candidates: Vec<Vec<&str>> = sdp
        .lines()
        .filter_map(|line| line.strip_prefix("a=candidate:"))
        .map(|candidate| candidate.split(' ').collect())
        .collect();
    let port = port.to_string();
    let [udp, tcp] = &candidates[..] else { panic!("one of each: {sdp}") };
    assert_eq!(udp[2..3], ["udp"]);
    assert_eq!(tcp[2..3], ["tcp"]);
    assert_eq!(tcp[4..], ["127.0.0.1", &port, "typ", "host", "tcptype", "passive"]);
    assert!(tcp[3].parse::<u32>().unwrap() < udp[3].parse::<u32>().unwrap());
    relay.shutdown().await;
}

#[tokio::test]
async fn a_port_that_another_program_has_for_connections_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let config = |tcp| relay::RelayConfig { tcp, ..crate::config(address) };

    let refused = relay::Relay::start(config(true));
    assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);

    let (relay, _events) = relay::Relay::start(config(false)).expect("without connections the port is free");
    relay.shutdown().await;
}

#[tokio::test]
async fn sound_goes_by_ipv6_as_by_ipv4() {
    let here = IpAddr::V6(Ipv6Addr::LOCALHOST);
    if UdpSocket::bind((here, 0)).is_err() {
        writeln!(std::io::stderr(), "skipped: this machine has no ::1").unwrap();
        return;
    }
    for bind in ["[::1]:0", "[::]:0"] {
        for by in [Transport::Udp, Transport::Tcp] {
            let (relay, mut events) = start(bind);
            let _speaker = join_at(here, &relay, by, SPEAKER, LineDirection::FromEndpoint).await;
            let listener = join_at(here, &relay, by, LISTENER, LineDirection::ToEndpoint).await;
            connected(&mut events, 2).await;
            relay.set_routes(routes(SPEAKER, &[LISTENER])).await.unwrap();

            assert!(is_without_gap(&hears(&listener, 20)), "{bind} {by:?}");
            relay.shutdown().await;
        }
    }
}
