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

/// A site whose turn it is and of which nothing arrives is waited for so long, ms; then it is done without: others wait for the turn.
pub const LINE_AWAITED_MS: u64 = 10_000;

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

impl Checking {
    fn begun(by: Option<&str>, now: u64, candidate: Candidate) -> Self {
        let (state, ended_at) = match candidate {
            Candidate::Here => (CheckState::Observing, None),
            Candidate::Absent => (CheckState::Absent, Some(now)),
            Candidate::OnAir => (CheckState::OnAir, Some(now)),
        };
        let by = by.map(str::to_owned);
        Self { by, state, started_at: now, state_since: now, ended_at, check: LineCheck::default() }
    }
}

/// Checks that are told and kept together.
#[derive(Debug, Default)]
struct Run {
    number: u64,
    started_at: u64,
    /// None: under way, unless it never began.
    ended_at: Option<u64>,
    sites: BTreeMap<SiteSlug, Checking>,
}

impl Run {
    fn begun(number: u64, now: u64) -> Self {
        Self { number, started_at: now, ended_at: None, sites: BTreeMap::new() }
    }

    fn is_over(&self) -> bool {
        self.ended_at.is_some() || self.sites.is_empty()
    }

    fn checking(&mut self, site: &SiteSlug) -> Option<&mut Checking> {
        self.sites.get_mut(site).filter(|checking| checking.ended_at.is_none())
    }

    /// Sites in a state, with since when.
    fn in_state(&self, state: CheckState) -> impl Iterator<Item = (u64, SiteSlug)> {
        let found = self.sites.iter().filter(move |(_, checking)| checking.state == state);
        found.map(|(site, checking)| (checking.state_since, site.clone()))
    }
}

/// The checks of a conference: one run of the centre at a time, and of each site the one that it began itself. A site that checks
/// itself is no part of a rehearsal: it neither holds that up nor changes what was found there.
#[derive(Debug)]
pub struct Checks {
    conference: ConferenceId,
    settings: Settings,
    last: u64,
    centre: Run,
    own: BTreeMap<SiteSlug, Run>,
    /// Sites that are to be told of another state.
    changed: Vec<SiteSlug>,
}

impl Checks {
    /// None yet; numbers go on after `last`.
    pub fn new(conference: ConferenceId, settings: Settings, last: u64) -> Self {
        Self { conference, settings, last, centre: Run::default(), own: BTreeMap::new(), changed: Vec::new() }
    }

    /// Begins to check sites. A run of the centre that is under way takes them in, but for those that it is checking; what a site has
    /// begun itself is given up for it. Gives the number of the run.
    pub fn start(&mut self, now: u64, by: &str, sites: impl IntoIterator<Item = (SiteSlug, Candidate)>) -> u64 {
        if self.centre.is_over() {
            self.last += 1;
            self.centre = Run::begun(self.last, now);
        }
        for (site, candidate) in sites {
            if self.centre.checking(&site).is_some() {
                continue;
            }
            self.own.retain(|other, run| *other != site || run.is_over());
            self.centre.sites.insert(site.clone(), Checking::begun(Some(by), now, candidate));
            self.changed.push(site);
        }
        self.centre.number
    }

    /// A site begins a check of its own line; while it is being checked nothing happens.
    pub fn start_own(&mut self, now: u64, site: &SiteSlug, candidate: Candidate) {
        if self.is_checking(site) {
            return;
        }
        self.last += 1;
        let mut run = Run::begun(self.last, now);
        run.sites.insert(site.clone(), Checking::begun(None, now, candidate));
        self.own.insert(site.clone(), run);
        self.changed.push(site.clone());
    }

    /// A site is being checked now.
    pub fn is_checking(&self, site: &SiteSlug) -> bool {
        let mut known = self.runs().filter_map(|run| run.sites.get(site));
        known.any(|checking| checking.ended_at.is_none())
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
        let Some(checking) = self.checking(site) else { return };
        let idle = checking.state != CheckState::Transferring;
        checking.check.second(now.up.as_ref(), now.down.as_ref(), idle);
        if let Some(page) = &now.page {
            checking.check.page(page, sound_playing, idle);
        }
        checking.check.judged(judged.picture, judged.sound, judged.echo);
        checking.check.faults(faults);
    }

    /// Ends the checks of sites that are on air now: their lines are not to be filled.
    pub fn leave_alone(&mut self, now: u64, on_air: impl Fn(&SiteSlug) -> bool) {
        let checked = self.runs().flat_map(|run| &run.sites).filter(|(_, checking)| checking.ended_at.is_none());
        let left: Vec<SiteSlug> = checked.map(|(site, _)| site.clone()).filter(|site| on_air(site)).collect();
        for site in left {
            self.end(now, &site, CheckState::OnAir);
        }
    }

    /// A site has measured what its line carries. Not asked for, it is not taken.
    pub fn transferred(&mut self, now: u64, site: &SiteSlug, up_kbps: Option<f32>, down_kbps: Option<f32>) {
        let Some(checking) = self.checking(site) else { return };
        if checking.state == CheckState::Transferring {
            checking.check.transferred(up_kbps.and_then(Kbps::read), down_kbps.and_then(Kbps::read));
            self.end(now, site, CheckState::Done);
        }
    }

