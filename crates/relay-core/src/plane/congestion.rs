//! Kind to a thin line: each receiver's feedback becomes an estimate of what its way carries, and the pictures that it gets
//! follow the estimate. Receivers whose way has no limit are not touched: nothing is paced, nothing is probed.

use std::time::{Duration, Instant};

use rtc_rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;

use super::bandwidth::{BitRate, LEAST};
use super::departures::OVERHEAD;
use super::division::{Allowance, Claim, divide};
use super::forward::{Playing, Slot};
use super::timeline::micros;
use super::timers::Timer;
use super::{Plane, PlanePacket};
use crate::{Kind, Layer};

/// Set aside for each sound, and for each packet before it that its packets carry again.
const SOUND_PAYLOAD: BitRate = 32_000;
/// The same with the headers of 50 packets a second.
const SOUND: BitRate = SOUND_PAYLOAD + 50 * OVERHEAD as BitRate * 8;

/// Rates of layers that do not flow and so cannot be measured: what cameras of 320×180, 640×360 and 1280×720 send.
const USUAL: [BitRate; 3] = [150_000, 700_000, 2_500_000];

/// Between two packets of a probe, so that it does not arrive as one burst.
const PROBE_STEP: Duration = Duration::from_millis(5);

/// Between two limits that one receiver names: browsers name one a second, and each costs a look at all slots.
const LIMIT_INTERVAL: Duration = Duration::from_millis(50);

impl Plane {
    /// A packet leaves: it gets its transport-wide number.
    pub(super) fn depart(&mut self, now: Instant, mut packet: PlanePacket) -> PlanePacket {
        if let PlanePacket::Rtp(rtp) = &mut packet
            && rtp.numbered
            && let Some(endpoint) = self.endpoints.get_mut(rtp.key.0).filter(|endpoint| endpoint.id == rtp.to)
            && let Some(departures) = &mut endpoint.departures
        {
            let left = micros(&self.anchor, now);
            rtp.transport_sequence = Some(departures.leave(left, rtp.payload.len(), rtp.probe));
        }
        packet
    }

    /// A receiver tells when packets reached it.
    pub(super) fn hear_arrivals(&mut self, now: Instant, from: usize, feedback: &TransportLayerCc) {
        let Some(departures) = &mut self.endpoints[from].departures else { return };
        let outcomes = departures.outcomes(feedback);
        let at = micros(&self.anchor, now);
        // What is wished matters to a way with a limit alone, and most have none: feedback comes ten times a second from each.
        let limited = self.endpoints[from].bandwidth.target().is_some();
        let wished = if limited { self.wished_rate(from) } else { 0 };
        let endpoint = &mut self.endpoints[from];
        let queued = endpoint.bandwidth.is_queued();
        let changed = endpoint.bandwidth.learn(at, &outcomes, wished);
        let drained = endpoint.bandwidth.is_queued() != queued;
        // A relay that is out of breath itself tries nothing.
        if self.breath.ceiling() == Layer::High && endpoint.bandwidth.probe(at).is_some() {
            self.timers.arm(Timer::Probe(from), now);
        }
        // A probe is there to find out how much is too much.
        let media = || outcomes.iter().filter(|outcome| !outcome.probe);
        let lost = media().filter(|outcome| outcome.arrived.is_none()).count();
        let repeats = self.hear_losses(now, from, lost as u32, media().count() as u32);
        if changed || drained {
            self.set_pace(from);
        }
        if changed || repeats {
            self.divide_way(now, from);
        }
    }

    /// Repeats the sound of a receiver as often as its way needs; true if that changed.
    pub(super) fn hear_losses(&mut self, now: Instant, from: usize, lost: u32, sent: u32) -> bool {
        // Feedback comes ten times a second from each: the slots are looked at where there is a limit, or something changed.
        let limit = self.endpoints[from].bandwidth.target().map(|target| {
            let sounding = self.sounding_slots(from).count() as BitRate;
            (target, sounding * SOUND, sounding * SOUND_PAYLOAD)
        });
        let endpoint = &mut self.endpoints[from];
        endpoint.losses.note(now, lost, sent);
        let Some(copies) = endpoint.losses.changed_copies(now, limit) else { return false };
        let mut changed = false;
        for &slot in &endpoint.slots {
            if let Some(redundancy) = &mut self.slots[slot].redundancy {
                redundancy.copies = copies;
                changed = true;
            }
        }
        changed
    }

    /// A receiver without transport-wide feedback names its limit.
    pub(super) fn hear_limit(&mut self, now: Instant, from: usize, rate: BitRate) {
        if self.endpoints[from].departures.is_some() {
            return;
        }
        let too_soon = |at: Instant| now.saturating_duration_since(at) < LIMIT_INTERVAL;
        if self.endpoints[from].limited.replace(now).is_some_and(too_soon) {
            return;
        }
        let wished = self.wished_rate(from);
        if self.endpoints[from].bandwidth.limit(rate, wished) {
            self.set_pace(from);
            self.divide_way(now, from);
        }
    }

    /// The routes say what receivers are sent at most.
    pub(super) fn cap_ways(&mut self, now: Instant) {
        let keys: Vec<usize> = self.endpoint_keys.values().copied().collect();
        for key in keys {
            let cap = self.routes.limits.get(&self.endpoints[key].id).copied();
            if self.endpoints[key].bandwidth.set_cap(cap) {
                self.set_pace(key);
                self.divide_way(now, key);
            }
        }
    }

