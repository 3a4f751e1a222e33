//! To which of its tuples a peer is sent: only where it has proven that it wants to be (RFC 7675), and of those to the one
//! that it nominated, while that one lives. A lite agent never asks; the peer's own checks are what it goes by.

use std::time::{Duration, Instant};

use crate::Tuple;

/// A tuple without a valid check for this long is not sent to any more, and a peer without any is dropped: the consent time
/// of RFC 7675 §5.1. It also bounds the time from the answer to the first check.
pub const CONSENT_TIMEOUT: Duration = Duration::from_secs(30);

/// If nothing authentic came through the selected tuple for so long, and another was checked since, the other is used.
/// Browsers check a stable pair every 2.5 s and send media besides; a peer behind a rebound NAT is back within 3.5 s.
pub const SELECTED_SILENCE: Duration = Duration::from_secs(3);

/// Tuples of one peer: interfaces times address families and transports, and NAT rebindings. The one that was not checked for
/// longest makes room.
const MAX_TUPLES: usize = 8;

#[derive(Debug)]
struct Validated {
    tuple: Tuple,
    /// Last valid check.
    checked: Instant,
    /// Last check or authentic packet.
    heard: Instant,
}

/// The tuples of one peer.
#[derive(Debug)]
pub(crate) struct Consent {
    /// In the order of their first checks.
    tuples: Vec<Validated>,
    /// Place in `tuples`; none only if there are none.
    selected: Option<usize>,
    /// The tuple at that place: each packet that is sent asks for it.
    to: Option<Tuple>,
    /// The peer chose the selected one.
    nominated: bool,
    /// Last valid check of all; before the first, when the offer was answered.
    checked: Instant,
}

impl Consent {
    pub(crate) fn new(now: Instant) -> Self {
        Self { tuples: Vec::new(), selected: None, to: None, nominated: false, checked: now }
    }

    /// An authentic check came through this tuple. Gives the tuple that had to make room, if any.
    pub(crate) fn check(&mut self, now: Instant, tuple: Tuple, nominates: bool) -> Option<Tuple> {
        self.checked = now;
        let known = self.tuples.iter().position(|known| known.tuple == tuple);
        let place = known.unwrap_or(self.tuples.len());
        match self.tuples.get_mut(place) {
            Some(known) => (known.checked, known.heard) = (now, now),
            None => self.tuples.push(Validated { tuple, checked: now, heard: now }),
        }
        if nominates {
            self.select(Some(place));
            self.nominated = true;
        } else if known.is_none() && !self.nominated && !self.keeps_against(tuple) {
            self.select(Some(place));
        }
        self.leave_silent(now);
        self.make_room()
    }

    /// Before the peer chooses, the newest tuple is used, but no connection instead of datagrams: a lost packet holds up
    /// everything behind it there.
    fn keeps_against(&self, newer: Tuple) -> bool {
        self.selected().is_some_and(|selected| selected.is_udp() && !newer.is_udp())
    }

    fn select(&mut self, place: Option<usize>) {
        self.selected = place;
        self.to = place.and_then(|place| self.tuples.get(place)).map(|known| known.tuple);
    }

    fn make_room(&mut self) -> Option<Tuple> {
        if self.tuples.len() <= MAX_TUPLES {
            return None;
        }
        let others = self.tuples.iter().enumerate().filter(|(place, _)| Some(*place) != self.selected);
        let (place, _) = others.min_by_key(|(_, other)| other.checked)?;
        Some(self.take_out(place))
    }

    /// An authentic packet came through this tuple.
    pub(crate) fn heard(&mut self, now: Instant, from: &Tuple) {
        if let Some(selected) = self.selected.and_then(|place| self.tuples.get_mut(place))
            && selected.tuple == *from
        {
            selected.heard = now;
            return;
        }
        if let Some(other) = self.tuples.iter_mut().find(|other| other.tuple == *from) {
            other.heard = now;
        }
    }

    /// The tuple is of no use any more: its connection was closed, or it proved to be another peer's.
    pub(crate) fn lose(&mut self, tuple: &Tuple) {
        if let Some(place) = self.tuples.iter().position(|known| known.tuple == *tuple) {
            self.take_out(place);
        }
    }

