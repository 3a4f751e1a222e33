//! Line checks that are under way: who is watched, whose line is filled, and what was found.
//!
//! ```text
//!  start ─▶ observing (40 s) ─▶ waiting ─▶ transferring (eight at a time) ─▶ done
//!      └─▶ absent, on air
//! ```

use std::collections::BTreeMap;

use health::units::Kbps;
use health::{LineCheck, Settings};
use wire::{CheckRun, CheckState, ConferenceId, SiteCheck, SiteSlug};

use super::convert::report_out;
use super::samples::Judged;
use super::watch::SiteNow;

/// So long a site is watched, ms: a silent microphone and a frozen picture are told after twenty seconds, an echo after thirty.
pub const OBSERVED_MS: u64 = 40_000;
/// Sites whose lines are filled at the same time: more would measure the line of the centre.
pub const TRANSFERS_AT_ONCE: usize = 8;
/// A site that has not measured its line by then is done without, ms: ten seconds for each direction of a line that lets nothing through, and what the order and the answer take on a
/// line that is full.
pub const TRANSFER_WITHIN_MS: u64 = 40_000;

/// A site of whom a check is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidate {
    /// It can be checked.
    Here,
    /// It is not connected.
    Absent,
    /// It is on air.
    OnAir,
}

/// The check of one site.
#[derive(Debug, Clone)]
struct Checking {
    by: Option<String>,
    state: CheckState,
    started_at: u64,
    state_since: u64,
    ended_at: Option<u64>,
    check: LineCheck,
}

/// The checks of a conference.
#[derive(Debug)]
pub struct Checks {
    conference: ConferenceId,
    settings: Settings,
    number: u64,
    started_at: u64,
    ended_at: Option<u64>,
    sites: BTreeMap<SiteSlug, Checking>,
    /// Sites that are to be told of another state.
    changed: Vec<SiteSlug>,
}

impl Checks {
    /// None yet; numbers go on after `last`.
    pub fn new(conference: ConferenceId, settings: Settings, last: u64) -> Self {
        Self {
            conference,
            settings,
            number: last,
            started_at: 0,
            ended_at: Some(0),
            sites: BTreeMap::new(),
            changed: Vec::new(),
        }
    }

    /// Begins to check sites. A run that is under way takes them in, but for those that it is checking. Gives its number.
    pub fn start(&mut self, now: u64, by: Option<&str>, sites: impl IntoIterator<Item = (SiteSlug, Candidate)>) -> u64 {
        if self.ended_at.is_some() {
            self.number += 1;
            (self.started_at, self.ended_at) = (now, None);
            self.sites.clear();
        }
        for (site, candidate) in sites {
            if self.is_checking(&site) {
                continue;
            }
            let (state, ended_at) = match candidate {
                Candidate::Here => (CheckState::Observing, None),
                Candidate::Absent => (CheckState::Absent, Some(now)),
                Candidate::OnAir => (CheckState::OnAir, Some(now)),
            };
            let by = by.map(str::to_owned);
            let checking =
                Checking { by, state, started_at: now, state_since: now, ended_at, check: LineCheck::default() };
            self.sites.insert(site.clone(), checking);
            self.changed.push(site);
        }
        self.number
    }

    /// A site is being checked now.
    pub fn is_checking(&self, site: &SiteSlug) -> bool {
        self.sites.get(site).is_some_and(|checking| checking.ended_at.is_none())
    }

    /// One second of a site that is checked.
    pub fn second(
        &mut self,
        site: &SiteSlug,
        now: &SiteNow,
        judged: Judged,
        faults: impl IntoIterator<Item = health::ContentFault>,
        sound_playing: Option<bool>,
    ) {
        let Some(checking) = self.sites.get_mut(site).filter(|checking| checking.ended_at.is_none()) else { return };
        let idle = checking.state != CheckState::Transferring;
        checking.check.second(now.up.as_ref(), now.down.as_ref(), idle);
        if let Some(page) = &now.page {
            checking.check.page(page, sound_playing, idle);
        }
        checking.check.judged(judged.picture, judged.sound);
        checking.check.faults(faults);
    }

