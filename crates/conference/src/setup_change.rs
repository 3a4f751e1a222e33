//! In what one setup differs from another, so that people can be told.

use std::fmt;

use crate::{ItemId, Setup, SiteSlug, VideoCodec};

/// Sites or items that a sentence names; more are counted.
const MAX_NAMED: usize = 10;

/// One thing in which a setup that was read differs from the recorded one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupChange {
    /// The title.
    Title,
    /// The codec.
    Codec {
        /// As recorded.
        recorded: VideoCodec,
        /// As read.
        read: VideoCodec,
    },
    /// The phone number of the control room.
    SupportPhone,
    /// Another site is the hall.
    Hall {
        /// As recorded.
        recorded: SiteSlug,
        /// As read.
        read: SiteSlug,
    },
    /// Sites that are not recorded.
    SitesAdded(Vec<SiteSlug>),
    /// Recorded sites that were not read.
    SitesRemoved(Vec<SiteSlug>),
    /// Sites with other names, contacts or places.
    SitesChanged(Vec<SiteSlug>),
    /// The same sites in another order.
    SiteOrder,
    /// Items that are not recorded.
    ItemsAdded(Vec<ItemId>),
    /// Recorded items that were not read.
    ItemsRemoved(Vec<ItemId>),
    /// Items with another title, speaker, site or time.
    ItemsChanged(Vec<ItemId>),
    /// The same items in another order.
    ItemOrder,
    /// The limits of a speech.
    SpeechLimits,
    /// The floor mode at the start.
    FloorMode,
}

impl Setup {
    /// In what `read` differs from this, the recorded setup; empty if it does not. Ids are not compared: they name the log.
    pub fn changes_in(&self, read: &Self) -> Vec<SetupChange> {
        let mut changes = Vec::new();
        let mut differs = |differs: bool, change: SetupChange| {
            if differs {
                changes.push(change);
            }
        };
        differs(self.title != read.title, SetupChange::Title);
        differs(self.codec != read.codec, SetupChange::Codec { recorded: self.codec, read: read.codec });
        differs(self.support_phone != read.support_phone, SetupChange::SupportPhone);
        let (recorded_hall, read_hall) = (self.hall().clone(), read.hall().clone());
        differs(recorded_hall != read_hall, SetupChange::Hall { recorded: recorded_hall, read: read_hall });
        let sites = Compared::new(&self.sites, &read.sites, |site| &site.slug);
        differs(!sites.added.is_empty(), SetupChange::SitesAdded(sites.added));
        differs(!sites.removed.is_empty(), SetupChange::SitesRemoved(sites.removed));
        differs(!sites.changed.is_empty(), SetupChange::SitesChanged(sites.changed));
        differs(sites.reordered, SetupChange::SiteOrder);
        let items = Compared::new(&self.agenda, &read.agenda, |item| &item.id);
        differs(!items.added.is_empty(), SetupChange::ItemsAdded(items.added));
        differs(!items.removed.is_empty(), SetupChange::ItemsRemoved(items.removed));
        differs(!items.changed.is_empty(), SetupChange::ItemsChanged(items.changed));
        differs(items.reordered, SetupChange::ItemOrder);
        differs(self.speech != read.speech, SetupChange::SpeechLimits);
        differs(self.floor_mode != read.floor_mode, SetupChange::FloorMode);
        changes
    }
}

/// Two lists whose entries have ids.
struct Compared<I> {
    added: Vec<I>,
    removed: Vec<I>,
    changed: Vec<I>,
    /// What both lists have stands in another order.
    reordered: bool,
}

impl<I: Clone + PartialEq> Compared<I> {
    fn new<T: PartialEq>(recorded: &[T], read: &[T], id: impl Fn(&T) -> &I) -> Self {
        let ids_without = |list: &[T], other: &[T]| -> Vec<I> {
            list.iter().map(&id).filter(|wanted| !other.iter().any(|entry| id(entry) == *wanted)).cloned().collect()
        };
        let (removed, added) = (ids_without(recorded, read), ids_without(read, recorded));
        let in_both = |list: &[T], missing: &[I]| -> Vec<I> {
            list.iter().map(&id).filter(|entry| !missing.contains(entry)).cloned().collect()
        };
        let changed = recorded.iter().filter(|old| read.iter().any(|new| id(new) == id(old) && new != *old));
        Self {
            changed: changed.map(|entry| id(entry).clone()).collect(),
            reordered: in_both(recorded, &removed) != in_both(read, &added),
            added,
            removed,
        }
    }
}

impl fmt::Display for SetupChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Title => f.write_str("title"),
            Self::Codec { recorded, read } => write!(f, "codec {read:?} instead of {recorded:?}"),
            Self::SupportPhone => f.write_str("phone of the control room"),
            Self::Hall { recorded, read } => write!(f, "hall {read} instead of {recorded}"),
            Self::SitesAdded(sites) => list(f, "sites added", sites),
            Self::SitesRemoved(sites) => list(f, "sites removed", sites),
            Self::SitesChanged(sites) => list(f, "sites changed", sites),
            Self::SiteOrder => f.write_str("order of the sites"),
            Self::ItemsAdded(items) => list(f, "agenda items added", items),
            Self::ItemsRemoved(items) => list(f, "agenda items removed", items),
            Self::ItemsChanged(items) => list(f, "agenda items changed", items),
            Self::ItemOrder => f.write_str("order of the agenda"),
            Self::SpeechLimits => f.write_str("speech limits"),
            Self::FloorMode => f.write_str("floor mode"),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, what: &str, ids: &[impl fmt::Display]) -> fmt::Result {
    write!(f, "{what}: ")?;
    for (place, id) in ids.iter().take(MAX_NAMED).enumerate() {
        write!(f, "{}{id}", if place == 0 { "" } else { ", " })?;
    }
    match ids.len().saturating_sub(MAX_NAMED) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}
