//! What arrives of one media connection, from the relay's report of each second.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use conference::TrackKind;
use health::units::{DelayMs, Fps, Share};
use health::{Arriving, PageSample, Receiving};
use relay_core::{Layer, LayerStats, ReceiverStats, TrackStats};

use super::reserve::INTERRUPTED_AFTER;
use crate::health_watch::line_down;

/// No packet of a track for this long: it does not flow. With a check four times a second the centre is told within
/// three seconds of a cut.
pub const SILENT_AFTER: Duration = Duration::from_millis(2_250);
/// A connection that just came up may need so long for its first packet: an encoder starts, a camera warms up.
const BEGINS_WITHIN: Duration = Duration::from_secs(3);
/// Silence of a microphone, dBFS, when its packets carry no level.
pub const SILENCE_DBFS: f32 = -127.0;

/// What arrives of a track.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackArrival {
    /// When the report came.
    pub at: Instant,
    /// The report.
    pub stats: TrackStats,
}

impl TrackArrival {
    /// Something of it arrived lately.
    pub fn flows(&self, now: Instant) -> bool {
        self.silent_for(now) < SILENT_AFTER
    }

    /// Since the last complete frame or packet.
    pub fn silent_for(&self, now: Instant) -> Duration {
        self.stats.silent_for + now.saturating_duration_since(self.at)
    }

    /// The best layer that arrives.
    pub fn best(&self) -> Option<&LayerStats> {
        self.stats.layers.iter().filter(|layer| layer.packets > 0).max_by_key(|layer| layer.layer)
    }

    /// Its packets that were lost, and that arrived.
    pub fn packets(&self) -> (u32, u32) {
        let layers = self.stats.layers.iter();
        layers.fold((0, 0), |(lost, received), layer| (lost + layer.lost, received + layer.packets))
    }

    /// Share of its packets that were lost, 0 to 1.
    pub fn loss(&self) -> f32 {
        let (lost, received) = self.packets();
        if lost == 0 { 0.0 } else { lost as f32 / (lost + received) as f32 }
    }
}

/// What arrives of a media connection.
#[derive(Debug, Clone)]
pub struct Arrival {
    connected_at: Instant,
    sends: bool,
    tracks: BTreeMap<TrackKind, TrackArrival>,
    carries_since: Option<Instant>,
    receiver: Option<ReceiverStats>,
}

impl Arrival {
    /// A connection that came up now. `sends`: its page has lines to send in.
    pub fn new(now: Instant, sends: bool) -> Self {
        Self { connected_at: now, sends, tracks: BTreeMap::new(), carries_since: None, receiver: None }
    }

    /// Takes a report of a track.
    pub fn track_report(&mut self, kind: TrackKind, now: Instant, stats: TrackStats) {
        self.tracks.insert(kind, TrackArrival { at: now, stats });
        let carries = [TrackKind::Camera, TrackKind::Microphone]
            .iter()
            .filter_map(|kind| self.tracks.get(kind))
            .any(|track| track.stats.silent_for < INTERRUPTED_AFTER);
        self.carries_since = carries.then(|| self.carries_since.unwrap_or(now));
    }

    /// Since when the reports say that picture or sound arrives without an interruption; none: neither does.
    pub fn carries_since(&self) -> Option<Instant> {
        self.carries_since
    }

    /// Takes a report of what the connection receives.
    pub fn receiver_report(&mut self, stats: ReceiverStats) {
        self.receiver = Some(stats);
    }

    /// A track.
    pub fn track(&self, kind: TrackKind) -> Option<&TrackArrival> {
        self.tracks.get(&kind)
    }

    /// Round trip, ms, if the relay knows it.
    pub fn rtt_ms(&self) -> Option<f32> {
        let rtt = self.receiver.as_ref()?.rtt?;
        Some(rtt.as_secs_f32() * 1_000.0)
    }

    /// Something arrives, or is not expected.
    pub fn any(&self, now: Instant) -> bool {
        !self.sends || self.is_beginning(now) || self.tracks.values().any(|track| track.flows(now))
    }

