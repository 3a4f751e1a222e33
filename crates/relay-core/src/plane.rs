//! The forwarding plane's face: plain RTP and RTCP in, plain RTP and RTCP out. Encryption and addresses are outside.
//!
//! The loop of a caller: mutate (`handle_*`, `set_routes`, `order_take`), then drain [`Plane::poll_packet`] and
//! [`Plane::poll_event`] until both are empty, then sleep until [`Plane::poll_timeout`].

mod bandwidth;
mod breath;
mod congestion;
mod content;
mod control;
mod departures;
mod division;
mod endpoint;
mod epoch;
mod feedback;
mod forward;
mod h264;
mod ingress;
mod keyframe;
mod layer;
mod level;
mod losses;
mod membership;
mod pacer;
mod probe;
mod readiness;
mod redundancy;
mod repeat;
mod reports;
mod retransmit;
mod routing;
mod sequence;
mod source;
mod stats;
mod take;
mod timeline;
mod timers;
mod track;
mod vp8;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use slab::Slab;

use crate::{EndpointId, EndpointKey, Layer, LineId, Negotiated, Routes, SlotId, TakeId, TrackId};

use self::breath::Breath;
use self::endpoint::Endpoint;
use self::forward::Slot;
use self::readiness::Watched;
pub use self::readiness::{Readiness, SourceFault, Watch};
pub use self::reports::CNAME;
pub use self::stats::LEVELS_EVERY;
use self::take::{EndedTake, PendingTake};
use self::timers::{Timer, Timers};
use self::track::Track;

/// Ties the relay's monotonic clock to wall time, once, for NTP timestamps of sender reports. Wall clock steps after
/// that change nothing.
#[derive(Debug, Clone, Copy)]
pub struct TimeAnchor {
    /// Monotonic instant.
    pub instant: Instant,
    /// Wall time at that instant.
    pub wall: SystemTime,
}

/// A decrypted RTP packet whose sender and layer are known (`demux`).
#[derive(Debug, Clone)]
pub struct IncomingRtp {
    /// Sender.
    pub track: TrackId,
    /// Layer; [`Layer::High`] for sound and for video without simulcast.
    pub layer: Layer,
    /// It is an RTX packet of that layer (RFC 4588): the payload begins with the original sequence number.
    pub rtx: bool,
    /// SSRC on the wire.
    pub ssrc: u32,
    /// Sequence number on the wire.
    pub sequence: u16,
    /// RTP timestamp.
    pub timestamp: u32,
    /// Marker bit.
    pub marker: bool,
    /// Payload type.
    pub payload_type: u8,
    /// Transport-wide sequence number, if the extension was there.
    pub transport_sequence: Option<u16>,
    /// Audio level, −dBov 0 (loud) to 127 (silence), if the extension was there (RFC 6464).
    pub audio_level: Option<u8>,
    /// Payload without padding.
    pub payload: Bytes,
}

/// An RTP packet to seal and send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingRtp {
    /// Receiver.
    pub to: EndpointId,
    /// Its place in the plane's table.
    pub key: EndpointKey,
    /// The m-line, for its MID extension if the session sends one.
    pub line: LineId,
    /// Payload type.
    pub payload_type: u8,
    /// SSRC.
    pub ssrc: u32,
    /// Extended sequence number: roll-over counter in the upper bits, wire number in the lower 16.
    pub sequence: u64,
    /// RTP timestamp.
    pub timestamp: u32,
    /// Marker bit.
    pub marker: bool,
    /// Audio level to pass on (RFC 6464 byte value), for sound.
    pub audio_level: Option<u8>,
    /// The receiver gives feedback on packets of this line by transport-wide number.
    pub numbered: bool,
    /// That number; given when the packet leaves.
    pub transport_sequence: Option<u16>,
    /// It repeats an earlier packet to find out what the way carries.
    pub probe: bool,
    /// Payload; for RTX it begins with the original sequence number.
    pub payload: Bytes,
}

