//! How much one peer may send: an encoder that was set to more than any conference needs, or a peer that means harm, must not be
//! forwarded to everybody at its own pace.

use std::time::{Duration, Instant};

/// Authentic bits of media a second that are taken from one peer, headers and seal included (RTCP has bounds of its own): a camera in three layers and content are 8
/// Mbit/s, an encoder at a standard door sends 4 to 8.
pub const MAX_INCOMING: u64 = 20_000_000;

/// What was not used is saved for so long: keyframes come in bursts.
const SAVED: Duration = Duration::from_secs(1);

const BYTES_PER_SECOND: f64 = MAX_INCOMING as f64 / 8.0;

/// What one peer may still send.
#[derive(Debug)]
pub(crate) struct Inflow {
    bytes: f64,
    at: Instant,
}

impl Inflow {
    pub(crate) fn new(now: Instant) -> Self {
        Self { bytes: BYTES_PER_SECOND * SAVED.as_secs_f64(), at: now }
    }

    /// True if a packet that is authentic is within the bound. Others are not counted: whoever imitates the peer's address must
    /// not use up what it may send.
    pub(crate) fn admit(&mut self, now: Instant, bytes: usize) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.bytes = (self.bytes + passed * BYTES_PER_SECOND).min(BYTES_PER_SECOND * SAVED.as_secs_f64());
        let admitted = self.bytes >= bytes as f64;
        if admitted {
            self.bytes -= bytes as f64;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_faster_than_the_bound_passes_at_the_bound() {
        let start = Instant::now();
        let mut inflow = Inflow::new(start);
        let sent = |rate: u64, inflow: &mut Inflow, from: Instant| -> (u64, u64) {
            let packets = rate / 8 / 1_000;
            let at = |index: u64| from + Duration::from_secs(5).mul_f64(index as f64 / (5 * packets) as f64);
            let passed = (0..5 * packets).filter(|index| inflow.admit(at(*index), 1_000)).count() as u64;
            (5 * packets, passed)
        };

        let (all, passed) = sent(10_000_000, &mut inflow, start);
        assert_eq!(all, passed);
        let (all, passed) = sent(200_000_000, &mut inflow, start + Duration::from_secs(5));
        assert!(passed <= 6 * MAX_INCOMING / 8 / 1_000, "{passed} of {all} in five seconds and what was saved");
        assert!(passed >= 5 * MAX_INCOMING / 8 / 1_000 - 1, "{passed}");
    }
}
