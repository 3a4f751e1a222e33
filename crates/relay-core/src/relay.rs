//! The whole relay behind one port: peers, their connections, and the plane that forwards between them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    fmt,
    time::{Duration, Instant},
};

use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};

use crate::{
    Answer, Candidate, CertificateError, Codec, ConnectionNumber, DisconnectReason, DtlsCertificate, EndpointId,
    EndpointKey, LinePlan, OfferError, Plane, PlaneEvent, PlanePacket, Routes, TakeId, TimeAnchor, Tuple, Watch,
    demux::{Protocol, SourceMap},
    dtls::{DtlsIdentity, DtlsLink, DtlsProgress},
    early::EarlyRecords,
    handshakes::Handshakes,
    ice_lite::{BindingRequest, Check, IceCredentials},
    peer::{IceSide, Peer},
    sdp::{self, LocalDescription, RestartError},
    tuple::TupleMap,
};

/// What a relay is made of.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// Ties `now` to wall time.
    pub anchor: TimeAnchor,
    /// Feeds every random choice: ICE credentials, SSRCs, start numbers. In production it must come from the system's
    /// generator: who knows it can answer checks in a peer's name.
    pub seed: [u8; 32],
    /// DTLS certificate.
    pub certificate: DtlsCertificate,
    /// What answers announce, best first within each transport.
    pub candidates: Vec<Candidate>,
    /// Video codec.
    pub codec: Codec,
}

/// What the owner is told.
#[derive(Debug, Clone, PartialEq)]
pub enum RelayEvent {
    /// Media can flow to and from the endpoint.
    Connected {
        /// The endpoint.
        endpoint: EndpointId,
    },
    /// The endpoint is gone and forgotten. Not told of endpoints that the owner removed.
    Disconnected {
        /// The endpoint.
        endpoint: EndpointId,
        /// Why.
        reason: DisconnectReason,
    },
    /// From the forwarding plane.
    Plane(PlaneEvent),
}

/// The relay. The loop of a caller: mutate (`accept_offer`, `handle_*`, `set_routes`, …), then drain
/// [`Relay::poll_transmit`], [`Relay::poll_close`] and [`Relay::poll_event`] until all are empty, then sleep until
/// [`Relay::poll_timeout`].
pub struct Relay {
    fingerprint: String,
    identity: DtlsIdentity,
    candidates: Vec<Candidate>,
    codec: Codec,
    rng: StdRng,
    plane: Plane,
    /// By their places in the plane's table.
    peers: Vec<Option<Peer>>,
    keys: BTreeMap<EndpointId, usize>,
    by_ufrag: HashMap<String, usize>,
    by_tuple: TupleMap,
    early: EarlyRecords,
    handshakes: Handshakes,
    /// When to look at a peer. Its own deadline may have moved on since; then it is set again.
    timers: BTreeSet<(Instant, usize)>,
    scheduled: HashMap<usize, Instant>,
    /// STUN and DTLS: they go before media.
    controls: VecDeque<(Tuple, Vec<u8>)>,
    /// Connections that are of no use any more.
    closing: VecDeque<ConnectionNumber>,
    events: VecDeque<RelayEvent>,
}

impl Relay {
    /// A relay without peers.
    ///
    /// # Errors
    ///
    /// The certificate or its key cannot be used.
    pub fn new(config: RelayConfig) -> Result<Self, CertificateError> {
        let mut rng = StdRng::from_seed(config.seed);
        Ok(Self {
            fingerprint: config.certificate.fingerprint(),
            identity: DtlsIdentity::new(&config.certificate)?,
            candidates: config.candidates,
            codec: config.codec,
            plane: Plane::new(config.anchor, rng.next_u64()),
            rng,
            peers: Vec::new(),
            keys: BTreeMap::new(),
            by_ufrag: HashMap::new(),
            by_tuple: TupleMap::default(),
            early: EarlyRecords::default(),
            handshakes: Handshakes::default(),
            timers: BTreeSet::new(),
            scheduled: HashMap::new(),
            controls: VecDeque::new(),
            closing: VecDeque::new(),
            events: VecDeque::new(),
        })
    }

