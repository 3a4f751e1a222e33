//! Slows down guessing: each address has a few attempts, which come back slowly. A name has more of them from all addresses
//! together, which come back sooner: enough against guessing, too many for one stranger to keep somebody from signing in.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Wrong attempts in a row before waiting: a person who mistypes is not locked out.
pub const ATTEMPT_BURST: u32 = 8;
/// One attempt comes back in this time: 8,640 guesses a day against 99 bits.
pub const ATTEMPT_REFILL: Duration = Duration::from_secs(10);
/// Names and addresses that are remembered; beyond it the one with the most attempts left is forgotten.
const REMEMBERED: usize = 4_096;

/// The same for a name from all addresses together: 86,400 guesses a day against 99 bits.
pub const NAME_BURST: u32 = 200;
/// See [`NAME_BURST`].
pub const NAME_REFILL: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Name(String),
    Address(IpAddr),
}

impl Key {
    const fn burst(&self) -> u32 {
        match self {
            Key::Name(_) => NAME_BURST,
            Key::Address(_) => ATTEMPT_BURST,
        }
    }

    fn refill_ms(&self) -> u64 {
        let refill = match self {
            Key::Name(_) => NAME_REFILL,
            Key::Address(_) => ATTEMPT_REFILL,
        };
        super::millis(refill)
    }
}

/// Full again at this time, ms: one number is a whole token bucket.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<BTreeMap<Key, u64>>);

impl Attempts {
    /// Whether an attempt may be made now; if not, how long to wait.
    pub(super) fn check(&self, name: Option<&str>, address: Option<IpAddr>, now: u64) -> Result<(), Duration> {
        let full = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = keys(name, address)
            .filter_map(|key| Some((full.get(&key).copied()?, key)))
            .map(|(at, key)| at.saturating_sub(now).saturating_sub(u64::from(key.burst() - 1) * key.refill_ms()))
            .max()
            .unwrap_or(0);
        if wait == 0 { Ok(()) } else { Err(Duration::from_millis(wait)) }
    }

    /// Counts a wrong attempt.
    pub(super) fn failed(&self, name: Option<&str>, address: Option<IpAddr>, now: u64) {
        let mut full = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys(name, address) {
            let refill = key.refill_ms();
            let entry = full.entry(key).or_insert(now);
            *entry = (*entry).max(now) + refill;
        }
        while full.len() > REMEMBERED {
            let Some(least) = full.iter().min_by_key(|(_, at)| **at).map(|(key, _)| key.clone()) else { break };
            full.remove(&least);
        }
    }

    /// Forgets the name after a right password, and gives the address its attempt back.
    pub(super) fn succeeded(&self, name: &str, address: Option<IpAddr>) {
        let mut full = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        full.remove(&Key::Name(name.to_owned()));
        let Some(address) = address else { return };
        let key = Key::Address(address);
        if let Some(at) = full.get_mut(&key) {
            *at = at.saturating_sub(key.refill_ms());
        }
    }
}

fn keys(name: Option<&str>, address: Option<IpAddr>) -> impl Iterator<Item = Key> {
    name.map(|name| Key::Name(name.to_owned())).into_iter().chain(address.map(Key::Address))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 1)));

    fn address(index: u32) -> Option<IpAddr> {
        Some(IpAddr::from((0x0a00_0000 + index).to_be_bytes()))
    }

    #[test]
    fn an_address_waits_after_a_few_attempts_and_gets_them_back_one_by_one() {
        let attempts = Attempts::default();
        for _ in 0..ATTEMPT_BURST {
            assert!(attempts.check(Some("lead"), HERE, 0).is_ok());
            attempts.failed(Some("lead"), HERE, 0);
        }

        assert_eq!(attempts.check(Some("lead"), HERE, 0), Err(ATTEMPT_REFILL));
        assert!(attempts.check(Some("assistant"), HERE, 0).is_err(), "the address waits, whatever the name");
        assert!(attempts.check(Some("lead"), address(0), 0).is_ok(), "others do not");
        assert!(attempts.check(Some("lead"), HERE, 10_000).is_ok());
    }

    #[test]
    fn a_name_that_many_addresses_guess_waits_a_second_for_each_attempt() {
        let attempts = Attempts::default();
        for index in 0..NAME_BURST {
            attempts.failed(Some("lead"), address(index), 0);
        }

        assert_eq!(attempts.check(Some("lead"), HERE, 0), Err(NAME_REFILL));
        assert!(attempts.check(Some("lead"), HERE, 1_000).is_ok());
    }
}