    /// Time has passed. Gives a tuple whose consent has ended; call again until there is none.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<Tuple> {
        self.leave_silent(now);
        let expired = self.tuples.iter().position(|known| now >= known.checked + CONSENT_TIMEOUT)?;
        Some(self.take_out(expired))
    }

    /// Where to send.
    pub(crate) fn selected(&self) -> Option<Tuple> {
        self.to
    }

    pub(crate) fn tuples(&self) -> impl Iterator<Item = Tuple> + '_ {
        self.tuples.iter().map(|known| known.tuple)
    }

    /// No tuple is left, and none has come for too long.
    pub(crate) fn is_gone(&self, now: Instant) -> bool {
        now >= self.checked + CONSENT_TIMEOUT
    }

    /// When something is due.
    pub(crate) fn poll_timeout(&self) -> Instant {
        let consents = self.tuples.iter().map(|known| known.checked + CONSENT_TIMEOUT);
        let silence = self.selected.and_then(|place| self.successor(place)).map(|(due, _)| due);
        consents.chain(silence).fold(self.checked + CONSENT_TIMEOUT, Instant::min)
    }

    fn leave_silent(&mut self, now: Instant) {
        if let Some((due, successor)) = self.selected.and_then(|place| self.successor(place))
            && now >= due
        {
            self.select(Some(successor));
        }
    }

    /// The tuple that was checked since the one at `selected` was heard, and when it takes over.
    fn successor(&self, selected: usize) -> Option<(Instant, usize)> {
        let heard = self.tuples.get(selected)?.heard;
        let (place, latest) = self.tuples.iter().enumerate().max_by_key(|(_, known)| known.checked)?;
        (place != selected && latest.checked > heard).then_some((heard + SELECTED_SILENCE, place))
    }

    fn take_out(&mut self, place: usize) -> Tuple {
        let gone = self.tuples.remove(place).tuple;
        let selected = match self.selected {
            Some(selected) if selected == place => {
                // What the peer chose is gone; what it showed last is the best guess until it chooses again.
                self.nominated = false;
                (0..self.tuples.len()).max_by_key(|place| self.tuples[*place].heard)
            }
            Some(selected) if selected > place => Some(selected - 1),
            other => other,
        };
        self.select(selected);
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ConnectionNumber;

    fn udp(number: u8) -> Tuple {
        Tuple::Udp(([10, 0, 0, number], 4000).into())
    }

    fn tcp(number: u8) -> Tuple {
        Tuple::Tcp { connection: ConnectionNumber(number.into()), address: ([10, 0, 0, number], 4000).into() }
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_tuple_that_was_nominated_last_is_used() {
        let now = Instant::now();
        let mut consent = Consent::new(now);
        consent.check(now, udp(1), true);
        consent.check(now, udp(2), false);
        assert_eq!(consent.selected(), Some(udp(1)));

        consent.check(now, tcp(3), true);

        assert_eq!(consent.selected(), Some(tcp(3)));
    }

    #[test]
    fn before_a_choice_datagrams_go_before_connections_and_the_newest_before_older_ones() {
        let now = Instant::now();
        let mut consent = Consent::new(now);
        for (tuple, selected) in [(tcp(1), tcp(1)), (udp(2), udp(2)), (tcp(3), udp(2)), (udp(4), udp(4))] {
            consent.check(now, tuple, false);
            assert_eq!(consent.selected(), Some(selected));
        }
        consent.check(now, udp(2), false);
        assert_eq!(consent.selected(), Some(udp(4)), "a repeated check is no choice");
    }

    #[test]
    fn a_silent_choice_is_left_for_a_tuple_that_lives_at_the_named_time() {
        let now = Instant::now();
        let mut consent = Consent::new(now);
        consent.check(now, udp(1), true);
        consent.check(now + seconds(2), udp(2), false);
        assert_eq!(consent.selected(), Some(udp(1)));
        assert_eq!(consent.poll_timeout(), now + SELECTED_SILENCE);

        assert_eq!(consent.expire(now + SELECTED_SILENCE), None);

        assert_eq!(consent.selected(), Some(udp(2)));
        assert_eq!(consent.poll_timeout(), now + CONSENT_TIMEOUT, "nothing is due before the first consent ends");
    }

    #[test]
    fn a_choice_through_which_media_comes_is_kept_between_its_checks() {
        let now = Instant::now();
        let mut consent = Consent::new(now);
        consent.check(now, udp(1), true);
        consent.check(now + seconds(2), udp(2), false);
        consent.heard(now + seconds(4), &udp(1));

        assert_eq!(consent.expire(now + seconds(5)), None);

        assert_eq!(consent.selected(), Some(udp(1)));
    }

    #[test]
    fn consent_ends_by_checks_alone() {
        let now = Instant::now();
        let mut consent = Consent::new(now);
        consent.check(now, udp(1), true);
        consent.heard(now + seconds(29), &udp(1));
        let end = now + CONSENT_TIMEOUT;

        assert_eq!(consent.expire(end - Duration::from_millis(1)), None);
        assert!(!consent.is_gone(end - Duration::from_millis(1)));
        assert_eq!(consent.expire(end), Some(udp(1)));
        assert_eq!(consent.selected(), None);
        assert!(consent.is_gone(end));
    }

    #[test]
    fn a_lost_connection_leaves_the_rest() {
        let now = Instant::now();
        let mut consent = Consent::new(now);
        consent.check(now, udp(1), false);
        consent.check(now, tcp(2), true);

        consent.lose(&tcp(2));

        assert_eq!(consent.selected(), Some(udp(1)));
    }

    #[test]
    fn the_tuple_that_was_not_checked_for_longest_makes_room_but_never_the_selected_one() {
        let now = Instant::now();
        let mut consent = Consent::new(now);
        assert_eq!(consent.check(now, udp(0), true), None);
        for number in 1..8 {
            assert_eq!(consent.check(now + Duration::from_millis(number.into()), udp(number), false), None);
        }

        assert_eq!(consent.check(now + seconds(1), udp(8), false), Some(udp(1)));

        assert_eq!(consent.selected(), Some(udp(0)));
        assert_eq!(consent.tuples().count(), MAX_TUPLES);
    }
}
