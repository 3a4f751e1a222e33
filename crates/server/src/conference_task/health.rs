//! What the task tells its watch over the health of the sites, and whom it tells what that finds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use conference::{ConnectionId, SiteSlug, TrackKind};
use health::AlarmRefusal;
use relay_core::TrackLevel;
use wire::{
    CheckRequest, CheckState, ClientKind, EndpointRole, HealthView, Moment, Revision, ServerMessage, SiteCurve,
};

use super::publish::text_of;
use super::task::{Now, Task};
use crate::access::millis;
use crate::health_store::HealthStore;
use crate::health_watch::{
    Before, Candidate, Checks, HealthWatch, Judged, Listener, SiteNow, content_sample, context_of, hash_of, is_on_air,
    line_down, line_up,
};
use crate::live::{Client, Line, SILENCE_DBFS, SILENT_AFTER, SiteVerdict};
use crate::routing::sent_kind;
use crate::view;

/// Ticks of the task between two seconds of the curves.
const SECOND_TICKS: u64 = 4;
/// All sites of a conference hang on the relay of this server: it tells none from another, and what takes all of them is the centre's.
const RELAY: &str = "";

/// What the watch over a conference's health begins with.
#[derive(Clone)]
pub struct HealthBeginning {
    /// Its bounds.
    pub settings: health::Settings,
    /// Where its curves and its log are kept.
    pub store: HealthStore,
    /// What was told before.
    pub before: Before,
    /// Number of the last line check that was kept.
    pub last_check: u64,
    /// Who else is told of each entry.
    pub listener: Listener,
}

/// The watch, and what the task notes beside it.
pub(super) struct Wellbeing {
    pub(super) watch: HealthWatch,
    checks: Checks,
    store: HealthStore,
    bounds: health::Thresholds,
    /// Verdicts on the sites that have a line, as live facts tell them.
    pub(super) verdicts: BTreeMap<SiteSlug, SiteVerdict>,
    clock: SteadyClock,
    /// The last entry of the health log that the pages know.
    published: u64,
    /// When something of a site last arrived.
    arrived: BTreeMap<SiteSlug, Instant>,
    ticks: u64,
}

/// Time of day that never goes back: patience, alarms and curves are counted in it. Where somebody sets the machine's clock back, it goes on
/// at the pace of the monotonic one until the other has caught up.
#[derive(Debug, Clone, Copy, Default)]
struct SteadyClock {
    last: Option<(Instant, u64)>,
}

impl SteadyClock {
    /// This moment, ms since the epoch.
    fn at(&self, now: Now) -> u64 {
        let went_on = self.last.map(|(at, told)| told + millis(now.instant.saturating_duration_since(at)));
        went_on.map_or(now.wall.0, |least| least.max(now.wall.0))
    }

    /// The same, and no later one is before it.
    fn read(&mut self, now: Now) -> u64 {
        let told = self.at(now);
        self.last = Some((now.instant, told));
        told
    }
}

impl Wellbeing {
    pub(super) fn new(beginning: HealthBeginning, setup: &conference::Setup, now: u64) -> Self {
        let HealthBeginning { settings, store, before, last_check, listener } = beginning;
        let checks = Checks::new(wire::ConferenceId(setup.id.0.clone()), settings, last_check);
        let kept = store.clone();
        let mut watch = HealthWatch::new(settings, store, listener, before, now);
        watch.set_sites(now, RELAY, setup.sites.iter());
        Self {
            watch,
            checks,
            store: kept,
            bounds: settings.line,
            verdicts: BTreeMap::new(),
            clock: SteadyClock::default(),
            published: 0,
            arrived: BTreeMap::new(),
            ticks: 0,
        }
    }

    /// Judges every site by its better line.
    fn judge(&mut self, now: Now, steady: u64, lines: &BTreeMap<SiteSlug, Line<'_>>) {
        let Self { watch, verdicts, arrived, .. } = self;
        let gone: Vec<SiteSlug> = verdicts.keys().filter(|site| !lines.contains_key(*site)).cloned().collect();
        for site in gone {
            verdicts.remove(&site);
            arrived.remove(&site);
            watch.left(steady, &site);
        }
        for (site, line) in lines {
            if line.left {
                watch.left(steady, site);
            } else if line.finding.quality != health::Quality::Lost {
                arrived.insert(site.clone(), now.instant);
                watch.arriving(steady, site, &line.arriving, 0);
            } else {
                let since = arrived.get(site).map(|at| now.instant.saturating_duration_since(*at));
                let silent = line.silent_for.or(since).unwrap_or_default();
                // A connection that is made anew is no loss yet.
                if silent >= SILENT_AFTER {
                    watch.arriving(steady, site, &line.arriving, millis(silent));
                }
            }
            let told = watch.verdict(site).filter(|_| !line.left).unwrap_or(line.finding);
            let lost_since = verdicts.get(site).and_then(|verdict| verdict.lost_since);
            let lost = told.quality == health::Quality::Lost;
            let lost_since = lost.then(|| lost_since.unwrap_or(steady));
            let faults = watch.faults(site);
            verdicts.insert(site.clone(), SiteVerdict { finding: told, faults, lost_since });
        }
    }

