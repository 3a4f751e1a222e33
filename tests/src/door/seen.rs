//! What came to a player, and how a take looked in it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use str0m::IceConnectionState;

/// Types of NAL units (RFC 6184 §5.2, ITU-T H.264 table 7-1).
const IDR: u8 = 5;
const SPS: u8 = 7;
const PPS: u8 = 8;
const STAP_A: u8 = 24;

/// One packet that was received.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) at: Instant,
    pub(super) line: usize,
    pub(super) payload: Vec<u8>,
}

impl Received {
    /// True if the payload says this.
    pub(super) fn says(&self, what: &str) -> bool {
        self.payload.windows(what.len()).any(|window| window == what.as_bytes())
    }

    /// False for parameter sets in a packet of their own, which say nothing.
    pub(super) fn is_media(&self) -> bool {
        !self.units().iter().all(|unit| [SPS, PPS].contains(unit))
    }

    /// Types of its NAL units.
    fn units(&self) -> Vec<u8> {
        let kind = |byte: u8| byte & 0x1f;
        let Some((&first, mut rest)) = self.payload.split_first() else { return Vec::new() };
        if kind(first) != STAP_A {
            return vec![kind(first)];
        }
        let mut units = Vec::new();
        while let [high, low, unit @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*high, *low])).min(unit.len());
            units.extend(unit.first().copied().map(kind));
            rest = &unit[length..];
        }
        units
    }
}

/// Everything that came.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) packets: Vec<Received>,
    pub(super) states: Vec<IceConnectionState>,
}

impl Seen {
    /// Fails unless the line had only pictures that say `before` and then only such that say `after`, beginning with a whole keyframe.
    /// Gives the longest time between two of them, from the last one before the order on.
    pub(super) fn cut(&self, ordered: Instant, line: usize, before: &str, after: &str) -> Result<Duration> {
        let packets: Vec<_> = self.packets.iter().filter(|one| one.line == line).collect();
        let from = packets.iter().rposition(|one| one.at <= ordered && one.says(before));
        let packets = &packets[from.with_context(|| format!("{before} was not on air"))?..];
        let cut = packets.iter().position(|one| one.says(after)).with_context(|| format!("{after} never came"))?;
        ensure!(!packets[cut..].iter().any(|one| one.says(before)), "{before} came after {after}");
        let last = packets[..cut].iter().rposition(|one| one.says(before)).unwrap_or_default();

        // Parameter sets may come in packets of their own, which say nothing.
        let key: Vec<_> = packets[last + 1..=cut].iter().flat_map(|one| one.units()).collect();
        ensure!([SPS, PPS, IDR].iter().all(|unit| key.contains(unit)), "{after} begins with the units {key:?}");

        let pictures: Vec<_> = packets.iter().filter(|one| one.says(before) || one.says(after)).collect();
        let gaps = pictures.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at));
        gaps.max().context("one picture has no gap")
    }
}
