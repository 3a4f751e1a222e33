//! Which of a site's two lines carries it: the reserve takes over as soon as the main line is interrupted, and gives back only
//! when the main line has been steady for a while. Nobody has to press anything.
//!
//! Silence is judged by the relay's own report alone, which is exact whenever it is made: a busy server that reads a report
//! late takes no line for dead.

use std::time::{Duration, Instant};

use super::arrival::Arrival;

/// The relay reports that nothing of a line has arrived for this long: it is interrupted. Reports come every second, so the
/// reserve takes over 0.75 to 1.75 s after the last packet, and a picture needs a keyframe then: two seconds are promised.
pub const INTERRUPTED_AFTER: Duration = Duration::from_millis(750);

/// The main line must have carried the site this long to have it back from a reserve that works: a line that comes and goes
/// would move the picture each time.
pub const STEADY_AFTER: Duration = Duration::from_secs(3);

/// True if the main line leaves the site to the reserve. A reserve that comes second takes nothing from a young main line.
pub fn leaves_to_reserve(main: Option<&Arrival>, reserve: &Arrival, now: Instant) -> bool {
    let Some(reserve) = reserve.carries_since() else { return false };
    let main = main.and_then(Arrival::carries_since);
    let keeps = |since| since <= reserve || now.saturating_duration_since(since) >= STEADY_AFTER;
    !main.is_some_and(keeps)
}

#[cfg(test)]
mod tests {
    use conference::TrackKind;
    use relay_core::{EndpointId, Layer, LayerStats, LineId, TrackId, TrackStats};

    use super::*;

    /// Between the relay's reports (`plane::stats` in relay-core).
    const REPORTS_EVERY: Duration = Duration::from_secs(1);
    /// What the hall is promised.
    const PROMISE: Duration = Duration::from_secs(2);
    /// What a keyframe takes at most until the picture follows the sound, on a line that works.
    const PICTURE: Duration = Duration::from_millis(250);

    fn report(silent_for: Duration) -> TrackStats {
        let layer = LayerStats {
            layer: Layer::Low,
            bits: 150_000,
            packets: 30,
            lost: 0,
            frames: 10,
            keyframes: 0,
            jitter_ms: 1.0,
        };
        let track = TrackId { endpoint: EndpointId(1), line: LineId(0) };
        TrackStats { track, layers: vec![layer], level_dbfs: None, synced: true, silent_for }
    }

    fn reported(arrival: &mut Arrival, now: Instant, silent_for: Duration) {
        arrival.track_report(TrackKind::Camera, now, report(silent_for));
        arrival.track_report(TrackKind::Microphone, now, report(silent_for));
    }

    /// Two lines that have carried for ten seconds.
    fn both(start: Instant) -> (Arrival, Arrival, Instant) {
        let (mut main, mut reserve) = (Arrival::new(start, true), Arrival::new(start, true));
        for second in 1..=10 {
            let now = start + second * REPORTS_EVERY;
            reported(&mut main, now, Duration::ZERO);
            reported(&mut reserve, now, Duration::ZERO);
        }
        (main, reserve, start + 10 * REPORTS_EVERY)
    }

    #[test]
    fn whenever_a_main_line_is_cut_the_reserve_takes_over_in_time() {
        for offset in (1..=1_000).step_by(7).map(Duration::from_millis) {
            let (mut main, mut reserve, mut now) = both(Instant::now());
            let cut = now + offset;

            while !leaves_to_reserve(Some(&main), &reserve, now) {
                now += REPORTS_EVERY;
                reported(&mut main, now, now.saturating_duration_since(cut));
                reported(&mut reserve, now, Duration::from_millis(10));
            }

            let elapsed = now - cut;
            assert!(elapsed >= INTERRUPTED_AFTER && elapsed + PICTURE <= PROMISE, "{offset:?}: {elapsed:?}");
        }
    }

    #[test]
    fn late_reports_and_short_gaps_are_no_cut() {
        let (mut main, reserve, now) = both(Instant::now());

        assert!(!leaves_to_reserve(Some(&main), &reserve, now + Duration::from_secs(2)), "no report yet");
        reported(&mut main, now + Duration::from_secs(2), Duration::from_millis(700));
        assert!(!leaves_to_reserve(Some(&main), &reserve, now + Duration::from_secs(2)));
    }

    #[test]
    fn one_track_that_flows_is_a_line_that_carries() {
        let (mut main, reserve, now) = both(Instant::now());

        main.track_report(TrackKind::Camera, now, report(Duration::from_secs(1)));

        assert!(!leaves_to_reserve(Some(&main), &reserve, now));
    }

    #[test]
    fn a_main_line_that_returns_has_the_site_back_when_it_is_steady() {
        let (_, reserve, back) = both(Instant::now());
        let mut main = Arrival::new(back, true);
        assert!(leaves_to_reserve(None, &reserve, back), "without media");
        assert!(leaves_to_reserve(Some(&main), &reserve, back), "connected, but nothing has come yet");

        reported(&mut main, back, Duration::ZERO);

        assert!(leaves_to_reserve(Some(&main), &reserve, back + STEADY_AFTER - Duration::from_millis(1)));
        assert!(!leaves_to_reserve(Some(&main), &reserve, back + STEADY_AFTER));
    }

    #[test]
    fn a_reserve_that_comes_after_the_main_line_does_not_move_the_picture() {
        let start = Instant::now();
        let (mut main, mut reserve) = (Arrival::new(start, true), Arrival::new(start, true));
        reported(&mut main, start, Duration::ZERO);

        reported(&mut reserve, start + REPORTS_EVERY, Duration::ZERO);

        assert!(!leaves_to_reserve(Some(&main), &reserve, start + REPORTS_EVERY));
    }

    #[test]
    fn nothing_is_left_to_a_reserve_that_does_not_work() {
        let (mut main, mut reserve, now) = both(Instant::now());

        reported(&mut main, now, Duration::from_secs(1));
        reported(&mut reserve, now, Duration::from_secs(1));

        assert!(!leaves_to_reserve(Some(&main), &reserve, now));
    }
}
