//! A relay and str0m peers on one virtual clock, joined by a network of a fixed delay.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    time::{Duration, Instant, SystemTime},
};

use relay_core::{
    Answer, Candidate, Codec, ConnectionNumber, DtlsCertificate, EndpointId, Kind, LineDirection, LinePlan, OfferError,
    Relay, RelayConfig, RelayEvent, TimeAnchor, Transport, Tuple,
};
use str0m::{
    Event, Input, Output, Rtc,
    change::{SdpAnswer, SdpPendingOffer},
    format::Codec as PeerCodec,
    media::{Direction, MediaKind, Mid, Rid, Simulcast, SimulcastLayer},
    net::{Protocol, Receive},
    rtp::{ExtensionValues, RtpWrite, SeqNo},
};

/// Delay of every datagram, one way.
pub const DELAY: Duration = Duration::from_millis(2);
/// The relay's address.
pub const RELAY: ([u8; 4], u16) = ([10, 0, 0, 1], 5000);

pub struct World {
    pub now: Instant,
    pub relay: Relay,
    pub guests: Vec<Guest>,
    pub events: Vec<RelayEvent>,
    /// Connections that the relay wants closed.
    pub closed: Vec<ConnectionNumber>,
    /// Everything the relay has sent.
    pub sent: Vec<(SocketAddr, Vec<u8>)>,
    /// Everything that has reached the relay.
    pub arrived: Vec<(SocketAddr, Vec<u8>)>,
    /// Drops datagrams on their way (from, to, bytes).
    pub drop: fn(SocketAddr, SocketAddr, &[u8]) -> bool,
    flying: VecDeque<(Instant, SocketAddr, SocketAddr, Vec<u8>)>,
}

pub struct Guest {
    pub id: EndpointId,
    /// What the guest itself thinks that its address is.
    pub address: SocketAddr,
    /// What its datagrams come from: the other side of its NAT.
    pub external: SocketAddr,
    /// Its datagrams come through this connection.
    pub connection: Option<ConnectionNumber>,
    pub rtc: Rtc,
    pub events: Vec<Event>,
    pub mids: Vec<Mid>,
    /// The offer as the relay was told it.
    pub offer: String,
    /// Its answer.
    pub answer: String,
    due: Instant,
}

pub fn certificate() -> DtlsCertificate {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["relay".into()]).unwrap().self_signed(&key).unwrap();
    DtlsCertificate { der: certificate.der().to_vec(), key: key.serialize_der() }
}

pub fn relay(now: Instant, codec: Codec) -> Relay {
    Relay::new(RelayConfig {
        anchor: TimeAnchor { instant: now, wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000) },
        seed: [7; 32],
        certificate: certificate(),
        candidates: [Transport::Udp, Transport::Tcp]
            .map(|transport| Candidate { transport, address: RELAY.into() })
            .into(),
        codec,
    })
    .unwrap()
}

pub fn line(kind: Kind, direction: LineDirection) -> LinePlan {
    LinePlan { kind, direction, simulcast: false, msid: Some("stream".into()) }
}

impl World {
    pub fn new(codec: Codec) -> Self {
        let now = Instant::now();
        Self {
            now,
            relay: relay(now, codec),
            guests: Vec::new(),
            events: Vec::new(),
            closed: Vec::new(),
            sent: Vec::new(),
            arrived: Vec::new(),
            drop: |_, _, _| false,
            flying: VecDeque::new(),
        }
    }

    /// Adds a str0m peer that offers the lines of `plan` and is answered. `munge` changes the offer on its way.
    pub fn join(&mut self, plan: &[LinePlan], munge: impl Fn(String) -> String) -> Result<usize, OfferError> {
        self.join_by(None, plan, munge)
    }

    /// As [`Self::join`], through a connection if one is given.
    pub fn join_by(
        &mut self,
        connection: Option<ConnectionNumber>,
        plan: &[LinePlan],
        munge: impl Fn(String) -> String,
    ) -> Result<usize, OfferError> {
        let (mut guest, offer, pending) = Guest::offering_by(connection, self.now, self.guests.len(), plan);
        guest.offer = munge(offer);
        let answer = self.relay.accept_offer(self.now, guest.id, plan, &guest.offer)?;
        guest.accept(pending, &answer);
        self.guests.push(guest);
        self.drain_relay();
        Ok(self.guests.len() - 1)
    }

    pub fn run_for(&mut self, duration: Duration) {
        let end = self.now + duration;
        loop {
            let flying = self.flying.front().map(|datagram| datagram.0);
            let guests = self.guests.iter().map(|guest| guest.due).min();
            let next = [flying, guests, self.relay.poll_timeout()].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.now = self.now.max(next);
            self.step();
        }
        self.now = end;
    }

