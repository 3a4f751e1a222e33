//! Pictures to a receiver whose way has a limit leave a little faster than the way carries them, and not all at once: a keyframe
//! that arrives at a thin line as one burst overflows its queue. Nothing of this exists for a way without a limit.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::bandwidth::BitRate;
use super::departures::OVERHEAD;
use super::timers::Timer;
use super::{OutgoingRtp, Plane, PlanePacket};
use crate::Kind;

/// Faster than the way's estimate, which lies below what the line carries: packets that wait here for long wait in vain.
const FASTER: f64 = 1.5;
/// So much may leave at once after a pause.
const BURST: Duration = Duration::from_millis(20);
/// Between two looks, and so between two small bursts.
const STEP: Duration = Duration::from_millis(5);
/// More does not wait: a keyframe of the highest layer and some. What does not fit is lost on the way, not withheld.
const MAX_WAITING: usize = 128;

/// What waits for one receiver.
#[derive(Debug, Default)]
pub(super) struct Pacer {
    waiting: VecDeque<OutgoingRtp>,
    /// Bytes a second that leave.
    rate: f64,
    /// Bytes that may leave now; below zero after sound, which never waits.
    room: f64,
    counted: Option<Instant>,
}

impl Pacer {
    fn set_rate(&mut self, target: BitRate) {
        self.rate = target as f64 / 8.0 * FASTER;
    }

    fn count(&mut self, now: Instant) {
        let passed = self.counted.map_or(BURST, |at| now.saturating_duration_since(at));
        self.counted = Some(now);
        self.room = (self.room + passed.as_secs_f64() * self.rate).min(self.rate * BURST.as_secs_f64());
    }

    /// It left, or is about to.
    fn spend(&mut self, packet: &OutgoingRtp) {
        self.room -= (packet.payload.len() + OVERHEAD) as f64;
    }

    /// A packet comes; gives what may leave now, if anything: it, or one that waits longer.
    fn push(&mut self, now: Instant, packet: OutgoingRtp, waits: bool) -> Option<OutgoingRtp> {
        self.count(now);
        if !waits {
            self.spend(&packet);
            return Some(packet);
        }
        self.waiting.push_back(packet);
        self.pop().or_else(|| (self.waiting.len() > MAX_WAITING).then(|| self.waiting.pop_front()).flatten())
    }

    /// The next packet that may leave.
    fn pop(&mut self) -> Option<OutgoingRtp> {
        let packet = (self.room > 0.0).then(|| self.waiting.pop_front()).flatten()?;
        self.spend(&packet);
        Some(packet)
    }
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

    /// The limit of a receiver's way has changed.
    pub(super) fn set_pace(&mut self, key: usize) {
        let endpoint = &mut self.endpoints[key];
        match endpoint.bandwidth.target() {
            Some(target) => endpoint.pacer.get_or_insert_default().set_rate(target),
            None => {
                let waiting = endpoint.pacer.take().into_iter().flat_map(|pacer| pacer.waiting);
                self.released.extend(waiting.map(PlanePacket::Rtp));
                self.timers.cancel(Timer::Pace(key));
            }
        }
    }

    /// A slot shows something else: what waits of it would be in the way.
    pub(super) fn drop_paced(&mut self, slot: usize) {
        let terms = &self.slots[slot].terms;
        if let Some(pacer) = &mut self.endpoints[terms.endpoint].pacer {
            pacer.waiting.retain(|packet| packet.line != terms.id.line);
        }
    }
}