    /// One second of every line.
    fn note_second(
        &mut self,
        now: Now,
        steady: u64,
        conference: &conference::Conference,
        lines: &BTreeMap<SiteSlug, Line<'_>>,
    ) {
        let Self { watch, checks, .. } = self;
        for (site, line) in lines {
            let arrival = line.peer.media.as_ref().filter(|media| media.connected).map(|media| &media.arrival);
            let page = line.peer.page(now.instant);
            let up = arrival.map(|arrival| line_up(arrival, now.instant));
            let second = SiteNow { up, down: arrival.and_then(|arrival| line_down(arrival, page.as_ref())), page };
            watch.second(steady, site, second);
            let sound_playing = line.peer.status.as_ref().map(|status| status.sound_playing);
            let judged = Judged::of(conference, site, line.peer, now.instant);
            checks.second(&wire::SiteSlug(site.0.clone()), &second, judged, watch.faults_found(site), sound_playing);
        }
    }
}

impl Task {
    /// Sites came, went or changed places.
    pub(super) fn watch_other_sites(&mut self) {
        let now = self.steady_now();
        self.wellbeing.watch.set_sites(now, RELAY, self.ledger.shown().setup().sites.iter());
    }

    /// This moment by the clock of the health.
    fn steady_now(&mut self) -> u64 {
        let now = self.now();
        self.wellbeing.clock.read(now)
    }

    /// Does something for the health alone, and adds up how long that takes.
    pub(super) fn of_health(&mut self, work: impl FnOnce(&mut Self)) {
        let began = Instant::now();
        work(self);
        self.figures.health_took += began.elapsed();
    }

    /// Looks at every line, several times a second.
    pub(super) fn watch_health(&mut self) {
        let now = self.now();
        let lines = self.peers.lines(now.instant, &self.wellbeing.bounds);
        let steady = self.wellbeing.clock.read(now);
        self.wellbeing.judge(now, steady, &lines);
        let is_second = self.wellbeing.ticks.is_multiple_of(SECOND_TICKS);
        if is_second {
            self.wellbeing.note_second(now, steady, self.ledger.shown(), &lines);
        }
        self.wellbeing.ticks += 1;
        self.wellbeing.watch.settle(steady);
        // What is new is told at once.
        if is_second || self.wellbeing.watch.last_entry() != self.wellbeing.published {
            self.wellbeing.published = self.wellbeing.watch.last_entry();
            self.publish_health(steady);
        }
        self.watch_checks(steady);
    }

    /// Tells the pages of the health how everything is.
    fn publish_health(&self, steady: u64) {
        let is_health = |peer: &&crate::live::Peer| peer.client == Client::Page(ClientKind::Health);
        let mut pages = self.peers.connected().filter(is_health).filter_map(|peer| peer.control.as_ref()).peekable();
        if pages.peek().is_none() {
            return;
        }
        let text =
            text_of(&ServerMessage::Health(Box::new(self.wellbeing.watch.view(steady, self.wellbeing.checks.run()))));
        pages.for_each(|control| control.outbox.push(text.clone()));
    }

    pub(super) fn note_health_figures(&mut self) {
        let (sites, alarms, incidents) = self.wellbeing.watch.counts();
        (self.figures.sites, self.figures.alarms, self.figures.incidents) = (sites, alarms, incidents);
        self.figures.health_bytes = self.wellbeing.watch.memory_bytes();
    }

