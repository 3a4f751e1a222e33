//! A conference as it was at any moment: the fold of its log and of its health log until then.
//!
//! People drag along the time line, and ask for a moment several times a second. So states along the way are kept, and a moment is the
//! nearest one before it and a few hundred events.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use conference::{Conference, Event, Setup, SetupError};
use journal::{Journal, JournalError, Seq, StreamId};
use tokio::sync::Mutex;
use wire::{HealthChange, Moment, Revision, SiteSlug, TimeLine, TimeMark};

use super::health::moment_of;
use super::writer::{UnreadableEvent, decode};
use crate::health_store::{HealthStore, HealthStoreError, MAX_LOG_PAGE};
use crate::health_watch::Before;
use crate::view;

/// Events between two states that are kept: a millisecond or two of folding.
const EVENTS_BETWEEN: u64 = 256;
/// States that are kept: of 16,000 events each 256th. Of a longer log every second one is dropped, and again.
const MAX_STATES: usize = 64;
/// Marks of a time line: more are narrower than a pixel.
pub const MAX_MARKS: usize = 5_000;
/// Of more marks, the first of each kind in each of so many parts of the time are kept; in half as many if those are too many, and again.
const MARK_PARTS: u64 = 4_096;
/// Moments wait for each other; a page that waits longer asks anew.
const WAIT_AT_MOST: Duration = Duration::from_secs(5);

