//! By which ways a peer is reached: connections beside datagrams, another address in the middle of a conference.

use std::{net::SocketAddr, time::Duration};

use relay_core::{
    CONSENT_TIMEOUT, Codec, ConnectionNumber, DisconnectReason, EndpointId, Feed, Kind, Layer,
    LineDirection::{FromEndpoint, ToEndpoint},
    LineId, LinePlan, RelayEvent, Routes, SlotId, TrackId, Tuple,
};
use str0m::format::Codec as PeerCodec;

use crate::world::{Packet, RELAY, World, line};

const SPEAKS: usize = 0;
const HEARS: usize = 1;
/// Of one sound packet.
const FRAME: Duration = Duration::from_millis(20);
/// Browsers check a stable pair this often.
const CHECK_INTERVAL: Duration = Duration::from_millis(2_500);
/// The promise to a peer whose address changes.
const GAP: Duration = Duration::from_millis(3_500);

fn both_ways() -> Vec<LinePlan> {
    vec![line(Kind::Audio, FromEndpoint), line(Kind::Audio, ToEndpoint)]
}

fn is_stun(bytes: &[u8]) -> bool {
    bytes[0] < 4
}

/// Carries USE-CANDIDATE (RFC 8445 §16.1), which has no value.
fn nominates(check: &[u8]) -> bool {
    check.windows(4).any(|attribute| attribute == [0x00, 0x25, 0x00, 0x00])
}

/// Two guests that hear each other; the first comes by `connection`, if one is given.
fn conversation(connection: Option<ConnectionNumber>) -> (World, [usize; 2]) {
    let mut world = World::new(Codec::H264);
    let guests = [
        world.join_by(connection, &both_ways(), |offer| offer).unwrap(),
        world.join(&both_ways(), |offer| offer).unwrap(),
    ];
    world.connect();
    let mut routes = Routes::default();
    for (from, to) in [(1, 2), (2, 1)] {
        let track = TrackId { endpoint: EndpointId(from), line: LineId(SPEAKS as u16) };
        let slot = SlotId { endpoint: EndpointId(to), line: LineId(HEARS as u16) };
        routes.slots.insert(slot, Feed { track, layer: Layer::High, rank: 0 });
    }
    world.relay.set_routes(world.now, routes);
    world.drain_relay();
    (world, guests)
}

/// Lets a guest say its next word.
fn say(world: &mut World, guest: usize, number: u64) {
    // An Opus packet of one 20 ms frame (RFC 6716 §3.1), then something to tell it by.
    let payload = [&[0x78], &number.to_be_bytes()[..]].concat();
    let packet = Packet {
        codec: PeerCodec::Opus,
        sequence: 40_000 + number,
        timestamp: 960 * u32::try_from(number).unwrap(),
        marker: false,
        audio_level: None,
        payload: &payload,
    };
    let now = world.now;
    world.guests[guest].write(now, SPEAKS, None, packet);
    world.drain_guest(guest);
}

fn heard(world: &World, guest: usize) -> usize {
    world.guests[guest].received(HEARS).len()
}

fn connected_once(world: &World) -> bool {
    let count = |wanted: fn(&RelayEvent) -> bool| world.events.iter().filter(|event| wanted(event)).count();
    count(|event| matches!(event, RelayEvent::Connected { .. })) == world.guests.len()
        && count(|event| matches!(event, RelayEvent::Disconnected { .. })) == 0
}

/// A check that the guest has sent.
fn check_of(world: &World, guest: usize, nominating: bool) -> Vec<u8> {
    let address = world.guests[guest].address;
    let mut checks = world.arrived.iter().filter(|(from, bytes)| *from == address && is_stun(bytes));
    let found = checks.find(|(_, bytes)| nominates(bytes) == nominating);
    found.map(|(_, bytes)| bytes.clone()).expect("the peer has sent such a check")
}

/// Longest time for which a guest that moves right after a check hears nothing, and for which it is not heard. Its checks
/// come every 2.5 s.
fn gaps_of_a_move(nominating: bool) -> [Duration; 2] {
    let (mut world, [mover, other]) = conversation(None);
    world.run_for(Duration::from_secs(5));
    let check = check_of(&world, mover, nominating);
    let home = world.guests[mover].address;
    // From now on only the checks of this test.
    world.drop = |from, _, bytes| from != SocketAddr::from(RELAY) && is_stun(bytes);
    world.inject(home, &check);
    let mut next_check = world.now + CHECK_INTERVAL;
    let start = world.now;
    let (mut last, mut longest, mut counts) = ([start; 2], [Duration::ZERO; 2], [0; 2]);
    for number in 0..500 {
        if number == 1 {
            world.guests[mover].external = SocketAddr::from(([203, 0, 113, 9], 61_000));
        }
        if world.now >= next_check {
            world.inject(world.guests[mover].external, &check);
            next_check += CHECK_INTERVAL;
        }
        say(&mut world, mover, number);
        say(&mut world, other, number);
        world.run_for(FRAME);
        for (index, count) in [heard(&world, mover), heard(&world, other)].into_iter().enumerate() {
            if count > counts[index] {
                longest[index] = longest[index].max(world.now - last[index]);
                (last[index], counts[index]) = (world.now, count);
            }
        }
    }
    assert!(last.iter().all(|last| world.now - *last <= 2 * FRAME), "both are heard at the end");
    assert!(connected_once(&world), "the same connection all the time: {:?}", world.events);
    longest
}

