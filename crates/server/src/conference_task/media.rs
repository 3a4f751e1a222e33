//! Offers of pages, and what the relay tells of their media.

use conference::{ConnectionId, TrackKind};
use relay_core::{EndpointId, Layer, OfferError, PlaneEvent, RelayEvent, TrackId, TrackStats};
use wire::{MediaDirection, ServerMessage, Uplink};

use super::joining::LOW_ONLY;
use super::letters::Letter;
use super::publish::tell_peer;
use super::task::Task;
use crate::live::{Arrival, Media, Peer, SocketId, WaitingOffer};
use crate::media_plan::relay_lines;
use crate::routing::{MediaEnd, sent_kind};

impl Task {
    /// Takes a page's offer: at once, or when its last one is answered and a moment old. Of offers that wait, the last counts.
    pub(super) fn offer(&mut self, socket: SocketId, generation: u32, sdp: String) {
        let Some(peer) = self.peers.of_socket(socket) else { return };
        if peer.plan.lines.is_empty() {
            let detail = "this kind of page has no media".to_owned();
            return tell_peer(peer, &ServerMessage::OfferRefused { generation, detail });
        }
        let id = peer.id;
        peer.offering.waiting = Some(WaitingOffer { socket, generation, sdp });
        self.make_offer(id);
    }

    /// Offers that came too soon after the one before.
    pub(super) fn make_waiting_offers(&mut self) {
        let waiting = self.peers.iter().filter(|peer| peer.offering.waiting.is_some());
        for id in waiting.map(|peer| peer.id).collect::<Vec<_>>() {
            self.make_offer(id);
        }
    }

    /// Hands the waiting offer of a peer to the relay, if it is time; the answer comes back as a letter.
    fn make_offer(&mut self, id: ConnectionId) {
        let (now, endpoint) = (self.now().instant, self.next_endpoint());
        let Some(peer) = self.peers.get_mut(id) else { return };
        let Some(WaitingOffer { socket, generation, sdp }) = peer.offering.due(now) else { return };
        peer.offers += 1;
        let (offer, lines) = (peer.offers, relay_lines(&peer.plan));
        let answer = self.tools.relay.accept_offer(endpoint, lines, sdp);
        let letters = self.tools.letters.clone();
        tokio::spawn(async move {
            let answer = answer.await;
            let letter = Letter::Answered { peer: id, socket, generation, offer, endpoint, answer };
            if let Some(letters) = letters.upgrade() {
                // A conference that has stopped has no use for the answer.
                let _ = letters.send(letter).await;
            }
        });
    }

    /// The latest offer of a page is the one that matters; its earlier media connection is closed.
    pub(super) fn offer_answered(
        &mut self,
        id: ConnectionId,
        socket: SocketId,
        generation: u32,
        offer: u64,
        endpoint: EndpointId,
        answer: Result<String, OfferError>,
    ) {
        let now = self.now().instant;
        if let Some(peer) = self.peers.get_mut(id) {
            peer.offering.under_way = false;
        }
        let current = self.peers.get_mut(id).filter(|peer| peer.offers == offer);
        let (peer, sdp) = match (current, answer) {
            (Some(peer), Ok(sdp)) => (peer, sdp),
            (_, Err(error)) => {
                tracing::warn!(socket = socket.0, %error, "offer refused");
                return self.tell(socket, &ServerMessage::OfferRefused { generation, detail: error.to_string() });
            }
            (None, Ok(_)) => return self.orders.push(super::media_relay::RelayOrder::Close(endpoint)),
        };
        let sends = peer.who.site().is_some() && sends_media(peer);
        let media = Media {
            end: MediaEnd { endpoint, plan: peer.plan.clone() },
            connected: false,
            arrival: Arrival::new(now, sends),
            uplink: LOW_ONLY,
            readiness: None,
        };
        let old = peer.media.replace(media);
        tell_peer(peer, &ServerMessage::Answer { generation, sdp });
        tell_peer(peer, &ServerMessage::Uplink(LOW_ONLY));
        if let Some(old) = old {
            self.close_media(&old.end);
        }
    }

