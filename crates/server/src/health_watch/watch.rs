//! The watch over one conference.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use health::units::{Dbfs, Share};
use health::{
    AlarmEvent, AlarmId, AlarmRefusal, Arriving, ContentSample, Context, Finding, Health, HealthEvent, IncidentEvent,
    LineSample, Millis, PageSample, Place, Quality, Second, Settings, SoundLine, SoundScore,
};
use wire::{CheckRun, HealthChange, HealthEntry, HealthView, Incident, LineHealth, PageHealth, SiteCurve, SiteHealth};

use super::columns;
use super::convert::{alarm_out, fault_out, incident_out, slug_in, slug_out, verdict_out};
use super::told::Told;
use crate::health_store::{HealthStore, StoredPoint};

/// Takes each entry of the health log, for those outside; must not wait.
pub type Listener = Arc<dyn Fn(&HealthEntry) + Send + Sync>;

/// What people had been told by a moment.
#[derive(Debug, Clone, Default)]
pub struct Before {
    /// What they had been told.
    pub told: Told,
    /// The last entry of the log until then; 0: there was none.
    pub entry: u64,
}

/// What was measured of a site in the last second.
#[derive(Debug, Clone, Copy, Default)]
pub struct SiteNow {
    /// What arrives of it.
    pub up: Option<LineSample>,
    /// Share of its sound that was lost on the way.
    pub sound_loss: Option<Share>,
    /// What is sent to it.
    pub down: Option<LineSample>,
    /// What its page says.
    pub page: Option<PageSample>,
}

/// The watch over one conference.
pub struct HealthWatch {
    health: Health,
    store: HealthStore,
    told: Told,
    /// Number of the last entry.
    entry: u64,
    /// Since when each verdict is told.
    since: BTreeMap<wire::SiteSlug, u64>,
    now: BTreeMap<wire::SiteSlug, SiteNow>,
    listener: Listener,
}

impl HealthWatch {
    /// Begins to watch: the log goes on, and what was open is over, because nobody has watched since.
    pub fn new(settings: Settings, store: HealthStore, listener: Listener, before: Before, now: u64) -> Self {
        let Before { told, entry } = before;
        let open: Vec<Incident> = told.incidents.values().cloned().collect();
        let mut watch = Self {
            // Each number that was given is in an entry of its own: after the last entry none was given.
            health: Health::after(settings, entry),
            store,
            told,
            entry,
            since: BTreeMap::new(),
            now: BTreeMap::new(),
            listener,
        };
        for incident in open {
            watch.note(now, HealthChange::Closed { incident: Incident { closed_at: Some(now), ..incident } });
        }
        watch.note(now, HealthChange::Started);
        watch
    }