    /// Ends the checks of sites that are on air now: their lines are not to be filled.
    pub fn leave_alone(&mut self, now: u64, on_air: impl Fn(&SiteSlug) -> bool) {
        let checked = self.sites.iter().filter(|(_, checking)| checking.ended_at.is_none());
        let left: Vec<SiteSlug> = checked.map(|(site, _)| site.clone()).filter(|site| on_air(site)).collect();
        for site in left {
            self.end(now, &site, CheckState::OnAir);
        }
    }

    /// A site has measured what its line carries. Not asked for, it is not taken.
    pub fn transferred(&mut self, now: u64, site: &SiteSlug, up_kbps: Option<f32>, down_kbps: Option<f32>) {
        let Some(checking) = self.sites.get_mut(site) else { return };
        if checking.state == CheckState::Transferring {
            checking.check.transferred(up_kbps.and_then(Kbps::read), down_kbps.and_then(Kbps::read));
            self.end(now, site, CheckState::Done);
        }
    }

    /// Does what time has come for. The run comes back when all its sites are done.
    pub fn handle_timeout(&mut self, now: u64) -> Option<CheckRun> {
        let late = |checking: &Checking, state: CheckState, after: u64| {
            checking.state == state && now.saturating_sub(checking.state_since) >= after
        };
        let with = |checks: &Self, state: CheckState, after: u64| -> Vec<SiteSlug> {
            let found = checks.sites.iter().filter(|(_, checking)| late(checking, state, after));
            found.map(|(site, _)| site.clone()).collect()
        };
        for site in with(self, CheckState::Observing, OBSERVED_MS) {
            self.enter(now, &site, CheckState::Waiting);
        }
        for site in with(self, CheckState::Transferring, TRANSFER_WITHIN_MS) {
            if let Some(checking) = self.sites.get_mut(&site) {
                checking.check.unanswered();
            }
            self.end(now, &site, CheckState::Done);
        }
        let room = TRANSFERS_AT_ONCE.saturating_sub(with(self, CheckState::Transferring, 0).len());
        for site in with(self, CheckState::Waiting, 0).into_iter().take(room) {
            self.enter(now, &site, CheckState::Transferring);
        }
        let over = self.ended_at.is_none() && self.sites.values().all(|checking| checking.ended_at.is_some());
        if !over {
            return None;
        }
        self.ended_at = Some(now);
        self.run()
    }

    /// The latest run; none: there was none since the start.
    pub fn run(&self) -> Option<CheckRun> {
        if self.sites.is_empty() {
            return None;
        }
        Some(CheckRun {
            number: self.number,
            conference: self.conference.clone(),
            started_at: self.started_at,
            ended_at: self.ended_at,
            sites: self.sites.iter().map(|(site, checking)| (site.clone(), self.view(checking))).collect(),
        })
    }

    /// Sites whose check came further since the last call, with how far it is.
    pub fn take_changed(&mut self) -> Vec<(SiteSlug, SiteCheck)> {
        let changed = std::mem::take(&mut self.changed);
        let view = |site: SiteSlug| {
            let checking = self.sites.get(&site)?;
            Some((site, self.view(checking)))
        };
        changed.into_iter().filter_map(view).collect()
    }

    /// How far the check of a site is.
    pub fn of(&self, site: &SiteSlug) -> Option<SiteCheck> {
        self.sites.get(site).map(|checking| self.view(checking))
    }

    fn view(&self, checking: &Checking) -> SiteCheck {
        let done = checking.state == CheckState::Done;
        SiteCheck {
            state: checking.state,
            started_at: checking.started_at,
            ended_at: checking.ended_at,
            by: checking.by.clone(),
            report: done.then(|| report_out(&checking.check.report(&self.settings.line, &self.settings.check))),
        }
    }

    fn enter(&mut self, now: u64, site: &SiteSlug, state: CheckState) {
        let Some(checking) = self.sites.get_mut(site) else { return };
        (checking.state, checking.state_since) = (state, now);
        self.changed.push(site.clone());
    }