    /// Does what time has come for; `in_touch`: something of a site arrives. Gives the runs that are over now.
    pub fn handle_timeout(&mut self, now: u64, in_touch: impl Fn(&SiteSlug) -> bool) -> Vec<CheckRun> {
        for site in self.late(now, CheckState::Observing, OBSERVED_MS) {
            self.enter(now, &site, CheckState::Waiting);
        }
        let unanswered = self.late(now, CheckState::Transferring, TRANSFER_WITHIN_MS);
        let gone = self.late(now, CheckState::Waiting, LINE_AWAITED_MS).into_iter().filter(|site| !in_touch(site));
        for site in unanswered.into_iter().chain(gone) {
            if let Some(checking) = self.checking(&site) {
                checking.check.unanswered();
            }
            self.end(now, &site, CheckState::Done);
        }
        let room = TRANSFERS_AT_ONCE.saturating_sub(self.late(now, CheckState::Transferring, 0).len());
        let waiting = self.late(now, CheckState::Waiting, 0).into_iter().filter(in_touch);
        for site in waiting.take(room).collect::<Vec<_>>() {
            self.enter(now, &site, CheckState::Transferring);
        }
        let mut over = Vec::new();
        for run in std::iter::once(&mut self.centre).chain(self.own.values_mut()) {
            if !run.is_over() && run.sites.values().all(|checking| checking.ended_at.is_some()) {
                run.ended_at = Some(now);
                over.push(run.number);
            }
        }
        self.runs().filter(|run| over.contains(&run.number)).map(|run| self.told(run)).collect()
    }

    /// The latest run of the centre; none: there was none since the start.
    pub fn run(&self) -> Option<CheckRun> {
        (!self.centre.sites.is_empty()).then(|| self.told(&self.centre))
    }

