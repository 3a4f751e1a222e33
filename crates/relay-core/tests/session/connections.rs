//! How endpoints connect, move and leave: str0m peers against the relay on virtual time.

use std::{cell::Cell, net::SocketAddr, time::Duration};

use crate::world::{DELAY, Guest, RELAY, World, line};
use relay_core::{
    CONSENT_TIMEOUT, Codec, DisconnectReason, EndpointId, Kind,
    LineDirection::{FromEndpoint, ToEndpoint},
    LinePlan, RelayEvent, RestartError, SETUP_TIMEOUT,
};

fn site() -> Vec<LinePlan> {
    vec![
        LinePlan { simulcast: true, ..line(Kind::Video, FromEndpoint) },
        line(Kind::Audio, FromEndpoint),
        line(Kind::Video, ToEndpoint),
        line(Kind::Audio, ToEndpoint),
    ]
}

fn is_stun(bytes: &[u8]) -> bool {
    bytes[0] < 4
}

fn is_dtls(bytes: &[u8]) -> bool {
    (20..64).contains(&bytes[0])
}

/// A hello of the client (1) or of the server (2), RFC 6347 §4.3.2.
fn is_hello(bytes: &[u8], kind: u8) -> bool {
    (bytes[0], bytes[13]) == (22, kind)
}

#[test]
fn peers_connect_within_a_few_round_trips() {
    let mut world = World::new(Codec::H264);
    world.join(&site(), |offer| offer).unwrap();
    world.join(&site(), |offer| offer).unwrap();
    let start = world.now;

    world.connect();

    let elapsed = world.now - start;
    // A check, two flights of DTLS; str0m paces its first check by up to 50 ms.
    assert!(elapsed <= Duration::from_millis(100) + 8 * DELAY, "{elapsed:?}");
}

#[test]
fn an_endpoint_that_offers_to_be_passive_is_greeted() {
    let mut world = World::new(Codec::Vp8);
    world.join(&site(), |offer| offer.replace("a=setup:actpass", "a=setup:passive")).unwrap();

    world.connect();
}

#[test]
fn a_lost_flight_of_the_handshake_is_repeated() {
    let mut world = World::new(Codec::H264);
    world.join(&site(), |offer| offer).unwrap();
    world.drop = |from, _, bytes| from == SocketAddr::from(RELAY) && is_dtls(bytes);
    world.run_for(Duration::from_millis(300));
    assert!(!world.is_connected(EndpointId(1)));

    world.drop = |_, _, _| false;

    world.connect();
}

#[test]
fn a_flight_is_repeated_less_and_less_often_and_not_given_up_for_seconds() {
    let mut world = World::new(Codec::H264);
    world.join(&site(), |offer| offer).unwrap();
    // All that the site says after its hellos: the relay's own flight stays without an answer.
    world.drop = |from, _, bytes| from != SocketAddr::from(RELAY) && is_dtls(bytes) && !is_hello(bytes, 1);
    let start = world.now;
    world.run_for(Duration::from_secs(6));

    let flights = world.sent.iter().filter(|(_, bytes)| is_dtls(bytes) && is_hello(bytes, 2)).count();
    assert_eq!(flights, 4, "at once, after 0.4, 1.2 and 2.8 s, and then after 6 s");
    world.drop = |_, _, _| false;
    world.run_for(Duration::from_secs(10));

    assert!(world.is_connected(EndpointId(1)), "{:?} after {:?}", world.events, world.now - start);
}

thread_local! {
    static LOST: Cell<u32> = const { Cell::new(0) };
}

#[test]
fn a_flight_that_was_lost_is_repeated_although_the_peer_has_repeated_its_own() {
    let mut world = World::new(Codec::H264);
    world.join(&site(), |offer| offer).unwrap();
    // The relay's flight is lost until the site has said its hello again: `rtc-dtls` takes that for an answer.
    world.drop = |from, _, bytes| {
        let lost = from == SocketAddr::from(RELAY) && is_hello(bytes, 2) && LOST.get() < 3;
        LOST.set(LOST.get() + u32::from(lost));
        lost
    };
    let start = world.now;
    while !world.is_connected(EndpointId(1)) && world.now - start < Duration::from_secs(20) {
        world.run_for(Duration::from_millis(10));
    }

    assert_eq!(LOST.get(), 3);
    let elapsed = world.now - start;
    assert!(elapsed < Duration::from_secs(4), "{elapsed:?}");
}