    /// Says which sites there are and where they hang.
    pub fn set_sites<'a>(&mut self, now: u64, relay: &str, sites: impl Iterator<Item = &'a conference::Site>) {
        let place = |site: &conference::Site| {
            let (region, carrier) = (site.region.clone(), site.carrier.clone());
            (slug_in(&site.slug), Place { region, carrier, relay: relay.to_owned() })
        };
        self.health.set_places(Millis(now), sites.map(place).collect());
        self.settle(now);
    }

    /// What arrives of a site, several times a second; `silent_ms`: since the last that arrived.
    pub fn arriving(&mut self, now: u64, site: &conference::SiteSlug, arriving: &Arriving, silent_ms: u64) {
        self.health.arriving(Millis(now), &slug_in(site), arriving, silent_ms);
    }

    /// A site went on purpose.
    pub fn left(&mut self, now: u64, site: &conference::SiteSlug) {
        if self.verdict(site).is_some() {
            self.health.left(Millis(now), &slug_in(site));
            self.now.remove(&wire::SiteSlug(site.0.clone()));
        }
    }

    /// What a site measured of its own picture and sound.
    pub fn content(&mut self, now: u64, site: &conference::SiteSlug, sample: &ContentSample, context: Context) {
        self.health.content(Millis(now), &slug_in(site), sample, context);
    }

    /// Levels of a site's microphone and of the programme that it hears, dBFS.
    pub fn levels(&mut self, now: u64, site: &conference::SiteSlug, microphone: f32, programme: f32, context: Context) {
        let (Some(microphone), Some(programme)) = (Dbfs::read(microphone), Dbfs::read(programme)) else { return };
        self.health.levels(Millis(now), &slug_in(site), microphone, programme, context);
    }

    /// The last second of a site, for its curve; sites without a verdict have none.
    pub fn second(&mut self, now: u64, site: &conference::SiteSlug, measured: SiteNow) {
        let slug = slug_in(site);
        let Some(told) = self.health.verdict(&slug) else { return };
        let second = Second::of(seconds(now), told.quality, measured.up.as_ref(), measured.down.as_ref());
        self.health.second(&slug, &second);
        self.now.insert(slug_out(&slug), measured);
    }

    /// Does what time has come for, and writes down what happened.
    pub fn settle(&mut self, now: u64) {
        self.health.handle_timeout(Millis(now));
        while let Some(event) = self.health.poll_event() {
            match event {
                HealthEvent::Stored(site, ten) => {
                    self.store.point(StoredPoint { site: slug_out(&site), ten });
                }
                HealthEvent::Verdict(site, finding) => {
                    let verdict = verdict_out(finding);
                    self.since.insert(slug_out(&site), now);
                    let (quality, reason) = (Some(verdict.quality), verdict.reason);
                    self.note(now, HealthChange::Verdict { site: slug_out(&site), quality, reason });
                }
                HealthEvent::Left(site) => {
                    self.since.remove(&slug_out(&site));
                    self.note(now, HealthChange::Verdict { site: slug_out(&site), quality: None, reason: None });
                }
                HealthEvent::Alarm(event) => self.note(now, alarm_change(&event)),
                HealthEvent::Incident(event) => self.note(now, incident_change(&event, now)),
            }
        }
    }

    /// The server stops: the last seconds are kept too.
    pub fn finish(&mut self, now: u64) {
        self.health.finish();
        self.settle(now);
    }

    /// A person has seen an alarm.
    ///
    /// # Errors
    /// If it is not open, or acknowledged already.
    pub fn acknowledge(&mut self, now: u64, alarm: u64, by: &str) -> Result<(), AlarmRefusal> {
        self.health.acknowledge(Millis(now), AlarmId(alarm), by)?;
        self.settle(now);
        Ok(())
    }

    /// A person takes an alarm off the list.
    ///
    /// # Errors
    /// If it is not open, or its cause is still there.
    pub fn clear(&mut self, now: u64, alarm: u64, by: &str) -> Result<(), AlarmRefusal> {
        self.health.clear_by_hand(Millis(now), AlarmId(alarm), by)?;
        self.settle(now);
        Ok(())
    }

    /// The verdict on a site; none while it is absent.
    pub fn verdict(&self, site: &conference::SiteSlug) -> Option<Finding> {
        self.health.verdict(&slug_in(site))
    }

    /// The same, as the core has them.
    pub fn faults_found(&self, site: &conference::SiteSlug) -> BTreeSet<health::ContentFault> {
        self.health.faults_of(&slug_in(site))
    }

    /// Whether an echo of a site could be told of late.
    pub fn echo_is_judged(&self, site: &conference::SiteSlug) -> bool {
        self.health.echo_is_judged(&slug_in(site))
    }

    /// Faults of a site's picture and sound.
    pub fn faults(&self, site: &conference::SiteSlug) -> Vec<wire::ContentFault> {
        self.health.faults_of(&slug_in(site)).into_iter().map(fault_out).collect()
    }

    /// Number of the last entry.
    pub fn last_entry(&self) -> u64 {
        self.entry
    }

    /// What people have been told, and the number of the last entry.
    pub fn told(&self) -> (&Told, u64) {
        (&self.told, self.entry)
    }

    /// Sites by their verdicts (good, weak, bad, lost), open alarms and open incidents.
    pub fn counts(&self) -> ([usize; 4], usize, usize) {
        let mut sites = [0; 4];
        for told in self.health.sites().filter_map(|site| self.health.verdict(site)) {
            sites[usize::from(level_of(told.quality))] += 1;
        }
        (sites, self.health.alarms().open().count(), self.health.incidents().open().count())
    }

    /// Bytes that the curves and windows of the sites hold.
    pub fn memory_bytes(&self) -> usize {
        self.health.memory_bytes()
    }

    /// Everything at this moment.
    pub fn view(&self, now: u64, check: Option<CheckRun>) -> HealthView {
        let site = |slug: &health::SiteSlug| {
            let name = slug_out(slug);
            let health = self.site(slug, &name);
            (name, health)
        };
        HealthView {
            at: now,
            entry: self.entry,
            sites: self.health.sites().map(site).collect(),
            alarms: by_number(self.health.alarms().open().map(alarm_out)),
            incidents: self.health.incidents().open().map(|incident| incident_out(incident, None)).collect(),
            check,
        }
    }

    fn site(&self, slug: &health::SiteSlug, name: &wire::SiteSlug) -> SiteHealth {
        let told = self.health.verdict(slug);
        let verdict = told.map(verdict_out);
        // Of what is lost there is nothing to tell but that.
        let arrives = told.is_some_and(|told| told.quality != Quality::Lost);
        let now = self.now.get(name).filter(|_| arrives).copied().unwrap_or_default();
        let score = now.up.and_then(|up| score_of(&up, now.sound_loss));
        SiteHealth {
            quality: verdict.map(|verdict| verdict.quality),
            reason: verdict.and_then(|verdict| verdict.reason),
            since: self.since.get(name).copied(),
            faults: self.health.faults_of(slug).into_iter().map(fault_out).collect(),
            up: now.up.as_ref().map(line_out),
            down: now.down.as_ref().map(line_out),
            page: now.page.as_ref().map(page_out),
            score,
        }
    }

    /// The seconds of a site that are in memory, from `from` on.
    pub fn curve(&self, site: &wire::SiteSlug, from: u32) -> SiteCurve {
        let mut curve = SiteCurve { site: Some(site.clone()), ..SiteCurve::default() };
        let known = self.health.curve(&health::SiteSlug(site.0.clone()));
        for point in known.into_iter().flat_map(|known| known.since(from)) {
            push_point(&mut curve, point);
        }
        curve
    }

    /// The same of all sites, in their order.
    pub fn curves(&self, from: u32) -> Vec<SiteCurve> {
        self.health.sites().map(|site| self.curve(&slug_out(site), from)).collect()
    }

    fn note(&mut self, at: u64, what: HealthChange) {
        self.entry += 1;
        self.told.apply(&what);
        let entry = HealthEntry { entry: self.entry, at, what };
        (self.listener)(&entry);
        self.store.entry(entry);
    }
}