    /// The track flows, or the connection is so young that it may not have begun.
    pub fn flows_or_begins(&self, kind: TrackKind, now: Instant) -> bool {
        match self.tracks.get(&kind) {
            Some(track) => track.flows(now),
            None => self.is_beginning(now),
        }
    }

    /// For the verdict.
    pub fn arriving(&self, now: Instant, control: bool, page_rtt_ms: f32, page: Option<&PageSample>) -> Arriving {
        let flowing = |kind| self.tracks.get(&kind).filter(|track| track.flows(now));
        let (camera, microphone) = (flowing(TrackKind::Camera), flowing(TrackKind::Microphone));
        let beginning = self.is_beginning(now) && self.tracks.is_empty();
        let loss = [camera, microphone].into_iter().flatten().map(TrackArrival::loss).fold(0.0, f32::max);
        Arriving {
            control,
            picture: camera.is_some() || beginning,
            sound: microphone.is_some() || beginning,
            loss: Share::read(loss),
            rtt: DelayMs::read(self.rtt_ms().unwrap_or(page_rtt_ms)),
            fps: camera.and_then(TrackArrival::best).and_then(|layer| Fps::read(layer.frames as f32)),
            receiving: page.map(|page| Receiving::of(line_down(self, Some(page)).as_ref(), Some(page))),
        }
    }

    /// Since the last of any track; none: nothing has arrived yet.
    pub fn silent_for(&self, now: Instant) -> Option<Duration> {
        self.tracks.values().map(|track| track.silent_for(now)).min()
    }

    /// The latest report of what it receives.
    pub fn receiver(&self) -> Option<&ReceiverStats> {
        self.receiver.as_ref()
    }

    /// Received from it, kbit/s.
    pub fn kbps(&self) -> f32 {
        let bits: u64 = self.tracks.values().flat_map(|track| &track.stats.layers).map(|layer| layer.bits).sum();
        bits as f32 / 1_000.0
    }

    /// The best layer of the camera that arrives.
    pub fn layer(&self, now: Instant) -> Option<Layer> {
        let camera = self.tracks.get(&TrackKind::Camera).filter(|track| track.flows(now))?;
        camera.best().map(|layer| layer.layer)
    }

    fn is_beginning(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.connected_at) < BEGINS_WITHIN
    }
}

#[cfg(test)]
mod tests {
    use relay_core::{EndpointId, LineId, TrackId};

    use super::*;

    fn report(packets: u32, lost: u32, silent_for: Duration) -> TrackStats {
        let layer =
            LayerStats { layer: Layer::Low, bits: 150_000, packets, lost, frames: 10, keyframes: 0, jitter_ms: 1.0 };
        let track = TrackId { endpoint: EndpointId(1), line: LineId(0) };
        TrackStats { track, layers: vec![layer], level_dbfs: None, synced: true, silent_for }
    }

    #[test]
    fn a_young_connection_is_given_time_and_then_must_send() {
        let start = Instant::now();
        let arrival = Arrival::new(start, true);

        assert!(arrival.any(start + Duration::from_secs(2)));
        assert!(!arrival.any(start + Duration::from_secs(4)));
    }

    #[test]
    fn a_track_is_missed_when_its_silence_and_the_age_of_the_report_add_up() {
        let start = Instant::now();
        let later = start + Duration::from_secs(10);
        let mut arrival = Arrival::new(start, true);

        arrival.track_report(TrackKind::Camera, later, report(30, 0, Duration::from_millis(900)));

        assert!(arrival.any(later + Duration::from_secs(1)));
        assert!(!arrival.any(later + Duration::from_millis(1_400)));
    }

    #[test]
    fn loss_is_a_share_of_what_was_sent() {
        let start = Instant::now();
        let mut arrival = Arrival::new(start, true);

        arrival.track_report(TrackKind::Camera, start, report(75, 25, Duration::ZERO));

        let loss = arrival.arriving(start, true, 0.0, None).loss.map(Share::get);
        assert!(loss.is_some_and(|loss| (loss - 0.25).abs() < 1e-6));
    }

    #[test]
    fn a_screen_that_sends_nothing_is_not_missed() {
        let start = Instant::now();

        assert!(Arrival::new(start, false).any(start + Duration::from_secs(60)));
    }
}
