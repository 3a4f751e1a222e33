//! What flows where, whole. Applying the same routes twice changes nothing.

use std::collections::BTreeMap;

use crate::{EndpointId, Layer, SlotId, TakeId, TrackId};

/// Everything that is to flow. Slots that are not named carry nothing: who is muted is named nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Routes {
    /// What each slot carries.
    pub slots: BTreeMap<SlotId, Feed>,
    /// Layers to keep flowing although no slot asks for them (preview, readiness): the track and its best wished layer.
    pub wishes: BTreeMap<TrackId, Layer>,
    /// What receivers are sent at most, bits per second, whatever their ways carry. Others have no such limit.
    pub limits: BTreeMap<EndpointId, u64>,
    /// The take before which these routes are to flow. Once it is carried out they are late, and are left out: they would bring
    /// back what went off air. None: they hold whatever became of a take.
    pub until: Option<TakeId>,
}

/// What one slot carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feed {
    /// The track.
    pub track: TrackId,
    /// Best layer for this slot; a lower one is forwarded while this one does not flow, or while the way to the receiver does
    /// not carry this one. Ignored for sound.
    pub layer: Layer,
    /// Which pictures go without first where the way to the receiver is too thin for all: the highest number. Ignored for
    /// sound, which goes without last.
    pub rank: u8,
}
