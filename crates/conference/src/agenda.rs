//! The agenda: the current item, planned and actual time.
//!
//! Starting an item ends the one before it. An item may be started again; it keeps its first start.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Conference, EventBody, ItemId, Millis, Refusal, SiteSlug, conference::Outcome};

/// How the agenda stands. The items themselves are in the setup.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Agenda {
    /// The current item.
    pub current: Option<ItemId>,
    /// Actual times of items that were started.
    pub times: BTreeMap<ItemId, ItemTimes>,
    /// Items that are left out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub skipped: BTreeSet<ItemId>,
}

/// Actual times of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemTimes {
    /// First start.
    pub started_at: Millis,
    /// End; none while it runs.
    pub finished_at: Option<Millis>,
}

impl Agenda {
    pub(crate) fn apply(&mut self, body: &EventBody, at: Millis) {
        match body {
            EventBody::ItemStarted { item } => {
                self.current = Some(item.clone());
                let times = self.times.entry(item.clone()).or_insert(ItemTimes { started_at: at, finished_at: None });
                times.finished_at = None;
            }
            EventBody::ItemFinished { item } => {
                self.current = None;
                if let Some(times) = self.times.get_mut(item) {
                    times.finished_at = Some(at);
                }
            }
            _ => {}
        }
    }
}

impl Conference {
    pub(crate) fn start_item(&self, item: &ItemId, seen: Option<&ItemId>) -> Outcome {
        self.known_item(item)?;
        let current = &self.state().agenda.current;
        if current.as_ref() != seen {
            return Err(Refusal::ItemChanged { current: current.clone() });
        }
        if current.as_ref() == Some(item) {
            return Err(Refusal::AlreadySo);
        }
        let ended = current.clone().map(|item| EventBody::ItemFinished { item });
        Ok(ended.into_iter().chain([EventBody::ItemStarted { item: item.clone() }]).collect())
    }

    pub(crate) fn skip_item(&self, item: &ItemId, _skipped: bool) -> Outcome {
        self.known_item(item)?;
        Err(Refusal::Busy)
    }

    pub(crate) fn finish_item(&self, item: &ItemId) -> Outcome {
        self.known_item(item)?;
        match self.state().agenda.current.as_ref() == Some(item) {
            true => Ok(vec![EventBody::ItemFinished { item: item.clone() }]),
            false => Err(Refusal::AlreadySo),
        }
    }

    /// Time that the current item plans for a speech from this site, ms.
    pub(crate) fn planned_speech(&self, site: &SiteSlug) -> Option<u64> {
        let item = self.setup().item(self.state().agenda.current.as_ref()?)?;
        (item.site.as_ref() == Some(site) && item.planned_ms > 0).then_some(item.planned_ms)
    }

    fn known_item(&self, item: &ItemId) -> Result<(), Refusal> {
        match self.setup().item(item) {
            Some(_) => Ok(()),
            None => Err(Refusal::UnknownItem { item: item.clone() }),
        }
    }
}
