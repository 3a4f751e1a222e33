//! The roster: which endpoints are connected, roll call, time spoken.
//!
//! Joins and drops are history with the start of the server in which they happened; a new start voids them, so a replay
//! never claims that a site is there. What is there *now* is in [`crate::Live`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Conference, Delegate, DropReason, EndpointRole, EventBody, InstanceId, Millis, Refusal, SiteSlug, TakeFailure,
    TourEnd, conference::Outcome, text,
};

/// Longest reason of an absence, in characters: one line.
pub const MAX_REASON_CHARS: usize = 300;

/// The roster.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Roster {
    /// The latest start of the server.
    pub instance: Option<InstanceId>,
    /// Endpoints that joined this start of the server and did not drop.
    pub connected: BTreeMap<SiteSlug, BTreeMap<EndpointRole, InstanceId>>,
    /// Roll call; a site that is missing here was not called yet.
    pub presence: BTreeMap<SiteSlug, Presence>,
    /// Time spoken by site, ms, without the speech that runs.
    pub spoken_ms: BTreeMap<SiteSlug, u64>,
    /// Delegates, as their sites named them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub delegates: BTreeMap<SiteSlug, Vec<Delegate>>,
}

/// Roll call of a site.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Presence {
    /// Not called yet.
    #[default]
    Unknown,
    /// Present.
    Present,
    /// Absent.
    Absent {
        /// Why.
        reason: String,
    },
}

impl Roster {
    /// Roll call of a site.
    pub fn presence_of(&self, site: &SiteSlug) -> Presence {
        self.presence.get(site).cloned().unwrap_or_default()
    }

    /// Time spoken by a site, ms, without the speech that runs.
    pub fn spoken_by(&self, site: &SiteSlug) -> u64 {
        self.spoken_ms.get(site).copied().unwrap_or(0)
    }

    /// Delegates of a site, as it named them.
    pub fn delegates_of(&self, site: &SiteSlug) -> &[Delegate] {
        self.delegates.get(site).map_or(&[], Vec::as_slice)
    }

    /// True if a line of the site that can publish is connected.
    pub fn can_publish(&self, site: &SiteSlug) -> bool {
        self.connected
            .get(site)
            .is_some_and(|roles| roles.contains_key(&EndpointRole::Main) || roles.contains_key(&EndpointRole::Backup))
    }
}

impl Roster {
    pub(crate) fn apply(&mut self, body: &EventBody) {
        match body {
            EventBody::ServerStarted { instance } => {
                self.instance = Some(instance.clone());
                self.connected.clear();
            }
            EventBody::EndpointJoined { site, role, instance } => {
                self.connected.entry(site.clone()).or_default().insert(*role, instance.clone());
            }
            EventBody::EndpointDropped { site, role, .. } => {
                let Some(roles) = self.connected.get_mut(site) else { return };
                roles.remove(role);
                if roles.is_empty() {
                    self.connected.remove(site);
                }
            }
            EventBody::PresenceMarked { site, present, reason } => {
                let presence = if *present { Presence::Present } else { Presence::Absent { reason: reason.clone() } };
                self.presence.insert(site.clone(), presence);
            }
            EventBody::DelegatesSet { site, delegates } if delegates.is_empty() => {
                self.delegates.remove(site);
            }
            EventBody::DelegatesSet { site, delegates } => {
                self.delegates.insert(site.clone(), delegates.clone());
            }
            EventBody::FloorGranted { site, spoken_ms, called_back: true, .. } => {
                let before = self.spoken_by(site).saturating_sub(*spoken_ms);
                self.spoken_ms.insert(site.clone(), before);
                self.spoken_ms.retain(|_, total| *total > 0);
            }
            EventBody::SpeechEnded { site, spoken_ms, .. } | EventBody::SetAsideEnded { site, spoken_ms }
                if *spoken_ms > 0 =>
            {
                let total = self.spoken_ms.entry(site.clone()).or_insert(0);
                *total = total.saturating_add(*spoken_ms);
            }
            _ => {}
        }
    }
}

impl Conference {
    pub(crate) fn mark_presence(&self, site: &SiteSlug, present: bool, reason: &str) -> Outcome {
        self.known_site(site)?;
        text::check_line(reason, 0..=if present { 0 } else { MAX_REASON_CHARS })?;
        let asked = if present { Presence::Present } else { Presence::Absent { reason: reason.to_owned() } };
        if self.state().roster.presence_of(site) == asked {
            return Err(Refusal::AlreadySo);
        }
        Ok(vec![EventBody::PresenceMarked { site: site.clone(), present, reason: reason.to_owned() }])
    }

    pub(crate) fn server_started(&self, instance: InstanceId, at: Millis) -> Vec<EventBody> {
        let mut bodies = vec![EventBody::ServerStarted { instance }];
        bodies.extend(self.fail_pending(TakeFailure::Restarted));
        bodies.extend(self.tour_ended(TourEnd::Over));
        bodies.extend(self.holder_dropped(self.state().last_at, at));
        bodies
    }

    pub(crate) fn endpoint_joined(&self, site: SiteSlug, role: EndpointRole, instance: InstanceId) -> Vec<EventBody> {
        if self.known_site(&site).is_err() {
            return Vec::new();
        }
        let returned = match role {
            EndpointRole::Main | EndpointRole::Backup => self.holder_returned(&site),
            EndpointRole::Screen => Vec::new(),
        };
        let mut bodies = vec![EventBody::EndpointJoined { site, role, instance }];
        bodies.extend(returned);
        bodies
    }

    pub(crate) fn endpoint_dropped(
        &self,
        site: SiteSlug,
        role: EndpointRole,
        reason: DropReason,
        at: Millis,
    ) -> Vec<EventBody> {
        let roster = &self.state().roster;
        if !roster.connected.get(&site).is_some_and(|roles| roles.contains_key(&role)) {
            return Vec::new();
        }
        let reserve = match role {
            EndpointRole::Main => Some(EndpointRole::Backup),
            EndpointRole::Backup => Some(EndpointRole::Main),
            EndpointRole::Screen => None,
        };
        let mut bodies = vec![EventBody::EndpointDropped { site: site.clone(), role, reason }];
        let silent = reserve.is_some_and(|other| !roster.connected[&site].contains_key(&other));
        if !silent {
            return bodies;
        }
        if self.state().stage.pending_program().is_some_and(|program| program.shows(&site)) {
            bodies.extend(self.fail_pending(TakeFailure::SourceLost));
        }
        bodies.extend(self.tour_site_dropped(&site, at));
        if self.state().floor.holder.as_ref().is_some_and(|holder| holder.site == site) {
            bodies.extend(self.holder_dropped(at, at));
        }
        bodies
    }
}
