//! A page comes in by its WebSocket, or goes.

use std::net::IpAddr;
use std::sync::Arc;

use conference::{ConnectionId, Fact};
use wire::{ClientKind, ErrorCode, InstanceId, MediaPlan, Revision, ServerMessage, StateChange, Uplink, Welcome, You};

use super::letters::{Departure, Refused};
use super::publish::text_of;
use super::spans;
use super::task::Task;
use crate::access::Revocation;
use crate::config::Limits;
use crate::live::{Client, Control, Heard, Peer, SocketId, Who, live_for};
use crate::media_plan::media_plan;
use crate::routing::MediaEnd;
use crate::socket::outbox::{Closing, Outbox, OutboxReader, outbox};
use crate::{convert, view};

/// Consoles that one person has open at the same time: a few screens at two places.
const MAX_CONSOLES_OF_ONE: usize = 8;

/// What is wanted of a camera before the relay has said more: its lowest layer.
pub(super) const LOW_ONLY: Uplink = Uplink { low: true, mid: false, high: false, content: false };

/// A page that said hello and proved who it is.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Who, by sign-in or token.
    pub who: Who,
    /// What would end its right to be here.
    pub credential: Revocation,
    /// What kind of page.
    pub client: ClientKind,
    /// Its device.
    pub device: String,
    /// Instance of the server that it saw last.
    pub instance: Option<InstanceId>,
    /// Last revision that it has applied.
    pub since: Option<Revision>,
    /// From where, for the audit.
    pub address: Option<IpAddr>,
}

/// A page that was let in.
#[derive(Debug)]
pub struct Joined {
    /// Its WebSocket.
    pub socket: SocketId,
    /// What is to be sent to it; the welcome comes first.
    pub outbox: OutboxReader,
    /// For answers that the socket gives by itself.
    pub answers: Outbox,
    /// Where the socket notes that it heard something.
    pub heard: Arc<Heard>,
}

