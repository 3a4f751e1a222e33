//! Alarms: raised when something is wrong, acknowledged by a person, cleared when it is right again; with who and when.
//!
//! Nothing flaps. An alarm whose cause has gone stays for [`QUIET_MS`]; if the cause comes back within it, it is the same alarm, and
//! counts one more. So an alarm of one kind of one site is raised at most once a minute, whatever its cause does.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::{ContentFault, Millis, QUIET_MS, SiteSlug};

/// Alarms that are over and still listed: eight for each of 64 sites. Older ones are in what was stored of the events.
pub const MAX_HISTORY: usize = 512;

/// Number of an alarm; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlarmId(pub u64);

/// What is wrong. One alarm of a kind per site at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// Nothing arrives of the site.
    Lost,
    /// The line hardly works.
    Bad,
    /// Picture or sound.
    Content(ContentFault),
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Its number.
    pub id: AlarmId,
    /// The site.
    pub site: SiteSlug,
    /// What is wrong.
    pub kind: AlarmKind,
    /// Since when.
    pub raised_at: Millis,
    /// How often the cause came, the first time included.
    pub count: u32,
    /// When the cause went; none while it is there.
    pub gone_at: Option<Millis>,
    /// Who acknowledged it, and when.
    pub acknowledged: Option<Signature>,
    /// When it was cleared, and by whom if it was a person.
    pub cleared: Option<Cleared>,
}

/// Who, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Who.
    pub by: String,
    /// When.
    pub at: Millis,
}

/// How an alarm ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared {
    /// The person; none: its cause was gone for long enough.
    pub by: Option<String>,
    /// When.
    pub at: Millis,
}

/// What happened to an alarm, with the alarm as it is since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmEvent {
    /// It is new.
    Raised(Alarm),
    /// A person has seen it.
    Acknowledged(Alarm),
    /// Its cause has gone; it stays for a minute.
    Gone(Alarm),
    /// Its cause came back within the minute.
    Returned(Alarm),
    /// A person had cleared it, and its cause came back within a minute.
    Reopened(Alarm),
    /// It is over.
    Cleared(Alarm),
}

/// Why an alarm cannot be acknowledged or cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmRefusal {
    /// There is no such alarm, or it is over.
    NotOpen,
    /// Somebody has acknowledged it already.
    AlreadyAcknowledged,
    /// Its cause is still there.
    StillThere,
}

/// All alarms of a conference.
#[derive(Debug, Clone, Default)]
pub struct Alarms {
    last: u64,
    open: BTreeMap<(SiteSlug, AlarmKind), Alarm>,
    history: VecDeque<Alarm>,
    events: VecDeque<AlarmEvent>,
}

impl Alarms {
    /// None yet; numbers go on after `last`.
    pub fn after(last: u64) -> Self {
        Self { last, ..Self::default() }
    }

    /// Alarms that are not over. There is one a kind and site at most, so their number is bounded by that of the sites.
    pub fn open(&self) -> impl Iterator<Item = &Alarm> {
        self.open.values()
    }

    /// Alarms that are over, the oldest first.
    pub fn history(&self) -> impl Iterator<Item = &Alarm> {
        self.history.iter()
    }

    /// Something is wrong at a site. Telling it again while it is so changes nothing.
    pub fn raise(&mut self, now: Millis, site: &SiteSlug, kind: AlarmKind) {
        let key = (site.clone(), kind);
        if let Some(alarm) = self.open.get_mut(&key) {
            if alarm.gone_at.take().is_some() {
                alarm.count = alarm.count.saturating_add(1);
                self.events.push_back(AlarmEvent::Returned(alarm.clone()));
            }
            return;
        }
        let (alarm, event): (Alarm, fn(Alarm) -> AlarmEvent) = match self.take_back(now, site, kind) {
            Some(alarm) => (alarm, AlarmEvent::Reopened),
            None => (self.new_alarm(now, site, kind), AlarmEvent::Raised),
        };
        self.events.push_back(event(alarm.clone()));
        self.open.insert(key, alarm);
    }

