//! Routes become what slots carry: sound at once, a picture at a keyframe.

use std::time::{Duration, Instant};

use super::forward::{Playing, SourceKey};
use super::layer::{self, WantedLayers};
use super::membership::FIRST_REPORT;
use super::source::LAYER_DEAD;
use super::timeline::micros;
use super::timers::Timer;
use super::{Plane, PlaneEvent};
use crate::{Feed, Kind, Layer, SlotId, TrackId};

/// The old picture is shown for so long while the new one has no keyframe.
pub(super) const HOLD_LIMIT: Duration = Duration::from_secs(1);

/// A keyframe so young is sent with what followed it instead of asking for another.
pub(super) const FRESH_KEYFRAME: Duration = Duration::from_millis(100);

/// Late packets of a picture that was switched away are still passed on for so long.
const LINGER: Duration = Duration::from_millis(500);

/// Between two looks at layers that may have stopped.
pub(super) const FLOW_INTERVAL: Duration = Duration::from_millis(200);

/// A receiver asks again for a keyframe that is already on its way; within this it cannot know better.
const KEYFRAME_SETTLE: Duration = Duration::from_millis(300);

impl Plane {
    /// Makes every slot carry what `self.routes` says.
    pub(super) fn apply_routes(&mut self, now: Instant) {
        self.cap_ways(now);
        self.divide_ways(now);
        let keys: Vec<usize> = self.slot_keys.values().copied().collect();
        for key in keys {
            let feed = self.lawful_feed(self.slots[key].terms.id, self.routes.slots.get(&self.slots[key].terms.id));
            self.feed_slot(now, key, feed);
        }
        self.announce_layers();
    }

    /// The feed as far as the way to the receiver allows it; none if its track does not fit the slot.
    pub(super) fn lawful_feed(&self, slot: SlotId, feed: Option<&Feed>) -> Option<Feed> {
        let feed = *feed?;
        let slot = &self.slots[*self.slot_keys.get(&slot)?];
        let terms = &slot.terms;
        let fits = self.track_keys.get(&feed.track).is_none_or(|&track| {
            let track = &self.tracks[track].terms;
            track.kind == terms.kind && track.codec == terms.codec
        });
        let layer = slot.allowed.cap(feed.layer.min(self.breath.ceiling())).filter(|_| fits)?;
        Some(Feed { layer, ..feed })
    }

    pub(super) fn feed_slot(&mut self, now: Instant, key: usize, feed: Option<Feed>) {
        let slot = &mut self.slots[key];
        if slot.feed == feed {
            return;
        }
        let before = std::mem::replace(&mut slot.feed, feed);
        let same_track = before.map(|feed| feed.track) == feed.map(|feed| feed.track);
        if let Some(feed) = feed
            && let Some(&track) = self.track_keys.get(&feed.track)
        {
            self.tracks[track].subscribe(key);
        }
        let (None, playing) = (feed, self.slots[key].playing) else {
            match (same_track, self.slots[key].terms.kind) {
                (true, Kind::Audio) => {}
                (_, Kind::Video) | (false, Kind::Audio) => self.start_slot(now, key),
            }
            self.drop_former(now, key, before);
            return;
        };
        self.stop_slot(key);
        self.timers.cancel(Timer::Hold(key));
        if let Some(source) = playing.source() {
            self.tracks[source.track].unsubscribe(key);
        }
        self.drop_former(now, key, before);
    }

    /// Nothing of the slot leaves from now on, nor what waits of it.
    pub(super) fn stop_slot(&mut self, key: usize) {
        self.slots[key].stop(&mut self.queue);
        self.drop_paced(key);
    }

    /// Leaves the subscriptions that nothing needs any more.
    pub(super) fn drop_former(&mut self, now: Instant, key: usize, before: Option<Feed>) {
        let Some(&track) = before.and_then(|feed| self.track_keys.get(&feed.track)) else { return };
        self.release(now, key, track);
    }

    /// The slot may have no more business with this track, except for late packets of a picture that it still may see.
    fn release(&mut self, now: Instant, key: usize, track: usize) {
        if self.is_bound(key, track) {
            return;
        }
        let slot = &self.slots[key];
        if slot.feed.is_some() && slot.terms.kind == Kind::Video {
            self.lingering.push_back((now + LINGER, track, key));
            self.timers.arm(Timer::Linger, now + LINGER);
        } else {
            self.tracks[track].unsubscribe(key);
        }
    }

    /// The slot carries the track or is to carry it.
    fn is_bound(&self, key: usize, track: usize) -> bool {
        let slot = &self.slots[key];
        let fed = slot.feed.is_some_and(|feed| self.tracks[track].terms.id == feed.track);
        fed || slot.playing.source().is_some_and(|source| source.track == track)
    }

