//! A packet's way through the plane.

use std::time::Instant;

use bytes::Buf;

use super::forward::{Playing, RewriteCache, SourceKey};
use super::membership::FIRST_REPORT;
use super::source::{Arrival, Frame, LayerSource, Packet, StreamId};
use super::timeline::micros;
use super::timers::Timer;
use super::{IncomingRtp, Plane, feedback, layer};
use crate::{Kind, Layer};

impl Plane {
    pub(super) fn take_in(&mut self, now: Instant, packet: IncomingRtp) {
        let Some(&key) = self.track_keys.get(&packet.track) else { return };
        self.note_transport(now, key, &packet);
        let layer = packet.layer;
        let Some(packet) = self.admissible(key, packet) else { return };
        let Some((sequence, repaired)) = self.original_sequence(&packet) else { return };
        if !self.open_source(now, key, layer, &packet, repaired) {
            return;
        }
        let now_micros = micros(&self.anchor, now);
        let track = &mut self.tracks[key];
        let Some(source) = track.source_mut(layer) else { return };
        let mut payload = packet.payload;
        if repaired {
            payload.advance(2);
        }
        let arrival = source.accept(
            now,
            now_micros,
            Packet {
                sequence,
                timestamp: packet.timestamp,
                marker: packet.marker,
                audio_level: packet.audio_level,
                repaired,
                payload,
            },
        );
        let Arrival::Stored { sequence, frame } = arrival else { return };
        if let Some(due) = source.missing.due() {
            self.timers.arm(Timer::Missing(key), due);
        }
        if let Some(level) = packet.audio_level {
            track.level.note(level);
            track.syllables.note(level);
            track.levels.note(now, level);
        }
        self.wake_layer(now, key, layer);
        self.forward(now, key, layer, sequence);
        self.after_packet(now, key, layer, frame);
    }

    fn note_transport(&mut self, now: Instant, key: usize, packet: &IncomingRtp) {
        let Some(sequence) = packet.transport_sequence else { return };
        let now_micros = micros(&self.anchor, now);
        let endpoint = self.tracks[key].terms.endpoint;
        let full = self.endpoints[endpoint].feedback.arrived(now_micros, sequence, packet.ssrc);
        let due = if full { now } else { now + feedback::FEEDBACK_INTERVAL };
        self.timers.arm(Timer::Feedback(endpoint), due);
    }

    /// Only what was negotiated.
    fn admissible(&self, key: usize, packet: IncomingRtp) -> Option<IncomingRtp> {
        let terms = &self.tracks[key].terms;
        let layer = match terms.kind {
            Kind::Audio => packet.layer == Layer::High,
            Kind::Video => terms.layers.contains(&packet.layer),
        };
        (layer && (packet.rtx || packet.payload_type == terms.payload_type)).then_some(packet)
    }

    /// RTX carries the original number in front (RFC 4588 §4); alone it is padding.
    fn original_sequence(&self, packet: &IncomingRtp) -> Option<(u16, bool)> {
        if !packet.rtx {
            return Some((packet.sequence, false));
        }
        match packet.payload[..] {
            [high, low, _, ..] => Some((u16::from_be_bytes([high, low]), true)),
            _ => None,
        }
    }

    /// Makes sure that there is a source which the packet can continue.
    fn open_source(&mut self, now: Instant, key: usize, layer: Layer, packet: &IncomingRtp, repaired: bool) -> bool {
        let track = &mut self.tracks[key];
        if repaired {
            return track.source(layer).is_some();
        }
        let broken = |source: &LayerSource| source.is_broken_by(now, packet.ssrc, packet.sequence, packet.timestamp);
        if track.source(layer).is_some_and(|source| !broken(source)) {
            return true;
        }
        let Some(left) = track.streams_left.checked_sub(1) else { return false };
        track.streams_left = left;
        self.streams += 1;
        let terms = &track.terms;
        let mut source = LayerSource::new(StreamId(self.streams), packet.ssrc, terms.codec, terms.kind, now);
        track.since.get_or_insert(now);
        let endpoint = &mut self.endpoints[track.terms.endpoint];
        if let Some(old) = track.source(layer) {
            endpoint.source_of.remove(&old.ssrc);
            source.succeed(old);
        }
        endpoint.source_of.insert(packet.ssrc, (key, layer));
        track.sources[layer as usize] = Some(Box::new(source));
        self.leave_stale_streams(key, layer);
        true
    }

