//! The programme: what is on air, in which layout and in which slots.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Holding, Layout, Millis, SiteSlug, SourceKind, SourceRef, TakeId, event::is_default};

/// Programme slots, the hall's included: what receivers negotiate.
pub const PROGRAM_SLOTS: u32 = 5;
/// The hall's slot.
pub const HALL_SLOT: u32 = 0;

/// What is on air.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Layout.
    pub layout: Layout,
    /// Sources in the layout's order.
    pub sources: Vec<ProgramSource>,
    /// Which site has which programme slot; the hall has slot 0. Written as a list of pairs: JSON has no numbers as keys.
    #[serde(with = "slot_pairs")]
    pub slots: BTreeMap<u32, SiteSlug>,
    /// Sites whose sound is routed.
    pub microphones: Vec<SiteSlug>,
    /// The change that led to it.
    pub take: Option<TakeId>,
    /// Since when; for a take that is not shown yet: when it was ordered.
    pub since: Millis,
    /// The holding slide, in place of all pictures and sounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holding: Option<Holding>,
    /// A step of a tour: its site is seen and not heard.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tour: bool,
}

/// A source on air.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramSource {
    /// The source.
    pub source: SourceRef,
    /// Programme slot of its picture and sound; none for content, which flows in the content slot.
    pub slot: Option<u32>,
}

impl Program {
    /// True if a source of the site is on air.
    pub fn shows(&self, site: &SiteSlug) -> bool {
        self.sources.iter().any(|part| part.source.site == *site)
    }

    /// True if the picture opens the site's microphone: its camera is shown, and not in passing by a tour.
    pub fn opens(&self, site: &SiteSlug) -> bool {
        let camera = |part: &ProgramSource| part.source.site == *site && part.source.kind == SourceKind::Camera;
        !self.tour && self.sources.iter().any(camera)
    }

    /// Whose speech it is: the camera beside content, else the first source.
    pub fn main_site(&self) -> Option<&SiteSlug> {
        let part = match self.layout {
            Layout::ContentSpeaker => self.sources.iter().find(|part| part.source.kind == SourceKind::Camera),
            Layout::Single | Layout::SideBySide | Layout::SpeakerHall | Layout::Grid => self.sources.first(),
        };
        part.map(|part| &part.source.site)
    }

    /// Its sources in the layout's order.
    pub fn source_refs(&self) -> Vec<SourceRef> {
        self.sources.iter().map(|part| part.source.clone()).collect()
    }

    /// True if it is the hall alone, and nobody is heard beside it: who is heard without a picture has a slot.
    pub(crate) fn is_hall_alone(&self, hall: &SiteSlug) -> bool {
        let alone = hall_program(hall, None, self.since);
        self.layout == alone.layout && self.sources == alone.sources && self.slots == alone.slots
    }

    /// True if a take of these would change nothing. What a tour shows can be taken: then it speaks too.
    pub(crate) fn is_taken(&self, layout: Layout, sources: &[SourceRef]) -> bool {
        self.layout == layout && !self.tour && self.plays(sources)
    }

    fn plays(&self, sources: &[SourceRef]) -> bool {
        self.sources.iter().map(|part| &part.source).eq(sources)
    }

    /// The programme slot of a site.
    pub fn slot_of(&self, site: &SiteSlug) -> Option<u32> {
        self.slots.iter().find(|(_, owner)| *owner == site).map(|(slot, _)| *slot)
    }
}

/// The hall alone.
pub(crate) fn hall_program(hall: &SiteSlug, take: Option<TakeId>, since: Millis) -> Program {
    Program {
        layout: Layout::Single,
        sources: vec![ProgramSource { source: SourceRef::camera(hall.clone()), slot: Some(HALL_SLOT) }],
        slots: BTreeMap::from([(HALL_SLOT, hall.clone())]),
        microphones: vec![hall.clone()],
        take,
        since,
        holding: None,
        tour: false,
    }
}

mod slot_pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::SiteSlug;

    pub(super) fn serialize<S: Serializer>(slots: &BTreeMap<u32, SiteSlug>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(slots)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<u32, SiteSlug>, D::Error> {
        Ok(Vec::<(u32, SiteSlug)>::deserialize(deserializer)?.into_iter().collect())
    }
}