    /// A page told what it sends.
    pub(super) fn page_measured(&mut self, socket: crate::live::SocketId) {
        let now = self.now();
        let Some(peer) = self.peers.of_socket(socket) else { return };
        let Some((site, EndpointRole::Main | EndpointRole::Backup)) = peer.seat() else { return };
        let site = site.clone();
        let sender = self.publisher_of(&site);
        let Some(peer) = self.peers.of_socket(socket).filter(|peer| Some(peer.id) == sender) else { return };
        let sent = peer.fresh_stats(now.instant).and_then(|stats| stats.sent.as_ref());
        let media = peer.media.as_ref().filter(|media| media.connected);
        let (Some(sent), Some(media)) = (sent, media) else { return };
        let sample = content_sample(sent, &media.arrival, now.instant);
        let mut context = context_of(self.ledger.shown(), &site, peer);
        context.checked = self.wellbeing.checks.is_checking(&wire::SiteSlug(site.0.clone()));
        let steady = self.wellbeing.clock.read(now);
        self.wellbeing.watch.content(steady, &site, &sample, context);
    }

    /// Levels of microphones, ten times a second: of each site and of the programme that it hears.
    pub(super) fn levels(&mut self, levels: &[TrackLevel]) {
        let now = self.now();
        let mut of_site: BTreeMap<SiteSlug, (ConnectionId, f32)> = BTreeMap::new();
        for level in levels {
            let Some(peer) = self.peers.of_endpoint(level.track.endpoint) else { continue };
            let Some((site, _)) = peer.seat() else { continue };
            let kind = peer.media.as_ref().and_then(|media| sent_kind(&media.end.plan, level.track.line));
            let (site, id) = (site.clone(), peer.id);
            if kind == Some(TrackKind::Microphone) && self.publisher_of(&site) == Some(id) {
                of_site.insert(site, (id, level.dbfs));
            }
        }
        let heard: BTreeSet<SiteSlug> =
            self.ledger.shown().state().stage.program().microphones.iter().cloned().collect();
        let steady = self.wellbeing.clock.read(now);
        for (site, (id, microphone)) in &of_site {
            let others = heard.iter().filter(|other| *other != site).filter_map(|other| of_site.get(other));
            let programme = sum_dbfs(others.map(|(_, dbfs)| *dbfs));
            let Some(peer) = self.peers.get_mut(*id) else { continue };
            let context = context_of(self.ledger.shown(), site, peer);
            self.wellbeing.watch.levels(steady, site, *microphone, programme, context);
        }
    }

    /// The peer that would be on air, by what was settled last.
    fn publisher_of(&self, site: &SiteSlug) -> Option<ConnectionId> {
        self.settled_live().publisher(site).map(|endpoint| endpoint.connection)
    }

    /// Begins a line check of sites, or takes them into the one that is under way. Gives its number; none: no site is meant.
    pub(super) fn start_check(&mut self, by: Option<&str>, request: &CheckRequest) -> Option<u64> {
        let now = self.now();
        let conference = self.ledger.shown();
        let lines = self.peers.lines(now.instant, &self.wellbeing.bounds);
        let meant = conference.setup().sites.iter().filter(|site| {
            let named = request.sites.as_ref().is_none_or(|sites| sites.iter().any(|slug| slug.0 == site.slug.0));
            named && request.region.as_ref().is_none_or(|region| *region == site.region)
        });
        let candidate = |site: &conference::Site| {
            let on_air = is_live_on_air(conference, &site.slug);
            let here = lines.get(&site.slug).is_some_and(|line| !line.left);
            let candidate = match (on_air, here) {
                (true, _) => Candidate::OnAir,
                (false, true) => Candidate::Here,
                (false, false) => Candidate::Absent,
            };
            (wire::SiteSlug(site.slug.0.clone()), candidate)
        };
        let candidates: Vec<_> = meant.map(candidate).collect();
        if candidates.is_empty() {
            return None;
        }
        let steady = self.wellbeing.clock.read(now);
        Some(self.wellbeing.checks.start(steady, by, candidates))
    }

    /// A site wants its own line checked.
    pub(super) fn check_own_line(&mut self, socket: crate::live::SocketId) {
        let Some(site) = self.peers.of_socket(socket).and_then(|peer| peer.who.site().cloned()) else { return };
        let request = CheckRequest { sites: Some(vec![wire::SiteSlug(site.0)]), region: None };
        self.start_check(None, &request);
    }

    /// A site has measured what its line carries.
    pub(super) fn line_measured(&mut self, socket: crate::live::SocketId, up: Option<f32>, down: Option<f32>) {
        let now = self.wellbeing.clock.at(self.now());
        let Some((site, EndpointRole::Main | EndpointRole::Backup)) =
            self.peers.of_socket(socket).and_then(|peer| peer.seat())
        else {
            return;
        };
        let site = wire::SiteSlug(site.0.clone());
        self.wellbeing.checks.transferred(now, &site, up, down);
    }