    /// Slots that carried the former stream of this layer: sound goes on with the new one, a picture waits for its
    /// keyframe.
    fn leave_stale_streams(&mut self, key: usize, layer: Layer) {
        let track = &self.tracks[key];
        let Some(stream) = track.source(layer).map(|source| source.stream) else { return };
        for &slot in &track.subscribers {
            let slot = &mut self.slots[slot];
            let stale = slot.playing.source().is_some_and(|source| source.track == key && source.layer == layer);
            if !stale {
                continue;
            }
            match slot.terms.kind {
                Kind::Audio => {
                    slot.switch_sound(Playing::Opening(SourceKey { track: key, layer, stream }), &mut self.queue);
                }
                Kind::Video => slot.stop(&mut self.queue),
            }
        }
    }

    /// The layer began to flow, perhaps again: slots may want it.
    fn wake_layer(&mut self, now: Instant, key: usize, layer: Layer) {
        let Some(source) = self.tracks[key].source_mut(layer).filter(|source| !source.flowing) else { return };
        source.flowing = true;
        if self.tracks[key].terms.kind == Kind::Audio {
            self.start_sounds(key);
            return;
        }
        // Encoders begin with a keyframe: ask only if none comes, and only if somebody waits for one.
        let track = &self.tracks[key];
        let waits = |&slot: &usize| {
            let feed = self.slots[slot].feed.filter(|feed| feed.track == track.terms.id);
            feed.is_some_and(|feed| layer::accepts(track, feed.layer, self.shown_layer(slot, key), layer))
        };
        let taken = self.take_needs(&[track.terms.id]);
        if (taken || track.subscribers.iter().any(waits))
            && let Some(source) = self.tracks[key].source_mut(layer)
        {
            source.requests.expect(now);
            self.arm_requests(now, key);
        }
    }

    fn start_sounds(&mut self, key: usize) {
        let track = &self.tracks[key];
        let Some(stream) = track.source(Layer::High).map(|source| source.stream) else { return };
        for &slot in &track.subscribers {
            let slot = &mut self.slots[slot];
            let fed = slot.feed.is_some_and(|feed| feed.track == track.terms.id);
            if fed && slot.playing == Playing::Nothing {
                slot.playing = Playing::Opening(SourceKey { track: key, layer: Layer::High, stream });
            }
        }
    }

    fn forward(&mut self, now: Instant, key: usize, layer: Layer, sequence: u64) {
        let track = &self.tracks[key];
        let Some(source) = track.source(layer) else { return };
        let Some(packet) = source.ring.get(sequence) else { return };
        let endpoint = &mut self.endpoints[track.terms.endpoint];
        let capture = source.clock.capture(&endpoint.clock, packet.timestamp, micros(&self.anchor, now));
        let from = SourceKey { track: key, layer, stream: source.stream };
        let mut cache = RewriteCache::default();
        for &slot in &track.subscribers {
            let slot = &mut self.slots[slot];
            if slot.playing == Playing::Opening(from) {
                endpoint.clock.pin();
                if slot.sent.is_new() {
                    self.timers.arm(Timer::Report(slot.terms.endpoint), now + FIRST_REPORT);
                }
            }
            slot.forward(from, packet, capture, &mut cache, &mut self.queue);
        }
    }

    fn after_packet(&mut self, now: Instant, key: usize, layer: Layer, frame: Option<Frame>) {
        let keyframe = frame.is_some_and(|frame| frame.key);
        if keyframe {
            self.offer_keyframe(now, key, layer);
        }
        let boundary = || self.tracks[key].source(layer).is_some_and(|source| source.at_boundary);
        if self.take.is_some() && (keyframe || self.take_is_ready() && boundary()) {
            self.attempt_take(now);
        }
    }
}