    fn end(&mut self, now: u64, site: &SiteSlug, how: CheckState) {
        self.enter(now, site, how);
        if let Some(checking) = self.sites.get_mut(site) {
            checking.ended_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(number: usize) -> SiteSlug {
        SiteSlug(format!("site-{number:02}"))
    }

    fn checks() -> Checks {
        Checks::new(ConferenceId("c".to_owned()), Settings::default(), 6)
    }

    fn in_state(checks: &Checks, state: CheckState) -> Vec<SiteSlug> {
        checks.run().unwrap().sites.into_iter().filter(|(_, site)| site.state == state).map(|(site, _)| site).collect()
    }

    #[test]
    fn sixty_three_sites_are_observed_together_and_fill_their_lines_eight_at_a_time() {
        let mut checks = checks();
        assert_eq!(checks.start(1_000, Some("lan"), (0..63).map(|number| (slug(number), Candidate::Here))), 7);
        assert_eq!(checks.take_changed().len(), 63);
        assert_eq!(checks.handle_timeout(1_000 + OBSERVED_MS - 1), None);
        assert_eq!(in_state(&checks, CheckState::Observing).len(), 63);

        let mut now = 1_000 + OBSERVED_MS;
        let run = loop {
            if let Some(run) = checks.handle_timeout(now) {
                break run;
            }
            let transferring = in_state(&checks, CheckState::Transferring);
            assert!((1..=TRANSFERS_AT_ONCE).contains(&transferring.len()));
            now += 6_500;
            for site in transferring {
                checks.transferred(now, &site, Some(5_000.0), Some(5_000.0));
            }
        };

        assert!(run.ended_at.unwrap() - run.started_at <= 180_000, "{now}");
        assert!(run.sites.values().all(|site| site.state == CheckState::Done && site.report.is_some()));
        assert_eq!(run.sites[&slug(0)].by.as_deref(), Some("lan"));
    }

    #[test]
    fn who_is_not_there_or_on_air_is_told_so_and_delays_nobody() {
        let mut checks = checks();
        checks.start(0, Some("lan"), [(slug(1), Candidate::Absent), (slug(2), Candidate::OnAir)]);
        let run = checks.handle_timeout(0).expect("nobody is to be waited for");
        assert_eq!(run.sites[&slug(1)].state, CheckState::Absent);
        assert_eq!(run.sites[&slug(2)].state, CheckState::OnAir);
    }

    #[test]
    fn who_goes_on_air_is_left_alone() {
        let mut checks = checks();
        checks.start(0, Some("lan"), [(slug(1), Candidate::Here), (slug(2), Candidate::Here)]);
        checks.leave_alone(5_000, |site| *site == slug(1));
        checks.handle_timeout(OBSERVED_MS);
        assert_eq!(in_state(&checks, CheckState::OnAir), [slug(1)]);
        assert_eq!(in_state(&checks, CheckState::Transferring), [slug(2)]);
    }

    #[test]
    fn a_site_that_never_measures_its_line_is_done_without() {
        let mut checks = checks();
        checks.start(0, None, [(slug(1), Candidate::Here)]);
        checks.handle_timeout(OBSERVED_MS);
        checks.transferred(OBSERVED_MS, &slug(2), Some(1.0), None);
        assert_eq!(checks.handle_timeout(OBSERVED_MS + TRANSFER_WITHIN_MS - 1), None);
        let run = checks.handle_timeout(OBSERVED_MS + TRANSFER_WITHIN_MS).unwrap();
        assert_eq!(run.sites[&slug(1)].state, CheckState::Done);
        assert_eq!(run.sites[&slug(1)].by, None);
    }

    #[test]
    fn a_run_takes_in_more_sites_and_does_not_begin_one_anew_that_is_under_way() {
        let mut checks = checks();
        let first = checks.start(0, Some("lan"), [(slug(1), Candidate::Here)]);
        let second = checks.start(10_000, None, [(slug(1), Candidate::Here), (slug(2), Candidate::Here)]);
        assert_eq!(first, second);
        let run = checks.run().unwrap();
        assert_eq!((run.sites[&slug(1)].started_at, run.sites[&slug(2)].started_at), (0, 10_000));
    }
}