/// Why a moment cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It is before the first event, or in the future.
    #[error("there is nothing to replay at that time")]
    NoSuchMoment,
    /// Others ask for moments too.
    #[error("too many moments are asked for at the same time")]
    Busy,
    /// The setup is wrong.
    #[error("the conference's setup is wrong: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Setup(Vec<SetupError>),
    /// The log.
    #[error("the log cannot be read")]
    Journal(#[from] JournalError),
    /// An event of it.
    #[error("the log cannot be replayed")]
    Unreadable(#[from] UnreadableEvent),
    /// The health log.
    #[error(transparent)]
    Health(#[from] HealthStoreError),
}

/// Shows a conference as it was.
#[derive(Debug)]
pub struct Replayer {
    file: Setup,
    journal: Arc<dyn Journal>,
    stream: StreamId,
    health: HealthStore,
    states: Mutex<States>,
}

/// States along the way, the earliest first. Each is what the log gives up to an event that is the last of its millisecond, or not: a
/// moment looks for the last state before it.
#[derive(Debug, Default)]
struct States {
    kept: Vec<(u64, Conference)>,
    between: u64,
}

impl Replayer {
    /// `file` is the setup of the configuration, which counts until the log says otherwise.
    pub(super) fn new(file: Setup, journal: Arc<dyn Journal>, stream: StreamId, health: HealthStore) -> Self {
        let states = Mutex::new(States { kept: Vec::new(), between: EVENTS_BETWEEN });
        Self { file, journal, stream, health, states }
    }

    /// The conference at a moment, ms since the epoch.
    ///
    /// # Errors
    /// There is nothing at that time, or a log cannot be read.
    pub async fn moment(&self, at: u64) -> Result<Moment, ReplayError> {
        let waited = tokio::time::timeout(WAIT_AT_MOST, self.states.lock()).await;
        let mut states = waited.map_err(|_| ReplayError::Busy)?;
        let conference = self.fold(&mut states, at).await?;
        drop(states);
        let revision = conference.state().revision;
        if revision == 0 {
            return Err(ReplayError::NoSuchMoment);
        }
        self.health.flush().await;
        let Before { told, entry } = self.health.told(at).await?;
        Ok(moment_of(at, Revision(revision), view::whole(&conference), &told, entry))
    }

    async fn fold(&self, states: &mut States, at: u64) -> Result<Conference, ReplayError> {
        let mut conference = match states.before(at) {
            Some(known) => known.clone(),
            None => Conference::new(self.file.clone()).map_err(ReplayError::Setup)?,
        };
        loop {
            let after = Seq(conference.state().revision);
            let stored = self.journal.read(&self.stream, after, journal::MAX_READ_EVENTS).await?;
            if stored.is_empty() {
                return Ok(conference);
            }
            for event in &stored {
                let event: Event = decode(event)?;
                if event.at.0 > at {
                    return Ok(conference);
                }
                if conference.replay(&event).is_break() {
                    // It has begun anew, with the setup of the log: from the first event again.
                    states.kept.clear();
                    break;
                }
                states.keep(event.at.0, &conference);
            }
        }
    }

    /// What there is to replay until `now`, with a mark for everything that people did and that happened to sites.
    ///
    /// # Errors
    /// A log cannot be read.
    pub async fn time_line(&self, now: u64) -> Result<TimeLine, ReplayError> {
        let mut marks = Vec::new();
        let mut after = Seq(0);
        loop {
            let stored = self.journal.read(&self.stream, after, journal::MAX_READ_EVENTS).await?;
            let Some(last) = stored.last() else { break };
            after = last.seq;
            marks.extend(stored.iter().map(mark_of_event));
        }
        self.health.flush().await;
        let mut entry = 0;
        loop {
            let entries = self.health.log_after(entry, MAX_LOG_PAGE).await?;
            let Some(last) = entries.last() else { break };
            entry = last.entry;
            marks.extend(entries.iter().filter_map(mark_of_entry));
        }
        marks.sort_by_key(|mark| mark.at);
        let from = marks.first().map_or(now, |mark| mark.at);
        let left_out = thin(&mut marks, from, now);
        Ok(TimeLine { from, to: now, marks, left_out })
    }
}

impl States {
    fn before(&self, at: u64) -> Option<&Conference> {
        // Of events in one millisecond a kept state may hold only the first ones: it serves all the same, the rest is folded.
        let place = self.kept.partition_point(|(known, _)| *known <= at);
        place.checked_sub(1).map(|place| &self.kept[place].1)
    }

    fn keep(&mut self, at: u64, conference: &Conference) {
        let revision = conference.state().revision;
        let last = self.kept.last().map_or(0, |(_, known)| known.state().revision);
        if !revision.is_multiple_of(self.between) || revision <= last {
            return;
        }
        self.kept.push((at, conference.clone()));
        if self.kept.len() > MAX_STATES {
            self.between *= 2;
            let between = self.between;
            self.kept.retain(|(_, known)| known.state().revision.is_multiple_of(between));
        }
    }
}

/// Leaves at most [`MAX_MARKS`] of marks that are in order, evenly over the time; how many it took away.
fn thin(marks: &mut Vec<TimeMark>, from: u64, to: u64) -> u32 {
    let all = marks.len();
    let mut parts = MARK_PARTS;
    while marks.len() > MAX_MARKS && parts > 0 {
        let width = (to.saturating_sub(from) / parts).max(1);
        let mut kept = HashMap::new();
        marks.retain(|mark| {
            let part = mark.at.saturating_sub(from) / width;
            kept.insert(mark.kind.clone(), part) != Some(part)
        });
        parts /= 2;
    }
    // Kinds are some sixty, so that this is for a log whose times are wrong.
    marks.truncate(MAX_MARKS);
    u32::try_from(all - marks.len()).unwrap_or(u32::MAX)
}

fn mark_of_event(stored: &journal::StoredEvent) -> TimeMark {
    let event = &stored.event;
    let body: serde_json::Value = serde_json::from_slice(&event.body).unwrap_or_default();
    let site = ["/site", "/program/sources/0/source/site"].into_iter().find_map(|place| body.pointer(place)?.as_str());
    TimeMark {
        at: u64::try_from(event.at_ms).unwrap_or(0),
        kind: event.kind.clone(),
        actor: Some(event.actor.clone()).filter(|actor| actor != conference::SYSTEM_ACTOR),
        site: site.map(|site| SiteSlug(site.to_owned())),
    }
}

/// Verdicts are not marked: the curves show them.
fn mark_of_entry(entry: &wire::HealthEntry) -> Option<TimeMark> {
    let (kind, actor, site) = match &entry.what {
        HealthChange::Started
        | HealthChange::Verdict { .. }
        | HealthChange::Gone { .. }
        | HealthChange::Returned { .. }
        | HealthChange::Changed { .. } => return None,
        HealthChange::Raised { alarm } => ("alarm_raised", None, Some(&alarm.site)),
        HealthChange::Reopened { alarm } => ("alarm_reopened", None, Some(&alarm.site)),
        HealthChange::Acknowledged { alarm } => {
            ("alarm_acknowledged", alarm.acknowledged_by.clone(), Some(&alarm.site))
        }
        HealthChange::Cleared { alarm } => ("alarm_cleared", alarm.cleared_by.clone(), Some(&alarm.site)),
        HealthChange::Opened { incident } => ("incident_opened", None, incident.sites.keys().next()),
        HealthChange::Closed { incident } => ("incident_closed", None, incident.sites.keys().next()),
    };
    Some(TimeMark { at: entry.at, kind: kind.to_owned(), actor, site: site.cloned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(kind: &str, at: impl Iterator<Item = u64>) -> Vec<TimeMark> {
        at.map(|at| TimeMark { at, kind: kind.to_owned(), actor: None, site: None }).collect()
    }

    #[test]
    fn few_marks_are_all_shown() {
        let mut few = marks("message_sent", (0..MAX_MARKS as u64).map(|_| 7));
        assert_eq!((thin(&mut few, 0, 10), few.len()), (0, MAX_MARKS));
    }

    #[test]
    fn many_marks_are_thinned_over_the_whole_time_and_the_rare_ones_stay() {
        let to = 4 * 3_600_000;
        let mut many = marks("message_sent", (0..40_000).map(|i| i * to / 40_000));
        many.extend(marks("take", [1, to / 2, to - 1].into_iter()));
        many.sort_by_key(|mark| mark.at);
        let left_out = thin(&mut many, 0, to);
        assert!(many.len() <= MAX_MARKS && many.len() > MAX_MARKS / 2, "{}", many.len());
        assert_eq!(left_out as usize, 40_003 - many.len());
        assert_eq!(many.iter().filter(|mark| mark.kind == "take").count(), 3);
        let longest = many.windows(2).map(|pair| pair[1].at - pair[0].at).max();
        assert!(longest < Some(to / 1_000), "{longest:?}: a gap that can be seen");
    }

    #[test]
    fn marks_at_one_moment_are_bounded_too() {
        let mut same: Vec<TimeMark> =
            (0..6_000).flat_map(|kind| marks(&format!("kind {kind}"), [5].into_iter())).collect();
        assert_eq!((thin(&mut same, 5, 5), same.len()), (1_000, MAX_MARKS));
    }
}
