//! Encoders and players come in by one HTTP request (WHIP, WHEP), change their ICE session by another, and leave by a third, or
//! by silence. What holds for pages holds for them: one device has a place, a right that ends closes them, the log tells.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Instant;

use conference::{ConnectionId, DropReason, Plays};
use relay_core::{DisconnectReason, EndpointId, OfferError, OfferOutline, RestartError};
use tokio::sync::oneshot;
use wire::{DeviceState, EndpointStatus, ErrorCode, MediaKind, MediaPlan};

use super::joining::{LOW_ONLY, room};
use super::letters::Letter;
use super::media_relay::RelayOrder;
use super::task::Task;
use crate::access::Revocation;
use crate::convert;
use crate::door_plan::{UnfitOffer, door_plan};
use crate::live::{Arrival, Client, Door, DoorKind, Media, Peer, ResourceId, Who};
use crate::media_plan::relay_lines;
use crate::routing::MediaEnd;
use crate::socket::outbox::Closing;
use crate::socket::rate::{Allowance, Rate};

/// Offers and ICE restarts of one token or operator: reading one costs the relay's thread a few milliseconds, in which it forwards
/// nothing. An encoder that cannot connect tries again every few seconds.
const OFFERS: Rate = Rate { per_second: 2.0, burst: 8.0 };
/// Players of one token or operator at the same time: the screens of one room.
pub(super) const MAX_PLAYERS_OF_ONE: usize = 4;

/// Patches of one session that wait for the ICE restart before them: nobody sends many before an answer comes.
const MAX_WAITING_PATCHES: usize = 8;

/// An encoder or player that wants to come in.
#[derive(Debug)]
pub struct Opening {
    /// Who, by sign-in or token.
    pub who: Who,
    /// What would end its right to be here.
    pub credential: Revocation,
    /// What it is for.
    pub kind: DoorKind,
    /// Its offer.
    pub sdp: String,
    /// What the offer contains.
    pub outline: OfferOutline,
    /// From where, for the audit.
    pub address: Option<IpAddr>,
}

/// An encoder or player that was let in.
#[derive(Debug)]
pub struct Opened {
    /// Names its session.
    pub resource: ResourceId,
    /// The answer.
    pub sdp: String,
    /// Entity tag of the ICE session, with its quotes.
    pub etag: String,
}

/// Who asks something of which session.
#[derive(Debug)]
pub struct DoorCaller {
    /// The session.
    pub resource: ResourceId,
    /// True: an encoder's (WHIP); false: a player's (WHEP).
    pub publishes: bool,
    /// The caller's right to be here; it must be the one that opened the session.
    pub credential: Revocation,
}