    /// Runs until the relay has told of the connection of every guest.
    pub fn connect(&mut self) {
        let until = self.now + Duration::from_secs(5);
        while self.now < until && self.guests.iter().any(|guest| !self.is_connected(guest.id)) {
            self.run_for(Duration::from_millis(5));
        }
        assert!(self.guests.iter().all(|guest| self.is_connected(guest.id)), "connected within 5 s: {:?}", self.events);
    }

    pub fn is_connected(&self, endpoint: EndpointId) -> bool {
        self.events.contains(&RelayEvent::Connected { endpoint })
    }

    /// Hands the relay a datagram that no guest has sent.
    pub fn inject(&mut self, from: SocketAddr, datagram: &[u8]) {
        self.relay.handle_datagram(self.now, self.tuple(from), &mut datagram.to_vec());
        self.drain_relay();
    }

    /// How the relay sees a sender.
    pub fn tuple(&self, from: SocketAddr) -> Tuple {
        let guest = self.guests.iter().find(|guest| guest.external == from);
        match guest.and_then(|guest| guest.connection) {
            Some(connection) => Tuple::Tcp { connection, address: from },
            None => Tuple::Udp(from),
        }
    }

    /// Sends all that a guest has to say now.
    pub fn drain_guest(&mut self, index: usize) {
        let guest = &mut self.guests[index];
        let mut turn = guest.rtc.handle_input(Input::Timeout(self.now));
        loop {
            match turn.and_then(|()| guest.rtc.poll_output()) {
                Err(_) => {
                    // str0m has given its connection up.
                    guest.due = self.now + Duration::from_secs(3600);
                    return;
                }
                Ok(Output::Timeout(due)) => {
                    // A guest that is asked again at the same instant would never let the clock go on.
                    guest.due = due.max(self.now + Duration::from_micros(100));
                    return;
                }
                Ok(Output::Transmit(transmit)) => {
                    if !(self.drop)(guest.external, transmit.destination, &transmit.contents) {
                        let datagram =
                            (self.now + DELAY, guest.external, transmit.destination, transmit.contents.to_vec());
                        self.flying.push_back(datagram);
                    }
                }
                Ok(Output::Event(event)) => guest.events.push(event),
            }
            turn = Ok(());
        }
    }

    pub fn drain_relay(&mut self) {
        let mut bytes = Vec::new();
        while let Some(to) = self.relay.poll_transmit(self.now, &mut bytes) {
            let (to, bytes) = (to.address(), std::mem::take(&mut bytes));
            self.sent.push((to, bytes.clone()));
            if !(self.drop)(RELAY.into(), to, &bytes) {
                self.flying.push_back((self.now + DELAY, RELAY.into(), to, bytes));
            }
        }
        self.closed.extend(std::iter::from_fn(|| self.relay.poll_close()));
        while let Some(event) = self.relay.poll_event() {
            self.events.push(event);
        }
    }

    fn step(&mut self) {
        while self.flying.front().is_some_and(|datagram| datagram.0 <= self.now) {
            let Some((_, from, to, mut bytes)) = self.flying.pop_front() else { break };
            if to == SocketAddr::from(RELAY) {
                self.arrived.push((from, bytes.clone()));
                self.relay.handle_datagram(self.now, self.tuple(from), &mut bytes);
                self.drain_relay();
            } else if let Some(index) = self.guests.iter().position(|guest| guest.external == to) {
                let receive = Receive {
                    proto: self.guests[index].protocol(),
                    source: from,
                    destination: self.guests[index].address,
                    contents: bytes.as_slice().try_into().unwrap(),
                };
                // A guest that has given up takes nothing.
                let _ = self.guests[index].rtc.handle_input(Input::Receive(self.now, receive));
                self.drain_guest(index);
            }
        }
        if self.relay.poll_timeout().is_some_and(|due| due <= self.now) {
            self.relay.handle_timeout(self.now);
            self.drain_relay();
        }
        for index in 0..self.guests.len() {
            if self.guests[index].due <= self.now {
                self.drain_guest(index);
            }
        }
    }
}

impl Guest {
    pub fn offering(now: Instant, index: usize, plan: &[LinePlan]) -> (Self, String, SdpPendingOffer) {
        Self::offering_by(None, now, index, plan)
    }

