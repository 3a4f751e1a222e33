//! Which layer a slot gets, and which layers of a track are wanted at all.

use std::collections::{BTreeMap, BTreeSet};

use super::track::Track;
use crate::{Kind, Layer};

/// The layer a slot should show: the best that flows and is not above the wish, else the lowest that flows.
pub(super) fn target(track: &Track, wished: Layer) -> Option<Layer> {
    let flowing = || track.flowing();
    flowing().filter(|&layer| layer <= wished).max().or_else(|| flowing().min())
}

/// A complete keyframe of `offered` arrived: should a slot that shows `shown` of the same track (none: another track or
/// nothing) switch to it?
pub(super) fn accepts(track: &Track, wished: Layer, shown: Option<Layer>, offered: Layer) -> bool {
    let Some(target) = target(track, wished) else { return false };
    match shown {
        None => offered <= wished || offered == target,
        Some(shown) if shown < target => shown < offered && offered <= target,
        Some(shown) => target < shown && offered == target,
    }
}

/// Layers wanted per track, collected from slots, wishes and a pending take.
#[derive(Debug, Default)]
pub(super) struct WantedLayers {
    tracks: BTreeMap<usize, BTreeSet<Layer>>,
}

impl WantedLayers {
    /// Somebody wishes this layer, or the next lower one that was negotiated.
    pub(super) fn wish(&mut self, key: usize, track: &Track, wished: Layer) {
        let layers = &track.terms.layers;
        let best = layers.iter().copied().filter(|&layer| layer <= wished).max().or(layers.iter().copied().min());
        self.tracks.entry(key).or_default().extend(best);
    }

    /// Somebody is being shown this layer.
    pub(super) fn keep(&mut self, key: usize, layer: Layer) {
        self.tracks.entry(key).or_default().insert(layer);
    }

    /// Wanted layers of a track, lowest first. The lowest one of a picture is always wanted: it shows that the site is
    /// ready.
    pub(super) fn of(&self, key: usize, track: &Track) -> Vec<Layer> {
        let mut layers = self.tracks.get(&key).cloned().unwrap_or_default();
        if track.terms.kind == Kind::Video {
            layers.extend(track.terms.layers.iter().copied().min());
        }
        layers.into_iter().collect()
    }
}
