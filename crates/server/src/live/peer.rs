//! Peers, and what the conference core must know of them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use conference::{ConnectionId, ConsoleLive, EndpointLive, Live, PlayerLive, PlayerPlace, SiteSlug, TrackKind};
use health::units::DelayMs;
use health::{Arriving, PageSample};
use wire::{ClientKind, DeviceState, EndpointRole, EndpointStats, EndpointStatus, MediaPlan, Role, Uplink};

use super::arrival::Arrival;
use super::door::{Client, Door, DoorKind, ResourceId};
use super::offering::Offering;
use super::reserve::leaves_to_reserve;
use crate::access::Revocation;
use crate::conference_task::Departure;
use crate::health_watch::page_sample;
use crate::routing::{MediaEnd, MediaEnds};
use crate::socket::outbox::Outbox;
use crate::view::Audience;

/// A page from which nothing was heard for so long has lost its control connection. Pages ping every second; the centre
/// is to know of a cut within three.
pub const CONTROL_SILENCE: Duration = Duration::from_millis(2_500);

/// One WebSocket of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u64);

/// Who a peer is, by sign-in or join token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Somebody at the centre.
    Operator {
        /// Name.
        name: String,
        /// Role.
        role: Role,
    },
    /// A site's page, endpoint or screen.
    Endpoint {
        /// The site.
        site: SiteSlug,
        /// Which of its endpoints.
        role: EndpointRole,
    },
}

impl Who {
    /// Role on the wire.
    pub fn role(&self) -> Role {
        match self {
            Who::Operator { role, .. } => *role,
            Who::Endpoint { role: EndpointRole::Screen, .. } => Role::Screen,
            Who::Endpoint { role: EndpointRole::Main | EndpointRole::Backup, .. } => Role::Site,
        }
    }

    /// Operator's name, or the site's slug.
    pub fn name(&self) -> &str {
        match self {
            Who::Operator { name, .. } => name,
            Who::Endpoint { site, .. } => site.as_str(),
        }
    }

    /// The site, for endpoints.
    pub fn site(&self) -> Option<&SiteSlug> {
        match self {
            Who::Operator { .. } => None,
            Who::Endpoint { site, .. } => Some(site),
        }
    }

    /// What it may read.
    pub fn audience(&self) -> Audience {
        match self {
            Who::Operator { .. } => Audience::Centre,
            Who::Endpoint { role: EndpointRole::Screen, .. } => Audience::Screen,
            Who::Endpoint { site, .. } => Audience::Site(wire::SiteSlug(site.0.clone())),
        }
    }
}

/// When a socket was last heard. Written by the socket, read by the conference's task.
#[derive(Debug)]
pub struct Heard {
    start: Instant,
    last_ms: AtomicU64,
}

impl Heard {
    /// Heard just now.
    pub fn new(now: Instant) -> Self {
        Self { start: now, last_ms: AtomicU64::new(0) }
    }