/// The mean opinion of its sound, which its pictures are no part of; none: there is no sound, or its delay is not known.
fn score_of(up: &LineSample, loss: Option<Share>) -> Option<f32> {
    let (rtt, jitter, loss) = (Some(up.rtt?), up.jitter, Some(loss?));
    Some(SoundScore::of(&SoundLine { rtt, jitter, loss, fec: true }).mos)
}

/// Seconds since the epoch.
fn seconds(ms: u64) -> u32 {
    u32::try_from(ms / 1_000).unwrap_or(u32::MAX)
}

fn push_point(curve: &mut SiteCurve, point: &health::Point) {
    let values = [
        point.kbps_up(),
        point.kbps_down(),
        point.rtt_ms(),
        point.loss(),
        point.jitter_ms(),
        point.fps(),
        point.level_dbfs(),
    ];
    columns::push(curve, point.second(), level_of(point.quality()), values);
}

/// As `wire::SiteCurve` numbers verdicts.
pub(crate) fn level_of(quality: Quality) -> u8 {
    match quality {
        Quality::Good => 0,
        Quality::Weak => 1,
        Quality::Bad => 2,
        Quality::Lost => 3,
    }
}

fn by_number(alarms: impl Iterator<Item = wire::Alarm>) -> Vec<wire::Alarm> {
    let mut alarms: Vec<_> = alarms.collect();
    alarms.sort_by_key(|alarm| alarm.id);
    alarms
}

