//! Where packets are forwarded: one slot of one receiver, and what makes different sources look like one stream in it.
//!
//! A slot's numbers only ever grow. An *epoch* is a range of outgoing numbers that belongs to one stretch of one source;
//! late packets and requests for lost ones find their way through epochs even across a switch. A packet's
//! (SSRC, sequence) is given out once: GCM keys do not survive a second time.

use std::collections::VecDeque;

use bytes::Bytes;

use super::division::Allowance;
use super::epoch::{Epoch, SentWindow, TimeMap};
use super::level::SILENCE;
use super::redundancy::Redundancy;
use super::repeat::Rtx;
use super::reports::SentCounters;
use super::retransmit::Repetitions;
use super::source::{LayerSource, Stored, StreamId};
use super::timeline::{Micros, SlotLine};
use super::vp8::{LastPicture, PictureIds, PictureOffset};
use super::{OutgoingRtp, PlanePacket};
use crate::{Codec, EndpointKey, Feed, Kind, Layer, SlotId};

/// One stretch of one layer of one track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SourceKey {
    /// Key of the track in the plane's table.
    pub(super) track: usize,
    pub(super) layer: Layer,
    pub(super) stream: StreamId,
}

/// What a slot carries now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Playing {
    Nothing,
    /// Sound: the next packet of this source opens an epoch.
    Opening(SourceKey),
    /// The newest epoch is open and belongs to this source.
    Source(SourceKey),
}

impl Playing {
    pub(super) fn source(self) -> Option<SourceKey> {
        match self {
            Playing::Nothing => None,
            Playing::Opening(source) | Playing::Source(source) => Some(source),
        }
    }
}

/// A packet that came from no source: parameter sets, silence.
#[derive(Debug)]
pub(super) struct Injected {
    pub(super) sequence: u64,
    pub(super) timestamp: i64,
    pub(super) payload: Bytes,
}

/// How a slot was negotiated.
#[derive(Debug)]
pub(super) struct SlotTerms {
    pub(super) id: SlotId,
    /// Key of the receiver in the plane's table.
    pub(super) endpoint: usize,
    pub(super) kind: Kind,
    pub(super) codec: Codec,
    pub(super) payload_type: u8,
    pub(super) ssrc: u32,
    /// The receiver tells of its packets by transport-wide number.
    pub(super) numbered: bool,
}

/// Packets that were rewritten for one slot often fit the next one.
#[derive(Debug, Default)]
pub(super) struct RewriteCache {
    last: Option<(PictureOffset, Bytes)>,
}

impl RewriteCache {
    fn payload(&mut self, packet: &Stored, ids: PictureIds, offset: PictureOffset) -> Bytes {
        if let Some((known, payload)) = &self.last
            && *known == offset
        {
            return payload.clone();
        }
        let payload = offset.rewrite(&packet.payload, ids);
        self.last = Some((offset, payload.clone()));
        payload
    }
}

/// One outgoing slot.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) terms: SlotTerms,
    pub(super) rtx: Option<Rtx>,
    /// Sound that is repeated in later packets; none: the receiver cannot read it.
    pub(super) redundancy: Option<Redundancy>,
    /// The receiver can receive.
    pub(super) connected: bool,
    /// What the routes say, as far as the way to the receiver allows it.
    pub(super) feed: Option<Feed>,
    pub(super) allowed: Allowance,
    pub(super) playing: Playing,
    pub(super) line: SlotLine,
    pub(super) sent: SentCounters,
    pub(super) repetitions: Repetitions,
    pub(super) epochs: VecDeque<Epoch>,
    pub(super) next_out: u64,
    pub(super) window: SentWindow,
    last_time: Option<i64>,
    last_picture: Option<LastPicture>,
    pub(super) injected: VecDeque<Injected>,
    /// When the last keyframe went out.
    pub(super) keyframe_at: Option<std::time::Instant>,
}

/// Epochs kept: switches within the ring's two seconds, and gaps of padding.
const MAX_EPOCHS: usize = 32;

/// Injected packets kept for retransmission: those of the last few switches.
const MAX_INJECTED: usize = 8;

/// An Opus frame of 20 ms of digital silence (RFC 6716 §3.1: CELT, full band, one frame).
const OPUS_SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];

/// Ticks of one 20 ms Opus frame.
const OPUS_FRAME: i64 = 960;

/// Silence frames at a cut: one is concealed by the decoder's overlap, the second is silent.
const SILENCE_FRAMES: i64 = 2;

/// Sound that was captured before the last sound sent is skipped, up to this; beyond, the line is moved.
const MAX_SKIP: Micros = 120_000;

/// Picture that was captured before the last picture sent is squeezed, up to this; beyond, the line is moved.
const MAX_LAG: Micros = 500_000;

