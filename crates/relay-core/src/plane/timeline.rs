//! Where on the relay's time line a packet was captured.
//!
//! One offset per source endpoint leads from its NTP clock to relay time; it is common to its sound and to all its
//! layers, so that a slot of sound and a slot of picture that switch to that source agree. Each layer knows its own
//! line from RTP time to the source's NTP clock (sender reports). Before a report, arrival stands in for it.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::TimeAnchor;

/// Microseconds since the anchor.
pub(super) type Micros = i64;

/// Seconds from 1900 to 1970 (RFC 5905 §6).
const NTP_TO_UNIX: u64 = 2_208_988_800;

/// Relay time of an instant.
pub(super) fn micros(anchor: &TimeAnchor, at: Instant) -> Micros {
    at.saturating_duration_since(anchor.instant).as_micros() as i64
}

/// NTP timestamp (32.32) of an instant: the anchor's wall time, carried on by the monotonic clock.
pub(super) fn ntp(anchor: &TimeAnchor, at: Instant) -> u64 {
    let wall: SystemTime = anchor.wall + at.saturating_duration_since(anchor.instant);
    let unix = wall.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let fraction = (u64::from(unix.subsec_nanos()) << 32) / 1_000_000_000;
    unix.as_secs().wrapping_add(NTP_TO_UNIX) << 32 | fraction
}

/// Microseconds of an NTP timestamp (32.32).
fn ntp_micros(ntp: u64) -> Micros {
    ((u128::from(ntp) * 1_000_000) >> 32) as i64
}

/// The offset of one source endpoint.
#[derive(Debug, Default)]
pub(super) struct EndpointClock {
    offset: Option<Offset>,
    samples: VecDeque<Micros>,
    used: bool,
}

#[derive(Debug, Clone, Copy)]
struct Offset {
    micros: Micros,
    at: Micros,
}

/// What a sender report did to the endpoint's clock.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ClockChange {
    /// The same clock as before.
    Smooth,
    /// The source set its clock: what its other layers reported before is void.
    Stepped,
}

impl EndpointClock {
    /// Reports whose smallest delay counts: two per second (sound, picture) for some ten seconds.
    const WINDOW: usize = 16;
    /// A clock that moves further than this was set, not delayed.
    const STEP: Micros = 5_000_000;
    /// Within this, arrival proves nothing: it is the network's jitter.
    const DEADBAND: Micros = 10_000;
    /// Fastest correction, parts per million: faster than any quartz drifts, too slow for an eye or a jitter buffer.
    const SLEW_PPM: i64 = 300;

    /// A report with this NTP timestamp arrived now.
    pub(super) fn report(&mut self, now: Micros, ntp: u64) -> ClockChange {
        let sample = now - ntp_micros(ntp);
        let Some(offset) = self.offset else {
            self.restart(now, sample);
            return ClockChange::Smooth;
        };
        if (sample - offset.micros).abs() > Self::STEP {
            self.restart(now, sample);
            return ClockChange::Stepped;
        }
        if self.samples.len() == Self::WINDOW {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        let target = self.samples.iter().copied().min().unwrap_or(sample);
        let error = target - offset.micros;
        let moved = if !self.used {
            error
        } else if error.abs() > Self::DEADBAND {
            let most = (now - offset.at).max(0) * Self::SLEW_PPM / 1_000_000;
            error.clamp(-most, most)
        } else {
            0
        };
        self.offset = Some(Offset { micros: offset.micros + moved, at: now });
        ClockChange::Smooth
    }

    fn restart(&mut self, now: Micros, sample: Micros) {
        self.samples.clear();
        self.samples.push_back(sample);
        self.offset = Some(Offset { micros: sample, at: now });
    }

    /// A slot switched to this source: from now on the offset may only drift.
    pub(super) fn pin(&mut self) {
        self.used = self.used || self.offset.is_some();
    }
}

/// From one layer's RTP time to its source's NTP clock, or to arrival.
#[derive(Debug)]
pub(super) struct LayerClock {
    rate: i64,
    reports: VecDeque<Reported>,
    arrival: Option<Offset>,
}

/// A sender report: at that NTP time the RTP time was so much less, both in µs.
#[derive(Debug, Clone, Copy)]
struct Reported {
    ntp: Micros,
    ahead: Micros,
}

impl LayerClock {
    /// The earliest arrival ages by this, parts per million, so that a drifting source does not run away.
    const CREEP_PPM: i64 = 200;
    /// A capture later than its arrival by more than this, or earlier by more than [`Self::PAST`], is a wrong report.
    const FUTURE: Micros = 500_000;
    const PAST: Micros = 5_000_000;
    /// Reports count for this long: enough of them that one was stamped in time, and no clock drifts by more than 2 ms.
    const WINDOW: Micros = 10_000_000;
    /// Bound of the window for senders that report without end.
    const MAX_REPORTS: usize = 32;
    /// Nobody stamps a report later than this: the sender has set its clock.
    const LATEST: Micros = 500_000;

    pub(super) fn new(rate: u32) -> Self {
        Self { rate: i64::from(rate), reports: VecDeque::new(), arrival: None }
    }

    fn media(&self, timestamp: u64) -> Micros {
        (i128::from(timestamp) * 1_000_000 / i128::from(self.rate)) as i64
    }

    /// A packet arrived.
    pub(super) fn arrived(&mut self, now: Micros, timestamp: u64) {
        let sample = now - self.media(timestamp);
        let earliest = match self.arrival {
            Some(known) => sample.min(known.micros + (now - known.at).max(0) * Self::CREEP_PPM / 1_000_000),
            None => sample,
        };
        // Small creeps would round to nothing: the reference moves only when it has become earlier or a second passed.
        if self.arrival.is_none_or(|known| sample < known.micros || now - known.at > 1_000_000) {
            self.arrival = Some(Offset { micros: earliest, at: now });
        }
    }

