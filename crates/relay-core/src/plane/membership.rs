//! Endpoints come, can receive, and go.

use std::time::{Duration, Instant};

use rand::RngExt;

use super::endpoint::Endpoint;
use super::forward::{Slot, SlotTerms};
use super::repeat::Rtx;
use super::timers::Timer;
use super::track::{Track, TrackTerms};
use super::{Plane, TakeFailure};
use crate::{EndpointId, Flow, Layer, LineId, Negotiated, NegotiatedLine, SlotId, TrackId};

/// Between reports to one endpoint; the first comes sooner.
pub(super) const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// The first report of a slot follows its first packets so soon.
pub(super) const FIRST_REPORT: Duration = Duration::from_millis(20);

/// Outgoing numbers start here or above: a late packet cannot fall below zero, where it would belong to another
/// roll-over; and below 2^15, as RFC 3711 §3.3.1 needs for the first packet.
const FIRST_SEQUENCE: std::ops::Range<u64> = 8_192..32_768;

impl Plane {
    pub(super) fn admit(&mut self, now: Instant, id: EndpointId, negotiated: &Negotiated) -> usize {
        let ssrc = self.random.random();
        let key = self.endpoints.insert(Endpoint::new(id, ssrc, negotiated.extensions.transport_cc.is_some()));
        self.endpoint_keys.insert(id, key);
        for line in &negotiated.lines {
            self.add_line(key, id, line);
        }
        let phase = Duration::from_millis(self.random.random_range(0..REPORT_INTERVAL.as_millis() as u64));
        self.timers.set(Timer::Report(key), now + phase);
        self.apply_routes(now);
        key
    }

    fn add_line(&mut self, key: usize, endpoint: EndpointId, line: &NegotiatedLine) {
        match &line.flow {
            Flow::Inactive => {}
            Flow::Incoming { codec, payload_type, rtx_payload_type, layers } => {
                let mut layers = layers.clone();
                layers.sort_unstable();
                if layers.is_empty() {
                    layers.push(Layer::High);
                }
                let id = TrackId { endpoint, line: line.line };
                let track = self.tracks.insert(Track::new(TrackTerms {
                    id,
                    endpoint: key,
                    kind: line.kind,
                    codec: *codec,
                    payload_type: *payload_type,
                    retransmits: rtx_payload_type.is_some(),
                    layers,
                }));
                self.track_keys.insert(id, track);
                self.endpoints[key].tracks.push(track);
                let waiting = self.slots.iter().filter(|(_, slot)| slot.feed.is_some_and(|feed| feed.track == id));
                for (slot, _) in waiting {
                    self.tracks[track].subscribe(slot);
                }
            }
            Flow::Outgoing { codec, payload_type, rtx_payload_type, ssrc, rtx_ssrc, red_payload_type, numbered } => {
                let rtx = rtx_payload_type.zip(*rtx_ssrc).map(|(payload_type, ssrc)| Rtx {
                    payload_type,
                    ssrc,
                    next: self.random.random_range(FIRST_SEQUENCE),
                });
                let terms = SlotTerms {
                    id: SlotId { endpoint, line: line.line },
                    endpoint: key,
                    kind: line.kind,
                    codec: *codec,
                    payload_type: *payload_type,
                    ssrc: *ssrc,
                    numbered: *numbered,
                };
                self.add_slot(key, line.line, terms, rtx, *red_payload_type);
            }
        }
    }

    fn add_slot(&mut self, key: usize, line: LineId, terms: SlotTerms, rtx: Option<Rtx>, red: Option<u8>) {
        let (first, base, ssrc) = (self.random.random_range(FIRST_SEQUENCE), self.random.random(), terms.ssrc);
        let id = SlotId { endpoint: terms.id.endpoint, line };
        let slot = self.slots.insert(Slot::new(terms, rtx, red, first, base));
        self.slot_keys.insert(id, slot);
        let endpoint = &mut self.endpoints[key];
        endpoint.slots.push(slot);
        endpoint.slot_of.insert(ssrc, slot);
    }

    pub(super) fn connect(&mut self, now: Instant, key: usize) {
        let endpoint = &mut self.endpoints[key];
        if endpoint.connected {
            return;
        }
        endpoint.connected = true;
        for slot in endpoint.slots.clone() {
            self.slots[slot].connected = true;
            self.start_slot(now, slot);
        }
        self.announce_layers();
    }

    pub(super) fn dismiss(&mut self, key: usize) {
        let endpoint = self.endpoints.remove(key);
        self.endpoint_keys.remove(&endpoint.id);
        for timer in [Timer::Report(key), Timer::Feedback(key), Timer::Probe(key), Timer::Pace(key)] {
            self.timers.cancel(timer);
        }
        for slot in endpoint.slots {
            self.timers.cancel(Timer::Hold(slot));
            self.slot_keys.remove(&self.slots[slot].terms.id);
            self.slots.remove(slot);
            self.lingering.retain(|&(_, _, lingering)| lingering != slot);
            for (_, track) in &mut self.tracks {
                track.unsubscribe(slot);
            }
        }
        let lost: Vec<TrackId> = endpoint.tracks.iter().map(|&track| self.tracks[track].terms.id).collect();
        for track in endpoint.tracks {
            self.forget_track(track);
        }
        if self.take_needs(&lost) {
            self.fail_take(TakeFailure::SourceLost);
        }
        self.announce_layers();
    }

    fn forget_track(&mut self, key: usize) {
        self.timers.cancel(Timer::Missing(key));
        self.timers.cancel(Timer::Keyframe(key));
        let track = self.tracks.remove(key);
        self.track_keys.remove(&track.terms.id);
        self.lingering.retain(|&(_, lingering, _)| lingering != key);
        for slot in track.subscribers {
            if self.slots[slot].playing.source().is_some_and(|source| source.track == key) {
                self.stop_slot(slot);
            }
        }
    }
}