    /// Answers an endpoint's offer: m-line *i* is `plan[i]`, m-lines beyond the plan are rejected.
    ///
    /// # Errors
    ///
    /// Why the offer cannot be accepted; nothing is kept of it then.
    pub fn accept_offer(
        &mut self,
        now: Instant,
        endpoint: EndpointId,
        plan: &[LinePlan],
        sdp: &str,
    ) -> Result<Answer, OfferError> {
        if self.keys.contains_key(&endpoint) {
            return Err(OfferError::EndpointInUse);
        }
        let credentials = IceCredentials::generate(&mut self.rng);
        let session = self.rng.next_u64() >> 1;
        let local = LocalDescription {
            // Positive as a signed number (RFC 3264 §5).
            session,
            ufrag: &credentials.ufrag,
            password: &credentials.password,
            fingerprint: &self.fingerprint,
            candidates: &self.candidates,
            codec: self.codec,
        };
        let rng = &mut self.rng;
        let accepted = sdp::accept(sdp, plan, &local, &mut || rng.random())?;
        let dtls = DtlsLink::new(&self.identity, accepted.role, accepted.fingerprints);
        let negotiated = &accepted.answer.negotiated;
        let ufrag = credentials.ufrag.clone();
        let sources = SourceMap::new(accepted.senders);
        let ice = IceSide { local: credentials, remote_ufrag: accepted.remote_ufrag };
        let peer = Peer::new(now, endpoint, ice, dtls, sources, negotiated, accepted.fragment_head);
        let EndpointKey(key) = self.plane.add_endpoint(now, endpoint, negotiated);
        self.peers.resize_with(self.peers.len().max(key + 1), || None);
        self.peers[key] = Some(peer);
        self.keys.insert(endpoint, key);
        self.by_ufrag.insert(ufrag, key);
        self.schedule(key);
        self.collect_events();
        Ok(accepted.answer)
    }

    /// Restarts ICE (RFC 8445 §9): new credentials on both sides, while DTLS and media go on. Gives the fragment for the
    /// endpoint (RFC 8840 §9). The earlier credentials hold until the next restart.
    ///
    /// # Errors
    ///
    /// Why nothing was changed.
    pub fn restart_ice(&mut self, endpoint: EndpointId, remote_ufrag: &str) -> Result<String, RestartError> {
        let &key = self.keys.get(&endpoint).ok_or(RestartError::UnknownEndpoint)?;
        let peer = peer_at(&mut self.peers, key).ok_or(RestartError::UnknownEndpoint)?;
        if !sdp::is_ufrag(remote_ufrag) {
            return Err(RestartError::Malformed);
        }
        if peer.remote_ufrag() == remote_ufrag {
            return Err(RestartError::Unchanged);
        }
        let local = IceCredentials::generate(&mut self.rng);
        let IceCredentials { ufrag, password } = local.clone();
        let (expired, head) = peer.restart_ice(IceSide { local, remote_ufrag: remote_ufrag.to_owned() });
        let fragment = sdp::restart_fragment(head, &ufrag, &password, &self.candidates);
        if let Some(expired) = expired {
            self.by_ufrag.remove(&expired);
        }
        self.by_ufrag.insert(ufrag, key);
        Ok(fragment)
    }

    /// Says goodbye to an endpoint and forgets it.
    pub fn remove_endpoint(&mut self, now: Instant, endpoint: EndpointId) {
        if let Some(&key) = self.keys.get(&endpoint) {
            self.forget(now, key);
        }
        self.collect_events();
    }

    /// Says goodbye to all endpoints and forgets them.
    pub fn close(&mut self, now: Instant) {
        for key in self.keys.values().copied().collect::<Vec<_>>() {
            self.forget(now, key);
        }
        self.collect_events();
    }