    pub(super) fn relay_event(&mut self, event: RelayEvent) {
        let now = self.now().instant;
        match event {
            RelayEvent::Connected { endpoint } => {
                let Some(peer) = self.peers.of_endpoint(endpoint) else { return };
                let sends = peer.who.site().is_some() && sends_media(peer);
                if let Some(media) = &mut peer.media {
                    media.connected = true;
                    media.arrival = Arrival::new(now, sends);
                }
                tracing::info!(who = peer.who.name(), endpoint = endpoint.0, "media connected");
            }
            RelayEvent::Disconnected { endpoint, reason } => {
                let Some(peer) = self.peers.of_endpoint(endpoint) else { return };
                peer.media = None;
                tracing::info!(who = peer.who.name(), endpoint = endpoint.0, ?reason, "media disconnected");
                if peer.door().is_some() {
                    let id = peer.id;
                    self.door_disconnected(id, reason);
                }
            }
            RelayEvent::Plane(event) => self.plane_event(event),
        }
    }

    fn plane_event(&mut self, event: PlaneEvent) {
        match event {
            PlaneEvent::TakeDone { take, at, elapsed, cuts } => self.take_done(take, at, elapsed, &cuts),
            PlaneEvent::TakeFailed { take, reason } => self.take_failed(take, reason),
            PlaneEvent::LayersWanted { track, layers } => self.layers_wanted(track, &layers),
            PlaneEvent::Readiness { watch, readiness } => self.readiness_changed(watch, readiness),
            PlaneEvent::Levels(levels) => self.of_health(|task| task.levels(&levels)),
            PlaneEvent::TrackStats(stats) => self.track_stats(stats),
            PlaneEvent::Ceiling { layer } => self.relay_keeps_up(layer),
            PlaneEvent::ReceiverStats(stats) => {
                let media = self.peers.of_endpoint(stats.endpoint).and_then(|peer| peer.media.as_mut());
                if let Some(media) = media {
                    media.arrival.receiver_report(stats);
                }
            }
        }
    }

    /// The best layer that the relay has the breath for.
    fn relay_keeps_up(&mut self, layer: Layer) {
        self.relay_keeps_up = layer == Layer::High;
        if self.relay_keeps_up {
            tracing::info!("the relay keeps up again");
        } else {
            tracing::warn!(?layer, "the relay does not keep up: no better layer for anybody");
        }
    }

    fn track_stats(&mut self, stats: TrackStats) {
        let now = self.now().instant;
        if let Some((media, kind)) = self.media_of(stats.track) {
            media.arrival.track_report(kind, now, stats);
        }
    }

    fn layers_wanted(&mut self, track: TrackId, layers: &[Layer]) {
        let Some((media, kind)) = self.media_of(track) else { return };
        let before = media.uplink;
        match kind {
            TrackKind::Camera => {
                let wanted = |layer| layers.contains(&layer);
                let (low, mid, high) = (wanted(Layer::Low), wanted(Layer::Mid), wanted(Layer::High));
                media.uplink = Uplink { low, mid, high, content: media.uplink.content };
            }
            TrackKind::Content => media.uplink.content = !layers.is_empty(),
            TrackKind::Microphone => {}
        }
        let after = media.uplink;
        if after != before
            && let Some(peer) = self.peers.of_endpoint(track.endpoint)
        {
            tell_peer(peer, &ServerMessage::Uplink(after));
        }
    }

    fn media_of(&mut self, track: TrackId) -> Option<(&mut Media, TrackKind)> {
        let media = self.peers.of_endpoint(track.endpoint)?.media.as_mut()?;
        let kind = sent_kind(&media.end.plan, track.line)?;
        Some((media, kind))
    }
}

fn sends_media(peer: &Peer) -> bool {
    peer.plan.lines.iter().any(|line| line.direction == MediaDirection::Send)
}