/// What is said of an ICE session.
#[derive(Debug, Clone)]
pub struct DoorPatch {
    /// The header `If-Match`.
    pub if_match: Option<String>,
    /// The user fragment in the body; another one than before restarts ICE.
    pub ufrag: Option<String>,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Patched {
    /// Candidates of the other side: a lite agent needs none, it answers whoever proves itself.
    Noted,
    /// ICE begins anew.
    Restarted {
        /// For the other side.
        fragment: String,
        /// Entity tag of the new ICE session, with its quotes.
        etag: String,
    },
}

/// Why a request of an encoder or player was not done.
#[derive(Debug, PartialEq, Eq)]
pub enum DoorRefused {
    /// Another device has the place, or there is no room.
    Closed(Closing),
    /// Too many offers.
    TooOften,
    /// The offer does not fit the door.
    Unfit(UnfitOffer),
    /// The relay refused the offer.
    Offer(OfferError),
    /// No such site.
    UnknownSite,
    /// No such session (any more).
    Gone,
    /// The session is another's.
    NotYours {
        /// Who has it; for the audit alone.
        owner: String,
    },
    /// `If-Match` is missing.
    NoTag,
    /// `If-Match` names an earlier ICE session.
    OldTag,
    /// ICE was not restarted.
    Restart(RestartError),
    /// The right ended while the relay was asked.
    Revoked,
    /// The server stops.
    Stopping,
}

type Reply<T> = oneshot::Sender<Result<T, DoorRefused>>;

/// The relay's answer to an offer.
#[derive(Debug)]
pub(super) struct DoorAnswer {
    peer: ConnectionId,
    endpoint: EndpointId,
    answer: Result<String, OfferError>,
    reply: Reply<Opened>,
}

/// The relay's answer to an ICE restart.
#[derive(Debug)]
pub(super) struct DoorRestart {
    peer: ConnectionId,
    ufrag: String,
    fragment: Result<String, RestartError>,
    reply: Reply<Patched>,
}

/// One bucket for each token and operator that ever offered: bounded by the setup and the operators.
#[derive(Debug, Default)]
pub(super) struct DoorOffers(BTreeMap<Who, Allowance>);

impl DoorOffers {
    fn spend(&mut self, who: &Who, now: Instant) -> Result<(), DoorRefused> {
        let allowance = self.0.entry(who.clone()).or_insert_with(|| Allowance::new(OFFERS, now));
        if allowance.take(1.0, now) { Ok(()) } else { Err(DoorRefused::TooOften) }
    }
}

/// Sessions whose ICE is being restarted, each with the patches that wait for it: an entity tag is compared with what the patch
/// before has led to.
#[derive(Debug, Default)]
pub(super) struct DoorRestarts(BTreeMap<ConnectionId, VecDeque<WaitingPatch>>);

#[derive(Debug)]
struct WaitingPatch {
    caller: DoorCaller,
    patch: DoorPatch,
    reply: Reply<Patched>,
}

// A caller that has gone needs no answer, here and below.
impl Task {
    /// Lets an encoder or player in, and hands its offer to the relay; the answer comes back as a letter.
    pub(super) fn open_door(&mut self, opening: Opening, reply: Reply<Opened>) {
        let Opening { sdp, who, .. } = &opening;
        tracing::debug!(who = who.name(), bytes = sdp.len(), "offer by HTTP");
        let (peer, plan) = match self.admit_door(&opening) {
            Ok(admitted) => admitted,
            Err(refused) => return drop(reply.send(Err(refused))),
        };
        let endpoint = self.next_endpoint();
        let answer = self.tools.relay.accept_offer(endpoint, relay_lines(&plan), opening.sdp);
        let letters = self.tools.letters.clone();
        tokio::spawn(async move {
            let answered = DoorAnswer { peer, endpoint, answer: answer.await, reply };
            if let Some(letters) = letters.upgrade() {
                // A conference that has stopped has no use for the answer.
                let _ = letters.send(Letter::DoorAnswered(answered)).await;
            }
        });
    }

    fn admit_door(&mut self, opening: &Opening) -> Result<(ConnectionId, MediaPlan), DoorRefused> {
        let now = self.now();
        self.door_offers.spend(&opening.who, now.instant)?;
        let what = format!("connect as {:?}", opening.kind);
        self.check_takes_part(&opening.who, what, opening.address).map_err(DoorRefused::Closed)?;
        let setup = self.ledger.shown().setup();
        if let DoorKind::Plays(Plays::Site(site)) = &opening.kind
            && setup.site(site).is_none()
        {
            return Err(DoorRefused::UnknownSite);
        }
        let codec = convert::codec_out(setup.codec);
        let plan = door_plan(&opening.kind, codec, &opening.outline).map_err(DoorRefused::Unfit)?;
        self.make_room(&opening.who, &opening.kind, opening.address).map_err(DoorRefused::Closed)?;
        let resource = ResourceId::random();
        let device = resource.0.clone();
        let (kind, remote_ufrag) = (opening.kind.clone(), opening.outline.ufrag.clone());
        let client = Client::Door(Door { resource, kind, remote_ufrag, etag: String::new() });
        let id = self.add_peer(opening.who.clone(), opening.credential.clone(), client, device, plan.clone());
        Ok((id, plan))
    }