    /// See [`Plane::set_routes`].
    pub fn set_routes(&mut self, now: Instant, routes: Routes) {
        self.plane.set_routes(now, routes);
        self.collect_events();
    }

    /// See [`Plane::set_watches`].
    pub fn set_watches(&mut self, now: Instant, watches: &BTreeSet<Watch>) {
        self.plane.set_watches(now, watches);
        self.collect_events();
    }

    /// See [`Plane::order_take`].
    pub fn order_take(&mut self, now: Instant, take: TakeId, routes: Routes) {
        self.plane.order_take(now, take, routes);
        self.collect_events();
    }

    /// See [`Plane::cancel_take`].
    pub fn cancel_take(&mut self, now: Instant, take: TakeId) {
        self.plane.cancel_take(now, take);
        self.collect_events();
    }

    /// A datagram arrived, or a frame of a connection. Its bytes are decrypted in place.
    pub fn handle_datagram(&mut self, now: Instant, from: Tuple, datagram: &mut [u8]) {
        match Protocol::of(datagram) {
            Some(Protocol::Stun) => self.handle_stun(now, from, datagram),
            Some(Protocol::Dtls) => match self.by_tuple.get(&from) {
                Some(key) => self.handle_records(now, key, datagram),
                None if self.keys.is_empty() => {}
                None => self.early.keep(now, from, datagram),
            },
            Some(Protocol::Rtp) => self.handle_rtp(now, from, datagram),
            Some(Protocol::Rtcp) => self.handle_rtcp(now, from, datagram),
            None => {}
        }
        self.collect_events();
    }

    /// True if a valid check of a present peer came through the connection: what arrives there is not just anybody's.
    pub fn is_proven(&self, connection: ConnectionNumber) -> bool {
        self.by_tuple.of_connection(connection).is_some()
    }

    /// A connection has ended, whoever ended it. Its peer lives on: it may have another, or come by a new one.
    pub fn connection_closed(&mut self, tuple: &Tuple) {
        let Some(key) = self.by_tuple.get(tuple) else { return };
        self.by_tuple.remove(tuple);
        if let Some(peer) = peer_at(&mut self.peers, key) {
            peer.consent.lose(tuple);
        }
        self.schedule(key);
    }

    fn handle_stun(&mut self, now: Instant, from: Tuple, datagram: &[u8]) {
        let Some(mut request) = BindingRequest::parse(datagram) else { return };
        let Some(&key) = self.by_ufrag.get(&request.local_ufrag) else { return };
        let Some(peer) = peer_at(&mut self.peers, key) else { return };
        let Some(password) = peer.password(&request.local_ufrag, &request.remote_ufrag).map(str::to_owned) else {
            return;
        };
        let Some(check) = request.check(&password) else { return };
        if let Some(bytes) = request.respond(check, from.address(), &password) {
            self.controls.push_back((from, bytes));
        }
        if check == Check::RoleConflict {
            return;
        }
        let evicted = peer.consent.check(now, from, check == Check::Nominated);
        let progress = peer.dtls.start(now);
        if let Some(evicted) = evicted {
            self.release(key, &evicted);
        }
        // A tuple that was another peer's belongs to the one that proved itself last.
        if let Some(before) = self.by_tuple.insert(from, key).filter(|before| *before != key)
            && let Some(before) = peer_at(&mut self.peers, before)
        {
            before.consent.lose(&from);
        }
        self.settle_dtls(now, key, progress);
        for record in self.early.take(now, from) {
            self.handle_records(now, key, &record);
        }
    }

    /// Records of a handshake wait for their turn.
    fn handle_records(&mut self, now: Instant, key: usize, datagram: &[u8]) {
        let Some(peer) = peer_at(&mut self.peers, key) else { return };
        if peer.is_open() {
            self.handle_dtls(now, key, datagram);
        } else {
            self.handshakes.push(now, peer.id, datagram);
        }
    }