/// Least distance between the last old and the first new picture: 1 ms.
const MIN_STEP: Micros = 1_000;

impl Slot {
    pub(super) fn new(terms: SlotTerms, rtx: Option<Rtx>, red: Option<u8>, first_out: u64, base: u32) -> Self {
        let line = SlotLine::new(i64::from(base) + (1 << 32), terms.codec.clock_rate());
        Self {
            terms,
            rtx,
            redundancy: red.map(Redundancy::new),
            connected: false,
            feed: None,
            allowed: Allowance::All,
            playing: Playing::Nothing,
            line,
            sent: SentCounters::default(),
            repetitions: Repetitions::default(),
            epochs: VecDeque::new(),
            next_out: first_out,
            window: SentWindow::starting_at(first_out),
            last_time: None,
            last_picture: None,
            injected: VecDeque::new(),
            keyframe_at: None,
        }
    }

    /// A packet of a source arrived; `capture` is its relay time.
    pub(super) fn forward(
        &mut self,
        source: SourceKey,
        packet: &Stored,
        capture: Micros,
        cache: &mut RewriteCache,
        queue: &mut VecDeque<PlanePacket>,
    ) {
        if !self.connected {
            return;
        }
        if self.playing == Playing::Opening(source) && !self.open_sound(source, packet, capture) {
            return;
        }
        let Some(at) = self.epochs.iter().rposition(|epoch| epoch.outgoing(source, packet.sequence).is_some()) else {
            return;
        };
        let outgoing = self.epochs[at].outgoing(source, packet.sequence).expect("rposition found it");
        if packet.payload.is_empty() && at + 1 == self.epochs.len() && outgoing == self.next_out {
            self.compact(packet.sequence);
            return;
        }
        self.send(at, outgoing, packet, cache, queue);
    }

    /// Upstream padding is dropped and leaves no hole in the outgoing numbers.
    fn compact(&mut self, padding: u64) {
        let Some(open) = self.epochs.back_mut() else { return };
        if padding == open.first_in {
            open.first_in += 1;
            return;
        }
        let next = Epoch { first_in: padding + 1, last_in: u64::MAX, first_out: self.next_out, ..*open };
        open.last_in = padding - 1;
        self.push_epoch(next);
    }

    fn send(
        &mut self,
        epoch: usize,
        outgoing: u64,
        packet: &Stored,
        cache: &mut RewriteCache,
        queue: &mut VecDeque<PlanePacket>,
    ) {
        if !self.window.claim(outgoing) {
            return;
        }
        let epoch = &self.epochs[epoch];
        let timestamp = epoch.times.map(packet.timestamp);
        let payload = match packet.content.picture {
            Some(ids) => cache.payload(packet, ids, epoch.picture),
            None => packet.payload.clone(),
        };
        if outgoing >= self.next_out {
            self.next_out = outgoing + 1;
            self.last_time = Some(self.last_time.map_or(timestamp, |last| last.max(timestamp)));
            if let Some(ids) = packet.content.picture {
                self.last_picture = Some(epoch.picture.apply(ids));
            }
        }
        if packet.content.key && packet.content.start {
            self.keyframe_at = Some(packet.arrived);
        }
        self.emit(outgoing, timestamp, packet.marker, packet.audio_level, payload, queue);
    }

    fn emit(
        &mut self,
        sequence: u64,
        timestamp: i64,
        marker: bool,
        audio_level: Option<u8>,
        payload: Bytes,
        queue: &mut VecDeque<PlanePacket>,
    ) {
        let media_type = self.terms.payload_type;
        let carried = self.redundancy.as_mut().and_then(|red| red.carry(timestamp, media_type, &payload));
        let (payload_type, payload) = carried.unwrap_or((media_type, payload));
        self.sent.count(payload.len());
        queue.push_back(PlanePacket::Rtp(OutgoingRtp {
            to: self.terms.id.endpoint,
            key: EndpointKey(self.terms.endpoint),
            line: self.terms.id.line,
            payload_type,
            ssrc: self.terms.ssrc,
            sequence,
            timestamp: timestamp as u32,
            marker,
            audio_level,
            numbered: self.terms.numbered,
            transport_sequence: None,
            probe: false,
            payload,
        }));
    }

    /// Sends what comes from no source.
    fn inject(&mut self, timestamp: i64, level: Option<u8>, payload: Bytes, queue: &mut VecDeque<PlanePacket>) {
        let sequence = self.next_out;
        if !self.window.claim(sequence) {
            return;
        }
        self.next_out += 1;
        self.last_time = Some(timestamp);
        if self.injected.len() == MAX_INJECTED {
            self.injected.pop_front();
        }
        self.injected.push_back(Injected { sequence, timestamp, payload: payload.clone() });
        self.emit(sequence, timestamp, false, level, payload, queue);
    }

