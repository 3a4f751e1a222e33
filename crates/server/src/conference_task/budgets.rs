//! How much one site may write into the log, however it sends its commands and with how many devices.

use std::collections::BTreeMap;
use std::time::Instant;

use conference::{Command, SiteSlug};

use crate::socket::rate::{Allowance, Rate};

/// Commands of a site: people send one in minutes, a page that repeats what it did not get answered a few at once.
const COMMANDS: Rate = Rate { per_second: 20.0, burst: 60.0 };
/// A text costs one command more for so many bytes: the log must not grow by more than 10 KB a second for one site.
const BYTES_OF_A_COMMAND: f64 = 500.0;

/// One bucket for each site that ever wrote; there are no more than the setup has.
#[derive(Debug, Default)]
pub(super) struct Budgets(BTreeMap<SiteSlug, Allowance>);

impl Budgets {
    /// False: the site has written too much lately.
    pub(super) fn spend(&mut self, site: &SiteSlug, command: &Command, now: Instant) -> bool {
        let bytes = match command {
            Command::SendMessage { text, .. } => text.len(),
            _ => 0,
        };
        let cost = 1.0 + bytes as f64 / BYTES_OF_A_COMMAND;
        let budget = self.0.entry(site.clone()).or_insert_with(|| Allowance::new(COMMANDS, now));
        budget.take(cost.min(COMMANDS.burst), now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_site_writes_some_and_then_at_a_rate_and_other_sites_notice_nothing() {
        let (mut budgets, start) = (Budgets::default(), Instant::now());
        let (one, other) = (SiteSlug::from("cao-bang"), SiteSlug::from("ca-mau"));
        let text = |length| Command::SendMessage { to: Vec::new(), text: "x".repeat(length) };
        let mut count = |site, length, at| (0..500).filter(|_| budgets.spend(site, &text(length), at)).count();

        assert_eq!(count(&one, 0, start), 60);
        assert_eq!(count(&one, 0, start + Duration::from_secs(1)), 20);
        assert_eq!(count(&other, 2_000, start), 12, "long texts cost more");
        assert_eq!(count(&other, 100_000, start + Duration::from_secs(60)), 1, "and the longest can be sent at all");
    }
}
