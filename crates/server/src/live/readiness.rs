//! Whether a take of a site would be good now: told before the key is pressed.

use std::time::{Duration, Instant};

use conference::TrackKind;
use relay_core::Layer;
use wire::{Readiness, ReadinessReason};

use super::arrival::SILENCE_DBFS;
use super::peer::Peer;

/// A picture older than this is stale: an idle camera sends at least five frames a second.
const STALE_AFTER: Duration = Duration::from_millis(1_000);
/// Reports come each second, so the youngest age that can be known is up to a second too high.
const REPORT_PERIOD: Duration = Duration::from_millis(1_000);
/// Below this mean level a microphone is silent: an empty room is about −60 dBFS.
const SILENT_DBFS: f32 = -70.0;
/// Above this mean level a microphone clips.
const CLIPPING_DBFS: f32 = -3.0;
/// Share of packets lost that would show on a large screen.
const LOSS_WARNING: f32 = 0.02;

/// Whether a take of the site that this peer speaks for would be good now.
pub fn readiness(peer: &Peer, high_layer_expected: bool, now: Instant) -> Readiness {
    let Some(media) = peer.media.as_ref().filter(|media| media.connected && !peer.is_lost(now)) else {
        return Readiness::Offline;
    };
    let Some(camera) = media.arrival.track(TrackKind::Camera).filter(|track| track.flows(now)) else {
        return Readiness::Offline;
    };
    let warning = |reason| Readiness::Warning { reason };
    if camera.silent_for(now) > STALE_AFTER + REPORT_PERIOD {
        return warning(ReadinessReason::PictureStale);
    }
    let microphone = media.arrival.track(TrackKind::Microphone);
    let loss = microphone.map_or(0.0, |track| track.loss()).max(camera.loss());
    if loss > LOSS_WARNING {
        return warning(ReadinessReason::Loss);
    }
    if !camera.stats.synced {
        return warning(ReadinessReason::NoSync);
    }
    // An idle site sends its low layer alone, by order: it lacks the high one only if it was asked for it.
    let high = camera.best().is_some_and(|layer| layer.layer == Layer::High);
    if high_layer_expected && !high {
        return warning(ReadinessReason::HighLayerMissing);
    }
    let level = microphone.and_then(|track| track.stats.level_dbfs);
    match level {
        Some(level) if level > CLIPPING_DBFS => warning(ReadinessReason::Clipping),
        Some(level) if level < SILENT_DBFS => warning(ReadinessReason::Silent),
        Some(_) => Readiness::Ready,
        None if microphone.is_none_or(|track| !track.flows(now)) => warning(ReadinessReason::Silent),
        None => Readiness::Ready,
    }
}

/// Level of a site's microphone for the meters, dBFS.
pub(super) fn level_dbfs(peer: &Peer, now: Instant) -> i32 {
    let media = peer.media.as_ref().filter(|media| media.connected);
    let microphone = media.and_then(|media| media.arrival.track(TrackKind::Microphone));
    let level = microphone.filter(|track| track.flows(now)).and_then(|track| track.stats.level_dbfs);
    level.unwrap_or(SILENCE_DBFS).round() as i32
}
