//! Connections that are no peer's, on virtual time: they are bounded, and they never keep the thread awake.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::SystemTime,
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use relay_core::{Codec, RelayConfig, TimeAnchor};

use super::*;
use crate::Certificate;

/// For the kernel to carry something over loopback.
const CARRIED: Duration = Duration::from_millis(20);

fn world() -> (Instant, SocketAddr, Connections, Relay) {
    let now = Instant::now();
    let core = Relay::new(RelayConfig {
        anchor: TimeAnchor { instant: now, wall: SystemTime::now() },
        seed: [1; 32],
        certificate: Certificate::generate().unwrap().into_dtls(),
        candidates: vec![],
        codec: Codec::H264,
    })
    .unwrap();
    let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    (now, address, Connections::new(now, Some(listener)).unwrap(), core)
}

fn is_ready(connections: &Connections) -> bool {
    let mut fds = [PollFd::new(connections.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::from(20u8)).unwrap() > 0
}

/// Lets the thread turn as long as it would be woken; a bound says that it is not woken for ever.
fn turn_while_ready(now: Instant, connections: &mut Connections, core: &mut Relay) {
    let mut turns = 0;
    while is_ready(connections) {
        connections.receive(now, core);
        turns += 1;
        assert!(turns < 1_000, "the thread spins");
    }
}

/// True if the other side has closed it.
fn is_closed(client: &mut TcpStream) -> bool {
    client.set_read_timeout(Some(CARRIED)).unwrap();
    match client.read(&mut [0; 100]) {
        Ok(read) => read == 0,
        Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn one_that_speaks_too_slowly_is_closed_at_its_deadline() {
    let (now, address, mut connections, mut core) = world();
    let mut client = TcpStream::connect(address).unwrap();
    client.set_nodelay(true).unwrap();
    for byte in [0u8, 20, 0, 1] {
        client.write_all(&[byte]).unwrap();
        turn_while_ready(now, &mut connections, &mut core);
    }
    assert_eq!(connections.poll_timeout(), Some(now + PROVEN_WITHIN));
    assert!(!is_closed(&mut client));

    connections.handle_timeout(now + PROVEN_WITHIN, &mut core);

    assert!(is_closed(&mut client));
    assert_eq!(connections.poll_timeout(), None, "nothing is left to be done");
    assert!(!is_ready(&connections));
}

#[test]
fn garbage_ends_the_connection_it_came_by_alone() {
    let (now, address, mut connections, mut core) = world();
    let mut clients = [(); 3].map(|()| TcpStream::connect(address).unwrap());
    clients[0].write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    clients[1].write_all(&[0xff; 4_000]).unwrap();
    std::thread::sleep(CARRIED);

    turn_while_ready(now, &mut connections, &mut core);

    assert_eq!(clients.each_mut().map(is_closed), [true, true, false]);
}

#[test]
fn a_flood_is_taken_in_at_its_pace_and_wakes_nobody_in_between() {
    let (now, address, mut connections, mut core) = world();
    // The kernel's queue holds no more.
    let _clients: Vec<TcpStream> = (0..BACKLOG).map(|_| TcpStream::connect(address).unwrap()).collect();

    turn_while_ready(now, &mut connections, &mut core);

    let first = connections.connections.len();
    assert!(first < 100, "{first}");
    let due = connections.poll_timeout().unwrap();
    assert!(due <= now + Duration::from_millis(100));
    connections.handle_timeout(due, &mut core);
    turn_while_ready(due, &mut connections, &mut core);
    assert!(connections.connections.len() > first, "it goes on after the rest");
}

#[test]
fn the_oldest_stranger_makes_room() {
    let (mut now, address, mut connections, mut core) = world();
    let mut clients = Vec::new();
    for _ in 0..MAX_UNPROVEN + 1 {
        clients.push(TcpStream::connect(address).unwrap());
        now += Duration::from_millis(20);
        connections.handle_timeout(now, &mut core);
        turn_while_ready(now, &mut connections, &mut core);
    }

    assert_eq!(connections.connections.len(), MAX_UNPROVEN);
    assert!(is_closed(&mut clients[0]));
    assert!(!is_closed(&mut clients[1]));
    assert!(!is_closed(clients.last_mut().unwrap()));
}

#[test]
fn a_connection_that_is_not_read_from_wakes_nobody_until_it_is() {
    let (now, address, mut connections, mut core) = world();
    let mut client = TcpStream::connect(address).unwrap();
    turn_while_ready(now, &mut connections, &mut core);
    let number = ConnectionNumber(1);
    let packet = [0x80; 1_000];
    // Until neither the kernel nor the relay takes more.
    for _ in 0..10_000 {
        connections.queue(number, &packet);
        connections.flush(&mut core);
    }
    // The kernel moves what it took on to the other side, and then has room once more.
    std::thread::sleep(Duration::from_millis(50));
    turn_while_ready(now, &mut connections, &mut core);
    assert!(connections.connections[&number].waits);
    assert!(!is_ready(&connections), "the thread would spin");

    client.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let (mut received, mut buffer) = (0, vec![0; 1 << 20]);
    while let Ok(read) = client.read(&mut buffer) {
        received += read;
        turn_while_ready(now, &mut connections, &mut core);
    }

    assert!(!connections.connections[&number].waits, "everything was sent");
    assert_eq!(received % (packet.len() + 2), 0, "whole frames");
    assert!(received > 256 * 1024 && received < 10_000 * packet.len());
}

#[test]
fn without_a_listener_nothing_is_ever_due() {
    let connections = Connections::new(Instant::now(), None).unwrap();

    assert!(!is_ready(&connections));
    assert_eq!(connections.poll_timeout(), None);
}
