//! When to give a peer connection up and build another one.

use std::time::{Duration, Instant};

/// A peer connection must stand this soon after its offer, and media must not pause longer while something is on air.
pub const MEDIA_PATIENCE: Duration = Duration::from_secs(3);
/// Rebuilding helps nobody if the other side simply has nothing to send: the wait doubles up to this.
pub const MAX_PATIENCE: Duration = Duration::from_secs(24);

/// What is known of the current peer connection.
#[derive(Debug, Clone, Copy)]
pub struct MediaFacts {
    /// When its offer was made.
    pub offered_at: Instant,
    /// When it was connected.
    pub connected_at: Option<Instant>,
    /// When the last packet came.
    pub last_media: Option<Instant>,
    /// Since when something is on air, so that media is due; none: nothing is.
    pub due_since: Option<Instant>,
}

/// Patience with peer connections, over the life of an endpoint.
#[derive(Debug, Clone, Default)]
pub struct Patience {
    fruitless: u32,
}

impl Patience {
    /// Why the connection must be rebuilt now, if it must.
    pub fn exhausted(&mut self, now: Instant, facts: MediaFacts) -> Option<&'static str> {
        let bound = MEDIA_PATIENCE.saturating_mul(1 << self.fruitless.min(4)).min(MAX_PATIENCE);
        let Some(connected_at) = facts.connected_at else {
            return (now.duration_since(facts.offered_at) > bound).then_some("not connected in time");
        };
        // A silence while nothing was on air is nobody's fault.
        let silent_since = |last: Instant| facts.due_since.map(|due| now.duration_since(last.max(due)));
        if let Some(last_media) = facts.last_media {
            self.fruitless = 0;
            return silent_since(last_media).is_some_and(|time| time > MEDIA_PATIENCE).then_some("media stopped");
        }
        silent_since(connected_at).is_some_and(|time| time > bound).then_some("media never came")
    }

    /// The connection was given up.
    pub fn rebuilt(&mut self, had_media: bool) {
        self.fruitless = if had_media { 0 } else { self.fruitless.saturating_add(1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn facts(start: Instant) -> MediaFacts {
        MediaFacts { offered_at: start, connected_at: Some(start), last_media: None, due_since: Some(start) }
    }

    #[test]
    fn media_that_stops_is_given_three_seconds() {
        let start = Instant::now();
        let facts = MediaFacts { last_media: Some(start + SECOND), ..facts(start) };
        let mut patience = Patience::default();
        assert_eq!(patience.exhausted(start + SECOND * 4, facts), None);
        assert_eq!(patience.exhausted(start + SECOND * 4 + SECOND / 10, facts), Some("media stopped"));
    }

    #[test]
    fn silence_is_fine_while_nothing_is_on_air() {
        let start = Instant::now();
        let facts = MediaFacts { due_since: None, ..facts(start) };
        assert_eq!(Patience::default().exhausted(start + SECOND * 3_600, facts), None);
    }

    #[test]
    fn a_silence_counts_from_the_moment_that_something_is_on_air_again() {
        let start = Instant::now();
        let facts = MediaFacts { last_media: Some(start), due_since: Some(start + SECOND * 60), ..facts(start) };
        let mut patience = Patience::default();
        assert_eq!(patience.exhausted(start + SECOND * 63, facts), None, "the slide was up for a minute");
        assert_eq!(patience.exhausted(start + SECOND * 64, facts), Some("media stopped"));
    }

    #[test]
    fn a_connection_that_never_stands_is_rebuilt_with_growing_patience() {
        let start = Instant::now();
        let facts = MediaFacts { connected_at: None, due_since: None, ..facts(start) };
        let mut patience = Patience::default();
        let mut waits = Vec::new();
        for _ in 0..6 {
            let wait = (1..100).find(|s| patience.exhausted(start + SECOND * *s, facts).is_some()).unwrap();
            waits.push(wait);
            patience.rebuilt(false);
        }
        assert_eq!(waits, [4, 7, 13, 25, 25, 25]);
    }

    #[test]
    fn media_that_flowed_makes_patience_short_again() {
        let start = Instant::now();
        let mut patience = Patience::default();
        patience.rebuilt(false);
        patience.rebuilt(false);
        patience.rebuilt(true);
        assert_eq!(patience.exhausted(start + SECOND * 4, facts(start)), Some("media never came"));
    }
}
