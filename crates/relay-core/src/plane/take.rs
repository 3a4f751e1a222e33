//! A take: one transaction over all slots that it changes.
//!
//! While the new sources' keyframes are collected the old ones are forwarded. When every picture that the take is about has one, and
//! the old picture stands at the end of a frame, all slots switch at the same instant, and the sound with them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::forward::SourceKey;
use super::timers::Timer;
use super::{Plane, PlaneEvent, TakeFailure};
use super::{layer, routing};
use crate::{Feed, Kind, Layer, Routes, TakeId, TrackId};

/// Without keyframes by then the take is given up.
pub(super) const TAKE_DEADLINE: Duration = Duration::from_secs(1);

/// A better layer that flows is waited for so long when a lower one is ready; nobody sees a gap meanwhile.
const LAYER_GRACE: Duration = Duration::from_millis(100);

/// The end of the old frame is waited for so long: a frame is sent within half its interval, or its source is gone.
const BOUNDARY_GRACE: Duration = Duration::from_millis(20);

/// A take that was ordered and not carried out yet.
#[derive(Debug)]
pub(super) struct PendingTake {
    pub(super) id: TakeId,
    pub(super) routes: Routes,
    ordered: Instant,
    /// When some layer of every new picture was first complete.
    playable: Option<Instant>,
    /// When the wished layers were complete, or not worth waiting for.
    ready: Option<Instant>,
}

/// How a take ended. Its owner may not have heard of it yet and order it, or the routes before it, once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndedTake {
    /// It was carried out.
    Done(TakeId),
    /// It was given up.
    Failed(TakeId),
}

/// A picture slot that the take changes.
#[derive(Debug, Clone, Copy)]
struct Change {
    slot: usize,
    track: usize,
    wished: Layer,
}

impl Plane {
    pub(super) fn begin_take(&mut self, now: Instant, id: TakeId, routes: Routes) {
        if [EndedTake::Done(id), EndedTake::Failed(id)].map(Some).contains(&self.ended) {
            return;
        }
        match &mut self.take {
            Some(pending) if pending.id == id => {
                pending.routes = routes;
                (pending.playable, pending.ready) = (None, None);
            }
            _ => {
                self.fail_take(TakeFailure::Superseded);
                self.take = Some(PendingTake { id, routes, ordered: now, playable: None, ready: None });
                self.timers.set(Timer::Take, now + TAKE_DEADLINE);
            }
        }
        self.announce_layers();
        let Some(changes) = self.picture_changes() else {
            self.fail_take(TakeFailure::SourceLost);
            return;
        };
        let mut asked: Vec<(usize, Layer)> = Vec::new();
        for change in &changes {
            let layer = layer::target(&self.tracks[change.track], change.wished);
            asked.extend(layer.map(|layer| (change.track, layer)));
        }
        asked.sort_unstable();
        asked.dedup();
        for (track, layer) in asked {
            self.ask_for_take(now, id, track, layer);
        }
        self.attempt_take(now);
    }

    fn ask_for_take(&mut self, now: Instant, take: TakeId, track: usize, layer: Layer) {
        let Some(source) = self.tracks[track].source_mut(layer) else { return };
        if source.fresh_keyframe(now, routing::FRESH_KEYFRAME).is_none() {
            source.requests.want_for_take(now, take);
            self.arm_requests(now, track);
        }
    }

    /// Picture slots whose track changes; none if a source is unknown.
    fn picture_changes(&self) -> Option<Vec<Change>> {
        let routes = &self.take.as_ref()?.routes;
        let mut changes = Vec::new();
        for (id, feed) in &routes.slots {
            let Some(&slot) = self.slot_keys.get(id) else { continue };
            let now_fed = self.slots[slot].feed.map(|feed| feed.track);
            let picture = self.slots[slot].terms.kind == Kind::Video && self.slots[slot].connected;
            if !picture || now_fed == Some(feed.track) {
                continue;
            }
            let Some(feed) = self.lawful_feed(*id, Some(feed)) else { continue };
            let track = *self.track_keys.get(&feed.track)?;
            let (slot_terms, terms) = (&self.slots[slot].terms, &self.tracks[track].terms);
            if terms.kind == Kind::Video && terms.codec == slot_terms.codec {
                changes.push(Change { slot, track, wished: feed.layer });
            }
        }
        Some(changes)
    }

    /// The pending take brings a picture of one of these tracks.
    pub(super) fn take_needs(&self, tracks: &[TrackId]) -> bool {
        self.take.as_ref().is_some_and(|take| {
            let old = |slot| self.routes.slots.get(slot).map(|feed: &Feed| feed.track);
            take.routes.slots.iter().any(|(slot, feed)| old(slot) != Some(feed.track) && tracks.contains(&feed.track))
        })
    }

    /// A packet arrived while a take is pending: only the end of a frame can matter.
    pub(super) fn take_is_ready(&self) -> bool {
        self.take.as_ref().is_some_and(|take| take.ready.is_some())
    }

    /// Carries the take out if it can be.
    pub(super) fn attempt_take(&mut self, now: Instant) {
        let Some(changes) = self.picture_changes() else { return };
        let Some(layers) = self.complete_layers(now, &changes) else { return };
        if !self.is_ripe(now, &changes, &layers) {
            return;
        }
        self.commit_take(now, &changes, &layers);
    }