    /// What was wrong at a site is so no more.
    pub fn clear(&mut self, now: Millis, site: &SiteSlug, kind: AlarmKind) {
        let open = self.open.get_mut(&(site.clone(), kind));
        if let Some(alarm) = open.filter(|alarm| alarm.gone_at.is_none()) {
            alarm.gone_at = Some(now);
            self.events.push_back(AlarmEvent::Gone(alarm.clone()));
        }
    }

    /// A person has seen an alarm.
    ///
    /// # Errors
    /// If it is not open, or acknowledged already.
    pub fn acknowledge(&mut self, now: Millis, id: AlarmId, by: &str) -> Result<(), AlarmRefusal> {
        let alarm = self.open.values_mut().find(|alarm| alarm.id == id).ok_or(AlarmRefusal::NotOpen)?;
        if alarm.acknowledged.is_some() {
            return Err(AlarmRefusal::AlreadyAcknowledged);
        }
        alarm.acknowledged = Some(Signature { by: by.to_owned(), at: now });
        self.events.push_back(AlarmEvent::Acknowledged(alarm.clone()));
        Ok(())
    }

    /// A person takes an alarm off the list before its minute is over.
    ///
    /// # Errors
    /// If it is not open, or its cause is still there.
    pub fn clear_by_hand(&mut self, now: Millis, id: AlarmId, by: &str) -> Result<(), AlarmRefusal> {
        let alarm = self.open.values().find(|alarm| alarm.id == id).ok_or(AlarmRefusal::NotOpen)?;
        if alarm.gone_at.is_none() {
            return Err(AlarmRefusal::StillThere);
        }
        let key = (alarm.site.clone(), alarm.kind);
        self.end(&key, Cleared { by: Some(by.to_owned()), at: now });
        Ok(())
    }

    /// Clears what has been quiet for long enough.
    pub fn handle_timeout(&mut self, now: Millis) {
        let quiet = |alarm: &Alarm| alarm.gone_at.is_some_and(|gone| now >= gone.plus(QUIET_MS));
        let over: Vec<_> = self.open.iter().filter(|(_, alarm)| quiet(alarm)).map(|(key, _)| key.clone()).collect();
        for key in over {
            self.end(&key, Cleared { by: None, at: now });
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    pub fn poll_timeout(&self) -> Option<Millis> {
        self.open.values().filter_map(|alarm| alarm.gone_at).map(|gone| gone.plus(QUIET_MS)).min()
    }

    /// What happened. To be called until it has nothing more: it is not bounded otherwise.
    pub fn poll_event(&mut self) -> Option<AlarmEvent> {
        self.events.pop_front()
    }

    fn new_alarm(&mut self, now: Millis, site: &SiteSlug, kind: AlarmKind) -> Alarm {
        self.last += 1;
        Alarm {
            id: AlarmId(self.last),
            site: site.clone(),
            kind,
            raised_at: now,
            count: 1,
            gone_at: None,
            acknowledged: None,
            cleared: None,
        }
    }

    /// The alarm that a person cleared less than a minute after its cause had gone: it is the same one still.
    fn take_back(&mut self, now: Millis, site: &SiteSlug, kind: AlarmKind) -> Option<Alarm> {
        let same = |alarm: &Alarm| {
            let recent = alarm.gone_at.is_some_and(|gone| now.since(gone) < QUIET_MS);
            recent && alarm.kind == kind && alarm.site == *site
        };
        let place = self.history.iter().rposition(same)?;
        let mut alarm = self.history.remove(place)?;
        alarm.cleared = None;
        alarm.gone_at = None;
        alarm.count = alarm.count.saturating_add(1);
        Some(alarm)
    }

    fn end(&mut self, key: &(SiteSlug, AlarmKind), how: Cleared) {
        let Some(mut alarm) = self.open.remove(key) else { return };
        alarm.cleared = Some(how);
        if self.history.len() == MAX_HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(alarm.clone());
        self.events.push_back(AlarmEvent::Cleared(alarm));
    }
}

#[cfg(test)]
mod tests;