/// A packet to seal and send.
#[derive(Debug, Clone, PartialEq)]
pub enum PlanePacket {
    /// Media. Each (SSRC, sequence) appears at most once in the plane's life.
    Rtp(OutgoingRtp),
    /// A compound RTCP packet.
    Rtcp {
        /// Receiver.
        to: EndpointId,
        /// Its place in the plane's table.
        key: EndpointKey,
        /// Plain compound packet, at most 1,200 bytes.
        packet: Bytes,
    },
}

impl PlanePacket {
    /// Place of the receiver in the plane's table.
    pub fn key(&self) -> EndpointKey {
        match self {
            PlanePacket::Rtp(packet) => packet.key,
            PlanePacket::Rtcp { key, .. } => *key,
        }
    }
}

/// What the owner of the relay is told.
#[derive(Debug, Clone, PartialEq)]
pub enum PlaneEvent {
    /// A take was carried out: every slot that it changes has switched.
    TakeDone {
        /// The take.
        take: TakeId,
        /// When the switch was made.
        at: Instant,
        /// From `order_take` to the switch.
        elapsed: std::time::Duration,
        /// Slots whose picture changed, with the first RTP timestamp of the new picture in that slot.
        cuts: Vec<(SlotId, u32)>,
    },
    /// A take was given up; the routes are as before it.
    TakeFailed {
        /// The take.
        take: TakeId,
        /// Why.
        reason: TakeFailure,
    },
    /// The layers wanted of a track changed: switch the others off at the sender.
    LayersWanted {
        /// The track.
        track: TrackId,
        /// Wanted layers, lowest first; empty: nothing of it is wanted.
        layers: Vec<Layer>,
    },
    /// The relay itself does not keep up, and forwards no better layer than this to anybody; or it keeps up again.
    Ceiling {
        /// Best layer for anybody.
        layer: Layer,
    },
    /// Every [`LEVELS_EVERY`], all microphones of which a packet with a level (RFC 6464) came since.
    Levels(Vec<TrackLevel>),
    /// Every second, for each track that has ever sent.
    TrackStats(TrackStats),
    /// Every second, for each endpoint that receives.
    ReceiverStats(ReceiverStats),
    /// The verdict on a source that is watched, at once when the watch begins and whenever it changes.
    Readiness {
        /// The source.
        watch: Watch,
        /// The verdict.
        readiness: Readiness,
    },
}

/// Why a take was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeFailure {
    /// No complete keyframe in time.
    NoKeyframe,
    /// The new source left.
    SourceLost,
    /// Cancelled, or replaced by another take.
    Superseded,
}

/// How loud a track was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackLevel {
    /// The track.
    pub track: TrackId,
    /// Mean level, dBFS; −127: silence.
    pub dbfs: f32,
}

/// What arrived from a track in the last second.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackStats {
    /// The track.
    pub track: TrackId,
    /// Layers with packets in the last second, lowest first.
    pub layers: Vec<LayerStats>,
    /// Sound: mean level in dBFS (−127: silence); none for video or without the extension.
    pub level_dbfs: Option<f32>,
    /// Sender reports were seen for every flowing layer: lips are known.
    pub synced: bool,
    /// Since the last complete frame (video) or packet (sound).
    pub silent_for: std::time::Duration,
}

/// One layer in the last second.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerStats {
    /// The layer.
    pub layer: Layer,
    /// Bits in the second.
    pub bits: u64,
    /// Packets received.
    pub packets: u32,
    /// Packets lost (before retransmission).
    pub lost: u32,
    /// Frames completed (video).
    pub frames: u32,
    /// Keyframes completed (video).
    pub keyframes: u32,
    /// Interarrival jitter, ms (RFC 3550 §6.4.1).
    pub jitter_ms: f32,
}

