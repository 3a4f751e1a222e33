//! The agenda: the current item, planned and actual time.
//!
//! Starting an item ends the one before it, takes it up again if it was left out, puts its site into preview and lets the agenda say
//! what is written under the picture. Its planned time is the time of its site's speech. An item may be started again; it keeps
//! its first start.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Conference, EventBody, Item, ItemId, Layout, LowerThird, Millis, Preview, Refusal, SiteSlug, SourceRef,
    conference::Outcome,
};

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
    /// Its last start: one that was begun by mistake begins anew.
    pub started_at: Millis,
    /// End; none while it runs.
    pub finished_at: Option<Millis>,
}

impl Agenda {
    pub(crate) fn apply(&mut self, body: &EventBody, at: Millis) {
        match body {
            EventBody::ItemStarted { item } => {
                self.current = Some(item.clone());
                self.times.insert(item.clone(), ItemTimes { started_at: at, finished_at: None });
            }
            EventBody::ItemFinished { item } => {
                self.current = None;
                if let Some(times) = self.times.get_mut(item) {
                    times.finished_at = Some(at);
                }
            }
            EventBody::ItemSkipped { item, skipped: true } => {
                self.skipped.insert(item.clone());
            }
            EventBody::ItemSkipped { item, skipped: false } => {
                self.skipped.remove(item);
            }
            _ => {}
        }
    }
}

impl Conference {
    pub(crate) fn start_item(&self, item: &ItemId, seen: Option<&ItemId>, at: Millis) -> Outcome {
        let planned = self.known_item(item)?;
        let current = &self.state().agenda.current;
        if current.as_ref() != seen {
            return Err(Refusal::ItemChanged { current: current.clone() });
        }
        if current.as_ref() == Some(item) {
            return Err(Refusal::AlreadySo);
        }
        let mut bodies: Vec<_> = current.clone().map(|item| EventBody::ItemFinished { item }).into_iter().collect();
        if self.state().agenda.skipped.contains(item) {
            bodies.push(EventBody::ItemSkipped { item: item.clone(), skipped: false });
        }
        bodies.push(EventBody::ItemStarted { item: item.clone() });
        bodies.extend(self.speech_of_item(planned, at));
        bodies.extend(self.preview_of(planned).map(EventBody::PreviewSet));
        if !self.state().stage.lower_third.is_automatic() {
            bodies.push(EventBody::LowerThirdSet { lower_third: LowerThird::Automatic });
        }
        Ok(bodies)
    }

    /// What the start of an item puts into preview: its site in its layout, unless that is there already or on air.
    fn preview_of(&self, item: &Item) -> Option<Preview> {
        let stage = &self.state().stage;
        let (layout, sources) = item_picture(item, self.hall())?;
        stage.next_preview(layout, &sources).filter(|_| !stage.program.is_taken(layout, &sources))
    }

    pub(crate) fn skip_item(&self, item: &ItemId, skipped: bool) -> Outcome {
        self.known_item(item)?;
        let agenda = &self.state().agenda;
        if agenda.skipped.contains(item) == skipped {
            return Err(Refusal::AlreadySo);
        }
        // Only an item that is left out now can be current: one that is started is taken up again.
        let current = agenda.current.as_ref().filter(|current| *current == item);
        let mut bodies: Vec<_> =
            current.map(|item| EventBody::ItemFinished { item: item.clone() }).into_iter().collect();
        bodies.push(EventBody::ItemSkipped { item: item.clone(), skipped });
        Ok(bodies)
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

    fn known_item(&self, item: &ItemId) -> Result<&Item, Refusal> {
        self.setup().item(item).ok_or_else(|| Refusal::UnknownItem { item: item.clone() })
    }
}

/// How an item's site is shown: in its layout, by itself if it has none. The hall is always shown by itself.
fn item_picture(item: &Item, hall: &SiteSlug) -> Option<(Layout, Vec<SourceRef>)> {
    let site = item.site.as_ref()?;
    let layout = item.layout.filter(|_| site != hall).unwrap_or(Layout::Single);
    let camera = SourceRef::camera(site.clone());
    let sources = match layout {
        Layout::Single => vec![camera],
        Layout::SideBySide | Layout::SpeakerHall | Layout::Grid => vec![camera, SourceRef::camera(hall.clone())],
        Layout::ContentSpeaker => vec![SourceRef::content(site.clone()), camera],
    };
    Some((layout, sources))
}