    /// Switches the picture: sends a source's keyframe and all that followed it. Returns the first RTP timestamp.
    pub(super) fn switch_picture(
        &mut self,
        key: SourceKey,
        source: &LayerSource,
        capture: Micros,
        queue: &mut VecDeque<PlanePacket>,
    ) -> Option<u32> {
        let frame = source.keyframe?;
        let first = source.ring.get(frame.first)?;
        self.close();
        let times = self.picture_times(first.timestamp, capture);
        let start = times.map(first.timestamp);
        if !source.is_self_contained(frame)
            && let Some(parameters) = source.parameters.aggregate()
        {
            self.inject(start, None, parameters, queue);
        }
        let picture = first
            .content
            .picture
            .map_or_else(PictureOffset::default, |ids| PictureOffset::following(self.last_picture, ids));
        self.push_epoch(Epoch {
            source: key,
            first_in: frame.first,
            last_in: u64::MAX,
            first_out: self.next_out,
            times,
            picture,
        });
        self.playing = Playing::Source(key);
        for sequence in frame.first..=source.ring.highest()? {
            if let Some(packet) = source.ring.get(sequence) {
                self.forward(key, packet, capture, &mut RewriteCache::default(), queue);
            }
        }
        self.keyframe_at = Some(frame.completed);
        Some(start as u32)
    }

    fn picture_times(&mut self, timestamp: u64, capture: Micros) -> TimeMap {
        let mut start = self.line.at(capture);
        let floor = self.last_time.map_or(start, |last| last + self.line.ticks(MIN_STEP));
        let mut lag = (floor - start).max(0);
        if lag > self.line.ticks(MAX_LAG) {
            self.line.shift(lag);
            start += lag;
            lag = 0;
        }
        TimeMap { offset: start - timestamp as i64, start, lag }
    }

    /// Switches the sound; the source's next packet begins its epoch.
    pub(super) fn switch_sound(&mut self, to: Playing, queue: &mut VecDeque<PlanePacket>) {
        if matches!(self.playing, Playing::Source(_)) {
            self.close();
            for _ in 0..SILENCE_FRAMES {
                let timestamp = self.last_time.map_or(0, |last| last + OPUS_FRAME);
                self.inject(timestamp, Some(SILENCE), Bytes::from_static(&OPUS_SILENCE), queue);
            }
        }
        self.playing = to;
    }

    /// False: the packet is to be skipped.
    fn open_sound(&mut self, source: SourceKey, packet: &Stored, capture: Micros) -> bool {
        if packet.payload.is_empty() {
            return false;
        }
        let mut start = self.line.at(capture);
        let floor = self.last_time.map_or(start, |last| last + OPUS_FRAME);
        if start < floor {
            if floor - start <= self.line.ticks(MAX_SKIP) {
                return false;
            }
            self.line.shift(floor - start);
            start = floor;
        }
        let times = TimeMap { offset: start - packet.timestamp as i64, start, lag: 0 };
        self.push_epoch(Epoch {
            source,
            first_in: packet.sequence,
            last_in: u64::MAX,
            first_out: self.next_out,
            times,
            picture: PictureOffset::default(),
        });
        self.playing = Playing::Source(source);
        true
    }

    /// Stops at once.
    pub(super) fn stop(&mut self, queue: &mut VecDeque<PlanePacket>) {
        match self.terms.kind {
            Kind::Audio if self.connected => self.switch_sound(Playing::Nothing, queue),
            Kind::Audio | Kind::Video => {
                self.close();
                self.playing = Playing::Nothing;
            }
        }
    }

    /// Packets before it that each packet carries again.
    pub(super) fn copies(&self) -> usize {
        self.redundancy.as_ref().map_or(0, |redundancy| redundancy.copies)
    }

    /// Ends the open epoch at the last number sent.
    fn close(&mut self) {
        if let Some(open) = self.epochs.back_mut().filter(|epoch| epoch.last_in == u64::MAX) {
            let sent = self.next_out - open.first_out;
            if sent == 0 {
                self.epochs.pop_back();
            } else {
                open.last_in = open.first_in + sent - 1;
            }
        }
    }

    fn push_epoch(&mut self, epoch: Epoch) {
        if self.epochs.len() == MAX_EPOCHS {
            self.epochs.pop_front();
        }
        self.epochs.push_back(epoch);
    }

    /// How far the source that flows has left the slot's line, in ticks, if relay time `capture` is when `timestamp` was
    /// captured.
    pub(super) fn off_line(&self, timestamp: u64, capture: Micros) -> Option<i64> {
        let open = self.epochs.back().filter(|epoch| epoch.last_in == u64::MAX)?;
        Some(timestamp as i64 + open.times.offset - self.line.at(capture))
    }
}