/// What went to a receiver in the last second, and what it reported.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceiverStats {
    /// The receiver.
    pub endpoint: EndpointId,
    /// Bits sent in the second.
    pub bits: u64,
    /// Packets sent in the second.
    pub packets: u32,
    /// Packets retransmitted in the second.
    pub retransmitted: u32,
    /// Largest fraction lost of its latest receiver reports, 0 to 1.
    pub loss: f32,
    /// Round trip from receiver reports, if known.
    pub rtt: Option<std::time::Duration>,
    /// What the way to it carries, bits per second; none: no limit was met.
    pub limit: Option<u64>,
}

/// The forwarding plane. See the module for the loop.
#[derive(Debug)]
pub struct Plane {
    anchor: TimeAnchor,
    random: SmallRng,
    endpoints: Slab<Endpoint>,
    endpoint_keys: BTreeMap<EndpointId, usize>,
    tracks: Slab<Track>,
    track_keys: BTreeMap<TrackId, usize>,
    slots: Slab<Slot>,
    slot_keys: BTreeMap<SlotId, usize>,
    /// Streams that were ever begun.
    streams: u64,
    routes: Routes,
    take: Option<PendingTake>,
    /// The take that ended last.
    ended: Option<EndedTake>,
    /// A slot switched, so other layers may be wanted.
    layers_changed: bool,
    /// Until when late packets of a track are welcome in a slot.
    lingering: VecDeque<(Instant, usize, usize)>,
    /// Sources that are watched; none: its endpoint is not connected.
    watches: BTreeMap<Watch, Option<Watched>>,
    /// Which layers the relay has the breath for.
    breath: Breath,
    timers: Timers,
    /// Packets that publishers may still be asked for in this second.
    requests_left: usize,
    queue: VecDeque<PlanePacket>,
    /// They waited for their turn on a way with a limit, and leave before all others.
    released: VecDeque<PlanePacket>,
    events: VecDeque<PlaneEvent>,
}