    pub(super) fn end_linger(&mut self, now: Instant) {
        while let Some(&(until, track, key)) = self.lingering.front() {
            if until > now {
                self.timers.arm(Timer::Linger, until);
                return;
            }
            self.lingering.pop_front();
            if !self.is_bound(key, track) {
                self.tracks[track].unsubscribe(key);
            }
        }
    }

    /// Begins to carry the slot's feed.
    pub(super) fn start_slot(&mut self, now: Instant, key: usize) {
        let slot = &self.slots[key];
        let Some(feed) = slot.feed.filter(|_| slot.connected) else { return };
        match slot.terms.kind {
            Kind::Audio => self.start_sound(now, key, feed),
            Kind::Video => self.start_picture(now, key, feed),
        }
    }

    fn start_sound(&mut self, now: Instant, key: usize, feed: Feed) {
        let former = self.slots[key].playing.source();
        let source = self.track_keys.get(&feed.track).and_then(|&track| {
            let stream = self.tracks[track].source(Layer::High)?.stream;
            Some(SourceKey { track, layer: Layer::High, stream })
        });
        if former.is_some() && former == source {
            return;
        }
        let playing = source.map_or(Playing::Nothing, Playing::Opening);
        self.slots[key].switch_sound(playing, &mut self.queue);
        if let Some(former) = former {
            self.release(now, key, former.track);
        }
    }

    fn start_picture(&mut self, now: Instant, key: usize, feed: Feed) {
        let track = self.track_keys.get(&feed.track).copied();
        let shows_other = self.slots[key].playing.source().is_some_and(|source| Some(source.track) != track);
        if shows_other {
            self.timers.arm(Timer::Hold(key), now + HOLD_LIMIT);
        } else {
            self.timers.cancel(Timer::Hold(key));
        }
        let Some(track) = track else { return };
        if let Some(layer) = self.fresh_layer(now, track, feed.layer, self.shown_layer(key, track)) {
            self.switch_picture(now, key, track, layer);
        }
        self.ask(now, key);
    }

    /// The layer of a track that a slot shows.
    pub(super) fn shown_layer(&self, key: usize, track: usize) -> Option<Layer> {
        self.slots[key].playing.source().filter(|source| source.track == track).map(|source| source.layer)
    }

    /// Best acceptable layer that has a keyframe which is still fresh.
    pub(super) fn fresh_layer(&self, now: Instant, track: usize, wished: Layer, shown: Option<Layer>) -> Option<Layer> {
        let track = &self.tracks[track];
        track
            .present()
            .filter(|&(layer, source)| {
                layer::accepts(track, wished, shown, layer) && source.fresh_keyframe(now, FRESH_KEYFRAME).is_some()
            })
            .map(|(layer, _)| layer)
            .max()
    }

    /// Switches a slot's picture to the last complete keyframe of a layer; returns its first RTP timestamp.
    pub(super) fn switch_picture(&mut self, now: Instant, key: usize, track: usize, layer: Layer) -> Option<u32> {
        let source = self.tracks[track].source(layer)?;
        let first = source.ring.get(source.keyframe?.first)?;
        let endpoint = &mut self.endpoints[self.tracks[track].terms.endpoint];
        let capture = source.clock.capture(&endpoint.clock, first.timestamp, micros(&self.anchor, now));
        endpoint.clock.pin();
        let from = SourceKey { track, layer, stream: source.stream };
        // What waits of the former picture is not to be seen after the cut.
        self.drop_paced(key);
        let slot = &mut self.slots[key];
        let former = slot.playing.source();
        let source = self.tracks[track].source(layer)?;
        let start = slot.switch_picture(from, source, capture, &mut self.queue);
        self.timers.cancel(Timer::Hold(key));
        if let Some(former) = former.filter(|former| former.track != track) {
            self.release(now, key, former.track);
        }
        self.expect_report(now, key);
        self.layers_changed = true;
        start
    }

    /// A slot that begins to send reports soon: lips wait for it.
    fn expect_report(&mut self, now: Instant, key: usize) {
        let slot = &self.slots[key];
        if slot.sent.is_new() {
            self.timers.arm(Timer::Report(slot.terms.endpoint), now + FIRST_REPORT);
        }
    }

    /// Asks for the keyframe that the slot waits for, if it waits for one.
    pub(super) fn ask(&mut self, now: Instant, key: usize) {
        let slot = &self.slots[key];
        let Some(feed) = slot.feed.filter(|_| slot.connected) else { return };
        let Some(&track) = self.track_keys.get(&feed.track) else { return };
        let Some(target) = layer::target(&self.tracks[track], feed.layer) else { return };
        if self.shown_layer(key, track) == Some(target) {
            return;
        }
        if let Some(source) = self.tracks[track].source_mut(target) {
            source.requests.want();
            self.arm_requests(now, track);
        }
    }