#[test]
fn another_certificate_than_the_offers_is_sent_away() {
    let mut world = World::new(Codec::H264);
    let swap = |offer: String| {
        let at = offer.find("a=fingerprint:sha-256 ").unwrap() + "a=fingerprint:sha-256 ".len();
        let digit = if offer.as_bytes()[at] == b'0' { "1" } else { "0" };
        offer.replace(&offer[at..at + 95], &format!("{digit}{}", &offer[at + 1..at + 95]))
    };
    world.join(&site(), swap).unwrap();

    world.run_for(Duration::from_secs(2));

    let endpoint = EndpointId(1);
    let gone = RelayEvent::Disconnected { endpoint, reason: DisconnectReason::WrongFingerprint };
    assert!(world.events.contains(&gone), "{:?}", world.events);
    assert!(!world.is_connected(endpoint));
    assert!(world.sent.iter().all(|(_, bytes)| is_stun(bytes) || is_dtls(bytes)), "no media was sent");
}

#[test]
fn a_silent_endpoint_is_dropped_after_the_consent_time() {
    let mut world = World::new(Codec::H264);
    world.join(&site(), |offer| offer).unwrap();
    world.connect();
    world.drop = |from, _, _| from != SocketAddr::from(RELAY);
    let gone = RelayEvent::Disconnected { endpoint: EndpointId(1), reason: DisconnectReason::Silent };

    // The last check may have come up to a few seconds ago.
    world.run_for(CONSENT_TIMEOUT - Duration::from_secs(6));
    assert!(!world.events.contains(&gone));
    world.run_for(Duration::from_secs(7));

    assert!(world.events.contains(&gone), "{:?}", world.events);
}

#[test]
fn an_endpoint_that_never_comes_is_dropped_too() {
    let mut world = World::new(Codec::H264);
    world.drop = |_, _, _| true;
    world.join(&site(), |offer| offer).unwrap();

    world.run_for(CONSENT_TIMEOUT + Duration::from_millis(1));

    let gone = RelayEvent::Disconnected { endpoint: EndpointId(1), reason: DisconnectReason::Silent };
    assert!(world.events.contains(&gone));
}

#[test]
fn an_endpoint_that_checks_its_path_and_never_says_hello_is_dropped() {
    let mut world = World::new(Codec::H264);
    world.drop = |_, _, bytes| is_dtls(bytes);
    world.join(&site(), |offer| offer).unwrap();
    let gone = RelayEvent::Disconnected { endpoint: EndpointId(1), reason: DisconnectReason::HandshakeFailed };

    world.run_for(SETUP_TIMEOUT - Duration::from_secs(1));
    assert!(!world.events.contains(&gone));
    world.run_for(Duration::from_secs(2));

    assert!(world.events.contains(&gone), "{:?}", world.events);
}

#[test]
fn an_endpoint_that_says_goodbye_is_gone_at_once() {
    let mut world = World::new(Codec::H264);
    let guest = world.join(&site(), |offer| offer).unwrap();
    world.connect();
    // The relay has the last word of the handshake; let it arrive.
    world.run_for(Duration::from_millis(50));

    world.guests[guest].rtc.close().unwrap();
    world.drain_guest(guest);
    world.run_for(Duration::from_millis(50));

    let gone = RelayEvent::Disconnected { endpoint: EndpointId(1), reason: DisconnectReason::Closed };
    assert!(world.events.contains(&gone), "{:?}", world.events);
}

#[test]
fn an_endpoint_id_is_used_once_at_a_time() {
    let mut world = World::new(Codec::H264);
    world.join(&site(), |offer| offer).unwrap();
    let (_, offer, _) = Guest::offering(world.now, 0, &site());

    let again = world.relay.accept_offer(world.now, EndpointId(1), &site(), &offer);
    assert_eq!(again, Err(relay_core::OfferError::EndpointInUse));

    world.relay.remove_endpoint(world.now, EndpointId(1));
    assert!(world.relay.accept_offer(world.now, EndpointId(1), &site(), &offer).is_ok());
}

#[test]
fn checks_are_answered_at_once_and_strangers_never() {
    let mut world = World::new(Codec::H264);
    world.join(&site(), |offer| offer).unwrap();
    world.connect();
    let (from, check) =
        world.arrived.iter().find(|(_, bytes)| is_stun(bytes)).cloned().expect("the peer has sent a check");
    let before = world.sent.len();

    world.inject(from, &check);
    let answers: Vec<_> = world.sent[before..].to_vec();
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].0, from);
    assert!(answers[0].1.len() <= check.len(), "an answer is no longer than its request");

    // Any changed byte breaks FINGERPRINT, and the fingerprint is nothing without the password.
    for at in 0..check.len() {
        let mut changed = check.clone();
        changed[at] ^= 1;
        world.inject(from, &changed);
    }
    assert_eq!(world.sent.len(), before + 1, "a changed check is not answered");

    let mut other = World::new(Codec::H264);
    other.inject(from, &check);
    assert!(other.sent.is_empty(), "a user fragment that is nobody's is not answered");
}