    /// A guest that comes through a connection, if one is given, else by datagrams.
    pub fn offering_by(
        connection: Option<ConnectionNumber>,
        now: Instant,
        index: usize,
        plan: &[LinePlan],
    ) -> (Self, String, SdpPendingOffer) {
        str0m::crypto::from_feature_flags().install_process_default();
        let number = u8::try_from(index).unwrap();
        let address = SocketAddr::from(([10, 0, 1, number], 4000));
        let mut rtc = Rtc::builder().set_rtp_mode(true).build(now);
        let protocol = if connection.is_some() { "tcp" } else { "udp" };
        rtc.add_local_candidate(str0m::Candidate::host(address, protocol).unwrap());
        let mut change = rtc.sdp_api();
        let mids = plan
            .iter()
            .map(|line| {
                let kind = match line.kind {
                    Kind::Audio => MediaKind::Audio,
                    Kind::Video => MediaKind::Video,
                };
                let direction = match line.direction {
                    LineDirection::FromEndpoint => Direction::SendOnly,
                    LineDirection::ToEndpoint => Direction::RecvOnly,
                };
                let simulcast = line
                    .simulcast
                    .then(|| Simulcast { send: ["l", "m", "h"].map(SimulcastLayer::new).to_vec(), recv: vec![] });
                change.add_media(kind, direction, None, None, simulcast)
            })
            .collect();
        let (offer, pending) = change.apply().unwrap();
        let guest = Self {
            id: EndpointId(u64::from(number) + 1),
            address,
            external: address,
            connection,
            rtc,
            events: Vec::new(),
            mids,
            offer: String::new(),
            answer: String::new(),
            due: now,
        };
        (guest, offer.to_sdp_string(), pending)
    }

    /// What its datagrams travel by.
    pub fn protocol(&self) -> Protocol {
        if self.connection.is_some() { Protocol::Tcp } else { Protocol::Udp }
    }

    /// An offer with new ICE credentials.
    pub fn restarting(&mut self) -> (String, SdpPendingOffer) {
        let mut change = self.rtc.sdp_api();
        change.ice_restart(true);
        let (offer, pending) = change.apply().unwrap();
        (offer.to_sdp_string(), pending)
    }

    /// The relay has answered with new credentials and nothing else.
    pub fn restarted(&mut self, pending: SdpPendingOffer, ufrag: &str, password: &str) {
        let line = |line: &str| match line.split_once(':') {
            Some(("a=ice-ufrag", _)) => format!("a=ice-ufrag:{ufrag}\r\n"),
            Some(("a=ice-pwd", _)) => format!("a=ice-pwd:{password}\r\n"),
            _ => format!("{line}\r\n"),
        };
        let answer: String = self.answer.lines().map(line).collect();
        let answer = SdpAnswer::from_sdp_string(&answer).unwrap();
        self.rtc.sdp_api().accept_answer(pending, answer).unwrap();
    }

    pub fn accept(&mut self, pending: SdpPendingOffer, answer: &Answer) {
        self.answer = answer.sdp.clone();
        let answer = SdpAnswer::from_sdp_string(&answer.sdp).unwrap();
        self.rtc.sdp_api().accept_answer(pending, answer).unwrap();
    }

    /// Queues a packet of a line's codec.
    pub fn write(&mut self, now: Instant, line: usize, rid: Option<&str>, packet: Packet<'_>) {
        let mid = self.mids[line];
        let codec = packet.codec;
        let payload_type = self
            .rtc
            .media(mid)
            .unwrap()
            .remote_pts()
            .iter()
            .copied()
            .find(|pt| {
                self.rtc
                    .codec_config()
                    .find(|params| params.pt() == *pt)
                    .is_some_and(|params| params.spec().codec == codec)
            })
            .unwrap();
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(mid, rid.map(Rid::from)).unwrap();
        let extensions = ExtensionValues {
            audio_level: packet.audio_level,
            // Without it str0m leaves the level out.
            voice_activity: packet.audio_level.map(|_| true),
            ..ExtensionValues::default()
        };
        stream.write_rtp(
            RtpWrite::new(payload_type, SeqNo::from(packet.sequence), packet.timestamp, now, packet.payload)
                .marker(packet.marker)
                .ext_vals(extensions),
        );
    }

    /// Payloads received in a line, in their order.
    pub fn received(&self, line: usize) -> Vec<Vec<u8>> {
        self.events
            .iter()
            .filter_map(|event| match event {
                Event::RtpPacket(packet) if packet.header.ext_vals.mid == Some(self.mids[line]) => {
                    Some(packet.payload.to_vec())
                }
                _ => None,
            })
            .collect()
    }
}

/// What a guest sends.
pub struct Packet<'a> {
    pub codec: PeerCodec,
    pub sequence: u64,
    pub timestamp: u32,
    pub marker: bool,
    pub audio_level: Option<i8>,
    pub payload: &'a [u8],
}
