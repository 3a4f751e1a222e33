//! Pictures to a receiver whose way has a limit leave a little faster than the way carries them, and not all at once: a keyframe
//! that arrives at a thin line as one burst overflows its queue. Nothing of this exists for a way without a limit.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::bandwidth::BitRate;
use super::departures::OVERHEAD;
use super::timers::Timer;
use super::{OutgoingRtp, Plane, PlanePacket};
use crate::{Kind, LineId};

/// Faster than the way's estimate, which lies below what the line carries: packets that wait here for long wait in vain.
const FASTER: f64 = 1.5;
/// Slower than it while packets wait on the line: its queue is full, and what comes faster than it drains is lost.
const WHILE_QUEUED: f64 = 0.75;
/// So much may leave at once after a pause.
const BURST: Duration = Duration::from_millis(20);
/// The longest packet, bytes.
const MAX_PACKET: f64 = 1_500.0;
/// Between two looks, and so between two small bursts.
const STEP: Duration = Duration::from_millis(5);
/// Nothing waits for longer: what does not fit is lost on the way, not withheld until it says nothing any more.
const LONGEST_WAIT: Duration = Duration::from_millis(400);
/// A keyframe that comes while the line's queue drains may wait for it: without one of its packets it would be worth nothing.
const LONGEST_WAIT_WHILE_QUEUED: Duration = Duration::from_secs(1);

/// What waits for one receiver.
#[derive(Debug, Default)]
pub(super) struct Pacer {
    waiting: VecDeque<OutgoingRtp>,
    waiting_bytes: usize,
    /// Bytes a second that leave.
    rate: f64,
    longest_wait: Duration,
    /// Bytes that may leave now; below zero after sound, which never waits.
    room: f64,
    counted: Option<Instant>,
}

impl Pacer {
    /// `queued`: packets wait on the line.
    fn set_rate(&mut self, target: BitRate, queued: bool) {
        let (factor, wait) = if queued { (WHILE_QUEUED, LONGEST_WAIT_WHILE_QUEUED) } else { (FASTER, LONGEST_WAIT) };
        self.rate = target as f64 / 8.0 * factor;
        self.longest_wait = wait;
    }

    fn count(&mut self, now: Instant) {
        let passed = self.counted.map_or(BURST, |at| now.saturating_duration_since(at));
        self.counted = Some(now);
        self.room = (self.room + passed.as_secs_f64() * self.rate).min(self.burst());
    }

    fn burst(&self) -> f64 {
        self.rate * BURST.as_secs_f64()
    }

    /// It left, or is about to. More sound than the way carries makes no debt that pictures would pay for long.
    fn spend(&mut self, packet: &OutgoingRtp) {
        self.room = (self.room - bytes_of(packet) as f64).max(-self.burst() - MAX_PACKET);
    }

    /// A packet comes; gives what may leave now, if anything: it, or one that waits longer.
    fn push(&mut self, now: Instant, packet: OutgoingRtp, waits: bool) -> Option<OutgoingRtp> {
        self.count(now);
        if !waits {
            self.spend(&packet);
            return Some(packet);
        }
        self.waiting_bytes += bytes_of(&packet);
        self.waiting.push_back(packet);
        let too_long = self.waiting_bytes as f64 > self.rate * self.longest_wait.as_secs_f64();
        if too_long { self.take_first() } else { self.pop() }
    }

    /// The next packet that may leave.
    fn pop(&mut self) -> Option<OutgoingRtp> {
        if self.room > 0.0 { self.take_first() } else { None }
    }

    fn take_first(&mut self) -> Option<OutgoingRtp> {
        let packet = self.waiting.pop_front()?;
        self.waiting_bytes -= bytes_of(&packet);
        self.spend(&packet);
        Some(packet)
    }

    /// Forgets what waits of a line.
    fn drop_line(&mut self, line: LineId) {
        self.waiting.retain(|packet| packet.line != line);
        self.waiting_bytes = self.waiting.iter().map(bytes_of).sum();
    }
}

fn bytes_of(packet: &OutgoingRtp) -> usize {
    packet.payload.len() + OVERHEAD
}

impl Plane {
    /// Gives the packet if it may leave now, or another one that waited for the same receiver; none: it waits.
    pub(super) fn pace(&mut self, now: Instant, packet: PlanePacket) -> Option<PlanePacket> {
        let PlanePacket::Rtp(packet) = packet else { return Some(packet) };
        let key = packet.key.0;
        let Some(endpoint) = self.endpoints.get_mut(key).filter(|endpoint| endpoint.id == packet.to) else {
            return Some(PlanePacket::Rtp(packet));
        };
        let Some(pacer) = endpoint.pacer.as_mut().filter(|_| !packet.probe) else {
            return Some(PlanePacket::Rtp(packet));
        };
        let sounds = |slot: &usize| self.slots[*slot].terms.kind == Kind::Audio;
        let waits = !endpoint.slot_of.get(&packet.ssrc).is_some_and(sounds);
        let leaves = pacer.push(now, packet, waits);
        if !pacer.waiting.is_empty() {
            self.timers.arm(Timer::Pace(key), now + STEP);
        }
        leaves.map(PlanePacket::Rtp)
    }

    /// Time for packets that wait.
    pub(super) fn release_paced(&mut self, now: Instant, key: usize) {
        let Some(pacer) = &mut self.endpoints[key].pacer else { return };
        pacer.count(now);
        self.released.extend(std::iter::from_fn(|| pacer.pop()).map(PlanePacket::Rtp));
        if !pacer.waiting.is_empty() {
            self.timers.set(Timer::Pace(key), now + STEP);
        }
    }

    /// The limit of a receiver's way has changed, or its queue has filled or drained: what there is for limited ways alone begins, follows or ends.
    pub(super) fn set_pace(&mut self, key: usize) {
        let endpoint = &mut self.endpoints[key];
        match endpoint.bandwidth.target() {
            Some(target) => {
                let queued = endpoint.bandwidth.is_queued();
                endpoint.pacer.get_or_insert_default().set_rate(target, queued);
                endpoint.repeat_room.get_or_insert_default();
            }
            None => {
                endpoint.repeat_room = None;
                let waiting = endpoint.pacer.take().into_iter().flat_map(|pacer| pacer.waiting);
                self.released.extend(waiting.map(PlanePacket::Rtp));
                self.timers.cancel(Timer::Pace(key));
            }
        }
    }

    /// A slot shows something else, or nothing: what waits of it is not to be seen any more.
    pub(super) fn drop_paced(&mut self, slot: usize) {
        let terms = &self.slots[slot].terms;
        if let Some(pacer) = &mut self.endpoints[terms.endpoint].pacer {
            pacer.drop_line(terms.id.line);
        }
    }
}