    fn make_room(&mut self, who: &Who, kind: &DoorKind, address: Option<IpAddr>) -> Result<(), Closing> {
        if kind.takes_seat(who) {
            self.check_seats(self.tools.limits.endpoints)?;
            return self.take_seat(who, address);
        }
        let players = self.peers.iter().filter(|other| other.door().is_some() && other.seat().is_none());
        let (count, own) =
            players.fold((0, 0), |(count, own), other| (count + 1, own + usize::from(other.who == *who)));
        room(own, MAX_PLAYERS_OF_ONE, "players of one token")?;
        room(count, self.tools.limits.players, "players")
    }

    pub(super) fn door_answered(&mut self, answered: DoorAnswer) {
        let DoorAnswer { peer: id, endpoint, answer, reply } = answered;
        let now = self.now().instant;
        let sdp = match answer {
            Ok(sdp) => sdp,
            Err(error) => {
                self.forget(id, ErrorCode::Replaced, "the offer was refused");
                return drop(reply.send(Err(DoorRefused::Offer(error))));
            }
        };
        let Some(peer) = self.peers.get_mut(id) else {
            self.orders.push(RelayOrder::Close(endpoint));
            return drop(reply.send(Err(DoorRefused::Revoked)));
        };
        let etag = etag_of(&sdp);
        let Some(door) = peer.door_mut() else { return };
        door.etag.clone_from(&etag);
        let (resource, publishes) = (door.resource.clone(), door.kind == DoorKind::Publishes);
        let end = MediaEnd { endpoint, plan: peer.plan.clone() };
        peer.media = Some(Media {
            end,
            connected: false,
            arrival: Arrival::new(now, publishes),
            uplink: LOW_ONLY,
            readiness: None,
        });
        peer.status = publishes.then(|| encoder_status(&peer.plan));
        tracing::info!(who = peer.who.name(), endpoint = endpoint.0, publishes, "door opened");
        if reply.send(Ok(Opened { resource, sdp, etag })).is_err() {
            // Whoever asked has gone without learning the name of its session.
            self.forget(id, ErrorCode::Replaced, "nobody waits for the answer");
        }
    }

    /// The session of a caller.
    fn door_of(&mut self, caller: &DoorCaller) -> Result<&mut Peer, DoorRefused> {
        let peer = self.peers.of_resource(&caller.resource).ok_or(DoorRefused::Gone)?;
        if peer.credential != caller.credential {
            return Err(DoorRefused::NotYours { owner: peer.who.name().to_owned() });
        }
        let publishes = peer.door().is_some_and(|door| door.kind == DoorKind::Publishes);
        if publishes == caller.publishes { Ok(peer) } else { Err(DoorRefused::Gone) }
    }

    pub(super) fn close_door(&mut self, caller: &DoorCaller) -> Result<(), DoorRefused> {
        let peer = self.door_of(caller)?;
        let id = peer.id;
        tracing::info!(who = peer.who.name(), "door closed by its owner");
        self.log_gone(id, DropReason::Left);
        self.forget(id, ErrorCode::Replaced, "the session was ended");
        Ok(())
    }

    /// Takes a patch, after those of its session that came before it.
    pub(super) fn patch_door(&mut self, caller: DoorCaller, patch: DoorPatch, reply: Reply<Patched>) {
        let id = match self.door_of(&caller) {
            Ok(peer) => peer.id,
            Err(refused) => return drop(reply.send(Err(refused))),
        };
        match self.door_restarts.0.get_mut(&id) {
            None => self.patch_now(&caller, patch, reply),
            Some(waiting) if waiting.len() < MAX_WAITING_PATCHES => {
                waiting.push_back(WaitingPatch { caller, patch, reply });
            }
            Some(_) => drop(reply.send(Err(DoorRefused::TooOften))),
        }
    }