    fn handle_dtls(&mut self, now: Instant, key: usize, datagram: &[u8]) {
        let Some(peer) = peer_at(&mut self.peers, key) else { return };
        let progress = peer.handle_dtls(now, datagram);
        self.settle_dtls(now, key, progress);
    }

    fn handle_rtp(&mut self, now: Instant, from: Tuple, packet: &mut [u8]) {
        let Some(peer) = self.by_tuple.get(&from).and_then(|key| peer_at(&mut self.peers, key)) else { return };
        if let Some(incoming) = peer.open_rtp(now, &from, packet) {
            self.plane.handle_rtp(now, incoming);
        }
    }

    fn handle_rtcp(&mut self, now: Instant, from: Tuple, packet: &mut [u8]) {
        let Some(peer) = self.by_tuple.get(&from).and_then(|key| peer_at(&mut self.peers, key)) else { return };
        let endpoint = peer.id;
        if let Some(compound) = peer.open_rtcp(now, &from, packet) {
            self.plane.handle_rtcp(now, endpoint, compound);
        }
    }

    /// Sends what the association has to say and acts on how it moved.
    fn settle_dtls(&mut self, now: Instant, key: usize, progress: DtlsProgress) {
        let Some(peer) = peer_at(&mut self.peers, key) else { return };
        let endpoint = peer.id;
        if let Some(to) = peer.consent.selected() {
            while let Some(bytes) = peer.dtls.poll_transmit() {
                self.controls.push_back((to, bytes.to_vec()));
            }
        }
        let reason = match progress {
            DtlsProgress::Pending => {
                self.schedule(key);
                return;
            }
            DtlsProgress::Established(material) => {
                if peer.unlock(&material) {
                    self.events.push_back(RelayEvent::Connected { endpoint });
                    self.plane.endpoint_connected(now, endpoint);
                }
                self.schedule(key);
                return;
            }
            DtlsProgress::WrongFingerprint => DisconnectReason::WrongFingerprint,
            DtlsProgress::Failed => DisconnectReason::HandshakeFailed,
            DtlsProgress::Closed => DisconnectReason::Closed,
        };
        self.disconnect(now, key, reason);
    }

    fn disconnect(&mut self, now: Instant, key: usize, reason: DisconnectReason) {
        let Some(endpoint) = peer_at(&mut self.peers, key).map(|peer| peer.id) else { return };
        self.forget(now, key);
        self.events.push_back(RelayEvent::Disconnected { endpoint, reason });
    }

    fn forget(&mut self, now: Instant, key: usize) {
        let Some(mut peer) = self.peers.get_mut(key).and_then(Option::take) else { return };
        self.keys.remove(&peer.id);
        peer.dtls.close(now);
        if let Some(to) = peer.consent.selected() {
            while let Some(bytes) = peer.dtls.poll_transmit() {
                self.controls.push_back((to, bytes.to_vec()));
            }
        }
        for ufrag in peer.local_ufrags() {
            self.by_ufrag.remove(ufrag);
        }
        for tuple in peer.consent.tuples() {
            self.release(key, &tuple);
        }
        if let Some(due) = self.scheduled.remove(&key) {
            self.timers.remove(&(due, key));
        }
        self.plane.remove_endpoint(now, peer.id);
    }

    /// The tuple is the peer's no longer, and a connection is of no use then.
    fn release(&mut self, key: usize, tuple: &Tuple) {
        if self.by_tuple.get(tuple) == Some(key) {
            self.by_tuple.remove(tuple);
            self.closing.extend(tuple.connection());
        }
    }

    /// Looks at the peer again when it is due. A deadline that moved later is found out when the earlier one fires.
    fn schedule(&mut self, key: usize) {
        let Some(due) = peer_at(&mut self.peers, key).map(|peer| peer.poll_timeout()) else { return };
        match self.scheduled.get(&key) {
            Some(scheduled) if *scheduled <= due => return,
            Some(scheduled) => {
                self.timers.remove(&(*scheduled, key));
            }
            None => {}
        }
        self.timers.insert((due, key));
        self.scheduled.insert(key, due);
    }

