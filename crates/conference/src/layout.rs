//! What a layout can show, and in which slots its sites flow.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Layout, Refusal, SiteSlug, SourceKind, SourceRef,
    program::{HALL_SLOT, PROGRAM_SLOTS},
};

/// Gives every site its slot: who stays on air keeps it, who comes takes the lowest that is free then. Who is heard without a picture
/// (`opened`) stays too, but gives way, the highest slot first, where all are needed.
pub(crate) fn assign_slots(
    sources: &[SourceRef],
    before: &BTreeMap<u32, SiteSlug>,
    hall: &SiteSlug,
    opened: &BTreeSet<SiteSlug>,
) -> BTreeMap<u32, SiteSlug> {
    let needs = |site: &SiteSlug| site == hall || sources.iter().any(|source| source.site == *site);
    let stays = |site: &SiteSlug| needs(site) || opened.contains(site);
    let mut slots: BTreeMap<u32, SiteSlug> =
        before.iter().filter(|(_, site)| stays(site)).map(|(slot, site)| (*slot, site.clone())).collect();
    for source in sources {
        if slots.values().any(|site| *site == source.site) {
            continue;
        }
        let given_way = || slots.iter().rev().find(|(_, site)| !needs(site)).map(|(slot, _)| *slot);
        let slot = free_slot(&slots).or_else(given_way).expect("a layout has at most four sites");
        slots.insert(slot, source.site.clone());
    }
    slots
}

/// The lowest slot that no site has.
pub(crate) fn free_slot(slots: &BTreeMap<u32, SiteSlug>) -> Option<u32> {
    (HALL_SLOT + 1..PROGRAM_SLOTS).find(|slot| !slots.contains_key(slot))
}

/// Refuses sources that the layout cannot show.
pub(crate) fn check_layout(layout: Layout, sources: &[SourceRef], hall: &SiteSlug) -> Result<(), Refusal> {
    let (min, max) = match layout {
        Layout::Single => (1, 1),
        Layout::SideBySide | Layout::SpeakerHall | Layout::ContentSpeaker => (2, 2),
        Layout::Grid => (2, 4),
    };
    let mismatch = Refusal::LayoutMismatch { min, max };
    let count = sources.len() as u32;
    let distinct: BTreeSet<&SourceRef> = sources.iter().collect();
    let visitors: BTreeSet<&SiteSlug> =
        sources.iter().map(|source| &source.site).filter(|site| *site != hall).collect();
    let contents = sources.iter().filter(|source| source.kind == SourceKind::Content).count();
    if !(min..=max).contains(&count)
        || distinct.len() != sources.len()
        || visitors.len() as u32 >= PROGRAM_SLOTS
        || contents > 1
    {
        return Err(mismatch);
    }
    let camera = |index: usize| sources[index].kind == SourceKind::Camera;
    let fits = match layout {
        Layout::Single | Layout::SideBySide | Layout::Grid => true,
        Layout::SpeakerHall => camera(0) && camera(1) && sources[0].site != *hall && sources[1].site == *hall,
        Layout::ContentSpeaker => !camera(0) && camera(1),
    };
    if fits { Ok(()) } else { Err(mismatch) }
}
