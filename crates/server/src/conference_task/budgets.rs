//! How much may be written into the log: by one site, however it sends its commands and with how many devices, and by all who edit
//! the plan together.

use std::collections::BTreeMap;
use std::time::Instant;

use conference::{Command, SiteSlug};

use crate::socket::rate::{Allowance, Rate};

/// Commands of a site: people send one in minutes, a page that repeats what it did not get answered a few at once.
const COMMANDS: Rate = Rate { per_second: 20.0, burst: 60.0 };
/// A text costs one command more for so many bytes: the log must not grow by more than 10 KB a second for one site.
const BYTES_OF_A_COMMAND: f64 = 500.0;
/// Edits of the plan, of all operators together. Each writes the whole setup, of up to 448 KiB: people save one in a while, a page
/// that saved at each key would fill the disk.
const EDITS: Rate = Rate { per_second: 1.0, burst: 30.0 };

/// One bucket for each site that ever wrote, of which there are no more than the setup has, and one for the plan.
#[derive(Debug, Default)]
pub(super) struct Budgets {
    sites: BTreeMap<SiteSlug, Allowance>,
    edits: Option<Allowance>,
}

impl Budgets {
    /// False: the site, or whoever edits the plan, has written too much lately. `site`: none for people at the centre.
    pub(super) fn spend(&mut self, site: Option<&SiteSlug>, command: &Command, now: Instant) -> bool {
        if let Some(site) = site {
            let cost = 1.0 + bytes_of(command) as f64 / BYTES_OF_A_COMMAND;
            let budget = self.sites.entry(site.clone()).or_insert_with(|| Allowance::new(COMMANDS, now));
            return budget.take(cost.min(COMMANDS.burst), now);
        }
        match command {
            Command::SetDetails { .. } | Command::SetAgenda { .. } | Command::SetSites { .. } => {
                self.edits.get_or_insert_with(|| Allowance::new(EDITS, now)).take(1.0, now)
            }
            _ => true,
        }
    }

    /// Forgets sites that are no part of the conference any more.
    pub(super) fn keep(&mut self, stays: impl Fn(&SiteSlug) -> bool) {
        self.sites.retain(|site, _| stays(site));
    }
}

/// Bytes of the texts that a command of a site brings into the log.
fn bytes_of(command: &Command) -> usize {
    match command {
        Command::SendMessage { text, .. } => text.len(),
        Command::SetDelegates { delegates, .. } => {
            let texts = delegates.iter().flat_map(|one| [&one.name, &one.title, &one.organisation]);
            texts.map(String::len).sum()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use conference::Delegate;

    use super::*;

    #[test]
    fn a_site_writes_some_and_then_at_a_rate_and_other_sites_notice_nothing() {
        let (mut budgets, start) = (Budgets::default(), Instant::now());
        let (one, other) = (SiteSlug::from("cao-bang"), SiteSlug::from("ca-mau"));
        let text = |length| Command::SendMessage { to: Vec::new(), text: "x".repeat(length) };
        let mut count = |site, length, at| (0..500).filter(|_| budgets.spend(Some(site), &text(length), at)).count();

        assert_eq!(count(&one, 0, start), 60);
        assert_eq!(count(&one, 0, start + Duration::from_secs(1)), 20);
        assert_eq!(count(&other, 2_000, start), 12, "long texts cost more");
        assert_eq!(count(&other, 100_000, start + Duration::from_secs(60)), 1, "and the longest can be sent at all");
    }

    #[test]
    fn a_long_list_of_delegates_costs_what_it_writes() {
        let (mut budgets, start) = (Budgets::default(), Instant::now());
        let site = SiteSlug::from("cao-bang");
        let (name, title, organisation) =
            ("Nguyễn Văn A".to_owned(), "Phó Chủ tịch".to_owned(), "UBND tỉnh".to_owned());
        let one = Delegate { name, title, organisation, present: true };
        let list = |length| Command::SetDelegates { site: site.clone(), delegates: vec![one.clone(); length] };

        let whole = (0..500).filter(|_| budgets.spend(Some(&site), &list(100), start)).count();
        let later = start + Duration::from_secs(60);
        let single = (0..500).filter(|_| budgets.spend(Some(&site), &list(1), later)).count();

        assert!((5..=10).contains(&whole), "{whole} lists of a hundred");
        assert!((50..=60).contains(&single), "{single} lists of one");
    }

    #[test]
    fn the_plan_is_edited_as_often_as_people_do_and_other_commands_of_the_centre_are_free() {
        let (mut budgets, start) = (Budgets::default(), Instant::now());
        let edit = Command::SetAgenda { items: Vec::new() };

        assert_eq!((0..500).filter(|_| budgets.spend(None, &edit, start)).count(), 30);
        assert_eq!((0..500).filter(|_| budgets.spend(None, &edit, start + Duration::from_secs(5))).count(), 5);
        assert_eq!((0..500).filter(|_| budgets.spend(None, &Command::MuteAll, start)).count(), 500);
    }
}
