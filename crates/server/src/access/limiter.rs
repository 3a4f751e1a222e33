//! Slows down guessing: each name and each address has a few attempts, which come back slowly.

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

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Name(String),
    Address(IpAddr),
}

/// Full again at this time, ms: one number is a whole token bucket.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<BTreeMap<Key, u64>>);

impl Attempts {
    /// Whether an attempt may be made now; if not, how long to wait.
    pub(super) fn check(&self, name: Option<&str>, address: Option<IpAddr>, now: u64) -> Result<(), Duration> {
        let full = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = keys(name, address)
            .filter_map(|key| full.get(&key).copied())
            .map(|full_at| full_at.saturating_sub(now).saturating_sub(u64::from(ATTEMPT_BURST - 1) * refill_ms()))
            .max()
            .unwrap_or(0);
        if wait == 0 { Ok(()) } else { Err(Duration::from_millis(wait)) }
    }

    /// Counts a wrong attempt.
    pub(super) fn failed(&self, name: Option<&str>, address: Option<IpAddr>, now: u64) {
        let mut full = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys(name, address) {
            let entry = full.entry(key).or_insert(now);
            *entry = (*entry).max(now) + refill_ms();
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
        if let Some(at) = address.and_then(|address| full.get_mut(&Key::Address(address))) {
            *at = at.saturating_sub(refill_ms());
        }
    }
}

fn refill_ms() -> u64 {
    u64::try_from(ATTEMPT_REFILL.as_millis()).unwrap_or(u64::MAX)
}

fn keys(name: Option<&str>, address: Option<IpAddr>) -> impl Iterator<Item = Key> {
    name.map(|name| Key::Name(name.to_owned())).into_iter().chain(address.map(Key::Address))
}
