//! What drops have in common.
//!
//! A cause explains a drop if of the sites that hang on it nearly all dropped together, and of the others hardly any. Of several
//! that do, it is the one that tells inside from outside best; if two do so equally well, the narrower.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{IncidentId, Place, TOGETHER_MS};
use crate::{Millis, SiteSlug};

/// Share of a cause's sites that must have dropped. Not all of them do: some have a reserve line with another carrier, and the
/// last ones of a row are still to come.
pub const INSIDE_SHARE: f32 = 0.6;
/// The share inside must be greater than that outside by so much: what drops everywhere is not the region's fault.
pub const MIN_DIFFERENCE: f32 = 0.3;
/// Two explanations that differ by less than this are equally good: that is one site of twenty.
const EQUAL_WITHIN: f32 = 0.05;
/// A single site explains itself.
const MIN_SITES: usize = 2;

/// What the drops of an incident have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The sites of this relay.
    Relay(String),
    /// The sites of this carrier.
    Carrier(String),
    /// The sites of this region.
    Region(String),
    /// All sites: the centre itself.
    Centre,
    /// This site alone: its own line, power or equipment.
    Site(SiteSlug),
}

impl Cause {
    /// True if a site that hangs there is one of many that this would take along.
    pub(super) fn covers(&self, place: &Place) -> bool {
        match self {
            Cause::Relay(relay) => place.relay == *relay,
            Cause::Carrier(carrier) => place.carrier == *carrier,
            Cause::Region(region) => place.region == *region,
            Cause::Centre => true,
            Cause::Site(_) => false,
        }
    }

    /// What a site that hangs there has in common with others.
    fn of(place: &Place) -> Vec<Cause> {
        let Place { region, carrier, relay } = place;
        let named = [
            (relay, Cause::Relay(relay.clone())),
            (carrier, Cause::Carrier(carrier.clone())),
            (region, Cause::Region(region.clone())),
        ];
        let known = named.into_iter().filter(|(name, _)| !name.is_empty()).map(|(_, cause)| cause);
        known.chain([Cause::Centre]).collect()
    }
}

/// How a site stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// Not there yet, or gone on purpose.
    Absent,
    /// Media arrives.
    Up,
    /// Nothing arrives.
    Down {
        /// Since when.
        began: Millis,
        /// When it was noticed.
        noticed: Millis,
        /// When to look again what it belongs to.
        look_at: Millis,
        /// The incident it is in.
        incident: Option<IncidentId>,
    },
}

/// All sites.
pub(super) type Lines = BTreeMap<SiteSlug, (Place, Line)>;

/// A cause that explains, how well it does, and the sites that it explains.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Explanation {
    pub(super) cause: Cause,
    pub(super) inside: f32,
    pub(super) outside: f32,
    pub(super) sites: BTreeSet<SiteSlug>,
}

/// True if two sites have something in common that could take both along.
pub(super) fn share_something(left: &Place, right: &Place) -> bool {
    let same = |left: &String, right: &String| !left.is_empty() && left == right;
    same(&left.relay, &right.relay) || same(&left.carrier, &right.carrier) || same(&left.region, &right.region)
}

/// Sites that are down since about the same time.
pub(super) fn together_with(lines: &Lines, began: Millis) -> BTreeSet<SiteSlug> {
    let together = lines.iter().filter(|(_, (_, line))| match line {
        Line::Down { began: other, .. } => other.apart(began) <= TOGETHER_MS,
        Line::Up | Line::Absent => false,
    });
    together.map(|(site, _)| site.clone()).collect()
}

/// What explains the drop of a site along with those `together` with it; none: nothing that it shares.
pub(super) fn explain(
    lines: &Lines,
    site: &SiteSlug,
    began: Millis,
    together: &BTreeSet<SiteSlug>,
) -> Option<Explanation> {
    let (place, _) = lines.get(site)?;
    // What all sites have in common tells none of them from the others: it is the centre's as well.
    let covers_all = |cause: &Cause| lines.values().all(|(place, _)| cause.covers(place));
    let telling = Cause::of(place).into_iter().filter(|cause| *cause == Cause::Centre || !covers_all(cause));
    let candidates = telling.filter_map(|cause| {
        let (inside, outside) = shares_at(lines, &cause, together, began);
        let covered = |other: &&SiteSlug| lines.get(*other).is_some_and(|(place, _)| cause.covers(place));
        let sites: BTreeSet<SiteSlug> = together.iter().filter(covered).cloned().collect();
        let explains = sites.len() >= MIN_SITES && inside >= INSIDE_SHARE && inside - outside >= MIN_DIFFERENCE;
        explains.then_some(Explanation { cause, inside, outside, sites })
    });
    candidates.max_by(|left, right| compare(lines, left, right))
}

/// The better explanation is the greater.
fn compare(lines: &Lines, left: &Explanation, right: &Explanation) -> Ordering {
    let difference = (left.inside - left.outside) - (right.inside - right.outside);
    if difference.abs() >= EQUAL_WITHIN {
        return if difference > 0.0 { Ordering::Greater } else { Ordering::Less };
    }
    let width = |of: &Explanation| lines.values().filter(|(place, _)| of.cause.covers(place)).count();
    // Of two as wide as each other, the one that stands before in `Cause`.
    width(right).cmp(&width(left)).then_with(|| right.cause.cmp(&left.cause))
}

/// Shares of a cause's sites, and of all others, that are among `dropped`. Sites that were not there do not count.
pub(super) fn shares(lines: &Lines, cause: &Cause, dropped: &BTreeSet<SiteSlug>) -> (f32, f32) {
    count(lines, cause, dropped, |line| !matches!(line, Line::Absent))
}

/// The same of what dropped at about `began`: sites that were down long before do not count either.
fn shares_at(lines: &Lines, cause: &Cause, dropped: &BTreeSet<SiteSlug>, began: Millis) -> (f32, f32) {
    count(lines, cause, dropped, |line| match line {
        Line::Absent => false,
        Line::Up => true,
        Line::Down { began: other, .. } => other.apart(began) <= TOGETHER_MS,
    })
}

fn count(lines: &Lines, cause: &Cause, dropped: &BTreeSet<SiteSlug>, counts: impl Fn(&Line) -> bool) -> (f32, f32) {
    let (mut inside, mut outside) = ((0, 0), (0, 0));
    for (site, (place, line)) in lines {
        let is_dropped = dropped.contains(site);
        if is_dropped || counts(line) {
            let side = if cause.covers(place) { &mut inside } else { &mut outside };
            side.0 += u32::from(is_dropped);
            side.1 += 1;
        }
    }
    (share(inside), share(outside))
}

fn share((part, whole): (u32, u32)) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}