#[test]
fn an_endpoint_behind_a_new_address_stays_the_same() {
    let mut world = World::new(Codec::H264);
    let guest = world.join(&site(), |offer| offer).unwrap();
    world.connect();
    world.run_for(Duration::from_secs(1));
    let moved = SocketAddr::from(([203, 0, 113, 9], 61_000));

    world.guests[guest].external = moved;
    world.run_for(Duration::from_secs(10));
    let from = world.sent.len();
    world.run_for(Duration::from_secs(5));

    assert_eq!(world.events.iter().filter(|event| matches!(event, RelayEvent::Connected { .. })).count(), 1);
    assert!(!world.events.iter().any(|event| matches!(event, RelayEvent::Disconnected { .. })));
    assert!(world.sent.len() > from);
    assert!(world.sent[from..].iter().all(|(to, _)| *to == moved));
}

#[test]
fn a_hello_that_overtakes_its_check_is_not_lost() {
    // The relay's random choices come from its seed, so a second relay gives the same answer to the same offer and what a
    // peer has sent to the first can be told to the second in another order.
    let plan = site();
    let mut world = World::new(Codec::H264);
    let guest = world.join(&plan, |offer| offer).unwrap();
    let offer = world.guests[guest].offer.clone();
    world.connect();
    let check = world.arrived.iter().find(|(_, bytes)| is_stun(bytes)).cloned().unwrap();
    let hello = world.arrived.iter().find(|(_, bytes)| is_dtls(bytes)).cloned().unwrap();
    let mut second = World::new(Codec::H264);
    second.relay.accept_offer(second.now, EndpointId(1), &plan, &offer).unwrap();

    second.inject(hello.0, &hello.1);
    assert!(second.sent.is_empty(), "nothing is said to an address that has proven nothing");
    second.inject(check.0, &check.1);
    // Its turn comes at once.
    second.run_for(Duration::ZERO);

    let kinds: Vec<bool> = second.sent.iter().map(|(_, bytes)| is_dtls(bytes)).collect();
    assert_eq!(kinds.first(), Some(&false), "the check is answered first");
    assert!(kinds[1..].iter().any(|dtls| *dtls), "then the hello: {kinds:?}");
}

#[test]
fn an_ice_restart_moves_to_new_credentials_while_media_goes_on() {
    let mut world = World::new(Codec::H264);
    let guest = world.join(&site(), |offer| offer).unwrap();
    world.connect();
    let endpoint = EndpointId(1);
    let before = value(&world.guests[guest].answer, "a=ice-ufrag:").to_owned();

    let (offer, pending) = world.guests[guest].restarting();
    let remote = value(&offer, "a=ice-ufrag:");
    let fragment = world.relay.restart_ice(endpoint, remote).unwrap();
    assert!(fragment.starts_with("a=ice-lite\r\na=group:BUNDLE "), "{fragment}");
    assert!(fragment.contains("a=candidate:1 1 udp ") && fragment.ends_with("a=end-of-candidates\r\n"), "{fragment}");
    let (ufrag, password) = (value(&fragment, "a=ice-ufrag:"), value(&fragment, "a=ice-pwd:"));
    world.guests[guest].restarted(pending, ufrag, password);
    let arrived = world.arrived.len();
    world.run_for(CONSENT_TIMEOUT + Duration::from_secs(1));

    let checks: Vec<_> = world.arrived[arrived..].iter().filter(|(_, bytes)| is_stun(bytes)).collect();
    let names = |ufrag: &str| checks.iter().filter(|(_, bytes)| contains(bytes, ufrag)).count();
    assert!(names(ufrag) > 0 && names(ufrag) > names(&before), "the guest checks with the new credentials");
    let gone = world.events.iter().any(|event| matches!(event, RelayEvent::Disconnected { .. }));
    assert!(!gone, "the new session keeps the connection alive: {:?}", world.events);
    let connected = world.events.iter().filter(|event| matches!(event, RelayEvent::Connected { .. })).count();
    assert_eq!(connected, 1, "the handshake was not made anew");
}

#[test]
fn an_ice_restart_that_is_none_changes_nothing() {
    let mut world = World::new(Codec::H264);
    let guest = world.join(&site(), |offer| offer).unwrap();
    let present = value(&world.guests[guest].offer, "a=ice-ufrag:").to_owned();

    assert_eq!(world.relay.restart_ice(EndpointId(1), &present), Err(RestartError::Unchanged));
    assert_eq!(world.relay.restart_ice(EndpointId(1), "a b"), Err(RestartError::Malformed));
    assert_eq!(world.relay.restart_ice(EndpointId(2), "fresh"), Err(RestartError::UnknownEndpoint));
    world.connect();
}

fn value<'a>(sdp: &'a str, key: &str) -> &'a str {
    sdp.lines().find_map(|line| line.strip_prefix(key)).unwrap()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
