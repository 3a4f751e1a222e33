//! Connectivity checks, forged ones and such as are authentic but for what they carry. Nobody without the password is answered,
//! nobody is answered with more than was sent, and no peer has more addresses than it may have.

use std::{
    collections::BTreeMap,
    net::{Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

use relay_core::{Codec, ConnectionNumber, EndpointId, MAX_DATAGRAM_BYTES, Relay, RelayEvent, Tuple};
use ring::hmac;
use rtc_dtls::crypto_provider::{RTCCryptoProvider, providers::RingProvider};
use rtc_stun::{
    attributes::ATTR_USERNAME,
    fingerprint::FINGERPRINT,
    integrity::MessageIntegrity,
    message::{Message, Setter},
};

use crate::{
    offer::{self, Own},
    peer::{self, Credentials, Identity, PASSWORD},
    script::{Fields, Step, steps},
};

/// Steps by their kind; the upper bits of it say through which tuple, and to which peer.
pub(crate) mod kind {
    /// A whole datagram.
    pub(crate) const RAW: u8 = 0;
    /// Attributes, authentic.
    pub(crate) const AUTHENTIC: u8 = 1;
    /// The user name and attributes, authentic.
    pub(crate) const NAMED: u8 = 2;
    /// As many bytes of attributes as the first byte says are authentic, the others stand behind and bear a right fingerprint.
    pub(crate) const APPENDED: u8 = 3;
    /// Milliseconds pass.
    pub(crate) const PAUSE: u8 = 4;
    /// The peer restarts ICE.
    pub(crate) const RESTART: u8 = 5;
    /// The tuple's connection ends.
    pub(crate) const CLOSED: u8 = 6;
    /// A check as a browser sends it.
    pub(crate) const HONEST: u8 = 7;
}

/// Integrity is a header and SHA-1's bytes, the fingerprint a header and CRC-32 (RFC 8489 §14.5, §14.7).
const INTEGRITY_BYTES: usize = 4 + 20;
const FINGERPRINT_BYTES: usize = 4 + 4;
const HEADER: usize = 20;
/// Tuples that a peer may have.
const MAX_TUPLES: usize = 8;
const PEERS: usize = 2;
/// STUN's first bytes (RFC 7983 §7).
const STUN: std::ops::RangeInclusive<u8> = 0..=3;

struct World {
    relay: Relay,
    now: Instant,
    peers: [Option<Credentials>; PEERS],
    /// What the credentials were before the last restart: they still hold.
    before: [Option<Credentials>; PEERS],
    restarts: u8,
}

/// The target: a script.
pub fn run(input: &[u8]) {
    let mut world = World::new();
    for step in steps(input) {
        world.act(step);
        world.holds_bounds();
    }
}

/// A tuple by its number: addresses of both families, the same by connections.
fn tuple(number: u8) -> Tuple {
    let port = 4_000 + u16::from(number);
    let address: SocketAddr = match number % 3 {
        0 => ([10, 0, 0, 1], port).into(),
        1 => (Ipv6Addr::LOCALHOST, port).into(),
        _ => ([0, 0, 0, 0], 0).into(),
    };
    let connection = ConnectionNumber(number.into());
    if number < DATAGRAMS { Tuple::Udp(address) } else { Tuple::Tcp { connection, address } }
}

/// Tuples of the inputs: more than the peers may have together.
const TUPLES: u8 = 32;
/// Those of them that are no connections.
const DATAGRAMS: u8 = 8;

impl World {
    fn new() -> Self {
        let now = Instant::now();
        let mut relay = peer::relay(now, Codec::H264);
        let fingerprint = Identity::get().certificate.fingerprint();
        // One waits for the peer's hello, the other says hello itself as soon as it has an address.
        let peers = [("actpass", 0_u64), ("passive", 1)].map(|(setup, id)| {
            let ufrag = format!("peer{id}");
            let own =
                Own { ufrag: &ufrag, password: PASSWORD, fingerprint: &fingerprint, setup, transport_feedback: false };
            let offer = offer::write(Codec::H264, &own);
            let answer = relay.accept_offer(now, EndpointId(id), &offer::plan(), &offer).expect("a good offer");
            Some(Credentials::read(&answer.sdp, &ufrag))
        });
        Self { relay, now, peers, before: [None, None], restarts: 0 }
    }

    fn act(&mut self, step: Step<'_>) {
        let peer = usize::from(step.kind >> 3 & 1);
        let mut fields = Fields(step.body);
        let from = tuple((step.kind >> 4 | fields.byte() << 4) % TUPLES);
        let body = fields.rest();
        let Some(credentials) = self.peers[peer].clone() else { return };
        let password = &credentials.relay_password;
        match step.kind & 7 {
            kind::RAW => self.hand_in(from, body.to_vec()),
            kind::AUTHENTIC => self.hand_in(from, protect(with(peer::request(), body), password)),
            kind::NAMED => {
                let mut message = peer::request();
                message.add(ATTR_USERNAME, credentials.username().as_bytes());
                self.hand_in(from, protect(with(message, body), password));
            }
            kind::APPENDED => {
                let inside = usize::from(fields.byte());
                let (inside, behind) = fields.rest().split_at(inside.min(fields.rest().len()));
                let mut message = peer::request();
                message.add(ATTR_USERNAME, credentials.username().as_bytes());
                let message = with(integrity(with(message, inside), password), behind);
                self.hand_in(from, fingerprint(message));
            }
            kind::PAUSE => self.pass(Duration::from_millis(fields.short().into())),
            kind::RESTART => self.restart(peer),
            kind::CLOSED => self.relay.connection_closed(&from),
            _ => {
                let answered = self.answer(from, credentials.check());
                assert!(answered, "an honest check is answered");
            }
        }
    }

    fn hand_in(&mut self, from: Tuple, datagram: Vec<u8>) {
        self.answer(from, datagram);
    }

    /// Hands a datagram in and judges the answer; true if there is one.
    fn answer(&mut self, from: Tuple, datagram: Vec<u8>) -> bool {
        let authentic = self.is_authentic(&datagram);
        self.relay.handle_datagram(self.now, from, &mut datagram.clone());
        let (mut answers, mut buffer) = (0, Vec::new());
        while let Some(to) = self.relay.poll_transmit(self.now, &mut buffer) {
            assert!(authentic, "{} bytes are sent because of a forged check", buffer.len());
            if STUN.contains(&buffer[0]) {
                answers += 1;
                assert_eq!(to, from, "an answer goes where its question came from");
                assert!(buffer.len() <= datagram.len(), "{} bytes for {}", buffer.len(), datagram.len());
                assert!(matches!(buffer[..2], [1, 1 | 0x11]), "a success or an error");
                assert_eq!(buffer[4..HEADER], datagram[4..HEADER], "the question's transaction");
            }
            buffer.clear();
        }
        assert!(answers <= 1, "{answers} answers");
        self.hear();
        answers == 1
    }

    /// The last attribute is the fingerprint and the last but one proves everything before it, under one of the passwords: what
    /// the relay's answer must rest on, found out without its STUN parser.
    fn is_authentic(&self, datagram: &[u8]) -> bool {
        let end = datagram.len().checked_sub(FINGERPRINT_BYTES + INTEGRITY_BYTES);
        let Some(end) = end.filter(|end| (HEADER..MAX_DATAGRAM_BYTES).contains(end)) else { return false };
        let mut proven = datagram[..end].to_vec();
        let length = u16::try_from(end + INTEGRITY_BYTES - HEADER).expect("datagrams are short");
        proven[2..4].copy_from_slice(&length.to_be_bytes());
        let tag = &datagram[end + 4..end + INTEGRITY_BYTES];
        self.peers.iter().chain(&self.before).flatten().any(|credentials| {
            let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, credentials.relay_password.as_bytes());
            hmac::verify(&key, &proven, tag).is_ok()
        })
    }

    fn restart(&mut self, peer: usize) {
        self.restarts += 1;
        let ufrag = format!("restart{}", self.restarts);
        let fragment = self.relay.restart_ice(EndpointId(peer as u64), &ufrag).expect("the peer is there");
        let fresh = Credentials::read(&fragment, &ufrag);
        self.before[peer] = self.peers[peer].replace(fresh);
    }

    fn pass(&mut self, pause: Duration) {
        let end = self.now + pause;
        while let Some(due) = self.relay.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.relay.handle_timeout(self.now);
            let mut buffer = Vec::new();
            while self.relay.poll_transmit(self.now, &mut buffer).is_some() {}
        }
        self.now = end;
        self.hear();
    }

    fn hear(&mut self) {
        while let Some(event) = self.relay.poll_event() {
            if let RelayEvent::Disconnected { endpoint, .. } = event {
                self.peers[endpoint.0 as usize] = None;
                self.before[endpoint.0 as usize] = None;
            }
        }
    }

    fn holds_bounds(&mut self) {
        let mut closed = BTreeMap::new();
        while let Some(connection) = self.relay.poll_close() {
            *closed.entry(connection).or_insert(0) += 1;
        }
        for connection in closed.keys() {
            assert!(!self.relay.is_proven(*connection), "{connection:?} is to be closed and in use");
        }
        let proven = (0..TUPLES).filter(|number| self.relay.is_proven(ConnectionNumber((*number).into())));
        assert!(proven.count() <= PEERS * MAX_TUPLES, "peers have more tuples than they may");
    }
}

/// Adds attributes as they stand.
fn with(mut message: Message, attributes: &[u8]) -> Message {
    message.raw.extend_from_slice(attributes);
    message.length = u32::try_from(message.raw.len() - HEADER).expect("inputs are short");
    message.write_length();
    message
}

/// Adds MESSAGE-INTEGRITY.
fn integrity(mut message: Message, password: &str) -> Message {
    let provider = RingProvider::new();
    MessageIntegrity::new_raw_integrity_with_provider(password.as_bytes(), provider.crypto())
        .add_to(&mut message)
        .expect("the fingerprint comes later");
    message
}

fn fingerprint(mut message: Message) -> Vec<u8> {
    FINGERPRINT.add_to(&mut message).expect("a fingerprint always fits");
    message.raw
}

/// Adds integrity and fingerprint (RFC 8445 §7.1.1).
pub(crate) fn protect(message: Message, password: &str) -> Vec<u8> {
    fingerprint(integrity(message, password))
}
