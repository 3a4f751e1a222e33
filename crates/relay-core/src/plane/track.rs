//! One incoming m-line: its layers and who receives it.

use std::time::Instant;

use super::level::{LevelMeter, Levels};
use super::retransmit::MAX_REQUESTS_OF_TRACK;
use super::source::LayerSource;
use crate::{Codec, Kind, Layer, TrackId};

/// How a track was negotiated.
#[derive(Debug)]
pub(super) struct TrackTerms {
    pub(super) id: TrackId,
    /// Key of the sender in the plane's table.
    pub(super) endpoint: usize,
    pub(super) kind: Kind,
    pub(super) codec: Codec,
    pub(super) payload_type: u8,
    pub(super) retransmits: bool,
    /// Lowest first, never empty.
    pub(super) layers: Vec<Layer>,
}

/// Streams that a track may begin in a second: each has a ring of its own. A camera that is exchanged begins one for each layer.
pub(super) const MAX_STREAMS_OF_TRACK: usize = 12;

/// One incoming m-line.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) terms: TrackTerms,
    pub(super) sources: [Option<Box<LayerSource>>; 3],
    /// Slots that carry it, are to carry it, or carried it just now; ordered by slot.
    pub(super) subscribers: Vec<usize>,
    /// Of the last second.
    pub(super) level: LevelMeter,
    /// Of the last tenth of a second.
    pub(super) syllables: LevelMeter,
    pub(super) levels: Levels,
    /// Layers that were last announced as wanted.
    pub(super) announced: Option<Vec<Layer>>,
    /// Packets that it may still be asked for in this second.
    pub(super) requests_left: usize,
    /// Streams that it may still begin in this second.
    pub(super) streams_left: usize,
    /// It has sent something.
    pub(super) since: Option<Instant>,
}

/// All layers, lowest first.
pub(super) const LAYERS: [Layer; 3] = [Layer::Low, Layer::Mid, Layer::High];

impl Track {
    pub(super) fn new(terms: TrackTerms) -> Self {
        Self {
            terms,
            sources: [None, None, None],
            subscribers: Vec::new(),
            level: LevelMeter::default(),
            syllables: LevelMeter::default(),
            levels: Levels::default(),
            announced: None,
            requests_left: MAX_REQUESTS_OF_TRACK,
            streams_left: MAX_STREAMS_OF_TRACK,
            since: None,
        }
    }

    pub(super) fn source(&self, layer: Layer) -> Option<&LayerSource> {
        self.sources[layer as usize].as_deref()
    }

    pub(super) fn source_mut(&mut self, layer: Layer) -> Option<&mut LayerSource> {
        self.sources[layer as usize].as_deref_mut()
    }

    /// Layers that flow, lowest first.
    pub(super) fn flowing(&self) -> impl Iterator<Item = Layer> + '_ {
        LAYERS.into_iter().filter(|&layer| self.source(layer).is_some_and(|source| source.flowing))
    }

    /// Layers that have a source, with it.
    pub(super) fn present(&self) -> impl Iterator<Item = (Layer, &LayerSource)> {
        LAYERS.into_iter().filter_map(|layer| Some((layer, self.source(layer)?)))
    }

    /// When a keyframe request is due; a layer that does not flow is not asked.
    pub(super) fn request_due(&self, now: Instant) -> Option<Instant> {
        self.present().filter(|(_, source)| source.flowing).filter_map(|(_, source)| source.requests.due(now)).min()
    }

    pub(super) fn subscribe(&mut self, slot: usize) {
        if !self.subscribers.contains(&slot) {
            self.subscribers.push(slot);
        }
    }

    pub(super) fn unsubscribe(&mut self, slot: usize) {
        self.subscribers.retain(|&known| known != slot);
    }
}