    /// Notes that something was heard.
    pub fn note(&self, now: Instant) {
        let passed = now.saturating_duration_since(self.start).as_millis();
        self.last_ms.store(u64::try_from(passed).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// When something was last heard.
    pub fn last(&self) -> Instant {
        self.start + Duration::from_millis(self.last_ms.load(Ordering::Relaxed))
    }
}

/// The open WebSocket of a peer.
#[derive(Debug)]
pub struct Control {
    /// Which.
    pub socket: SocketId,
    /// What waits for the page.
    pub outbox: Outbox,
    /// When the page was last heard.
    pub heard: Arc<Heard>,
    /// From where it comes, for the audit.
    pub address: Option<IpAddr>,
}

/// The media connection of a peer.
#[derive(Debug)]
pub struct Media {
    /// At the relay.
    pub end: MediaEnd,
    /// ICE and DTLS are done.
    pub connected: bool,
    /// What arrives from it.
    pub arrival: Arrival,
    /// Layers that the relay wants of it.
    pub uplink: Uplink,
    /// The relay's verdict on it as a source; none: it is not watched.
    pub readiness: Option<relay_core::Readiness>,
}

/// An encoder or player that was answered has so long to connect before it counts as lost: checks and the handshake, over the
/// worst of lines.
pub const DOOR_CONNECTS_WITHIN: Duration = Duration::from_secs(10);
/// Statistics of a page are news for so long: two reports may be missing.
const STATS_FRESH_FOR: Duration = Duration::from_secs(6);

/// A page or endpoint, whether its WebSocket is open at this moment or not.
#[derive(Debug)]
pub struct Peer {
    /// Never given twice by one start of the server.
    pub id: ConnectionId,
    /// Who.
    pub who: Who,
    /// What it is.
    pub client: Client,
    /// The device; another one of the same endpoint is refused while this one lives.
    pub device: String,
    /// Its media lines.
    pub plan: Arc<MediaPlan>,
    /// What would end its right to be here.
    pub credential: Revocation,
    /// Since when, ms since the epoch.
    pub since: u64,
    /// Its WebSocket, if one is open.
    pub control: Option<Control>,
    /// When it was last heard on a WebSocket that is closed since; of a door, when its media was.
    pub last_heard: Instant,
    /// How its last WebSocket ended.
    pub departure: Option<Departure>,
    /// Its media connection, if it has one.
    pub media: Option<Media>,
    /// Counts its offers; the latest is the one that matters.
    pub offers: u64,
    /// What of them waits.
    pub offering: Offering,
    /// Devices and playback, as it says.
    pub status: Option<EndpointStatus>,
    /// What it receives, as it said at this moment.
    pub stats: Option<(Instant, EndpointStats)>,
    /// The operator listens to this site alone.
    pub solo: Option<SiteSlug>,
    /// The operator speaks to these sites.
    pub talkback: BTreeSet<SiteSlug>,
    /// When the operator's private word is cut off.
    pub talkback_until: Option<Instant>,
    /// When another device was refused that tried to join by its link, ms.
    pub second_device_at: Option<u64>,
    /// The log says that it is here.
    pub logged: bool,
    /// The picture that it was told last.
    pub picture: Option<wire::Picture>,
}

impl Peer {
    /// From where its page comes; none while it has no open WebSocket.
    pub fn address(&self) -> Option<IpAddr> {
        self.control.as_ref().and_then(|control| control.address)
    }

    /// Its door, if it came in by one.
    pub fn door(&self) -> Option<&Door> {
        match &self.client {
            Client::Page(_) => None,
            Client::Door(door) => Some(door),
        }
    }

    /// Its door, if it came in by one.
    pub fn door_mut(&mut self) -> Option<&mut Door> {
        match &mut self.client {
            Client::Page(_) => None,
            Client::Door(door) => Some(door),
        }
    }

    /// It is a console: the only page with a wall, solo and talkback.
    pub fn is_console(&self) -> bool {
        self.client == Client::Page(ClientKind::Console)
    }

    /// The place of a site that it takes: one device has it at a time. Consoles and players beside a site's devices take none.
    pub fn seat(&self) -> Option<(&SiteSlug, EndpointRole)> {
        let Who::Endpoint { site, role } = &self.who else { return None };
        self.door().is_none_or(|door| door.kind.takes_seat(&self.who)).then_some((site, *role))
    }

    /// It is connected in some way, or about to be.
    pub fn is_present(&self) -> bool {
        self.control.is_some() || self.door().is_some()
    }

    /// The page was heard lately.
    pub fn is_heard(&self, now: Instant) -> bool {
        let heard = self.control.as_ref().map(|control| control.heard.last());
        heard.is_some_and(|last| now.saturating_duration_since(last) < CONTROL_SILENCE)
    }

    /// When the page was last heard.
    pub fn last_heard(&self) -> Instant {
        self.control.as_ref().map_or(self.last_heard, |control| control.heard.last())
    }

    /// Something of its media arrives, or it sends none by its nature.
    pub fn media_arrives(&self, now: Instant) -> bool {
        self.media.as_ref().is_some_and(|media| media.connected && media.arrival.any(now))
    }

    /// Neither the page nor its media is heard: the line is cut, or the page is gone.
    pub fn is_lost(&self, now: Instant) -> bool {
        !self.is_heard(now) && !self.media_arrives(now) && !self.is_connecting(now)
    }

    /// It is in touch: of a door its media says so.
    pub fn is_in_touch(&self, now: Instant) -> bool {
        if self.door().is_some() { self.media_arrives(now) } else { self.is_heard(now) }
    }

    /// A door that was opened a moment ago.
    fn is_connecting(&self, now: Instant) -> bool {
        let waits = self.door().is_some() && self.media.as_ref().is_none_or(|media| !media.connected);
        waits && now.saturating_duration_since(self.last_heard) < DOOR_CONNECTS_WITHIN
    }

    /// What arrives of it.
    pub fn arriving(&self, now: Instant) -> Arriving {
        let control = self.is_in_touch(now);
        let rtt_ms = self.fresh_stats(now).map_or(0.0, |stats| stats.rtt_ms);
        match self.media.as_ref().filter(|media| media.connected) {
            None => {
                let rtt = DelayMs::read(rtt_ms);
                Arriving { control, rtt, ..Arriving::NOTHING }
            }
            Some(media) => {
                let page = self.page(now).filter(|_| self.door().is_none());
                media.arrival.arriving(now, control, rtt_ms, page.as_ref())
            }
        }
    }

    /// What its page measured last, unless that is old: a page that has frozen says nothing of how its line is now.
    pub fn fresh_stats(&self, now: Instant) -> Option<&EndpointStats> {
        let (at, stats) = self.stats.as_ref()?;
        (now.saturating_duration_since(*at) < STATS_FRESH_FOR).then_some(stats)
    }

    /// The same as a sample of its health.
    pub fn page(&self, now: Instant) -> Option<PageSample> {
        self.fresh_stats(now).map(|stats| page_sample(stats, self.is_visible()))
    }

    /// The page is in the foreground, as far as it says.
    pub fn is_visible(&self) -> bool {
        self.status.as_ref().is_none_or(|status| status.visible)
    }

    /// Its page said goodbye: whatever still arrives, it went on purpose.
    pub fn has_left(&self) -> bool {
        self.door().is_none() && self.control.is_none() && self.departure == Some(Departure::Left)
    }

    fn endpoint_live(&self, now: Instant) -> EndpointLive {
        let status = self.status.as_ref();
        let media = self.media.as_ref().filter(|media| media.connected);
        // A page that says nothing of its devices is judged by what arrives; one that just connected has time to begin.
        let works = |state: Option<DeviceState>, kind: TrackKind| {
            let arrives = media.is_some_and(|media| media.arrival.flows_or_begins(kind, now));
            arrives && matches!(state, None | Some(DeviceState::Live))
        };
        EndpointLive {
            connection: self.id,
            control: self.is_in_touch(now),
            media: media.is_some() && !self.is_lost(now),
            camera: works(status.map(|status| status.camera), TrackKind::Camera),
            microphone: works(status.map(|status| status.microphone), TrackKind::Microphone),
            content: status.is_some_and(|status| status.content),
            sound_playing: status.is_some_and(|status| status.sound_playing),
            receives: self.door().is_none(),
        }
    }

    fn player_live(&self, plays: &conference::Plays) -> PlayerLive {
        let place = match &self.who {
            Who::Operator { .. } => PlayerPlace::Centre,
            Who::Endpoint { site, role: EndpointRole::Screen } => PlayerPlace::Screen(site.clone()),
            Who::Endpoint { site, .. } => PlayerPlace::Site(site.clone()),
        };
        let media = self.media.as_ref().is_some_and(|media| media.connected);
        PlayerLive { media, place, plays: plays.clone() }
    }
}

/// All peers of a conference.
#[derive(Debug, Default)]
pub struct Peers {
    by_id: BTreeMap<ConnectionId, Peer>,
    by_socket: BTreeMap<SocketId, ConnectionId>,
}

impl Peers {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.by_id.values()
    }

    /// All of them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Peer> {
        self.by_id.values_mut()
    }