    /// Divides the ways that have a limit again: rates of layers have changed.
    pub(super) fn divide_ways(&mut self, now: Instant) {
        let limited: Vec<usize> = self
            .endpoints
            .iter()
            .filter(|(_, endpoint)| endpoint.bandwidth.target().is_some())
            .map(|(key, _)| key)
            .collect();
        for key in limited {
            self.divide_way(now, key);
        }
    }

    /// Gives each picture of a receiver what its way allows.
    pub(super) fn divide_way(&mut self, now: Instant, endpoint: usize) {
        let (slots, claims) = self.claims(endpoint);
        let allowed = match self.endpoints[endpoint].bandwidth.target() {
            Some(target) => divide(self.for_pictures(endpoint, target), &claims),
            None => vec![Allowance::All; claims.len()],
        };
        let mut changed = false;
        for (slot, allowed) in slots.into_iter().zip(allowed) {
            changed |= self.allow(now, slot, allowed);
        }
        if changed {
            self.announce_layers();
        }
    }

    /// What is left of a way for pictures: sound goes first, and what the line loses by itself is sent twice.
    fn for_pictures(&self, endpoint: usize, target: BitRate) -> BitRate {
        let left = target.max(LEAST).saturating_sub(self.sound_rate(endpoint));
        (left as f64 * (1.0 - self.endpoints[endpoint].bandwidth.own_loss())) as BitRate
    }

    fn allow(&mut self, now: Instant, key: usize, allowed: Allowance) -> bool {
        let slot = &mut self.slots[key];
        if std::mem::replace(&mut slot.allowed, allowed) == allowed {
            return false;
        }
        let id = slot.terms.id;
        let feed = self.lawful_feed(id, self.routes.slots.get(&id));
        let shown = self.slots[key].playing.source().map(|source| source.layer);
        if shown > feed.map(|feed| feed.layer) && matches!(self.slots[key].playing, Playing::Source(_)) {
            // The queue on the way is full: what cannot be carried is not sent while the lower layer's keyframe comes.
            self.stop_slot(key);
        }
        self.feed_slot(now, key, feed);
        true
    }

    /// The pictures that a receiver is to get by the routes, with the layers that each may have.
    fn claims(&self, endpoint: usize) -> (Vec<usize>, Vec<Claim>) {
        let slots = self.endpoints[endpoint].slots.iter().copied();
        let claim = |key: usize| {
            let slot = &self.slots[key];
            let feed = self.routes.slots.get(&slot.terms.id).filter(|_| slot.terms.kind == Kind::Video)?;
            let track = &self.tracks[*self.track_keys.get(&feed.track)?];
            let negotiated = &track.terms.layers;
            let best = feed.layer.min(self.breath.ceiling());
            let within = negotiated.iter().copied().filter(|&layer| layer <= best);
            let mut layers: Vec<Layer> = within.collect();
            if layers.is_empty() {
                layers.extend(negotiated.first());
            }
            let rate =
                |layer: Layer| track.source(layer).and_then(|source| source.rate()).unwrap_or(USUAL[layer as usize]);
            let layers = layers.into_iter().map(|layer| (layer, rate(layer))).collect();
            Some((key, Claim { rank: feed.rank, layers, before: slot.allowed }))
        };
        slots.filter_map(claim).unzip()
    }

    /// What a receiver would get if its way had no limit, bits per second.
    fn wished_rate(&self, endpoint: usize) -> BitRate {
        let (_, claims) = self.claims(endpoint);
        let pictures: BitRate = claims.iter().filter_map(|claim| claim.layers.last()).map(|(_, rate)| rate).sum();
        pictures + self.sound_rate(endpoint)
    }

    fn sound_rate(&self, endpoint: usize) -> BitRate {
        self.sounding_slots(endpoint).map(|slot| SOUND + slot.copies() as BitRate * SOUND_PAYLOAD).sum()
    }

    fn sounding_slots(&self, endpoint: usize) -> impl Iterator<Item = &Slot> {
        let slots = self.endpoints[endpoint].slots.iter().map(|&slot| &self.slots[slot]);
        slots.filter(|slot| slot.terms.kind == Kind::Audio && slot.playing != Playing::Nothing)
    }

    /// Repeats packets that the receiver has, at the rate that is tried: they cost it nothing and leave no hole if lost.
    pub(super) fn send_probe(&mut self, now: Instant, endpoint: usize) {
        let at = micros(&self.anchor, now);
        let Some(probe) = self.endpoints[endpoint].bandwidth.probe(at) else { return };
        self.timers.set(Timer::Probe(endpoint), now + PROBE_STEP);
        let media: BitRate = self.endpoints[endpoint].slots.iter().map(|&slot| self.slots[slot].sent.rate()).sum();
        let mut bytes = probe.rate.saturating_sub(media) * PROBE_STEP.as_millis() as BitRate / 8_000;
        let slots = self.endpoints[endpoint].slots.iter().copied();
        let Some(slot) =
            slots.filter(|&slot| self.slots[slot].repeats()).max_by_key(|&slot| self.slots[slot].sent.rate())
        else {
            return;
        };
        // What was before the last cut is not for this receiver any more.
        for back in 1..=self.slots[slot].sent_of_epoch() {
            if bytes == 0 {
                return;
            }
            let Some(sent) = self.repeat(slot, self.slots[slot].sent_before(back), true) else { return };
            bytes = bytes.saturating_sub((sent + OVERHEAD) as BitRate);
        }
    }
}