    /// Brings line checks on, tells sites how far theirs is, and keeps a run that is over. Whoever goes on air is left alone from then on.
    fn watch_checks(&mut self, steady: u64) {
        let conference = self.ledger.shown();
        let on_air = |site: &wire::SiteSlug| is_live_on_air(conference, &SiteSlug(site.0.clone()));
        self.wellbeing.checks.leave_alone(steady, on_air);
        if let Some(run) = self.wellbeing.checks.handle_timeout(steady) {
            tracing::info!(number = run.number, sites = run.sites.len(), "line check done");
            self.wellbeing.store.check(run);
        }
        for (site, check) in self.wellbeing.checks.take_changed() {
            // The line that is judged is the one to be filled, and no other of the site at the same time.
            let filled = check.state == CheckState::Transferring;
            let publisher = self.publisher_of(&SiteSlug(site.0.clone()));
            let text = text_of(&ServerMessage::Check(check));
            let of_site = |peer: &&crate::live::Peer| {
                let meant = !filled || publisher.is_none_or(|publisher| publisher == peer.id);
                meant && peer.seat().is_some_and(|(seat, _)| seat.0 == site.0)
            };
            let controls = self.peers.iter().filter(of_site).filter_map(|peer| peer.control.as_ref());
            controls.for_each(|control| control.outbox.push(text.clone()));
        }
    }

    /// Health of everything, for somebody who asks.
    pub(super) fn health_view(&self) -> HealthView {
        self.wellbeing.watch.view(self.wellbeing.clock.at(self.now()), self.wellbeing.checks.run())
    }

    /// The seconds of a site that are in memory, from `from` on; of all sites without one.
    pub(super) fn curves(&self, site: Option<&wire::SiteSlug>, from: u32) -> Vec<SiteCurve> {
        match site {
            Some(site) => vec![self.wellbeing.watch.curve(site, from)],
            None => self.wellbeing.watch.curves(from),
        }
    }

    /// A person has seen an alarm, or takes it off the list.
    pub(super) fn settle_alarm(&mut self, alarm: u64, clear: bool, by: &str) -> Result<(), AlarmRefusal> {
        let now = self.steady_now();
        let watch = &mut self.wellbeing.watch;
        if clear { watch.clear(now, alarm, by) } else { watch.acknowledge(now, alarm, by) }
    }

    /// This moment, as a replay will show it.
    pub(super) fn moment(&self) -> Moment {
        let shown = self.ledger.shown();
        let (told, entry) = self.wellbeing.watch.told();
        moment_of(
            self.wellbeing.clock.at(self.now()),
            Revision(shown.state().revision),
            view::whole(shown),
            told,
            entry,
        )
    }
}

/// The whole country sees or hears it: nobody may fill its line.
fn is_live_on_air(conference: &conference::Conference, site: &SiteSlug) -> bool {
    conference.state().phase == conference::Phase::Live && is_on_air(conference, site)
}

/// A moment with its hash.
pub(super) fn moment_of(
    at: u64,
    revision: Revision,
    state: wire::ConferenceView,
    told: &crate::health_watch::Told,
    entry: u64,
) -> Moment {
    Moment {
        at,
        revision,
        entry,
        hash: hash_of(&state, told),
        state: Box::new(state),
        verdicts: told.verdicts.clone(),
        alarms: told.alarms.values().cloned().collect(),
        incidents: told.incidents.values().cloned().collect(),
    }
}

/// The level of several sounds together, dBFS: their energies add up.
fn sum_dbfs(levels: impl Iterator<Item = f32>) -> f32 {
    let energy: f32 = levels.map(|level| 10_f32.powf(level / 10.0)).sum();
    if energy > 0.0 { (10.0 * energy.log10()).max(SILENCE_DBFS) } else { SILENCE_DBFS }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_that_is_set_back_stalls_nothing() {
        let (mut clock, began) = (SteadyClock::default(), Instant::now());
        let mut read = |seconds: u64, wall: u64| {
            clock.read(Now { instant: began + Duration::from_secs(seconds), wall: conference::Millis(wall) })
        };

        assert_eq!(read(0, 7_200_000), 7_200_000);
        assert_eq!(read(1, 3_601_000), 7_201_000, "an hour back: it goes on");
        assert_eq!(read(2, 10_802_000), 10_802_000, "an hour ahead: it follows");
    }

    #[test]
    fn two_equal_sounds_are_three_decibels_louder_than_one() {
        let sum = sum_dbfs([-20.0, -20.0].into_iter());
        assert!((sum - -16.99).abs() < 0.01, "{sum}");
        assert_eq!(sum_dbfs(std::iter::empty()), SILENCE_DBFS);
    }
}
