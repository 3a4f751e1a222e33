//! An incident, its sites, and what is told of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Cause;
use crate::{Millis, SiteSlug};

/// Number of an incident; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(pub u64);

/// Where a site hangs. What is empty is not known, and explains nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// Its region.
    pub region: String,
    /// Who carries its line.
    pub carrier: String,
    /// The relay that it is connected to.
    pub relay: String,
}

/// A site of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// When it first dropped.
    pub began: Millis,
    /// When it was last back; none while it is down.
    pub back: Option<Millis>,
    /// How often it dropped.
    pub times: u32,
}

impl Dropped {
    /// What two incidents know of one site.
    pub(super) fn with(&self, other: &Self) -> Self {
        Self {
            began: self.began.min(other.began),
            back: self.back.zip(other.back).map(|(one, another)| one.max(another)),
            times: self.times.saturating_add(other.times),
        }
    }
}

/// An incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// When its first drop began.
    pub began: Millis,
    /// When its latest drop began.
    pub latest: Millis,
    /// When all its sites were back; none while one is down.
    pub ended: Option<Millis>,
    /// What its drops have in common.
    pub cause: Cause,
    /// Share of the cause's sites that dropped, 0 to 1.
    pub inside: f32,
    /// Share of all other sites that dropped at the same time.
    pub outside: f32,
    /// Its sites.
    pub sites: BTreeMap<SiteSlug, Dropped>,
}

impl Incident {
    /// When the latest of its sites dropped for the first time in it. A site that flaps keeps it open, but does not keep it young: what
    /// else drops meanwhile has not this cause.
    pub(super) fn latest_new(&self) -> Millis {
        self.sites.values().map(|dropped| dropped.began).max().unwrap_or(self.began)
    }
}

/// How an incident ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// All its sites have been back for a minute, or have left.
    Over,
    /// It turned out to be a part of this one.
    MergedInto(IncidentId),
}

/// What happened, with the incident as it is since.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentEvent {
    /// It is new.
    Opened(Incident),
    /// Sites came, went or returned, or the cause is known better.
    Changed(Incident),
    /// It is over.
    Closed(Incident, End),
}
