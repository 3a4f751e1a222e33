//! When to give a peer connection up and build another one.

use std::time::{Duration, Instant};

/// Nothing at all must be missing for longer than this while something is on air: reports of the relay on what is sent count, so that
/// a source which is gone does not make everybody else begin anew.
pub const MEDIA_PATIENCE: Duration = Duration::from_secs(3);
/// A peer connection must stand this soon after its offer, as for pages: all endpoints that begin at once on a busy machine need longer
/// than one does, and who gives up begins from the start.
pub const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// Control that is silent for longer than this is silent for the same reason as media: the line is gone, and what is built anew then is
/// built in vain. The server answers a ping each second.
pub const CONTROL_FRESH: Duration = Duration::from_millis(1_500);
/// Rebuilding helps nobody if the other side simply has nothing to send: the wait for the first packet doubles so many times.
const MAX_DOUBLINGS: u32 = 2;

/// What is known of the current peer connection.
#[derive(Debug, Clone, Copy)]
pub struct MediaFacts {
    /// When its offer was made.
    pub offered_at: Instant,
    /// When it was connected.
    pub connected_at: Option<Instant>,
    /// Since when ICE has had no answer; none: it has.
    pub disconnected_at: Option<Instant>,
    /// When the last packet came.
    pub last_packet: Option<Instant>,
    /// Since when something is on air, so that media is due; none: nothing is.
    pub due_since: Option<Instant>,
    /// Since when control has been heard without a gap.
    pub control_since: Instant,
    /// When the server was last heard on it.
    pub control_heard: Instant,
}

/// Patience with peer connections, over the life of an endpoint.
#[derive(Debug, Clone, Default)]
pub struct Patience {
    fruitless: u32,
}

impl Patience {
    /// Why the connection must be rebuilt now, if it must.
    pub fn exhausted(&mut self, now: Instant, facts: MediaFacts) -> Option<&'static str> {
        if now.duration_since(facts.control_heard) > CONTROL_FRESH {
            return None;
        }
        let bound = CONNECT_PATIENCE * (1 << self.fruitless.min(MAX_DOUBLINGS));
        let Some(connected_at) = facts.connected_at else {
            let since = facts.offered_at.max(facts.control_since);
            return (now.duration_since(since) > bound).then_some("not connected in time");
        };
        let Some(due_since) = facts.due_since else {
            // Nothing is due, so that ICE alone notices that media is dead while control lives.
            let unanswered = facts.disconnected_at.is_some_and(|at| now.duration_since(at) > MEDIA_PATIENCE);
            return unanswered.then_some("no answer to ICE");
        };
        // A silence while nothing was on air is nobody's fault, and what was lost with the line is not the connection's.
        let silence = |last: Instant| now.duration_since(last.max(due_since).max(facts.control_since));
        if let Some(last_packet) = facts.last_packet {
            self.fruitless = 0;
            return (silence(last_packet) > MEDIA_PATIENCE).then_some("nothing arrives any more");
        }
        (silence(connected_at) > bound).then_some("nothing ever arrived")
    }

    /// The connection was given up.
    pub fn rebuilt(&mut self, had_packets: bool) {
        self.fruitless = if had_packets { 0 } else { self.fruitless.saturating_add(1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn facts(start: Instant) -> MediaFacts {
        MediaFacts {
            offered_at: start,
            connected_at: Some(start),
            disconnected_at: None,
            last_packet: None,
            due_since: Some(start),
            control_since: start,
            control_heard: start + SECOND * 3_600,
        }
    }

    #[test]
    fn a_line_that_is_gone_is_waited_for() {
        let start = Instant::now();
        let gone = MediaFacts { last_packet: Some(start), control_heard: start, ..facts(start) };
        let mut patience = Patience::default();
        assert_eq!(patience.exhausted(start + SECOND * 20, gone), None, "control says nothing either");
        let back = start + SECOND * 20;
        let back_facts = MediaFacts { control_since: back, control_heard: back + SECOND * 4, ..gone };
        assert_eq!(patience.exhausted(back + SECOND * 3, back_facts), None, "media may follow control");
        assert_eq!(patience.exhausted(back + SECOND * 4, back_facts), Some("nothing arrives any more"));
    }

    #[test]
    fn an_offer_is_not_given_up_for_the_time_in_which_the_line_was_gone() {
        let start = Instant::now();
        let offered = MediaFacts { connected_at: None, ..facts(start) };
        let mut patience = Patience::default();
        assert_eq!(patience.exhausted(start + SECOND * 8, MediaFacts { control_heard: start, ..offered }), None);
        let back = MediaFacts { control_since: start + SECOND * 8, ..offered };
        assert_eq!(patience.exhausted(start + SECOND * 13, back), None);
        assert_eq!(patience.exhausted(start + SECOND * 14, back), Some("not connected in time"));
    }

    #[test]
    fn media_that_stops_is_given_three_seconds() {
        let start = Instant::now();
        let facts = MediaFacts { last_packet: Some(start + SECOND), ..facts(start) };
        let mut patience = Patience::default();
        assert_eq!(patience.exhausted(start + SECOND * 4, facts), None);
        assert_eq!(patience.exhausted(start + SECOND * 4 + SECOND / 10, facts), Some("nothing arrives any more"));
    }

    #[test]
    fn silence_is_fine_while_nothing_is_on_air() {
        let start = Instant::now();
        let facts = MediaFacts { due_since: None, ..facts(start) };
        assert_eq!(Patience::default().exhausted(start + SECOND * 3_600, facts), None);
    }

    #[test]
    fn while_nothing_is_on_air_ice_tells_that_media_is_dead() {
        let start = Instant::now();
        let dead = MediaFacts { due_since: None, disconnected_at: Some(start), ..facts(start) };
        assert_eq!(Patience::default().exhausted(start + SECOND * 3, dead), None);
        assert_eq!(Patience::default().exhausted(start + SECOND * 4, dead), Some("no answer to ICE"));
        let gone = MediaFacts { control_heard: start, ..dead };
        assert_eq!(Patience::default().exhausted(start + SECOND * 4, gone), None, "the whole line is gone");
    }

    #[test]
    fn a_silence_counts_from_the_moment_that_something_is_on_air_again() {
        let start = Instant::now();
        let facts = MediaFacts { last_packet: Some(start), due_since: Some(start + SECOND * 60), ..facts(start) };
        let mut patience = Patience::default();
        assert_eq!(patience.exhausted(start + SECOND * 63, facts), None, "the slide was up for a minute");
        assert_eq!(patience.exhausted(start + SECOND * 64, facts), Some("nothing arrives any more"));
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
        assert_eq!(waits, [6, 11, 21, 21, 21, 21]);
    }

    #[test]
    fn media_that_flowed_makes_patience_short_again() {
        let start = Instant::now();
        let mut patience = Patience::default();
        patience.rebuilt(false);
        patience.rebuilt(false);
        patience.rebuilt(true);
        assert_eq!(patience.exhausted(start + SECOND * 6, facts(start)), Some("nothing ever arrived"));
    }
}