    /// By id.
    pub fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Peer> {
        self.by_id.get_mut(&id)
    }

    /// The peer whose open WebSocket this is.
    pub fn of_socket(&mut self, socket: SocketId) -> Option<&mut Peer> {
        self.by_id.get_mut(self.by_socket.get(&socket)?)
    }

    /// The peer to which a relay endpoint belongs.
    pub fn of_endpoint(&mut self, endpoint: relay_core::EndpointId) -> Option<&mut Peer> {
        self.by_id.values_mut().find(|peer| peer.media.as_ref().is_some_and(|media| media.end.endpoint == endpoint))
    }

    /// The peer with this HTTP resource.
    pub fn of_resource(&mut self, resource: &ResourceId) -> Option<&mut Peer> {
        self.by_id.values_mut().find(|peer| peer.door().is_some_and(|door| door.resource == *resource))
    }

    /// Peers of the same person or endpoint.
    pub fn of_who(&self, who: &Who) -> impl Iterator<Item = &Peer> {
        let who = who.clone();
        self.by_id.values().filter(move |peer| peer.who == who)
    }

    /// Adds a peer.
    pub fn insert(&mut self, peer: Peer) {
        self.by_id.insert(peer.id, peer);
    }

    /// Forgets a peer.
    pub fn remove(&mut self, id: ConnectionId) -> Option<Peer> {
        let peer = self.by_id.remove(&id)?;
        if let Some(control) = &peer.control {
            self.by_socket.remove(&control.socket);
        }
        Some(peer)
    }

