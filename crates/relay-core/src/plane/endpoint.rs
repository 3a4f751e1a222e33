//! One connection as the plane sees it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::bandwidth::Bandwidth;
use super::departures::Departures;
use super::feedback::Feedback;
use super::pacer::Pacer;
use super::redundancy::Losses;
use super::retransmit::RepeatRoom;
use super::timeline::EndpointClock;
use crate::{EndpointId, Layer};

/// One connection.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) id: EndpointId,
    pub(super) connected: bool,
    /// SSRC under which the relay sends it feedback.
    pub(super) ssrc: u32,
    /// Keys of its tracks.
    pub(super) tracks: Vec<usize>,
    /// Keys of its slots.
    pub(super) slots: Vec<usize>,
    /// Slots by SSRC.
    pub(super) slot_of: BTreeMap<u32, usize>,
    /// What it sends, by SSRC.
    pub(super) source_of: BTreeMap<u32, (usize, Layer)>,
    pub(super) clock: EndpointClock,
    pub(super) feedback: Feedback,
    pub(super) loss: BTreeMap<u32, Loss>,
    /// Losses of its way, by which its sound is repeated.
    pub(super) losses: Losses,
    pub(super) rtt: Option<Duration>,
    /// Compounds of it that are still read in this second.
    pub(super) compounds_left: usize,
    /// When it last named a limit.
    pub(super) limited: Option<Instant>,
    /// What left for it; none: it gives no transport-wide feedback.
    pub(super) departures: Option<Departures>,
    pub(super) bandwidth: Bandwidth,
    /// What waits for it; none: its way has no limit.
    pub(super) pacer: Option<Pacer>,
    /// What may be repeated to it; none: its way has no limit.
    pub(super) repeat_room: Option<RepeatRoom>,
}

/// RTCP compounds of one endpoint that are read in a second: a browser that shows 64 pictures behind a bad line sends a third.
pub(super) const MAX_COMPOUNDS: usize = 1_000;

/// What a receiver reported of one slot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loss {
    pub(super) fraction: f32,
    pub(super) at: Instant,
}

impl Endpoint {
    /// A report older than this says nothing any more.
    pub(super) const LOSS_AGE: Duration = Duration::from_secs(5);

    pub(super) fn new(id: EndpointId, ssrc: u32, feedback: bool) -> Self {
        Self {
            id,
            connected: false,
            ssrc,
            tracks: Vec::new(),
            slots: Vec::new(),
            slot_of: BTreeMap::new(),
            source_of: BTreeMap::new(),
            clock: EndpointClock::default(),
            feedback: Feedback::default(),
            loss: BTreeMap::new(),
            losses: Losses::default(),
            rtt: None,
            compounds_left: MAX_COMPOUNDS,
            limited: None,
            departures: feedback.then(Departures::default),
            bandwidth: Bandwidth::default(),
            pacer: None,
            repeat_room: None,
        }
    }
}