impl Task {
    pub(super) fn visit(&mut self, visit: Visit) -> Result<Joined, Closing> {
        let _span = spans::of_join(self.ledger.shown().setup(), &visit).entered();
        let known = self.admit(&visit)?;
        let now = self.now();
        let (answers, reader) = outbox();
        let heard = Arc::new(Heard::new(now.instant));
        let socket = self.next_socket();
        let peer = match known {
            Some(peer) => peer,
            None => self.new_peer(&visit),
        };
        self.log_joined(peer);
        // What its arrival changes (a holder returns) is in its welcome, and must not reach it before that.
        self.publish_changes();
        let control = Control { socket, outbox: answers.clone(), heard: Arc::clone(&heard), address: visit.address };
        if let Some(old) = self.peers.open_control(peer, control) {
            old.outbox.close(ErrorCode::Replaced, "the same device connected anew");
        }
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.credential = visit.credential.clone();
        }
        self.lease_at_arrival(&visit.who);
        self.welcome(peer, &visit, &answers);
        tracing::info!(who = visit.who.name(), client = ?visit.client, socket = socket.0, "page connected");
        Ok(Joined { socket, outbox: reader, answers, heard })
    }

    /// The peer that this device is already, if any.
    fn admit(&mut self, visit: &Visit) -> Result<Option<ConnectionId>, Closing> {
        self.check_takes_part(&visit.who, format!("connect as {:?}", visit.client), visit.address)?;
        let client = Client::Page(visit.client);
        let same = self.peers.of_who(&visit.who).find(|peer| peer.device == visit.device && peer.client == client);
        let same = same.map(|peer| (peer.id, peer.control.is_some()));
        let replaces = same.is_some_and(|(_, open)| open);
        if !replaces {
            self.check_room(&visit.who)?;
        }
        if let Some((id, _)) = same {
            return Ok(Some(id));
        }
        if let Who::Endpoint { .. } = visit.who {
            self.take_seat(&visit.who, visit.address)?;
        }
        Ok(None)
    }

    /// A join link outlives a setup that leaves its site out.
    pub(super) fn check_takes_part(&self, who: &Who, what: String, address: Option<IpAddr>) -> Result<(), Closing> {
        let setup = self.ledger.shown().setup();
        if who.site().is_none_or(|site| setup.site(site).is_some()) {
            return Ok(());
        }
        (self.tools.audit)(Refused {
            who: who.name().to_owned(),
            what,
            reason: "the site is not in the conference's setup".to_owned(),
            address,
        });
        let detail = "this site does not take part in the conference".to_owned();
        Err(Closing { code: ErrorCode::Unauthorized, detail })
    }

    /// Operators see it with the next live facts.
    fn tell_of_second_device(&mut self, who: &Who) {
        let at = self.now().wall.0;
        let first: Vec<_> = self.peers.of_who(who).map(|peer| peer.id).collect();
        for id in first {
            if let Some(peer) = self.peers.get_mut(id) {
                peer.second_device_at = Some(at);
            }
        }
    }

    /// One device has a place of a site at a time: refused while it lives, and put out if it is lost.
    pub(super) fn take_seat(&mut self, who: &Who, address: Option<IpAddr>) -> Result<(), Closing> {
        let now = self.now().instant;
        let gone = |peer: &Peer| peer.is_lost(now) || peer.departure == Some(Departure::Left);
        let others = self.peers.of_who(who).filter(|peer| peer.seat().is_some());
        let others: Vec<_> = others.map(|peer| (peer.id, gone(peer))).collect();
        if others.iter().any(|(_, gone)| !gone) {
            (self.tools.audit)(Refused {
                who: who.name().to_owned(),
                what: "joining from a second device".to_owned(),
                reason: "the first device is alive".to_owned(),
                address,
            });
            self.tell_of_second_device(who);
            let detail = "this endpoint is connected from another device".to_owned();
            return Err(Closing { code: ErrorCode::InUse, detail });
        }
        for (id, _) in others {
            self.forget(id, ErrorCode::Replaced, "another device took this endpoint's place");
        }
        Ok(())
    }

    /// Sites, consoles and players have room of their own: none can take another's.
    fn check_room(&self, who: &Who) -> Result<(), Closing> {
        let Limits { endpoints, consoles, .. } = self.tools.limits;
        let count = |alike: &dyn Fn(&Who) -> bool| self.peers.connected().filter(|peer| alike(&peer.who)).count();
        match who {
            Who::Endpoint { .. } => self.check_seats(endpoints),
            Who::Operator { .. } if count(&|other| other == who) >= MAX_CONSOLES_OF_ONE => {
                room(MAX_CONSOLES_OF_ONE, MAX_CONSOLES_OF_ONE, "consoles of one person")
            }
            Who::Operator { .. } => room(count(&|other| other.site().is_none()), consoles, "consoles"),
        }
    }

    /// Room for one more endpoint of a site, be it a page, an encoder or a player as its screen.
    pub(super) fn check_seats(&self, most: usize) -> Result<(), Closing> {
        let taken = self.peers.iter().filter(|peer| peer.is_present() && peer.seat().is_some());
        room(taken.count(), most, "endpoints of sites")
    }

    fn new_peer(&mut self, visit: &Visit) -> ConnectionId {
        let setup = self.ledger.shown().setup();
        let plan = media_plan(visit.client, convert::codec_out(setup.codec), setup.sites.len());
        let client = Client::Page(visit.client);
        self.add_peer(visit.who.clone(), visit.credential.clone(), client, visit.device.clone(), plan)
    }

    /// A peer without connections yet.
    pub(super) fn add_peer(
        &mut self,
        who: Who,
        credential: Revocation,
        client: Client,
        device: String,
        plan: MediaPlan,
    ) -> ConnectionId {
        let now = self.now();
        let id = self.next_peer();
        self.peers.insert(Peer {
            id,
            who,
            client,
            device,
            plan: Arc::new(plan),
            credential,
            since: now.wall.0,
            control: None,
            last_heard: now.instant,
            departure: None,
            media: None,
            offers: 0,
            offering: Default::default(),
            status: None,
            stats: None,
            solo: None,
            talkback: Default::default(),
            talkback_until: None,
            second_device_at: None,
            logged: false,
            picture: None,
        });
        id
    }

    /// Everything that is published until now; nothing else may have changed.
    fn welcome(&mut self, id: ConnectionId, visit: &Visit, outbox: &Outbox) {
        let now = self.now();
        let live = self.live(now);
        let audience = visit.who.audience();
        let picture = self.picture_of(&visit.who, &live);
        let resumes = visit.instance.as_ref() == Some(&self.tools.instance);
        let missed = visit.since.filter(|_| resumes).and_then(|since| self.publisher.missed(since));
        let state = match &missed {
            Some(_) => None,
            None => Some(Box::new(view::view_for(&audience, self.publisher.view().clone()))),
        };
        let revision = self.publisher.revision();
        let live_view = live_for(&audience, &self.live_view());
        let Some(peer) = self.peers.get_mut(id) else { return };
        peer.picture = Some(picture.clone());
        let welcome = Welcome {
            instance: self.tools.instance.clone(),
            revision,
            now: now.wall.0,
            you: you(visit, self.ledger.shown()),
            media: MediaPlan::clone(&peer.plan),
            state,
            live: Box::new(live_view),
            picture,
            uplink: peer.media.as_ref().map_or(LOW_ONLY, |media| media.uplink),
        };
        outbox.push(text_of(&ServerMessage::Welcome(Box::new(welcome))));
        let changes: Vec<StateChange> = view::changes_for(&audience, &missed.unwrap_or_default());
        if !changes.is_empty() {
            outbox.push(text_of(&ServerMessage::Event { revision, changes }));
        }
    }

    pub(super) fn gone(&mut self, socket: SocketId, departure: Departure) {
        // A WebSocket that was replaced belongs to nobody any more.
        let Some(peer) = self.peers.close_control(socket) else { return };
        peer.departure = Some(departure);
        tracing::info!(who = peer.who.name(), socket = socket.0, ?departure, "page disconnected");
        let was_missing = self.lease.is_missing();
        self.watch_lease();
        if self.lease.is_missing() && !was_missing {
            // An assistant need not wait for the next tick to see it.
            self.publish_live();
        }
    }

    /// Sends a peer away and closes its media. The log is told by the caller, who knows why.
    pub(super) fn forget(&mut self, id: ConnectionId, code: ErrorCode, detail: &str) -> Option<Peer> {
        let mut peer = self.peers.remove(id)?;
        if let Some(control) = peer.control.take() {
            control.outbox.close(code, detail);
        }
        if let Some(media) = peer.media.take() {
            self.close_media(&media.end);
        }
        Some(peer)
    }

    pub(super) fn close_media(&mut self, end: &MediaEnd) {
        self.orders.push(super::media_relay::RelayOrder::Close(end.endpoint));
    }

    /// Tells the log that an endpoint is here, once.
    pub(super) fn log_joined(&mut self, id: ConnectionId) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let Who::Endpoint { site, role } = peer.who.clone() else { return };
        if peer.logged {
            return;
        }
        let instance = conference::InstanceId(self.tools.instance.0.clone());
        let role = convert::endpoint_in(role);
        let logged = self.happened(Fact::EndpointJoined { site, role, instance });
        if let Some(peer) = self.peers.get_mut(id) {
            peer.logged = logged;
        }
    }

    /// Hands a fact to the conference. False: too much is unwritten already; the caller tries again later.
    pub(super) fn happened(&mut self, fact: Fact) -> bool {
        let now = self.now();
        let live = self.live(now);
        let taken = self.ledger.fact(fact.clone(), &live, now.wall);
        if !taken {
            tracing::error!(?fact, "too much is unwritten; a fact was left out");
        }
        taken
    }
}

/// Refuses what would be too many.
pub(super) fn room(taken: usize, most: usize, what: &str) -> Result<(), Closing> {
    if taken < most {
        return Ok(());
    }
    Err(Closing { code: ErrorCode::ServerFull, detail: format!("at most {most} {what} may be connected") })
}

fn you(visit: &Visit, conference: &conference::Conference) -> You {
    let site = visit.who.site();
    let name = match site.and_then(|site| conference.setup().site(site)) {
        Some(site) => site.name.clone(),
        None => visit.who.name().to_owned(),
    };
    You {
        conference: wire::ConferenceId(conference.setup().id.0.clone()),
        role: visit.who.role(),
        name,
        site: site.cloned().map(convert::site_out),
        endpoint: match &visit.who {
            Who::Endpoint { role, .. } => Some(*role),
            Who::Operator { .. } => None,
        },
    }
}
