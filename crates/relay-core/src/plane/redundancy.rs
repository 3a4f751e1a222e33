//! Sound that survives losses: where the way to a receiver loses packets, each packet of sound carries the ones before it again
//! (RED, RFC 2198). Sound is small, and a repetition that is asked for comes too late far away.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};

use super::bandwidth::BitRate;

/// How many packets before it a packet carries, by the share that is lost at least. A way that loses each packet by chance leaves
/// a hundredth of a percent of the sound missing at 1 % with one, six thousandths at 4 % with two, eight tenths at 30 % with three.
const STEPS: [(f64, usize); 3] = [(0.01, 1), (0.04, 2), (0.12, 3)];
/// Most packets that a packet carries besides its own.
const MOST: usize = 3;
/// Losses are judged over this: a burst counts, an hour ago does not.
const SPAN: Duration = Duration::from_secs(2);
/// Reports within this count as one, however many a receiver sends.
const STEP: Duration = Duration::from_millis(50);
/// Packets that make a share believable: one lost of twenty is no news.
const FEWEST: u64 = 40;
/// Fewer repetitions only after the way was better for so long.
const CALM: Duration = Duration::from_secs(10);
/// Of a way with a limit, sound with its repetitions takes at most this share of percent: a picture must fit beside it.
const SHARE_PERCENT: BitRate = 40;

/// Largest offset of a repeated block, ticks (14 bits, RFC 2198 §3).
const MAX_OFFSET: i64 = (1 << 14) - 1;
/// Largest repeated block, bytes (10 bits).
const MAX_BLOCK: usize = (1 << 10) - 1;
/// Header of a repeated block, and of the packet's own, which is the last.
const BLOCK_HEADER: usize = 4;
const LAST_HEADER: usize = 1;
/// A packet with its repetitions stays below this, so that it fits every path.
const MAX_PAYLOAD: usize = 1_100;

/// Repetitions in one slot.
#[derive(Debug)]
pub(super) struct Redundancy {
    /// Payload type of RED.
    payload_type: u8,
    /// How many packets each one carries besides its own.
    pub(super) copies: usize,
    /// Timestamps and payloads that were sent last, the latest last.
    recent: VecDeque<(i64, Bytes)>,
}

impl Redundancy {
    /// None yet.
    pub(super) fn new(payload_type: u8) -> Self {
        Self { payload_type, copies: 0, recent: VecDeque::with_capacity(MOST) }
    }

    /// A payload is about to be sent: gives what is sent in its place, with its payload type; none: it goes as it is.
    pub(super) fn carry(&mut self, timestamp: i64, media_type: u8, payload: &Bytes) -> Option<(u8, Bytes)> {
        let carried = (self.copies > 0).then(|| self.write(timestamp, media_type, payload));
        if self.recent.back().is_none_or(|(last, _)| *last < timestamp) {
            if self.recent.len() == MOST {
                self.recent.pop_front();
            }
            self.recent.push_back((timestamp, payload.clone()));
        }
        carried.map(|bytes| (self.payload_type, bytes))
    }

    /// The oldest block first, the packet's own last (RFC 2198 §3).
    fn write(&self, timestamp: i64, media_type: u8, payload: &Bytes) -> Bytes {
        let mut size = LAST_HEADER + payload.len();
        let fits = |(at, block): &&(i64, Bytes)| {
            size += BLOCK_HEADER + block.len();
            (1..=MAX_OFFSET).contains(&(timestamp - at)) && block.len() <= MAX_BLOCK && size <= MAX_PAYLOAD
        };
        let mut blocks: Vec<&(i64, Bytes)> = self.recent.iter().rev().take(self.copies).take_while(fits).collect();
        blocks.reverse();
        let mut bytes = BytesMut::with_capacity(size);
        for (at, block) in &blocks {
            bytes.put_u8(0x80 | media_type);
            let (offset, length) = ((timestamp - at) as u32, block.len() as u32);
            bytes.put_uint(u64::from(offset << 10 | length), 3);
        }
        bytes.put_u8(media_type);
        for (_, block) in &blocks {
            bytes.extend_from_slice(block);
        }
        bytes.extend_from_slice(payload);
        bytes.freeze()
    }
}

/// What the way to one receiver loses, and how often its sound is repeated for it.
#[derive(Debug, Default)]
pub(super) struct Losses {
    /// (when, lost, sent) of the last reports, one for each [`STEP`].
    reports: VecDeque<(Instant, u32, u32)>,
    copies: usize,
    /// Since when fewer would do.
    calm: Option<Instant>,
}

impl Losses {
    /// A report: so many of so many packets were lost.
    pub(super) fn note(&mut self, now: Instant, lost: u32, sent: u32) {
        match self.reports.back_mut() {
            Some((at, lost_before, sent_before)) if now.saturating_duration_since(*at) < STEP => {
                *lost_before = lost_before.saturating_add(lost);
                *sent_before = sent_before.saturating_add(sent);
            }
            _ => self.reports.push_back((now, lost, sent)),
        }
        while self.reports.front().is_some_and(|(at, _, _)| now.saturating_duration_since(*at) > SPAN) {
            self.reports.pop_front();
        }
    }