impl Plane {
    /// An empty plane. `seed` feeds the generator of start sequence numbers and timestamps.
    pub fn new(anchor: TimeAnchor, seed: u64) -> Self {
        let mut timers = Timers::default();
        timers.set(Timer::Second, anchor.instant + stats::STATS_INTERVAL);
        timers.set(Timer::Levels, anchor.instant + stats::LEVELS_EVERY);
        timers.set(Timer::Flow, anchor.instant + routing::FLOW_INTERVAL);
        Self {
            anchor,
            random: SmallRng::seed_from_u64(seed),
            endpoints: Slab::new(),
            endpoint_keys: BTreeMap::new(),
            tracks: Slab::new(),
            track_keys: BTreeMap::new(),
            slots: Slab::new(),
            slot_keys: BTreeMap::new(),
            streams: 0,
            routes: Routes::default(),
            take: None,
            ended: None,
            layers_changed: false,
            lingering: VecDeque::new(),
            watches: BTreeMap::new(),
            breath: Breath::default(),
            timers,
            requests_left: retransmit::MAX_REQUESTS,
            queue: VecDeque::new(),
            released: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Adds an endpoint whose offer was answered; gives its place in the table. An endpoint of the same name is forgotten
    /// first.
    pub fn add_endpoint(&mut self, now: Instant, endpoint: EndpointId, negotiated: &Negotiated) -> EndpointKey {
        self.remove_endpoint(now, endpoint);
        EndpointKey(self.admit(now, endpoint, negotiated))
    }

    /// Says that the endpoint can receive now (DTLS is done). Before it, nothing is sent to it.
    pub fn endpoint_connected(&mut self, now: Instant, endpoint: EndpointId) {
        if let Some(&key) = self.endpoint_keys.get(&endpoint) {
            self.connect(now, key);
        }
    }

    /// Forgets an endpoint, its tracks and its slots.
    pub fn remove_endpoint(&mut self, now: Instant, endpoint: EndpointId) {
        let _ = now;
        if let Some(&key) = self.endpoint_keys.get(&endpoint) {
            self.dismiss(key);
        }
    }

    /// Applies routes at once. Sound switches with this call; a picture switches at the next complete keyframe of its new
    /// source and the old one is held until then, for at most one second. A pending take is not touched: order it
    /// again with new routes, or cancel it. Routes that were to flow until a take ([`Routes::until`]) are left out once it is done.
    pub fn set_routes(&mut self, now: Instant, routes: Routes) {
        let late = routes.until.is_some_and(|take| self.ended == Some(EndedTake::Done(take)));
        if self.routes != routes && !late {
            self.routes = routes;
            self.apply_routes(now);
        }
    }

    /// Orders a take: asks for keyframes at once, and applies `routes` as one transaction when every new picture that
    /// it is about has a complete keyframe; sound switches at the same instant. Ordering the same take again replaces its routes; once it has
    /// ended, that is late and left out, because its end is on the way to the owner.
    pub fn order_take(&mut self, now: Instant, take: TakeId, routes: Routes) {
        self.begin_take(now, take, routes);
    }

    /// Gives a pending take up.
    pub fn cancel_take(&mut self, now: Instant, take: TakeId) {
        let _ = now;
        if self.take.as_ref().is_some_and(|pending| pending.id == take) {
            self.fail_take(TakeFailure::Superseded);
        }
    }

    /// Watches the readiness of these sources and of no others; an endpoint that is not there yet is watched when it comes. A
    /// watch asks for no layer: it judges the best one that routes ask for. Whoever calls bounds the set, as with routes.
    pub fn set_watches(&mut self, now: Instant, watches: &BTreeSet<Watch>) {
        self.change_watches(now, watches);
    }

    /// A media packet from an endpoint.
    pub fn handle_rtp(&mut self, now: Instant, packet: IncomingRtp) {
        self.take_in(now, packet);
    }

    /// A decrypted compound RTCP packet from an endpoint. SSRCs that are not that endpoint's business are ignored.
    pub fn handle_rtcp(&mut self, now: Instant, from: EndpointId, packet: &[u8]) {
        if let Some(&key) = self.endpoint_keys.get(&from) {
            self.hear(now, key, packet);
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop(now) {
            match timer {
                Timer::Take => self.take_timeout(now),
                Timer::Probe(endpoint) => self.send_probe(now, endpoint),
                Timer::Pace(endpoint) => self.release_paced(now, endpoint),
                Timer::Report(endpoint) => self.send_reports(now, endpoint),
                Timer::Feedback(endpoint) => self.send_transport_feedback(endpoint),
                Timer::Missing(track) => self.request_missing(now, track),
                Timer::Keyframe(track) => self.request_keyframes(now, track),
                Timer::Hold(slot) => self.end_hold(now, slot),
                Timer::Linger => self.end_linger(now),
                Timer::Flow => self.check_flow(now),
                Timer::Readiness => self.look_at_watches(now),
                Timer::Levels => self.tell_levels(now),
                Timer::Second => self.tell_stats(now),
            }
        }
    }

    /// When `handle_timeout` is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Brings waiting packets of one receiver together; each receiver's keep their order.
    pub fn group_by_receiver(&mut self) {
        if !self.queue.iter().is_sorted_by_key(PlanePacket::key) {
            self.queue.make_contiguous().sort_by_key(PlanePacket::key);
        }
    }

    /// Next packet to send, if any.
    pub fn poll_packet(&mut self, now: Instant) -> Option<PlanePacket> {
        if let Some(packet) = self.released.pop_front() {
            return Some(self.depart(now, packet));
        }
        loop {
            let packet = self.queue.pop_front()?;
            if let Some(packet) = self.pace(now, packet) {
                return Some(self.depart(now, packet));
            }
        }
    }

    /// Next thing to tell the owner, if any.
    pub fn poll_event(&mut self) -> Option<PlaneEvent> {
        self.events.pop_front()
    }
}
