//! What is told every second, and of levels more often.

use std::time::{Duration, Instant};

use super::endpoint::{Endpoint, MAX_COMPOUNDS};
use super::reports::SentSecond;
use super::retransmit::{MAX_REQUESTS, MAX_REQUESTS_OF_TRACK};
use super::timers::Timer;
use super::track::{MAX_STREAMS_OF_TRACK, Track};
use super::{LayerStats, Plane, PlaneEvent, ReceiverStats, TrackLevel, TrackStats};
use crate::Layer;

/// Between two statistics.
pub(super) const STATS_INTERVAL: Duration = Duration::from_secs(1);
/// Between two reports of levels: short enough for syllables, of which there are four to five a second.
pub const LEVELS_EVERY: Duration = Duration::from_millis(100);

impl Plane {
    pub(super) fn tell_levels(&mut self, now: Instant) {
        self.timers.set(Timer::Levels, now + LEVELS_EVERY);
        let mut levels = Vec::new();
        for &key in self.track_keys.values() {
            let track = &mut self.tracks[key];
            if let Some(dbfs) = track.syllables.take() {
                levels.push(TrackLevel { track: track.terms.id, dbfs });
            }
        }
        if !levels.is_empty() {
            self.events.push_back(PlaneEvent::Levels(levels));
        }
    }

    pub(super) fn tell_stats(&mut self, now: Instant) {
        self.timers.set(Timer::Second, now + STATS_INTERVAL);
        self.requests_left = MAX_REQUESTS;
        for &key in self.track_keys.values() {
            let track = &mut self.tracks[key];
            track.requests_left = MAX_REQUESTS_OF_TRACK;
            track.streams_left = MAX_STREAMS_OF_TRACK;
            if track.since.is_some() {
                self.events.push_back(PlaneEvent::TrackStats(track_stats(now, track)));
            }
        }
        for &key in self.endpoint_keys.values() {
            let endpoint = &mut self.endpoints[key];
            endpoint.compounds_left = MAX_COMPOUNDS;
            let endpoint = &self.endpoints[key];
            if !endpoint.connected || endpoint.slots.is_empty() {
                continue;
            }
            let mut sent = SentSecond::default();
            for &slot in &endpoint.slots {
                self.slots[slot].repetitions.refill(now);
                let slot = self.slots[slot].sent.take_second();
                sent.bits += slot.bits;
                sent.packets += slot.packets;
                sent.retransmitted += slot.retransmitted;
            }
            let stats = receiver_stats(now, endpoint, sent);
            self.events.push_back(PlaneEvent::ReceiverStats(stats));
        }
        self.divide_ways(now);
    }
}

fn track_stats(now: Instant, track: &mut Track) -> TrackStats {
    let rate = track.terms.codec.clock_rate();
    let mut layers = Vec::new();
    let mut synced = true;
    let mut fresh = None;
    for (index, source) in track.sources.iter_mut().enumerate() {
        let Some(source) = source else { continue };
        source.expire(now);
        fresh = fresh.max(Some(source.fresh));
        let second = source.take_second();
        if source.flowing {
            synced &= source.clock.synced();
        }
        if second.packets > 0 {
            layers.push(LayerStats {
                layer: [Layer::Low, Layer::Mid, Layer::High][index],
                bits: second.bits,
                packets: second.packets,
                lost: second.lost,
                frames: second.frames,
                keyframes: second.keyframes,
                jitter_ms: source.reception.jitter() as f32 * 1_000.0 / rate as f32,
            });
        }
    }
    TrackStats {
        track: track.terms.id,
        synced: synced && track.flowing().next().is_some(),
        layers,
        level_dbfs: track.level.take(),
        silent_for: fresh.map_or(Duration::ZERO, |fresh| now.saturating_duration_since(fresh)),
    }
}

fn receiver_stats(now: Instant, endpoint: &Endpoint, sent: SentSecond) -> ReceiverStats {
    let recent = endpoint.loss.values().filter(|loss| now.saturating_duration_since(loss.at) < Endpoint::LOSS_AGE);
    ReceiverStats {
        endpoint: endpoint.id,
        bits: sent.bits,
        packets: sent.packets,
        retransmitted: sent.retransmitted,
        loss: recent.map(|loss| loss.fraction).fold(0.0, f32::max),
        rtt: endpoint.rtt,
        limit: endpoint.bandwidth.target(),
    }
}
