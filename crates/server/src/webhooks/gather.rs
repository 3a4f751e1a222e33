//! An incident is told when it has stood for a moment: drops that belong together come one after the other, and the first of them may
//! turn out to be a part of another incident.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;
use wire::{ConferenceId, HealthChange, HealthEntry, Incident, InstanceId};

use super::{Data, Message};

/// How long an incident stands before it is told.
pub(super) const STANDS_FOR: Duration = Duration::from_secs(3);

type Key = (ConferenceId, u64);

/// Incidents that are not told yet, and what is to be told.
#[derive(Debug)]
pub(super) struct Gather {
    instance: InstanceId,
    waiting: BTreeMap<Key, (Instant, u64, Incident)>,
    due: Vec<Message>,
}

impl Gather {
    pub(super) fn new(instance: InstanceId) -> Self {
        Self { instance, waiting: BTreeMap::new(), due: Vec::new() }
    }

    pub(super) fn take(&mut self, now: Instant, conference: &ConferenceId, entry: HealthEntry) {
        match entry.what {
            HealthChange::Opened { incident } => {
                let key = (conference.clone(), incident.id);
                self.waiting.insert(key, (now + STANDS_FOR, entry.at, incident));
            }
            HealthChange::Changed { incident } => {
                if let Some((_, _, waiting)) = self.waiting.get_mut(&(conference.clone(), incident.id)) {
                    *waiting = incident;
                }
            }
            HealthChange::Closed { incident } => {
                let waited = self.waiting.remove(&(conference.clone(), incident.id));
                match waited {
                    // Nobody knows of it, and it lives on in another one.
                    Some(_) if incident.merged_into.is_some() => {}
                    Some((_, at, opened)) => {
                        self.tell("opened", conference, at, opened);
                        self.tell("closed", conference, entry.at, incident);
                    }
                    None => self.tell("closed", conference, entry.at, incident),
                }
            }
            HealthChange::Started
            | HealthChange::Verdict { .. }
            | HealthChange::Raised { .. }
            | HealthChange::Acknowledged { .. }
            | HealthChange::Gone { .. }
            | HealthChange::Returned { .. }
            | HealthChange::Reopened { .. }
            | HealthChange::Cleared { .. } => {}
        }
    }

    /// What is to be told now.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Message> {
        let stood: Vec<Key> =
            self.waiting.iter().filter(|(_, (due, ..))| *due <= now).map(|(key, _)| key.clone()).collect();
        for key in stood {
            if let Some((_, at, incident)) = self.waiting.remove(&key) {
                self.tell("opened", &key.0, at, incident);
            }
        }
        std::mem::take(&mut self.due)
    }

    fn tell(&mut self, what: &str, conference: &ConferenceId, at: u64, incident: Incident) {
        let kind = if what == "opened" { "incident.opened" } else { "incident.closed" };
        let id = format!("{}_{}_{}_{what}", conference.0, self.instance.0, incident.id);
        self.due.push(Message { id, kind, at, data: Data { conference: conference.clone(), incident } });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health_watch::open_incident;

    fn incident(id: u64, merged_into: Option<u64>) -> Incident {
        Incident { merged_into, ..open_incident(id) }
    }

    fn told(gather: &mut Gather, now: Instant) -> Vec<(&'static str, u64)> {
        gather.due(now).into_iter().map(|message| (message.kind, message.data.incident.id)).collect()
    }

    #[test]
    fn what_becomes_a_part_of_another_incident_is_never_told() {
        let (mut gather, conference) = (Gather::new(InstanceId("i".to_owned())), ConferenceId("c".to_owned()));
        let start = Instant::now();
        let entry = |what| HealthEntry { entry: 1, at: 5, what };
        gather.take(start, &conference, entry(HealthChange::Opened { incident: incident(1, None) }));
        gather.take(start, &conference, entry(HealthChange::Opened { incident: incident(2, None) }));
        gather.take(start, &conference, entry(HealthChange::Closed { incident: incident(2, Some(1)) }));
        assert_eq!(told(&mut gather, start + STANDS_FOR - Duration::from_millis(1)), []);
        assert_eq!(told(&mut gather, start + STANDS_FOR), [("incident.opened", 1)]);

        gather.take(start, &conference, entry(HealthChange::Closed { incident: incident(1, None) }));
        assert_eq!(told(&mut gather, start + STANDS_FOR), [("incident.closed", 1)]);
    }

    #[test]
    fn a_short_incident_is_told_in_order() {
        let (mut gather, conference) = (Gather::new(InstanceId("i".to_owned())), ConferenceId("c".to_owned()));
        let start = Instant::now();
        let entry = |what| HealthEntry { entry: 1, at: 5, what };
        gather.take(start, &conference, entry(HealthChange::Opened { incident: incident(1, None) }));
        gather.take(start, &conference, entry(HealthChange::Closed { incident: incident(1, None) }));
        assert_eq!(told(&mut gather, start), [("incident.opened", 1), ("incident.closed", 1)]);
    }
}
