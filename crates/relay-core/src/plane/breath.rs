//! Whether the relay itself keeps up. Datagrams that wait in the socket again and again mean that more is to be done than one core
//! does; then the socket overflows, what is lost is asked for, and that keeps it full. Lower layers for all end it: who is seen
//! less sharply is still seen, and sound goes on.

use std::time::{Duration, Instant};

use super::{Plane, PlaneEvent};
use crate::Layer;

/// Even the first datagram of each batch waited this long: nothing of a moment, a crowd's handshakes or a keyframe to many.
const BEHIND: Duration = Duration::from_millis(25);
/// Over this: the least wait counts, as in CoDel (RFC 8289 §3), so that a burst is no sign.
const WINDOW: Duration = Duration::from_millis(200);
/// Windows after another in which the relay was behind.
const WINDOWS: u32 = 2;
/// A better layer is tried after so long without a window behind.
const CALM: Duration = Duration::from_secs(5);
/// And later, up to this, if the better layer was too much the last times: if the relay was behind again within [`PROVEN`].
const LONGEST_CALM: Duration = Duration::from_secs(60);
const PROVEN: Duration = Duration::from_secs(60);
/// A lower layer begins with its keyframe, and what was too much has to leave the socket first.
const SETTLE: Duration = Duration::from_millis(1_200);

/// Which layers the relay has the breath for.
#[derive(Debug)]
pub(super) struct Breath {
    ceiling: Layer,
    /// Begin of the window, and the least wait in it.
    window: Option<(Instant, Duration)>,
    behind: u32,
    calm_since: Option<Instant>,
    calm: Duration,
    lowered: Option<Instant>,
    raised: Option<Instant>,
}

impl Default for Breath {
    fn default() -> Self {
        Self {
            ceiling: Layer::High,
            window: None,
            behind: 0,
            calm_since: None,
            calm: CALM,
            lowered: None,
            raised: None,
        }
    }
}

impl Breath {
    /// Best layer for anybody.
    pub(super) fn ceiling(&self) -> Layer {
        self.ceiling
    }

    /// The first datagram of a batch has waited so long. True if the ceiling changed.
    fn note(&mut self, now: Instant, waited: Duration) -> bool {
        let (begin, least) = *self.window.get_or_insert((now, waited));
        let least = least.min(waited);
        if now.saturating_duration_since(begin) < WINDOW {
            self.window = Some((begin, least));
            return false;
        }
        self.window = None;
        if self.lowered.is_some_and(|at| now.saturating_duration_since(at) < SETTLE) {
            return false;
        }
        if least >= BEHIND {
            self.calm_since = None;
            self.behind += 1;
            return self.behind >= WINDOWS && self.lower(now);
        }
        self.behind = 0;
        let calm_since = *self.calm_since.get_or_insert(now);
        now.saturating_duration_since(calm_since) >= self.calm && self.raise(now)
    }

    fn lower(&mut self, now: Instant) -> bool {
        self.behind = 0;
        self.lowered = Some(now);
        let lower = match self.ceiling {
            Layer::High => Layer::Mid,
            Layer::Mid | Layer::Low => Layer::Low,
        };
        if self.raised.take().is_some_and(|at| now.saturating_duration_since(at) < PROVEN) {
            self.calm = (self.calm * 2).min(LONGEST_CALM);
        }
        std::mem::replace(&mut self.ceiling, lower) != lower
    }

    fn raise(&mut self, now: Instant) -> bool {
        let better = match self.ceiling {
            Layer::Low => Layer::Mid,
            Layer::Mid => Layer::High,
            Layer::High => {
                if self.raised.is_none_or(|at| now.saturating_duration_since(at) >= PROVEN) {
                    self.calm = CALM;
                }
                return false;
            }
        };
        (self.raised, self.calm_since) = (Some(now), Some(now));
        self.ceiling = better;
        true
    }
}

impl Plane {
    /// The first datagram of a batch has waited so long in the socket; `overflown`: others were lost there since the last batch.
    pub fn note_wait(&mut self, now: Instant, waited: Duration, overflown: bool) {
        let waited = if overflown { waited.max(BEHIND) } else { waited };
        if self.breath.note(now, waited) {
            self.apply_routes(now);
            self.events.push_back(PlaneEvent::Ceiling { layer: self.breath.ceiling() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURN: Duration = Duration::from_millis(10);

    /// Batches for so long, each of which waited as told; gives the ceiling after each change.
    fn run(breath: &mut Breath, now: &mut Instant, time: Duration, wait: impl Fn(u32) -> Duration) -> Vec<Layer> {
        let mut changes = Vec::new();
        for turn in 0..(time.as_millis() / TURN.as_millis()) as u32 {
            *now += TURN;
            if breath.note(*now, wait(turn)) {
                changes.push(breath.ceiling());
            }
        }
        changes
    }

    #[test]
    fn bursts_and_hiccups_lower_nothing() {
        let (mut breath, mut now) = (Breath::default(), Instant::now());
        let burst = |turn| Duration::from_millis(if turn % 20 == 0 { 0 } else { 300 });
        assert_eq!(run(&mut breath, &mut now, Duration::from_secs(60), burst), []);
        let hiccup = |turn| Duration::from_millis(if turn % 100 < 25 { 300 } else { 1 });
        assert_eq!(run(&mut breath, &mut now, Duration::from_secs(60), hiccup), []);
    }

    #[test]
    fn who_is_behind_lowers_within_three_seconds_and_raises_layer_by_layer_when_it_is_calm() {
        let (mut breath, mut now) = (Breath::default(), Instant::now());
        let behind = |_| BEHIND;
        let calm = |_| Duration::from_millis(1);
        assert_eq!(run(&mut breath, &mut now, Duration::from_secs(3), behind), [Layer::Mid, Layer::Low]);
        assert_eq!(run(&mut breath, &mut now, Duration::from_secs(60), behind), [], "there is nothing lower");
        assert_eq!(run(&mut breath, &mut now, Duration::from_secs(4), calm), []);
        assert_eq!(run(&mut breath, &mut now, Duration::from_secs(8), calm), [Layer::Mid, Layer::High]);
    }

    #[test]
    fn a_layer_that_was_too_much_is_tried_less_and_less_often() {
        let (mut breath, mut now) = (Breath::default(), Instant::now());
        run(&mut breath, &mut now, Duration::from_millis(500), |_| BEHIND);
        assert_eq!(breath.ceiling(), Layer::Mid);
        let (mut tries, mut high_for) = (0, 0);
        for _ in 0..600 {
            // High is too much, once cameras have climbed to it.
            high_for = if breath.ceiling() == Layer::High { high_for + 1 } else { 0 };
            let wait = if high_for > 12 { BEHIND } else { Duration::ZERO };
            let changes = run(&mut breath, &mut now, Duration::from_secs(1), |_| wait);
            tries += changes.iter().filter(|layer| **layer == Layer::High).count();
        }
        assert!((6..=16).contains(&tries), "{tries} tries in ten minutes");
    }
}
