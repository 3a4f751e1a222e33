//! The floor.

use conference::State;
use wire::{FloorView, HolderView, QueueEntry, SpeechClock};

use crate::convert;

pub(super) fn view(state: &State) -> FloorView {
    let entry = |entry: &conference::QueueEntry| QueueEntry {
        site: convert::site_out(entry.site.clone()),
        kind: convert::request_kind_out(entry.kind),
        requested_at: entry.requested_at.0,
        invited: entry.invited,
        spoken_ms: entry.set_aside.map_or(0, |speech| speech.spoken_ms),
        allowed_ms: entry.set_aside.map_or(0, |speech| speech.allowed_ms),
    };
    let holder = |holder: &conference::Holder| HolderView {
        site: convert::site_out(holder.site.clone()),
        clock: SpeechClock {
            allowed_ms: holder.clock.allowed_ms,
            warning_ms: holder.clock.warning_ms,
            spoken_ms: holder.clock.spoken_ms,
            running_since: holder.clock.running_since.map(|at| at.0),
        },
        on_air: holder.on_air,
        grace_until: holder.grace.map(|grace| grace.until.0),
    };
    FloorView {
        mode: convert::floor_mode_out(state.floor.mode),
        queue: state.floor.queue.iter().map(entry).collect(),
        cued: state.floor.cued.iter().cloned().map(convert::site_out).collect(),
        holder: state.floor.holder.as_ref().map(holder),
        microphones_allowed: state.stage.microphones_allowed,
        open_microphones: state.stage.opened.iter().cloned().map(convert::site_out).collect(),
    }
}
