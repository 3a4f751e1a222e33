//! What people have been told of the health of a conference: the fold of the entries of its log, live and in a replay the same.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use wire::{Alarm, ConferenceView, HealthChange, Incident, SiteSlug, SiteVerdict};

/// The fold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// Verdicts on the sites that are here.
    pub verdicts: BTreeMap<SiteSlug, SiteVerdict>,
    /// Alarms that are open, by their numbers.
    pub alarms: BTreeMap<u64, Alarm>,
    /// Incidents that are open, by their numbers.
    pub incidents: BTreeMap<u64, Incident>,
}

impl Told {
    /// Takes one entry.
    pub fn apply(&mut self, change: &HealthChange) {
        match change {
            // Live facts are not history: the server that watched them is gone.
            HealthChange::Started => *self = Self::default(),
            HealthChange::Verdict { site, quality, reason } => {
                match quality {
                    Some(quality) => {
                        self.verdicts.insert(site.clone(), SiteVerdict { quality: *quality, reason: *reason });
                    }
                    None => {
                        self.verdicts.remove(site);
                    }
                };
            }
            HealthChange::Raised { alarm }
            | HealthChange::Acknowledged { alarm }
            | HealthChange::Gone { alarm }
            | HealthChange::Returned { alarm }
            | HealthChange::Reopened { alarm } => {
                self.alarms.insert(alarm.id, alarm.clone());
            }
            HealthChange::Cleared { alarm } => {
                self.alarms.remove(&alarm.id);
            }
            HealthChange::Opened { incident } | HealthChange::Changed { incident } => {
                self.incidents.insert(incident.id, incident.clone());
            }
            HealthChange::Closed { incident } => {
                self.incidents.remove(&incident.id);
            }
        }
    }
}

/// SHA-256 of a moment, in hexadecimal: of the state of the conference and of what was told of its health, as JSON. Maps are
/// sorted, so that one state has one text.
pub fn hash_of(state: &ConferenceView, told: &Told) -> String {
    let text = serde_json::to_vec(&(state, &told.verdicts, &told.alarms, &told.incidents)).expect("plain JSON");
    Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(site: &str, quality: Option<wire::Quality>) -> HealthChange {
        HealthChange::Verdict { site: SiteSlug(site.to_owned()), quality, reason: None }
    }

    #[test]
    fn what_was_told_is_the_fold_of_the_log_and_a_start_forgets_it() {
        let mut told = Told::default();
        for change in
            [verdict("a", Some(wire::Quality::Good)), verdict("b", Some(wire::Quality::Lost)), verdict("a", None)]
        {
            told.apply(&change);
        }
        assert_eq!(told.verdicts.keys().map(|site| site.0.as_str()).collect::<Vec<_>>(), ["b"]);

        told.apply(&HealthChange::Started);

        assert_eq!(told, Told::default());
    }
}
