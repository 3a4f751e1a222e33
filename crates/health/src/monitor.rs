//! The health of a whole conference: each site's verdict, faults and curve, and the alarms and incidents that follow from them.
//!
//! Call what came in, then [`Health::handle_timeout`], then [`Health::poll_event`] until it is empty. A site must have been named
//! by [`Health::set_places`]; what is said of others is dropped.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::curve::Second;
use crate::incidents::{IncidentEvent, Incidents, Place};
use crate::units::Dbfs;
use crate::{
    AlarmEvent, AlarmId, AlarmKind, AlarmRefusal, Alarms, Arriving, CheckBounds, ContentBounds, ContentFault,
    ContentSample, ContentWatch, Context, Curve, Finding, Millis, Point, Quality, SiteSlug, TenSeconds, TenSecondsOf,
    ThresholdError, Thresholds, Verdict,
};

/// Sites that are watched; more are dropped. A conference has fewer: four hours of curves of as many sites are 230 MB.
pub const MAX_SITES: usize = 1_000;

/// Every bound of health that can be configured.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Of the verdict on lines.
    pub line: Thresholds,
    /// Of faults of picture and sound.
    pub content: ContentBounds,
    /// Of the line check.
    pub check: CheckBounds,
}

impl Settings {
    /// Checks all of them.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first.
    pub fn validate(&self) -> Result<(), Vec<ThresholdError>> {
        let checks = [self.line.validate(), self.content.validate(), self.check.validate()];
        let errors: Vec<_> = checks.into_iter().filter_map(Result::err).flatten().collect();
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthEvent {
    /// Another verdict on a site is told.
    Verdict(SiteSlug, Finding),
    /// A site that had a verdict went on purpose: it is absent.
    Left(SiteSlug),
    /// An alarm.
    Alarm(AlarmEvent),
    /// An incident.
    Incident(IncidentEvent),
    /// Ten seconds of a site's curve are complete.
    Stored(SiteSlug, TenSeconds),
}

/// What is known of a site.
#[derive(Debug, Clone, Default)]
struct Site {
    /// None until media first arrived, and after it left.
    verdict: Option<Verdict>,
    content: ContentWatch,
    /// It has not the floor and was asked to speak for a check.
    only_checked: bool,
    curve: Curve,
    gathered: TenSecondsOf,
}

impl Site {
    /// The faults that are alarms. In an empty room that is checked before the day nobody speaks.
    fn alarming(&self) -> BTreeSet<ContentFault> {
        let mut faults = self.content.faults();
        if self.only_checked {
            faults.remove(&ContentFault::TooLow);
        }
        faults
    }
}

/// The health of a conference.
#[derive(Debug, Clone, Default)]
pub struct Health {
    settings: Settings,
    sites: BTreeMap<SiteSlug, Site>,
    alarms: Alarms,
    incidents: Incidents,
    events: VecDeque<HealthEvent>,
}

impl Health {
    /// Of a conference in which nobody is yet. The settings have been validated.
    pub fn new(settings: Settings) -> Self {
        Self::after(settings, 0)
    }

    /// The same; alarms and incidents have numbers after `last`, so that those of an earlier start are not given again.
    pub fn after(settings: Settings, last: u64) -> Self {
        let (alarms, incidents) = (Alarms::after(last), Incidents::after(last));
        Self { settings, alarms, incidents, ..Self::default() }
    }

    /// Says which sites there are and where they hang.
    pub fn set_places(&mut self, now: Millis, mut places: BTreeMap<SiteSlug, Place>) {
        while places.len() > MAX_SITES {
            places.pop_last();
        }
        let gone: Vec<_> = self.sites.keys().filter(|site| !places.contains_key(*site)).cloned().collect();
        for site in gone {
            self.left(now, &site);
            self.sites.remove(&site);
        }
        for site in places.keys() {
            self.sites.entry(site.clone()).or_default();
        }
        self.incidents.set_places(now, places);
    }

    /// What arrives of a site, several times a second. `silent_ms`: since the last that arrived. A site of which nothing ever arrived
    /// has no verdict: it is absent, not lost.
    pub fn arriving(&mut self, now: Millis, slug: &SiteSlug, arriving: &Arriving, silent_ms: u64) {
        let Some(site) = self.sites.get_mut(slug) else { return };
        let finding = Finding::now(arriving, &self.settings.line);
        let before = site.verdict.as_ref().map(Verdict::told);
        match &mut site.verdict {
            None if finding.quality == Quality::Lost => return,
            None => site.verdict = Some(Verdict::new(now, finding, &self.settings.line)),
            Some(verdict) => verdict.observe(now, finding, &self.settings.line),
        }
        let told = site.verdict.as_ref().map_or(finding, Verdict::told);
        if before == Some(told) {
            return;
        }
        self.events.push_back(HealthEvent::Verdict(slug.clone(), told));
        match told.quality {
            Quality::Lost => {
                self.forget_content(now, slug);
                self.incidents.dropped(now, slug, now.minus(silent_ms));
            }
            Quality::Good | Quality::Weak | Quality::Bad => self.incidents.appeared(now, slug),
        }
        for (kind, quality) in [(AlarmKind::Lost, Quality::Lost), (AlarmKind::Bad, Quality::Bad)] {
            self.alarm(now, slug, kind, told.quality == quality);
        }
    }

    /// What a site measured of its picture and sound.
    pub fn content(&mut self, now: Millis, slug: &SiteSlug, sample: &ContentSample, context: Context) {
        let Some(site) = self.sites.get_mut(slug) else { return };
        let before = site.alarming();
        site.only_checked = context.checked && !context.expected_to_speak;
        site.content.observe(now, sample, context, &self.settings.content);
        self.faults(now, slug, before);
    }

    /// Levels of a site's microphone and of the programme that was sent to it, every
    /// [`LEVELS_EVERY_MS`](crate::content::LEVELS_EVERY_MS).
    pub fn levels(&mut self, now: Millis, slug: &SiteSlug, microphone: Dbfs, programme: Dbfs, context: Context) {
        let Some(site) = self.sites.get_mut(slug) else { return };
        let before = site.alarming();
        site.content.levels(now, microphone, programme, context, &self.settings.content);
        self.faults(now, slug, before);
    }

    /// One second of a site's line, for its curve.
    pub fn second(&mut self, slug: &SiteSlug, second: &Second) {
        let Some(site) = self.sites.get_mut(slug) else { return };
        let point = Point::from(second);
        if !site.curve.push(point) {
            return;
        }
        if let Some(ten) = site.gathered.push(point) {
            self.events.push_back(HealthEvent::Stored(slug.clone(), ten));
        }
    }

    /// A site went on purpose. What was wrong with it is so no more.
    pub fn left(&mut self, now: Millis, slug: &SiteSlug) {
        let Some(site) = self.sites.get_mut(slug) else { return };
        if site.verdict.take().is_some() {
            self.events.push_back(HealthEvent::Left(slug.clone()));
        }
        if let Some(ten) = site.gathered.take() {
            self.events.push_back(HealthEvent::Stored(slug.clone(), ten));
        }
        self.forget_content(now, slug);
        self.alarm(now, slug, AlarmKind::Lost, false);
        self.alarm(now, slug, AlarmKind::Bad, false);
        self.incidents.left(now, slug);
    }

    /// Nothing more will come: what was gathered of the last ten seconds is handed out as it is.
    pub fn finish(&mut self) {
        for (slug, site) in &mut self.sites {
            if let Some(ten) = site.gathered.take() {
                self.events.push_back(HealthEvent::Stored(slug.clone(), ten));
            }
        }
    }

    /// A person has seen an alarm.
    ///
    /// # Errors
    /// If it is not open, or acknowledged already.
    pub fn acknowledge(&mut self, now: Millis, id: AlarmId, by: &str) -> Result<(), AlarmRefusal> {
        self.alarms.acknowledge(now, id, by)
    }

    /// A person takes an alarm off the list.
    ///
    /// # Errors
    /// If it is not open, or its cause is still there.
    pub fn clear_by_hand(&mut self, now: Millis, id: AlarmId, by: &str) -> Result<(), AlarmRefusal> {
        self.alarms.clear_by_hand(now, id, by)
    }

    /// Does what time has come for.
    pub fn handle_timeout(&mut self, now: Millis) {
        self.alarms.handle_timeout(now);
        self.incidents.handle_timeout(now);
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    pub fn poll_timeout(&self) -> Option<Millis> {
        self.alarms.poll_timeout().into_iter().chain(self.incidents.poll_timeout()).min()
    }

    /// What happened. To be called until it has nothing more: it is not bounded otherwise.
    pub fn poll_event(&mut self) -> Option<HealthEvent> {
        let own = self.events.pop_front();
        let alarm = |alarms: &mut Alarms| alarms.poll_event().map(HealthEvent::Alarm);
        let incident = |incidents: &mut Incidents| incidents.poll_event().map(HealthEvent::Incident);
        own.or_else(|| alarm(&mut self.alarms)).or_else(|| incident(&mut self.incidents))
    }

    /// The verdict on a site; none while it is absent.
    pub fn verdict(&self, slug: &SiteSlug) -> Option<Finding> {
        self.sites.get(slug)?.verdict.as_ref().map(Verdict::told)
    }

    /// The sites that are watched, in their order.
    pub fn sites(&self) -> impl Iterator<Item = &SiteSlug> {
        self.sites.keys()
    }

    /// The faults of a site's picture and sound that are told.
    pub fn faults_of(&self, slug: &SiteSlug) -> BTreeSet<ContentFault> {
        self.sites.get(slug).map(|site| site.content.faults()).unwrap_or_default()
    }

    /// Whether an echo of a site could be told of late ([`ContentWatch::echo_is_judged`]).
    pub fn echo_is_judged(&self, slug: &SiteSlug) -> bool {
        self.sites.get(slug).is_some_and(|site| site.content.echo_is_judged())
    }

    /// The curve of a site.
    pub fn curve(&self, slug: &SiteSlug) -> Option<&Curve> {
        self.sites.get(slug).map(|site| &site.curve)
    }

    /// All alarms.
    pub fn alarms(&self) -> &Alarms {
        &self.alarms
    }

    /// All incidents.
    pub fn incidents(&self) -> &Incidents {
        &self.incidents
    }

    /// Bytes that the sites' curves and windows hold.
    pub fn memory_bytes(&self) -> usize {
        let of = |site: &Site| size_of::<Site>() + site.curve.memory_bytes() + site.content.memory_bytes();
        self.sites.values().map(of).sum()
    }

    fn alarm(&mut self, now: Millis, slug: &SiteSlug, kind: AlarmKind, wrong: bool) {
        if wrong { self.alarms.raise(now, slug, kind) } else { self.alarms.clear(now, slug, kind) }
    }

    /// Nothing is known any more of a picture and sound that do not arrive.
    fn forget_content(&mut self, now: Millis, slug: &SiteSlug) {
        let Some(site) = self.sites.get_mut(slug) else { return };
        let before = site.alarming();
        site.content = ContentWatch::default();
        self.faults(now, slug, before);
    }

    /// Raises and clears what changed among the faults of a site.
    fn faults(&mut self, now: Millis, slug: &SiteSlug, before: BTreeSet<ContentFault>) {
        let Some(site) = self.sites.get(slug) else { return };
        let told = site.alarming();
        for fault in told.symmetric_difference(&before) {
            self.alarm(now, slug, AlarmKind::Content(*fault), told.contains(fault));
        }
    }
}

#[cfg(test)]
mod tests;