    /// The first datagram of a batch has waited so long until the relay was handed it; `overflown`: others were lost in the socket
    /// since the batch before.
    pub fn note_wait(&mut self, now: Instant, waited: Duration, overflown: bool) {
        self.plane.note_wait(now, waited, overflown);
        self.collect_events();
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(&(due, key)) = self.timers.first().filter(|(due, _)| *due <= now) {
            self.timers.remove(&(due, key));
            self.scheduled.remove(&key);
            let Some(peer) = peer_at(&mut self.peers, key) else { continue };
            if peer.consent.is_gone(now) {
                self.disconnect(now, key, DisconnectReason::Silent);
                continue;
            }
            if peer.is_late(now) {
                self.disconnect(now, key, DisconnectReason::HandshakeFailed);
                continue;
            }
            let expired: Vec<Tuple> = std::iter::from_fn(|| peer.consent.expire(now)).collect();
            let progress = peer.dtls.handle_timeout(now);
            for tuple in expired {
                self.release(key, &tuple);
            }
            self.settle_dtls(now, key, progress);
        }
        for (endpoint, datagram) in self.handshakes.turn() {
            if let Some(&key) = self.keys.get(&endpoint) {
                self.handle_dtls(now, key, &datagram);
            }
        }
        self.plane.handle_timeout(now);
        self.collect_events();
    }

    /// When [`Self::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let peers = self.timers.first().map(|(due, _)| *due);
        let due = [peers, self.handshakes.poll_timeout(), self.plane.poll_timeout()];
        due.into_iter().flatten().min()
    }

    /// Brings waiting packets of one receiver together, in their order, so that the kernel may take them as one message. Worth
    /// its price after a batch of datagrams.
    pub fn group_by_receiver(&mut self) {
        self.plane.group_by_receiver();
    }

    /// Appends the next datagram to send to `buffer` and gives its receiver. Media is sealed here, straight into the caller's
    /// buffer, so that it is still in the cache when the caller hands it to the kernel.
    pub fn poll_transmit(&mut self, now: Instant, buffer: &mut Vec<u8>) -> Option<Tuple> {
        if let Some((to, bytes)) = self.controls.pop_front() {
            buffer.extend_from_slice(&bytes);
            return Some(to);
        }
        while let Some(packet) = self.plane.poll_packet(now) {
            let Some(peer) = peer_at(&mut self.peers, packet.key().0) else { continue };
            // The place may belong to another endpoint since the packet was made.
            let sealed = match &packet {
                PlanePacket::Rtp(packet) if packet.to == peer.id => peer.seal_rtp(packet, buffer),
                PlanePacket::Rtcp { to, packet, .. } if *to == peer.id => peer.seal_rtcp(packet, buffer),
                PlanePacket::Rtp(_) | PlanePacket::Rtcp { .. } => None,
            };
            if sealed.is_some() {
                return sealed;
            }
        }
        None
    }

    /// The next connection to close, once everything was sent: nobody is reached by it any more.
    pub fn poll_close(&mut self) -> Option<ConnectionNumber> {
        self.closing.pop_front()
    }

    /// The next thing to tell.
    pub fn poll_event(&mut self) -> Option<RelayEvent> {
        self.events.pop_front()
    }

    fn collect_events(&mut self) {
        self.events.extend(std::iter::from_fn(|| self.plane.poll_event()).map(RelayEvent::Plane));
    }
}

/// The peer at a place, if there is one.
fn peer_at(peers: &mut [Option<Peer>], key: usize) -> Option<&mut Peer> {
    peers.get_mut(key)?.as_mut()
}

impl fmt::Debug for Relay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Relay")
            .field("fingerprint", &self.fingerprint)
            .field("peers", &self.keys.len())
            .finish_non_exhaustive()
    }
}
