//! What the task tells its watch over the health of the sites, and whom it tells what that finds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use conference::{ConnectionId, SiteSlug, TrackKind};
use health::AlarmRefusal;
use relay_core::TrackLevel;
use wire::{ClientKind, EndpointRole, HealthView, Moment, Revision, ServerMessage, SiteCurve};

use super::publish::text_of;
use super::task::{Now, Task};
use crate::access::{Revocation, millis};
use crate::health_store::HealthStore;
use crate::health_watch::{
    Before, Checks, HealthWatch, Judged, Listener, SiteNow, content_sample, context_of, hash_of, line_down, line_up,
    sound_loss,
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
    pub(super) checks: Checks,
    pub(super) store: HealthStore,
    pub(super) bounds: health::Thresholds,
    /// Verdicts on the sites that have a line, or had one and are lost, as live facts tell them.
    pub(super) verdicts: BTreeMap<SiteSlug, SiteVerdict>,
    clock: SteadyClock,
    /// The last entry of the health log that the pages know.
    published: u64,
    /// When something of a site last arrived.
    arrived: BTreeMap<SiteSlug, Instant>,
    /// What would end the right to be here of the line by which a site was judged last.
    credentials: BTreeMap<SiteSlug, Revocation>,
    /// Sites of which a line ended on purpose since they were judged last.
    goodbyes: BTreeSet<SiteSlug>,
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
            credentials: BTreeMap::new(),
            goodbyes: BTreeSet::new(),
            ticks: 0,
        }
    }

    /// A line of a site ends on purpose. If it was the last one, the site is absent from now on.
    pub(super) fn goodbye(&mut self, site: &SiteSlug) {
        self.goodbyes.insert(site.clone());
    }

    /// A right to be here ended: whoever was lost and had it is not waited for any more.
    pub(super) fn revoked(&mut self, revoked: &Revocation) {
        let had_it = self.credentials.iter().filter(|(_, credential)| *credential == revoked);
        self.goodbyes.extend(had_it.map(|(site, _)| site.clone()));
    }

    /// Judges every site by its better line.
    fn judge(&mut self, now: Now, steady: u64, lines: &BTreeMap<SiteSlug, Line<'_>>) {
        self.judge_forgotten(now, steady, lines);
        for (site, line) in lines {
            let Self { watch, arrived, credentials, .. } = self;
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
            if credentials.get(site) != Some(&line.peer.credential) {
                credentials.insert(site.clone(), line.peer.credential.clone());
            }
            let told = watch.verdict(site).filter(|_| !line.left).unwrap_or(line.finding);
            self.note_verdict(steady, site, told);
        }
    }

    /// Judges the sites that had a line of which nothing is remembered any more: it was silent for too long, or the relay lost it. That
    /// makes no site well: it is lost until it comes back, says goodbye, its link is revoked or it is not in the list of sites any
    /// more. Of others there is no verdict, so that this is at most one entry for each site of the setup.
    fn judge_forgotten(&mut self, now: Now, steady: u64, lines: &BTreeMap<SiteSlug, Line<'_>>) {
        let goodbyes = std::mem::take(&mut self.goodbyes);
        let forgotten: Vec<SiteSlug> =
            self.verdicts.keys().filter(|site| !lines.contains_key(*site)).cloned().collect();
        for site in forgotten {
            if goodbyes.contains(&site) || self.watch.verdict(&site).is_none() {
                self.watch.left(steady, &site);
                self.verdicts.remove(&site);
                self.arrived.remove(&site);
                self.credentials.remove(&site);
                continue;
            }
            let since = self.arrived.get(&site).map(|at| now.instant.saturating_duration_since(*at));
            if let Some(silent) = since.filter(|silent| *silent >= SILENT_AFTER) {
                self.watch.arriving(steady, &site, &health::Arriving::NOTHING, millis(silent));
            }
            if let Some(told) = self.watch.verdict(&site) {
                self.note_verdict(steady, &site, told);
            }
            // Its curve goes on without figures: a gap would say that it is absent.
            if self.ticks.is_multiple_of(SECOND_TICKS) {
                self.watch.second(steady, &site, SiteNow::default());
            }
        }
    }

    fn note_verdict(&mut self, steady: u64, site: &SiteSlug, told: health::Finding) {
        let lost_since = self.verdicts.get(site).and_then(|verdict| verdict.lost_since);
        let lost = told.quality == health::Quality::Lost;
        let lost_since = lost.then(|| lost_since.unwrap_or(steady));
        let faults = self.watch.faults(site);
        self.verdicts.insert(site.clone(), SiteVerdict { finding: told, faults, lost_since });
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
            let page_rtt_ms = line.peer.fresh_stats(now.instant).map_or(0.0, |stats| stats.rtt_ms);
            let second = SiteNow {
                up: arrival.map(|arrival| line_up(arrival, now.instant, page_rtt_ms)),
                sound_loss: arrival.and_then(|arrival| sound_loss(arrival, now.instant)),
                down: arrival.and_then(|arrival| line_down(arrival, page.as_ref())),
                page,
            };
            watch.second(steady, site, second);
            let sound_playing = line.peer.status.as_ref().map(|status| status.sound_playing);
            let judged = Judged::of(conference, site, line.peer, watch.echo_is_judged(site), now.instant);
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
    pub(super) fn steady_now(&mut self) -> u64 {
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
    pub(super) fn publisher_of(&self, site: &SiteSlug) -> Option<ConnectionId> {
        self.settled_live().publisher(site).map(|endpoint| endpoint.connection)
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
mod forgotten_tests;

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