    fn patch_now(&mut self, caller: &DoorCaller, patch: DoorPatch, reply: Reply<Patched>) {
        let (id, endpoint, ufrag) = match self.restart_of(caller, patch) {
            Ok(Some(restart)) => restart,
            Ok(None) => return drop(reply.send(Ok(Patched::Noted))),
            Err(refused) => return drop(reply.send(Err(refused))),
        };
        self.door_restarts.0.insert(id, VecDeque::new());
        let fragment = self.tools.relay.restart_ice(endpoint, ufrag.clone());
        let letters = self.tools.letters.clone();
        tokio::spawn(async move {
            let restarted = DoorRestart { peer: id, ufrag, fragment: fragment.await, reply };
            if let Some(letters) = letters.upgrade() {
                let _ = letters.send(Letter::DoorRestarted(restarted)).await;
            }
        });
    }

    /// The restart that a patch asks for; none: it only names candidates.
    fn restart_of(
        &mut self,
        caller: &DoorCaller,
        patch: DoorPatch,
    ) -> Result<Option<(ConnectionId, EndpointId, String)>, DoorRefused> {
        let now = self.now().instant;
        let peer = self.door_of(caller)?;
        let (id, who) = (peer.id, peer.who.clone());
        let endpoint = peer.media.as_ref().map(|media| media.end.endpoint).ok_or(DoorRefused::Gone)?;
        let door = peer.door().ok_or(DoorRefused::Gone)?;
        let wanted = patch.if_match.ok_or(DoorRefused::NoTag)?;
        if !wanted.split(',').map(str::trim).any(|tag| tag == "*" || tag == door.etag) {
            return Err(DoorRefused::OldTag);
        }
        let Some(ufrag) = patch.ufrag.filter(|ufrag| *ufrag != door.remote_ufrag) else { return Ok(None) };
        self.door_offers.spend(&who, now)?;
        Ok(Some((id, endpoint, ufrag)))
    }

    pub(super) fn door_restarted(&mut self, restarted: DoorRestart) {
        let DoorRestart { peer, ufrag, fragment, reply } = restarted;
        let waiting = self.door_restarts.0.remove(&peer).unwrap_or_default();
        let _ = reply.send(self.restarted(peer, ufrag, fragment));
        for WaitingPatch { caller, patch, reply } in waiting {
            self.patch_door(caller, patch, reply);
        }
    }

    fn restarted(
        &mut self,
        peer: ConnectionId,
        ufrag: String,
        fragment: Result<String, RestartError>,
    ) -> Result<Patched, DoorRefused> {
        let fragment = fragment.map_err(DoorRefused::Restart)?;
        let door = self.peers.get_mut(peer).and_then(Peer::door_mut).ok_or(DoorRefused::Gone)?;
        door.remote_ufrag = ufrag;
        door.etag = etag_of(&fragment);
        Ok(Patched::Restarted { fragment, etag: door.etag.clone() })
    }

    /// The relay has lost an encoder or player: it opens a new session if it comes back.
    pub(super) fn door_disconnected(&mut self, id: ConnectionId, reason: DisconnectReason) {
        let reason = match reason {
            DisconnectReason::Closed => DropReason::Left,
            DisconnectReason::Silent => DropReason::TimedOut,
            DisconnectReason::WrongFingerprint | DisconnectReason::HandshakeFailed => DropReason::Cut,
        };
        self.log_gone(id, reason);
        self.forget(id, ErrorCode::Replaced, "the media connection ended");
    }
}

/// An encoder has the devices that it offered.
fn encoder_status(plan: &MediaPlan) -> EndpointStatus {
    let has = |kind| match plan.lines.iter().any(|line| line.kind == kind) {
        true => DeviceState::Live,
        false => DeviceState::Missing,
    };
    EndpointStatus {
        camera: has(MediaKind::Video),
        microphone: has(MediaKind::Audio),
        sound_playing: false,
        content: false,
        visible: true,
        device_changes: 0,
        browser: None,
    }
}

/// The relay's user fragment is new with every ICE session, so it names the session.
fn etag_of(sdp: &str) -> String {
    let ufrag = sdp.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap_or_default();
    format!("\"{}\"", ufrag.trim_end())
}
