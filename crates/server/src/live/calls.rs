//! Sites that call the control room. A call is a live fact: it lasts until the site hangs up, an operator ends it, or the site's
//! pages have been away for too long.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::{Duration, Instant};

use conference::SiteSlug;

/// A call outlasts its page by so long: a reload, or a cut of the line, does not hang up.
pub const CALL_KEPT: Duration = Duration::from_secs(60);
/// Nobody calls for longer: whoever was not answered by then has rung by phone.
pub const CALL_AT_MOST: Duration = Duration::from_secs(30 * 60);

/// Calls under way; at most one of each site of the setup.
#[derive(Debug, Default)]
pub struct Calls(BTreeMap<SiteSlug, Call>);

#[derive(Debug)]
struct Call {
    since: Instant,
    /// For pages, ms since the epoch.
    since_ms: u64,
    /// When a page of the site was last here.
    seen: Instant,
}

impl Calls {
    /// A site calls. False: it does already, and goes on calling since when it began.
    pub fn begin(&mut self, site: SiteSlug, now: Instant, now_ms: u64) -> bool {
        let Entry::Vacant(entry) = self.0.entry(site) else { return false };
        entry.insert(Call { since: now, since_ms: now_ms, seen: now });
        true
    }

    /// A call is over. False: there was none.
    pub fn end(&mut self, site: &SiteSlug) -> bool {
        self.0.remove(site).is_some()
    }

    /// Since when a site calls, ms since the epoch.
    pub fn since(&self, site: &SiteSlug) -> Option<u64> {
        self.0.get(site).map(|call| call.since_ms)
    }

    /// Ends calls of sites that are away, or no part of the conference any more, and those that are too old.
    pub fn watch(&mut self, now: Instant, is_here: impl Fn(&SiteSlug) -> bool) {
        self.0.retain(|site, call| {
            if is_here(site) {
                call.seen = now;
            }
            now.saturating_duration_since(call.seen) < CALL_KEPT
                && now.saturating_duration_since(call.since) < CALL_AT_MOST
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_outlasts_a_reload_and_ends_with_a_page_that_stays_away() {
        let (mut calls, start, site) = (Calls::default(), Instant::now(), SiteSlug::from("cao-bang"));
        calls.begin(site.clone(), start, 1_000);

        calls.watch(start + Duration::from_secs(59), |_| false);
        assert_eq!(calls.since(&site), Some(1_000), "a reload");
        calls.watch(start + Duration::from_secs(60), |_| true);
        calls.begin(site.clone(), start + Duration::from_secs(60), 61_000);
        assert_eq!(calls.since(&site), Some(1_000), "it never stopped calling");
        calls.watch(start + Duration::from_secs(119), |_| false);
        assert!(calls.since(&site).is_some());
        calls.watch(start + Duration::from_secs(120), |_| false);
        assert_eq!(calls.since(&site), None);
    }

    #[test]
    fn a_call_that_nobody_answers_ends_by_itself() {
        let (mut calls, start, site) = (Calls::default(), Instant::now(), SiteSlug::from("cao-bang"));
        calls.begin(site.clone(), start, 1_000);

        calls.watch(start + CALL_AT_MOST, |_| true);

        assert!(!calls.end(&site));
    }
}
