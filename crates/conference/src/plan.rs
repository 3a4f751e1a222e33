//! The plan: what is edited by hand before the conference opens, and what operators arrange among themselves.
//!
//! Details, agenda and sites are parts of the setup. An edit replaces one of them, whole, while the conference is prepared and the plan
//! is not locked; from then on the files do not count for it (`recorded_setup.rs`). Quorum, prepared texts and delegated regions
//! are no part of the setup and may change until the end.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    BeforeRehearsal, Conference, Details, EventBody, Item, Phase, PlanPart, Quorum, Refusal, Setup, Site,
    conference::Outcome,
    setup::{MAX_ID_CHARS, MAX_NAME_CHARS},
    text,
};

/// Most prepared texts of messages: as many as a list shows without scrolling.
pub const MAX_TEMPLATES: usize = 20;
/// Longest prepared text, in characters.
pub const MAX_TEMPLATE_CHARS: usize = 300;
/// Most operators to whom regions are delegated: a control room has a handful.
pub const MAX_DELEGATIONS: usize = 32;
/// Most problems of a plan that are named: who has mended these sends it again.
pub const MAX_PROBLEMS: usize = 20;

/// What was planned by hand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// Parts of the setup that were edited by hand: of these the files count no more.
    pub edited: BTreeSet<PlanPart>,
    /// Locked against edits.
    pub locked: bool,
    /// How many must be present.
    pub quorum: Quorum,
    /// Prepared texts of messages.
    pub templates: Vec<String>,
    /// Regions by the operator who looks after them.
    pub delegations: BTreeMap<String, BTreeSet<String>>,
    /// What comes back when the rehearsal under way ends.
    pub rehearsal: Option<Box<BeforeRehearsal>>,
}

impl Plan {
    pub(crate) fn apply(&mut self, body: &EventBody) {
        match body {
            EventBody::PlanLocked { locked } => self.locked = *locked,
            EventBody::QuorumSet { quorum } => self.quorum = *quorum,
            EventBody::TemplatesSet { texts } => self.templates.clone_from(texts),
            EventBody::RegionsDelegated { to, regions } if regions.is_empty() => {
                self.delegations.remove(to);
            }
            EventBody::RegionsDelegated { to, regions } => {
                self.delegations.insert(to.clone(), regions.iter().cloned().collect());
            }
            _ => {}
        }
    }
}

impl Conference {
    pub(crate) fn lock_plan(&self, locked: bool) -> Outcome {
        match self.state().phase {
            Phase::Live if !locked => Err(Refusal::PlanLocked),
            Phase::Live => Err(Refusal::AlreadySo),
            Phase::Preparing | Phase::Rehearsal | Phase::Ended if self.state().plan.locked == locked => {
                Err(Refusal::AlreadySo)
            }
            Phase::Preparing | Phase::Rehearsal | Phase::Ended => Ok(vec![EventBody::PlanLocked { locked }]),
        }
    }

    pub(crate) fn set_details(&self, details: &Details) -> Outcome {
        self.edit(PlanPart::Details, |setup| setup.with_details(details.clone()))
    }

    pub(crate) fn set_agenda(&self, items: &[Item]) -> Outcome {
        self.edit(PlanPart::Agenda, |setup| Setup { agenda: items.to_vec(), ..setup })
    }

    pub(crate) fn set_sites(&self, sites: &[Site]) -> Outcome {
        self.edit(PlanPart::Sites, |setup| Setup { sites: sites.to_vec(), ..setup })
    }

    fn edit(&self, part: PlanPart, edited: impl FnOnce(Setup) -> Setup) -> Outcome {
        self.may_edit()?;
        let setup = edited(self.setup().clone());
        if setup == *self.setup() {
            return Err(Refusal::AlreadySo);
        }
        let errors = [setup.validate().err().unwrap_or_default(), setup.unreadable_texts()].concat();
        if !errors.is_empty() {
            let short = |error: &dyn ToString| error.to_string().chars().take(MAX_NAME_CHARS).collect();
            let problems = errors.iter().take(MAX_PROBLEMS).map(|error| short(error)).collect();
            return Err(Refusal::BadPlan { problems });
        }
        // An edit is no record of what was before it, and the fold begins with the first record.
        let first = (!self.setup_is_recorded()).then(|| EventBody::SetupRecorded { setup: self.setup().clone() });
        Ok(first.into_iter().chain([EventBody::SetupEdited { part, setup }]).collect())
    }

    fn may_edit(&self) -> Result<(), Refusal> {
        match self.state().phase {
            Phase::Preparing if self.state().plan.locked => Err(Refusal::PlanLocked),
            Phase::Preparing => Ok(()),
            Phase::Rehearsal => Err(Refusal::Rehearsing),
            Phase::Live => Err(Refusal::PlanLocked),
            Phase::Ended => Err(Refusal::Ended),
        }
    }

    pub(crate) fn delegate_regions(&self, to: &str, regions: &[String]) -> Outcome {
        text::check_line(to, 1..=MAX_ID_CHARS)?;
        let known =
            |region: &&String| !region.is_empty() && self.setup().sites.iter().any(|site| site.region == **region);
        if let Some(region) = regions.iter().find(|region| !known(region)) {
            return Err(Refusal::UnknownRegion { region: region.clone() });
        }
        let asked: BTreeSet<String> = regions.iter().cloned().collect();
        let delegations = &self.state().plan.delegations;
        match delegations.get(to) {
            Some(before) if *before == asked => return Err(Refusal::AlreadySo),
            None if asked.is_empty() => return Err(Refusal::AlreadySo),
            None if delegations.len() >= MAX_DELEGATIONS => {
                return Err(Refusal::TooMany { limit: MAX_DELEGATIONS as u32 });
            }
            Some(_) | None => {}
        }
        Ok(vec![EventBody::RegionsDelegated { to: to.to_owned(), regions: asked.into_iter().collect() }])
    }

    pub(crate) fn set_templates(&self, texts: &[String]) -> Outcome {
        if texts.len() > MAX_TEMPLATES {
            return Err(Refusal::TooMany { limit: MAX_TEMPLATES as u32 });
        }
        for text in texts {
            text::check_lines(text, 1..=MAX_TEMPLATE_CHARS)?;
        }
        match self.state().plan.templates == texts {
            true => Err(Refusal::AlreadySo),
            false => Ok(vec![EventBody::TemplatesSet { texts: texts.to_vec() }]),
        }
    }
}
