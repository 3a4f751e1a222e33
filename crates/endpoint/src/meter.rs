//! What an endpoint counts between two `stats` messages, and which takes it still has to see.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use wire::{Cut, TakeId};

use crate::slots;

/// Counts since the last `stats`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Whole programme frames whose marker was read.
    pub frames: u32,
    /// Freezes.
    pub freezes: u32,
    /// Packets received.
    pub packets: u64,
    /// Packets that never came.
    pub lost: u64,
    /// Sound packets that never came.
    pub sound_lost: u64,
    /// Sound packets received.
    pub sound_packets: u64,
    /// Bytes of payload.
    pub bytes: u64,
}

/// Shared by the receivers of one endpoint.
#[derive(Debug, Default)]
pub struct Meter {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    counts: Counts,
    takes: Takes,
    /// Slots of the picture, and since when.
    shown_since: BTreeMap<String, Instant>,
}

impl Meter {
    /// A packet arrived.
    pub fn packet(&self, bytes: usize) {
        let mut inner = self.lock();
        inner.counts.packets += 1;
        inner.counts.bytes += bytes as u64;
    }

    /// Changes the counts.
    pub fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.lock().counts);
    }

    /// A whole frame with this RTP timestamp was seen in a slot. The take that is thereby shown, with the time since
    /// its `cut` message in ms.
    pub fn frame_seen(&self, now: Instant, slot: &str, timestamp: u32) -> Option<(TakeId, u32)> {
        self.lock().takes.frame(now, slot, timestamp)
    }

    /// The server announced the first frames of a take. As above if they were all seen already.
    pub fn cut(&self, now: Instant, take: TakeId, cuts: &[Cut]) -> Option<(TakeId, u32)> {
        self.lock().takes.cut(now, take, cuts)
    }

    /// The server said which slots the picture consists of.
    pub fn picture(&self, now: Instant, slots: &[String]) {
        let mut inner = self.lock();
        inner.shown_since.retain(|slot, _| slots.contains(slot));
        for slot in slots {
            inner.shown_since.entry(slot.clone()).or_insert(now);
        }
    }

    /// Since when a slot is part of the picture.
    pub fn shown_since(&self, slot: &str) -> Option<Instant> {
        self.lock().shown_since.get(slot).copied()
    }

    /// A new peer connection: its timestamps have nothing to do with the old ones'.
    pub fn restart(&self) {
        self.lock().takes = Takes::default();
    }

    /// The counts since the last call.
    pub fn take_counts(&self) -> Counts {
        std::mem::take(&mut self.lock().counts)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Counts are whole after every statement.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes that are announced and not yet seen, and the latest frame of every slot.
#[derive(Debug, Default)]
struct Takes {
    latest: BTreeMap<String, u32>,
    pending: Option<Pending>,
}

#[derive(Debug)]
struct Pending {
    take: TakeId,
    since: Instant,
    waiting: BTreeMap<String, u32>,
}

/// Whether RTP timestamp `a` is `b` or after it, across the wrap.
fn at_or_after(a: u32, b: u32) -> bool {
    a.wrapping_sub(b) < 1 << 31
}

impl Takes {
    fn frame(&mut self, now: Instant, slot: &str, timestamp: u32) -> Option<(TakeId, u32)> {
        match self.latest.get_mut(slot) {
            Some(latest) => *latest = timestamp,
            None => drop(self.latest.insert(slot.to_owned(), timestamp)),
        }
        let pending = self.pending.as_mut()?;
        pending.waiting.retain(|waiting, first| waiting != slot || !at_or_after(timestamp, *first));
        self.finished(now)
    }

    fn cut(&mut self, now: Instant, take: TakeId, cuts: &[Cut]) -> Option<(TakeId, u32)> {
        let waiting: BTreeMap<String, u32> = cuts
            .iter()
            .map(|cut| (slots::name(cut.slot), cut.rtp_timestamp))
            .filter(|(slot, first)| !self.latest.get(slot).is_some_and(|latest| at_or_after(*latest, *first)))
            .collect();
        // A newer take replaces an older one that was not seen.
        self.pending = Some(Pending { take, since: now, waiting });
        self.finished(now)
    }

    fn finished(&mut self, now: Instant) -> Option<(TakeId, u32)> {
        let done = self.pending.take_if(|pending| pending.waiting.is_empty())?;
        Some((done.take, now.duration_since(done.since).as_millis() as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use wire::Slot;

    const TAKE: TakeId = TakeId(7);

    fn cut(index: u32, rtp_timestamp: u32) -> Cut {
        Cut { slot: Slot::Program { index }, rtp_timestamp }
    }

    #[test]
    fn a_take_is_shown_when_every_slot_reached_its_first_frame() {
        let (meter, start) = (Meter::default(), Instant::now());
        assert_eq!(meter.frame_seen(start, "program/0", 900), None);
        assert_eq!(meter.cut(start, TAKE, &[cut(0, 1_000), cut(1, 50)]), None);
        let later = start + Duration::from_millis(80);
        assert_eq!(meter.frame_seen(later, "program/0", 1_000), None);
        assert_eq!(meter.frame_seen(later, "program/1", 49), None);
        assert_eq!(meter.frame_seen(later, "program/1", 51), Some((TAKE, 80)));
        assert_eq!(meter.frame_seen(later, "program/1", 52), None, "told once");
    }

    #[test]
    fn frames_that_overtook_the_message_count_at_once() {
        let (meter, now) = (Meter::default(), Instant::now());
        meter.frame_seen(now, "program/0", 5);
        assert_eq!(meter.cut(now, TAKE, &[cut(0, u32::MAX - 10)]), Some((TAKE, 0)), "across the wrap");
    }

    #[test]
    fn a_newer_take_replaces_one_that_was_never_seen() {
        let (meter, now) = (Meter::default(), Instant::now());
        meter.cut(now, TAKE, &[cut(0, 100)]);
        meter.cut(now, TakeId(8), &[cut(0, 200)]);
        assert_eq!(meter.frame_seen(now, "program/0", 150), None);
        assert_eq!(meter.frame_seen(now, "program/0", 200), Some((TakeId(8), 0)));
    }

    #[test]
    fn a_slot_is_shown_since_it_came_into_the_picture() {
        let (meter, start) = (Meter::default(), Instant::now());
        let later = start + Duration::from_secs(1);
        meter.picture(start, &["program/0".into()]);
        meter.picture(later, &["program/0".into(), "program/1".into()]);
        assert_eq!((meter.shown_since("program/0"), meter.shown_since("program/1")), (Some(start), Some(later)));
        meter.picture(later, &["program/1".into()]);
        assert_eq!(meter.shown_since("program/0"), None);
    }

    #[test]
    fn counts_are_of_one_period() {
        let meter = Meter::default();
        meter.packet(100);
        meter.count(|counts| counts.frames += 1);
        let counts = meter.take_counts();
        assert_eq!((counts.packets, counts.bytes, counts.frames), (1, 100, 1));
        assert_eq!(meter.take_counts(), Counts::default());
    }
}