    pub(super) fn arm_requests(&mut self, now: Instant, track: usize) {
        if let Some(due) = self.tracks[track].request_due(now) {
            self.timers.arm(Timer::Keyframe(track), due);
        }
    }

    /// A receiver asks for a keyframe of what a slot shows.
    pub(super) fn receiver_asks(&mut self, now: Instant, key: usize) {
        let slot = &self.slots[key];
        let settled = slot.keyframe_at.is_none_or(|at| now.saturating_duration_since(at) >= KEYFRAME_SETTLE);
        let Some(source) = slot.playing.source().filter(|_| settled && slot.terms.kind == Kind::Video) else { return };
        if let Some(shown) = self.tracks[source.track].source_mut(source.layer) {
            shown.requests.want();
            self.arm_requests(now, source.track);
        }
    }

    /// A keyframe is complete: slots that wait for it switch.
    pub(super) fn offer_keyframe(&mut self, now: Instant, track: usize, layer: Layer) {
        let id = self.tracks[track].terms.id;
        for key in self.tracks[track].subscribers.clone() {
            let slot = &self.slots[key];
            let Some(feed) = slot.feed.filter(|feed| slot.connected && feed.track == id) else { continue };
            if layer::accepts(&self.tracks[track], feed.layer, self.shown_layer(key, track), layer) {
                self.switch_picture(now, key, track, layer);
                self.ask(now, key);
            }
        }
        if std::mem::take(&mut self.layers_changed) {
            self.announce_layers();
        }
    }

    /// The new picture did not come: the old one stops.
    pub(super) fn end_hold(&mut self, now: Instant, key: usize) {
        let former = self.slots[key].playing.source();
        self.stop_slot(key);
        if let Some(former) = former {
            self.release(now, key, former.track);
        }
        self.announce_layers();
    }

    /// Finds layers that stopped; slots that showed them ask for another.
    pub(super) fn check_flow(&mut self, now: Instant) {
        self.timers.set(Timer::Flow, now + FLOW_INTERVAL);
        let mut stopped = Vec::new();
        for (key, track) in &mut self.tracks {
            for source in track.sources.iter_mut().flatten() {
                if source.flowing && now.saturating_duration_since(source.heard) >= LAYER_DEAD {
                    source.flowing = false;
                    stopped.push(key);
                }
            }
        }
        for track in stopped {
            for key in self.tracks[track].subscribers.clone() {
                self.ask(now, key);
            }
        }
    }

    /// Sends the keyframe requests of a track that are due.
    pub(super) fn request_keyframes(&mut self, now: Instant, key: usize) {
        let track = &mut self.tracks[key];
        let mut asked = Vec::new();
        for source in track.sources.iter_mut().flatten() {
            if source.flowing && source.requests.fire(now) {
                asked.push(source.ssrc);
            }
        }
        let due = track.request_due(now);
        let endpoint = track.terms.endpoint;
        for ssrc in asked {
            self.send_picture_loss(endpoint, ssrc);
        }
        if let Some(due) = due {
            self.timers.set(Timer::Keyframe(key), due);
        }
    }

    /// Tells which layers are wanted, where that changed.
    pub(super) fn announce_layers(&mut self) {
        self.layers_changed = false;
        let mut wanted = WantedLayers::default();
        let feeds = self.slots.iter().filter(|(_, slot)| slot.terms.kind == Kind::Video);
        for (_, slot) in feeds {
            if let Some(feed) = slot.feed {
                self.wish(&mut wanted, feed.track, feed.layer);
            }
            if let Some(source) = slot.playing.source() {
                wanted.keep(source.track, source.layer);
            }
        }
        let pending = self.take.as_ref().map(|take| &take.routes);
        for routes in [Some(&self.routes), pending].into_iter().flatten() {
            for (&track, &layer) in &routes.wishes {
                self.wish(&mut wanted, track, layer);
            }
        }
        for (slot, &feed) in pending.into_iter().flat_map(|routes| &routes.slots) {
            if self.slot_keys.contains_key(slot) {
                self.wish(&mut wanted, feed.track, feed.layer);
            }
        }
        for (&id, &key) in &self.track_keys {
            let track = &mut self.tracks[key];
            if track.terms.kind == Kind::Audio || !self.endpoints[track.terms.endpoint].connected {
                continue;
            }
            let layers = wanted.of(key, track);
            if track.announced.as_ref() != Some(&layers) {
                track.announced = Some(layers.clone());
                self.events.push_back(PlaneEvent::LayersWanted { track: id, layers });
            }
        }
    }

    fn wish(&self, wanted: &mut WantedLayers, track: TrackId, layer: Layer) {
        if let Some(&key) = self.track_keys.get(&track) {
            wanted.wish(key, &self.tracks[key], layer.min(self.breath.ceiling()));
        }
    }
}