    /// Gives a peer its WebSocket; the one it had, if any, is handed back.
    pub fn open_control(&mut self, id: ConnectionId, control: Control) -> Option<Control> {
        let peer = self.by_id.get_mut(&id)?;
        self.by_socket.insert(control.socket, id);
        peer.departure = None;
        let old = peer.control.replace(control)?;
        self.by_socket.remove(&old.socket);
        Some(old)
    }

    /// Takes a WebSocket away; none if it was replaced already.
    pub fn close_control(&mut self, socket: SocketId) -> Option<&mut Peer> {
        let id = self.by_socket.remove(&socket)?;
        let peer = self.by_id.get_mut(&id)?;
        if let Some(control) = peer.control.take() {
            peer.last_heard = control.heard.last();
        }
        Some(peer)
    }

    /// Open WebSockets.
    pub fn sockets(&self) -> usize {
        self.by_socket.len()
    }

    /// Peers whose WebSocket is open.
    pub fn connected(&self) -> impl Iterator<Item = &Peer> {
        self.iter().filter(|peer| peer.control.is_some())
    }

    /// Media connections that are up.
    pub fn media_ends(&self) -> MediaEnds {
        let up = |peer: &Peer| {
            let media = peer.media.as_ref().filter(|media| media.connected)?;
            Some((peer.id, media.end.clone()))
        };
        self.by_id.values().filter_map(up).collect()
    }

    /// What the conference core is told.
    pub fn live(&self, lease: Option<String>, now: Instant) -> Live {
        let mut live = Live { lease, ..Live::default() };
        for peer in self.by_id.values() {
            if let Some(DoorKind::Plays(plays)) = peer.door().map(|door| &door.kind) {
                live.players.insert(peer.id, peer.player_live(plays));
                continue;
            }
            match &peer.who {
                Who::Operator { .. } => {
                    let media = peer.media.as_ref().is_some_and(|media| media.connected);
                    let (solo, talkback) = (peer.solo.clone(), peer.talkback.clone());
                    live.consoles.insert(peer.id, ConsoleLive { media, solo, talkback, wall: peer.is_console() });
                }
                Who::Endpoint { site, role } => {
                    let key = (site.clone(), crate::convert::endpoint_in(*role));
                    live.endpoints.insert(key, peer.endpoint_live(now));
                }
            }
        }
        for site in self.left_to_reserve(now) {
            if let Some(main) = live.endpoints.get_mut(&(site, conference::EndpointRole::Main)) {
                // The core takes the line whose camera works, and main of two that do.
                main.camera = false;
            }
        }
        live
    }

    /// Sites with two lines, of which the reserve carries the site now.
    fn left_to_reserve(&self, now: Instant) -> Vec<SiteSlug> {
        let mut lines: BTreeMap<&SiteSlug, [Option<&Arrival>; 2]> = BTreeMap::new();
        for peer in self.by_id.values() {
            // Players stand beside a site's lines: they carry nothing.
            let Some((site, role)) = peer.seat() else { continue };
            let arrival = peer.media.as_ref().filter(|media| media.connected).map(|media| &media.arrival);
            match role {
                EndpointRole::Main => lines.entry(site).or_default()[0] = arrival,
                EndpointRole::Backup => lines.entry(site).or_default()[1] = arrival,
                EndpointRole::Screen => {}
            }
        }
        let left = lines
            .into_iter()
            .filter(move |(_, [main, reserve])| reserve.is_some_and(|reserve| leaves_to_reserve(*main, reserve, now)));
        left.map(|(site, _)| site.clone()).collect()
    }
}