    /// Tracks that the pending take is about: the one that most pictures show when it is done, and those that half as many do. What a
    /// single receiver gets besides (who is on air sees the hall instead of itself) decides for nobody else: it follows when its
    /// keyframe comes.
    fn essential_tracks(&self) -> BTreeSet<usize> {
        let mut pictures: BTreeMap<usize, usize> = BTreeMap::new();
        for feed in self.take.iter().flat_map(|take| take.routes.slots.values()) {
            if let Some(&track) = self.track_keys.get(&feed.track)
                && self.tracks[track].terms.kind == Kind::Video
            {
                *pictures.entry(track).or_default() += 1;
            }
        }
        let most = pictures.values().copied().max().unwrap_or(0);
        let essential = |count: usize| count == most || count > 1 && count * 2 >= most;
        pictures.into_iter().filter(|(_, count)| essential(*count)).map(|(track, _)| track).collect()
    }

    /// The best complete layer for every change; none while a picture that the take is about has no layer.
    fn complete_layers(&self, now: Instant, changes: &[Change]) -> Option<BTreeMap<(usize, Layer), Layer>> {
        let ordered = self.take.as_ref()?.ordered;
        let essential = self.essential_tracks();
        let mut layers = BTreeMap::new();
        for change in changes {
            let track = &self.tracks[change.track];
            let wish = (change.track, change.wished);
            if layers.contains_key(&wish) {
                continue;
            }
            let age = now.saturating_duration_since(ordered) + routing::FRESH_KEYFRAME;
            let best = track
                .present()
                .filter(|&(layer, _)| layer::accepts(track, change.wished, None, layer))
                .filter(|(_, source)| source.fresh_keyframe(now, age).is_some())
                .map(|(layer, _)| layer)
                .max();
            match best {
                Some(best) => _ = layers.insert(wish, best),
                None if essential.contains(&change.track) => return None,
                None => {}
            }
        }
        Some(layers)
    }

    /// Not worth waiting any longer, neither for better layers nor for the end of the old frame.
    fn is_ripe(&mut self, now: Instant, changes: &[Change], layers: &BTreeMap<(usize, Layer), Layer>) -> bool {
        let at_best = layers.iter().all(|(&(track, wished), &layer)| {
            layer::target(&self.tracks[track], wished).is_none_or(|target| target <= layer)
        });
        let whole = changes.iter().all(|change| layers.contains_key(&(change.track, change.wished)));
        let at_boundary = changes.iter().all(|change| self.stands_at_boundary(change.slot));
        let Some(take) = &mut self.take else { return false };
        let playable = *take.playable.get_or_insert(now);
        if !(at_best && whole) && now < playable + LAYER_GRACE {
            self.timers.arm(Timer::Take, playable + LAYER_GRACE);
            return false;
        }
        let ready = *take.ready.get_or_insert(now);
        if !at_boundary && now < ready + BOUNDARY_GRACE {
            self.timers.arm(Timer::Take, ready + BOUNDARY_GRACE);
            return false;
        }
        true
    }

    fn stands_at_boundary(&self, slot: usize) -> bool {
        let Some(SourceKey { track, layer, .. }) = self.slots[slot].playing.source() else { return true };
        self.tracks[track].source(layer).is_none_or(|source| source.at_boundary)
    }

    fn commit_take(&mut self, now: Instant, changes: &[Change], layers: &BTreeMap<(usize, Layer), Layer>) {
        let Some(take) = self.take.take() else { return };
        self.timers.cancel(Timer::Take);
        self.ended = Some(EndedTake::Done(take.id));
        self.routes = take.routes;
        let mut cuts = Vec::new();
        for change in changes {
            let id = self.slots[change.slot].terms.id;
            let Some(&layer) = layers.get(&(change.track, change.wished)) else { continue };
            self.tracks[change.track].subscribe(change.slot);
            // The feed first, so that the old track is known to be left.
            let feed = self.lawful_feed(id, self.routes.slots.get(&id));
            let before = std::mem::replace(&mut self.slots[change.slot].feed, feed);
            cuts.extend(self.switch_picture(now, change.slot, change.track, layer).map(|start| (id, start)));
            self.drop_former(now, change.slot, before);
            self.ask(now, change.slot);
        }
        self.apply_routes(now);
        let elapsed = now.saturating_duration_since(take.ordered);
        self.events.push_back(PlaneEvent::TakeDone { take: take.id, at: now, elapsed, cuts });
    }

    /// Gives the pending take up, if there is one.
    pub(super) fn fail_take(&mut self, reason: TakeFailure) {
        let Some(take) = self.take.take() else { return };
        self.timers.cancel(Timer::Take);
        self.ended = Some(EndedTake::Failed(take.id));
        self.events.push_back(PlaneEvent::TakeFailed { take: take.id, reason });
        self.announce_layers();
    }

    pub(super) fn take_timeout(&mut self, now: Instant) {
        self.attempt_take(now);
        let Some(take) = &self.take else { return };
        let deadline = take.ordered + TAKE_DEADLINE;
        if now >= deadline {
            self.fail_take(TakeFailure::NoKeyframe);
        } else {
            self.timers.arm(Timer::Take, deadline);
        }
    }
}
