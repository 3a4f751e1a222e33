//! Offers of a page, on their way to the relay.

use std::time::{Duration, Instant};

use super::peer::SocketId;

/// Between two offers of one page: reading one costs the relay's thread a few milliseconds, in which it forwards nothing.
const OFFER_INTERVAL: Duration = Duration::from_millis(250);

/// An offer that the relay has not seen yet.
#[derive(Debug)]
pub struct WaitingOffer {
    /// By which WebSocket it came.
    pub socket: SocketId,
    /// The page's number of its peer connection.
    pub generation: u32,
    /// The offer.
    pub sdp: String,
}

/// The offers of one page: one at a time, and not too often.
#[derive(Debug, Default)]
pub struct Offering {
    /// The latest that was not handed to the relay; an earlier one does not matter any more.
    pub waiting: Option<WaitingOffer>,
    /// The relay has one.
    pub under_way: bool,
    last: Option<Instant>,
}

impl Offering {
    /// The waiting offer, if it may be handed over now; it counts as handed over then.
    pub fn due(&mut self, now: Instant) -> Option<WaitingOffer> {
        let rested = self.last.is_none_or(|last| now.saturating_duration_since(last) >= OFFER_INTERVAL);
        let offer = self.waiting.take_if(|_| rested && !self.under_way)?;
        self.under_way = true;
        self.last = Some(now);
        Some(offer)
    }
}