    /// Sites whose check came further since the last call, with how far it is.
    pub fn take_changed(&mut self) -> Vec<(SiteSlug, SiteCheck)> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().filter_map(|site| Some((site.clone(), self.of(&site)?))).collect()
    }

    /// How far the check of a site is: the one under way, else the latest.
    pub fn of(&self, site: &SiteSlug) -> Option<SiteCheck> {
        let known = self.runs().filter_map(|run| run.sites.get(site));
        let latest = known.max_by_key(|checking| (checking.ended_at.is_none(), checking.started_at))?;
        Some(self.view(latest))
    }

    fn runs(&self) -> impl Iterator<Item = &Run> {
        std::iter::once(&self.centre).chain(self.own.values())
    }

    /// The check of a site that is under way: there is one at most.
    fn checking(&mut self, site: &SiteSlug) -> Option<&mut Checking> {
        let Self { centre, own, .. } = self;
        centre.checking(site).or_else(|| own.get_mut(site)?.checking(site))
    }

    /// Sites that have been in a state for so long, those first who have been for longest.
    fn late(&self, now: u64, state: CheckState, after: u64) -> Vec<SiteSlug> {
        let mut found: Vec<_> = self.runs().flat_map(|run| run.in_state(state)).collect();
        found.retain(|(since, _)| now.saturating_sub(*since) >= after);
        found.sort();
        found.into_iter().map(|(_, site)| site).collect()
    }

    fn told(&self, run: &Run) -> CheckRun {
        CheckRun {
            number: run.number,
            conference: self.conference.clone(),
            started_at: run.started_at,
            ended_at: run.ended_at,
            sites: run.sites.iter().map(|(site, checking)| (site.clone(), self.view(checking))).collect(),
        }
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
        let Some(checking) = self.checking(site) else { return };
        (checking.state, checking.state_since) = (state, now);
        self.changed.push(site.clone());
    }

    fn end(&mut self, now: u64, site: &SiteSlug, how: CheckState) {
        self.enter(now, site, how);
        if let Some(checking) = self.checking(site) {
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

    fn here(_: &SiteSlug) -> bool {
        true
    }

    fn in_state(checks: &Checks, state: CheckState) -> Vec<SiteSlug> {
        checks.run().unwrap().sites.into_iter().filter(|(_, site)| site.state == state).map(|(site, _)| site).collect()
    }

    #[test]
    fn sixty_three_sites_are_observed_together_and_fill_their_lines_eight_at_a_time() {
        let mut checks = checks();
        assert_eq!(checks.start(1_000, "lan", (0..63).map(|number| (slug(number), Candidate::Here))), 7);
        assert_eq!(checks.take_changed().len(), 63);
        assert_eq!(checks.handle_timeout(1_000 + OBSERVED_MS - 1, here), []);
        assert_eq!(in_state(&checks, CheckState::Observing).len(), 63);

        let mut now = 1_000 + OBSERVED_MS;
        let run = loop {
            if let Some(run) = checks.handle_timeout(now, here).pop() {
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
        checks.start(0, "lan", [(slug(1), Candidate::Absent), (slug(2), Candidate::OnAir)]);
        let run = checks.handle_timeout(0, here).pop().expect("nobody is to be waited for");
        assert_eq!(run.sites[&slug(1)].state, CheckState::Absent);
        assert_eq!(run.sites[&slug(2)].state, CheckState::OnAir);
    }

    #[test]
    fn who_goes_on_air_is_left_alone() {
        let mut checks = checks();
        checks.start(0, "lan", [(slug(1), Candidate::Here), (slug(2), Candidate::Here)]);
        checks.leave_alone(5_000, |site| *site == slug(1));
        checks.handle_timeout(OBSERVED_MS, here);
        assert_eq!(in_state(&checks, CheckState::OnAir), [slug(1)]);
        assert_eq!(in_state(&checks, CheckState::Transferring), [slug(2)]);
    }

    #[test]
    fn a_site_that_never_measures_its_line_is_done_without() {
        let mut checks = checks();
        checks.start_own(0, &slug(1), Candidate::Here);
        checks.handle_timeout(OBSERVED_MS, here);
        checks.transferred(OBSERVED_MS, &slug(2), Some(1.0), None);
        assert_eq!(checks.handle_timeout(OBSERVED_MS + TRANSFER_WITHIN_MS - 1, here), []);
        let run = checks.handle_timeout(OBSERVED_MS + TRANSFER_WITHIN_MS, here).pop().unwrap();
        assert_eq!(run.sites[&slug(1)].state, CheckState::Done);
        assert_eq!(run.sites[&slug(1)].by, None);
    }

    #[test]
    fn a_run_takes_in_more_sites_and_does_not_begin_one_anew_that_is_under_way() {
        let mut checks = checks();
        let first = checks.start(0, "lan", [(slug(1), Candidate::Here)]);
        let second = checks.start(10_000, "minh", [(slug(1), Candidate::Here), (slug(2), Candidate::Here)]);
        assert_eq!(first, second);
        let run = checks.run().unwrap();
        assert_eq!((run.sites[&slug(1)].started_at, run.sites[&slug(2)].started_at), (0, 10_000));
    }

    #[test]
    fn a_site_that_checks_itself_is_no_part_of_a_rehearsal() {
        let mut checks = checks();
        checks.start(0, "lan", [(slug(1), Candidate::Here), (slug(2), Candidate::Here)]);
        checks.start_own(30_000, &slug(1), Candidate::Here);
        checks.start_own(30_000, &slug(3), Candidate::Here);
        assert_eq!(checks.of(&slug(1)).unwrap().by.as_deref(), Some("lan"), "it is being checked");

        checks.handle_timeout(OBSERVED_MS, here);
        for site in [1, 2] {
            checks.transferred(OBSERVED_MS, &slug(site), Some(5_000.0), Some(5_000.0));
        }
        let rehearsal = checks.handle_timeout(OBSERVED_MS, here);
        assert_eq!(rehearsal.iter().map(|run| (run.number, run.sites.len())).collect::<Vec<_>>(), [(7, 2)]);

        // Who looks again does not change what was found.
        checks.start_own(OBSERVED_MS + 1, &slug(1), Candidate::Here);
        assert_eq!(checks.of(&slug(1)).unwrap().by, None);
        assert_eq!(checks.run().unwrap(), rehearsal[0]);
        checks.handle_timeout(30_000 + OBSERVED_MS, here);
        checks.transferred(30_000 + OBSERVED_MS, &slug(3), Some(5_000.0), Some(5_000.0));
        let own = checks.handle_timeout(30_000 + OBSERVED_MS, here);
        assert_eq!((own.len(), own[0].number, own[0].own_site()), (1, 8, Some(&slug(3))));
        assert_eq!(checks.run().unwrap().number, 7);
    }

    #[test]
    fn the_centre_takes_a_site_over_that_checks_itself() {
        let mut checks = checks();
        checks.start_own(0, &slug(1), Candidate::Here);
        checks.start(1_000, "lan", [(slug(1), Candidate::Here)]);
        assert_eq!(checks.of(&slug(1)).unwrap().by.as_deref(), Some("lan"));
        checks.handle_timeout(1_000 + OBSERVED_MS, here);
        checks.transferred(1_000 + OBSERVED_MS, &slug(1), None, None);
        let over = checks.handle_timeout(1_000 + OBSERVED_MS, here);
        assert_eq!(over.iter().map(|run| run.number).collect::<Vec<_>>(), [8]);
    }

    #[test]
    fn a_line_that_is_gone_takes_nobodys_turn() {
        let mut checks = checks();
        checks.start(0, "lan", (0..20).map(|number| (slug(number), Candidate::Here)));
        let back = |site: &SiteSlug| *site == slug(19);
        checks.handle_timeout(OBSERVED_MS, back);
        assert_eq!(in_state(&checks, CheckState::Transferring), [slug(19)]);
        checks.transferred(OBSERVED_MS, &slug(19), Some(5_000.0), Some(5_000.0));
        assert_eq!(checks.handle_timeout(OBSERVED_MS + LINE_AWAITED_MS - 1, back), []);
        let run = checks.handle_timeout(OBSERVED_MS + LINE_AWAITED_MS, back).pop().unwrap();
        assert!(run.sites.values().all(|site| site.state == CheckState::Done));
    }
}