    /// How many packets each packet of sound is to carry besides its own; none: as many as before. `limit`, if the way has one:
    /// what it carries, what the sound takes of it without repetitions, and each repetition more, bits per second.
    pub(super) fn changed_copies(&mut self, now: Instant, limit: Option<(BitRate, BitRate, BitRate)>) -> Option<usize> {
        let before = self.copies;
        let room = limit.map_or(MOST, |(target, alone, each)| {
            let room = (target * SHARE_PERCENT / 100).saturating_sub(alone) / each.max(1);
            usize::try_from(room).unwrap_or(MOST).min(MOST)
        });
        let wanted = self.wanted().min(room);
        if wanted >= self.copies || room < self.copies {
            self.copies = wanted.max(self.copies.min(room));
            self.calm = None;
        } else if now.saturating_duration_since(*self.calm.get_or_insert(now)) >= CALM {
            self.copies = wanted;
            self.calm = None;
        }
        (self.copies != before).then_some(self.copies)
    }

    fn wanted(&self) -> usize {
        let sum =
            |pick: fn(&(Instant, u32, u32)) -> u32| self.reports.iter().map(|report| u64::from(pick(report))).sum();
        let (lost, sent): (u64, u64) = (sum(|report| report.1), sum(|report| report.2));
        let share = lost as f64 / sent.max(1) as f64;
        let step = STEPS.iter().rev().find(|(least, _)| sent >= FEWEST && share >= *least);
        step.map_or(0, |(_, copies)| *copies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: i64 = 960;

    fn payload(byte: u8, length: usize) -> Bytes {
        Bytes::from(vec![byte; length])
    }

    #[test]
    fn reports_in_a_flood_are_counted_and_not_kept() {
        let start = Instant::now();
        let mut losses = Losses::default();
        for index in 0..100_000_u32 {
            losses.note(start + Duration::from_micros(u64::from(index) * 40), u32::from(index % 5 == 0), 1);
        }
        assert!(losses.reports.len() <= 42, "{} are kept of two seconds", losses.reports.len());
        assert_eq!(losses.changed_copies(start + Duration::from_secs(4), None), Some(3), "a fifth was lost");
    }

    #[test]
    fn a_packet_carries_the_ones_before_it_oldest_first() {
        let mut red = Redundancy::new(63);
        assert_eq!(red.carry(0, 111, &payload(1, 3)), None);
        red.copies = 2;
        assert_eq!(red.carry(FRAME, 111, &payload(2, 2)).unwrap().0, 63);

        let (_, bytes) = red.carry(2 * FRAME, 111, &payload(3, 1)).unwrap();

        // Offsets of 1,920 and 960 ticks with lengths of 3 and 2 bytes, then the own block's type.
        let headers = [0xef, 0x1e, 0x00, 0x03, 0xef, 0x0f, 0x00, 0x02, 0x6f];
        assert_eq!(bytes[..], [&headers[..], &[1, 1, 1, 2, 2, 3]].concat());
    }

    #[test]
    fn what_is_too_old_or_too_long_is_left_out() {
        let mut red = Redundancy::new(63);
        red.copies = 3;
        red.carry(0, 111, &payload(1, 3));
        let after_silence = red.carry(MAX_OFFSET + 1, 111, &payload(2, MAX_PAYLOAD)).unwrap().1;
        assert_eq!(after_silence.len(), LAST_HEADER + MAX_PAYLOAD);
        let after_long = red.carry(MAX_OFFSET + 1 + FRAME, 111, &payload(3, 5)).unwrap().1;
        assert_eq!(after_long.len(), LAST_HEADER + 5, "the long one before does not fit beside it");
    }

    #[test]
    fn losses_raise_the_copies_at_once_and_calm_lowers_them_late() {
        let start = Instant::now();
        let mut losses = Losses::default();
        let copies = |losses: &mut Losses, now| {
            losses.changed_copies(now, None);
            losses.copies
        };
        let at = |millis| start + Duration::from_millis(millis);

        losses.note(at(0), 0, 100);
        assert_eq!(copies(&mut losses, at(0)), 0);
        losses.note(at(100), 20, 100);
        assert_eq!(copies(&mut losses, at(100)), 2);
        losses.note(at(200), 20, 100);
        assert_eq!(copies(&mut losses, at(200)), 3);
        for tenth in 3..150 {
            losses.note(at(tenth * 100), 0, 100);
            let copies = copies(&mut losses, at(tenth * 100));
            assert_eq!(copies, if tenth < 100 { 3 } else { copies }, "at {tenth}");
        }
        assert_eq!(copies(&mut losses, at(15_000)), 0);
    }

    #[test]
    fn a_way_that_is_full_keeps_room_for_a_picture() {
        let now = Instant::now();
        let mut losses = Losses::default();
        losses.note(now, 50, 100);
        let copies = |losses: &mut Losses, target| {
            losses.changed_copies(now, Some((target, 60_000, 32_000)));
            losses.copies
        };

        assert_eq!(copies(&mut losses, 150_000), 0);
        assert_eq!(copies(&mut losses, 250_000), 1);
        assert_eq!(copies(&mut losses, 3_000_000), 3);
        assert_eq!(copies(&mut losses, 250_000), 1, "a limit counts at once");
    }
}