fn alarm_change(event: &AlarmEvent) -> HealthChange {
    match event {
        AlarmEvent::Raised(alarm) => HealthChange::Raised { alarm: alarm_out(alarm) },
        AlarmEvent::Acknowledged(alarm) => HealthChange::Acknowledged { alarm: alarm_out(alarm) },
        AlarmEvent::Gone(alarm) => HealthChange::Gone { alarm: alarm_out(alarm) },
        AlarmEvent::Returned(alarm) => HealthChange::Returned { alarm: alarm_out(alarm) },
        AlarmEvent::Reopened(alarm) => HealthChange::Reopened { alarm: alarm_out(alarm) },
        AlarmEvent::Cleared(alarm) => HealthChange::Cleared { alarm: alarm_out(alarm) },
    }
}

fn incident_change(event: &IncidentEvent, now: u64) -> HealthChange {
    match event {
        IncidentEvent::Opened(incident) => HealthChange::Opened { incident: incident_out(incident, None) },
        IncidentEvent::Changed(incident) => HealthChange::Changed { incident: incident_out(incident, None) },
        IncidentEvent::Closed(incident, end) => {
            HealthChange::Closed { incident: incident_out(incident, Some((now, *end))) }
        }
    }
}

fn line_out(line: &LineSample) -> LineHealth {
    LineHealth {
        kbps: line.kbps.map(|kbps| kbps.get()),
        loss: line.loss().map(|loss| loss.get()),
        jitter_ms: line.jitter.map(|jitter| jitter.get()),
        rtt_ms: line.rtt.map(|rtt| rtt.get()),
        fps: line.fps.map(|fps| fps.get()),
        keyframes: line.keyframes,
        freezes: line.freezes,
        layer: line.height.map(|height| match height {
            ..=180 => wire::Layer::Low,
            181..=360 => wire::Layer::Mid,
            361.. => wire::Layer::High,
        }),
        level_dbfs: line.level.map(|level| level.get()),
    }
}

fn page_out(page: &PageSample) -> PageHealth {
    PageHealth {
        fps: page.fps.map(|fps| fps.get()),
        freezes: page.freezes,
        concealed: page.concealed.map(|share| share.get()),
        limit: match page.limit {
            health::EncoderLimit::None => wire::EncoderLimit::None,
            health::EncoderLimit::Cpu => wire::EncoderLimit::Cpu,
            health::EncoderLimit::Bandwidth => wire::EncoderLimit::Bandwidth,
            health::EncoderLimit::Other => wire::EncoderLimit::Other,
        },
        path: match page.path {
            health::CandidatePath::Unknown => wire::CandidatePath::Unknown,
            health::CandidatePath::Udp => wire::CandidatePath::Udp,
            health::CandidatePath::Tcp => wire::CandidatePath::Tcp,
            health::CandidatePath::Relayed => wire::CandidatePath::Relayed,
        },
        network: match page.network {
            health::NetworkType::Unknown => wire::NetworkType::Unknown,
            health::NetworkType::Wired => wire::NetworkType::Wired,
            health::NetworkType::Wifi => wire::NetworkType::Wifi,
            health::NetworkType::Cellular => wire::NetworkType::Cellular,
            health::NetworkType::Other => wire::NetworkType::Other,
        },
        battery: page.battery.map(|share| share.get()),
        visible: page.visible,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::health_watch::open_incident;

    #[test]
    fn what_was_open_when_the_server_ended_is_closed_at_its_start() {
        let incident = open_incident(7);
        let mut told = Told::default();
        told.apply(&HealthChange::Opened { incident: incident.clone() });
        let heard: Arc<Mutex<Vec<HealthEntry>>> = Arc::default();
        let noted = Arc::clone(&heard);
        let listener: Listener = Arc::new(move |entry| noted.lock().unwrap().push(entry.clone()));

        let before = Before { told, entry: 10 };
        let watch = HealthWatch::new(Settings::default(), HealthStore::nowhere(), listener, before, 5_000);

        let entries = heard.lock().unwrap().clone();
        let closed = HealthChange::Closed { incident: Incident { closed_at: Some(5_000), ..incident } };
        assert_eq!(
            entries,
            [
                HealthEntry { entry: 11, at: 5_000, what: closed },
                HealthEntry { entry: 12, at: 5_000, what: HealthChange::Started }
            ]
        );
        assert_eq!(watch.told().0, &Told::default());
    }
}
