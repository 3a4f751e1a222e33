//! Asking a source for a keyframe: many wish it, few requests go out.

use std::time::{Duration, Instant};

use crate::TakeId;

/// Between two requests to one layer (abuse: a flood of PLIs must not make an encoder send keyframes only).
pub(super) const REQUEST_INTERVAL: Duration = Duration::from_millis(500);

/// A take's reserved request is spared if another one left so shortly before: that keyframe will do.
const IN_FLIGHT: Duration = Duration::from_millis(20);

/// Requests to one source layer.
#[derive(Debug, Default, Clone)]
pub(super) struct KeyframeRequests {
    /// Until a complete keyframe arrives.
    wanted: bool,
    sent: Option<Instant>,
    reserved: Option<(TakeId, Instant)>,
    /// A take's request may pass the interval.
    urgent: bool,
}

impl KeyframeRequests {
    /// Somebody needs a keyframe.
    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    /// A keyframe is on its way by itself: ask only if it does not come.
    pub(super) fn expect(&mut self, now: Instant) {
        self.want();
        self.sent = Some(now);
    }

    /// A take needs one: once per take it may pass the interval.
    pub(super) fn want_for_take(&mut self, now: Instant, take: TakeId) {
        self.want();
        let again = self.reserved.is_some_and(|(last, at)| last == take || now.duration_since(at) < REQUEST_INTERVAL);
        let in_flight = self.sent.is_some_and(|sent| now.duration_since(sent) < IN_FLIGHT);
        if !again && !in_flight {
            self.reserved = Some((take, now));
            self.urgent = true;
        }
    }

    /// When a request is due.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        if !self.wanted {
            return None;
        }
        match self.sent {
            Some(sent) if !self.urgent => Some(sent + REQUEST_INTERVAL),
            _ => Some(now),
        }
    }

    /// True: send one request now.
    pub(super) fn fire(&mut self, now: Instant) -> bool {
        if self.due(now).is_none_or(|due| due > now) {
            return false;
        }
        self.sent = Some(now);
        self.urgent = false;
        true
    }

    /// A complete keyframe arrived.
    pub(super) fn served(&mut self) {
        self.wanted = false;
        self.urgent = false;
    }
}