#[test]
fn a_move_with_nominating_checks_is_bridged_by_the_next_check() {
    let gaps = gaps_of_a_move(true);

    assert!(gaps.iter().all(|gap| *gap <= GAP), "{gaps:?}");
    assert!(gaps.iter().all(|gap| *gap >= CHECK_INTERVAL - 2 * FRAME), "there was a move: {gaps:?}");
}

#[test]
fn a_move_without_another_nomination_is_bridged_as_soon() {
    let gaps = gaps_of_a_move(false);

    assert!(gaps.iter().all(|gap| *gap <= GAP), "{gaps:?}");
    assert!(gaps.iter().all(|gap| *gap >= CHECK_INTERVAL - 2 * FRAME), "there was a move: {gaps:?}");
}

#[test]
fn media_from_an_address_without_a_check_goes_nowhere_and_nothing_is_sent_there() {
    let (mut world, [mover, other]) = conversation(None);
    world.run_for(Duration::from_secs(5));
    world.drop = |from, _, bytes| from != SocketAddr::from(RELAY) && is_stun(bytes);
    let moved = SocketAddr::from(([203, 0, 113, 9], 61_000));
    world.guests[mover].external = moved;
    let before = heard(&world, other);

    for number in 0..100 {
        say(&mut world, mover, number);
        say(&mut world, other, number);
        world.run_for(FRAME);
    }

    assert_eq!(heard(&world, other), before);
    assert!(world.sent.iter().all(|(to, _)| *to != moved));
}

#[test]
fn nothing_is_sent_when_consent_has_ended() {
    let (mut world, [mover, other]) = conversation(None);
    world.run_for(Duration::from_secs(5));
    let home = world.guests[mover].address;
    world.drop = |from, _, bytes| from == SocketAddr::from(([10, 0, 1, 0], 4000)) && is_stun(bytes);
    world.inject(home, &check_of(&world, mover, true));
    let end = world.now + CONSENT_TIMEOUT;

    let mut number = 0;
    while world.now < end {
        say(&mut world, other, number);
        number += 1;
        world.run_for(FRAME);
    }
    let to_mover = |world: &World| world.sent.iter().filter(|(to, _)| *to == home).count();
    let before = to_mover(&world);
    say(&mut world, other, number);
    world.run_for(FRAME);

    assert!(before > 1_000, "as long as there was consent, there was sound");
    assert_eq!(to_mover(&world), before);
    let gone = RelayEvent::Disconnected { endpoint: EndpointId(1), reason: DisconnectReason::Silent };
    assert!(world.events.contains(&gone), "{:?}", world.events);
}

#[test]
fn a_peer_that_comes_by_a_connection_hears_and_is_heard() {
    let (mut world, guests) = conversation(Some(ConnectionNumber(7)));

    for number in 0..50 {
        for guest in guests {
            say(&mut world, guest, number);
        }
        world.run_for(FRAME);
    }

    assert_eq!(guests.map(|guest| heard(&world, guest)), [50, 50]);
    assert!(world.relay.is_proven(ConnectionNumber(7)));
    assert!(!world.relay.is_proven(ConnectionNumber(8)));
}

#[test]
fn a_peer_whose_connection_broke_goes_on_by_the_next_one() {
    let (mut world, [mover, other]) = conversation(Some(ConnectionNumber(7)));
    let check = check_of(&world, mover, false);
    let address = world.guests[mover].address;
    let tuple = world.tuple(address);

    world.relay.connection_closed(&tuple);
    let sent = world.sent.len();
    say(&mut world, other, 0);
    world.run_for(FRAME);
    assert!(world.sent[sent..].iter().all(|(to, _)| *to != address), "nobody is there");
    world.guests[mover].connection = Some(ConnectionNumber(8));
    world.inject(address, &check);
    for number in 1..50 {
        say(&mut world, mover, number);
        say(&mut world, other, number);
        world.run_for(FRAME);
    }

    assert!(connected_once(&world), "{:?}", world.events);
    assert!(heard(&world, mover) >= 49 && heard(&world, other) >= 49);
}

#[test]
fn connections_of_a_forgotten_endpoint_are_closed_after_its_farewell() {
    let (mut world, [guest, _]) = conversation(Some(ConnectionNumber(7)));
    let address = world.guests[guest].address;
    let sent = world.sent.len();

    world.relay.remove_endpoint(world.now, EndpointId(1));
    world.drain_relay();

    assert!(world.sent[sent..].iter().any(|(to, _)| *to == address), "the farewell goes first");
    assert_eq!(world.closed, [ConnectionNumber(7)]);
    assert!(!world.relay.is_proven(ConnectionNumber(7)));
}

#[test]
fn the_same_address_by_datagram_and_by_connection_are_two_ways() {
    let (mut world, [guest, _]) = conversation(Some(ConnectionNumber(7)));
    let address = world.guests[guest].address;
    let media: Vec<u8> = [&[0x80, 111], &[0; 40][..]].concat();
    let before = world.sent.len();

    world.relay.handle_datagram(world.now, Tuple::Udp(address), &mut media.clone());
    world.drain_relay();

    assert_eq!(world.sent.len(), before, "the datagram's sender has proven nothing");
    world.relay.connection_closed(&Tuple::Tcp { connection: ConnectionNumber(9), address });
    assert!(world.relay.is_proven(ConnectionNumber(7)), "another connection of that address is another way");
}