    /// A sender report: this RTP time was that NTP time.
    pub(super) fn report(&mut self, ntp: u64, timestamp: u64) {
        let ntp = ntp_micros(ntp);
        let report = Reported { ntp, ahead: ntp - self.media(timestamp) };
        if self.ahead().is_some_and(|known| report.ahead > known + Self::LATEST) {
            self.void();
        }
        self.reports.retain(|known| (ntp - known.ntp).abs() <= Self::WINDOW);
        if self.reports.len() == Self::MAX_REPORTS {
            self.reports.pop_front();
        }
        self.reports.push_back(report);
    }

    /// Forgets the reports.
    pub(super) fn void(&mut self) {
        self.reports.clear();
    }

    /// A sender report was seen.
    pub(super) fn synced(&self) -> bool {
        !self.reports.is_empty()
    }

    /// NTP time less RTP time. A busy sender reads its clock after the media time that it reports on, never before: the
    /// smallest difference is the true one. (Browsers stamp exactly; software encoders do not.)
    fn ahead(&self) -> Option<Micros> {
        self.reports.iter().map(|report| report.ahead).min()
    }

    /// Relay time at which `timestamp` was captured; `now` is about when it arrived.
    pub(super) fn capture(&self, endpoint: &EndpointClock, timestamp: u64, now: Micros) -> Micros {
        if let (Some(ahead), Some(offset)) = (self.ahead(), endpoint.offset) {
            let capture = self.media(timestamp) + ahead + offset.micros;
            if (now - Self::PAST..=now + Self::FUTURE).contains(&capture) {
                return capture;
            }
        }
        match self.arrival {
            Some(offset) => (self.media(timestamp) + offset.micros).clamp(now - Self::PAST, now + Self::FUTURE),
            None => now,
        }
    }
}

/// A slot's RTP time as a linear function of relay time.
#[derive(Debug, Clone, Copy)]
pub(super) struct SlotLine {
    base: i64,
    rate: i64,
}

impl SlotLine {
    /// Corrections below this stay undone: nobody sees or hears them.
    const DEADBAND: Micros = 5_000;
    /// Corrections above this are made at once: the source became known only after the slot had switched to it.
    const STEP: Micros = 30_000;
    /// Correction in between, per report (one per second): 300 parts per million.
    const SLEW: Micros = 300;

    pub(super) fn new(base: i64, rate: u32) -> Self {
        Self { base, rate: i64::from(rate) }
    }

    /// RTP time, extended, at a relay time.
    pub(super) fn at(&self, time: Micros) -> i64 {
        self.base + (i128::from(time) * i128::from(self.rate) / 1_000_000) as i64
    }

    /// Ticks of some microseconds.
    pub(super) fn ticks(&self, micros: Micros) -> i64 {
        micros * self.rate / 1_000_000
    }

    pub(super) fn shift(&mut self, ticks: i64) {
        self.base += ticks;
    }

    /// The picture or sound that flows lies `error` ticks above the line: follows it, slowly unless it is far.
    pub(super) fn follow(&mut self, error: i64) {
        let micros = (i128::from(error) * 1_000_000 / i128::from(self.rate)) as i64;
        if micros.abs() > Self::STEP {
            self.base += error;
        } else if micros.abs() > Self::DEADBAND {
            self.base += self.ticks(micros.clamp(-Self::SLEW, Self::SLEW));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 90_000;
    const SECOND: Micros = 1_000_000;

    fn ntp_of(micros: Micros) -> u64 {
        ((u128::from(micros as u64) << 32) / 1_000_000) as u64
    }

    /// A layer's clock after a report a second, each stamped so many µs late; and the capture of a packet sent at the end.
    fn captured(late: &[Micros]) -> Micros {
        let mut endpoint = EndpointClock::default();
        let mut layer = LayerClock::new(RATE);
        let mut now = 100 * SECOND;
        for late in late {
            now += SECOND;
            endpoint.report(now + late, ntp_of(now + late));
            layer.report(ntp_of(now + late), (now * 9 / 100) as u64);
        }
        layer.capture(&endpoint, (now * 9 / 100) as u64, now) - now
    }

    #[test]
    fn one_report_in_time_outweighs_late_ones() {
        assert!(captured(&[0, 0, 0]).abs() <= 20);
        assert!(captured(&[35_000, 0, 60_000, 20_000, 80_000]).abs() <= 20);
        assert!(captured(&[0, 80_000, 80_000, 80_000, 80_000, 80_000]).abs() <= 20);
    }

    #[test]
    fn a_report_in_time_is_forgotten_before_clocks_drift_apart() {
        let mut late = vec![0];
        late.extend([25_000; 12]);
        assert!((captured(&late) - 25_000).abs() <= 20);
    }

    #[test]
    fn a_sender_that_sets_its_clock_is_believed_at_once() {
        let (mut endpoint, mut layer) = (EndpointClock::default(), LayerClock::new(RATE));
        let now = 100 * SECOND;
        layer.report(ntp_of(now), (now * 9 / 100) as u64);
        // Two seconds ahead from now on.
        let later = now + SECOND;
        endpoint.report(later, ntp_of(later + 2 * SECOND));
        layer.report(ntp_of(later + 2 * SECOND), (later * 9 / 100) as u64);

        let capture = layer.capture(&endpoint, (later * 9 / 100) as u64, later);
        assert!((capture - later).abs() <= 20, "{} µs", capture - later);
    }
}
