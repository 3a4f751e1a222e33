//! Whether a take of a site would be good now: told before the key is pressed.

use std::time::Instant;

use conference::TrackKind;
use relay_core::SourceFault;
use wire::{Readiness, ReadinessReason};

use super::arrival::SILENCE_DBFS;
use super::peer::Peer;

/// The relay's verdict on the peer that would be on air. The relay judges who is in preview or next in the queue; of all
/// others nobody asks.
pub(super) fn readiness(peer: &Peer) -> Readiness {
    let verdict = peer.media.as_ref().filter(|media| media.connected).and_then(|media| media.readiness);
    match verdict {
        None | Some(relay_core::Readiness::Checking) => Readiness::Checking,
        Some(relay_core::Readiness::Ready) => Readiness::Ready,
        Some(relay_core::Readiness::NotReady(fault)) => Readiness::Warning { reason: reason_of(fault) },
    }
}

fn reason_of(fault: SourceFault) -> ReadinessReason {
    match fault {
        SourceFault::NoPicture => ReadinessReason::NoPicture,
        SourceFault::PictureStale => ReadinessReason::PictureStale,
        SourceFault::LayerMissing => ReadinessReason::HighLayerMissing,
        SourceFault::NoSound => ReadinessReason::NoSound,
        SourceFault::NoSync => ReadinessReason::NoSync,
        SourceFault::Silent => ReadinessReason::Silent,
        SourceFault::Clipping => ReadinessReason::Clipping,
        SourceFault::Loss => ReadinessReason::Loss,
    }
}

/// Level of a site's microphone for the meters, dBFS.
pub(super) fn level_dbfs(peer: &Peer, now: Instant) -> i32 {
    let media = peer.media.as_ref().filter(|media| media.connected);
    let microphone = media.and_then(|media| media.arrival.track(TrackKind::Microphone));
    let level = microphone.filter(|track| track.flows(now)).and_then(|track| track.stats.level_dbfs);
    level.unwrap_or(SILENCE_DBFS).round() as i32
}
