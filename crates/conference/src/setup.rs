//! What is known before the conference: sites, agenda, speech limits. Checked when it is read, then recorded in the log.

use serde::{Deserialize, Serialize};

use crate::{ConferenceId, FloorMode, ItemId, Layout, SiteSlug};

/// Most sites: media lines of a console are bounded at 160, of which the wall may take 150.
pub const MAX_SITES: usize = 150;
/// What a site's devices may be limited to, kbit/s: sound and the lowest layer, up to more than anybody is sent.
pub const RECEIVE_KBPS: std::ops::RangeInclusive<u32> = 250..=100_000;
/// Most items of an agenda: a day of one-minute items does not reach it.
pub const MAX_ITEMS: usize = 500;
/// Most documents of one item.
pub const MAX_DOCUMENTS: usize = 10;
/// Longest name, title or phone number, in characters: one line of a lower third is 60.
pub const MAX_NAME_CHARS: usize = 300;
/// Largest setup as the log keeps it, in bytes of JSON. A whole state goes to a console as one message, and a page is cut when
/// more than 1 MiB waits for it: 512 KiB of that are for messages (`MAX_TEXT_BYTES_KEPT`), 64 KiB for the rest. A conference of
/// [`MAX_SITES`] sites and [`MAX_ITEMS`] items with full names has about 300 KiB.
pub const MAX_SETUP_BYTES: usize = 448 * 1024;
/// Longest slug or id, in characters: it is part of paths and log lines.
pub const MAX_ID_CHARS: usize = 64;
/// Longest time that a speech or an item may be given: one day.
pub const MAX_SPEECH_MS: u64 = 24 * 60 * 60 * 1_000;
/// Longest grace time after a dropout: beyond ten minutes the floor would be blocked, not held.
pub const MAX_GRACE_MS: u64 = 10 * 60 * 1_000;

/// Everything that is fixed when the conference opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// Id.
    pub id: ConferenceId,
    /// Title.
    pub title: String,
    /// Video codec of all its endpoints.
    pub codec: VideoCodec,
    /// Phone number of the control room.
    pub support_phone: String,
    /// Sites in the order of the wall.
    pub sites: Vec<Site>,
    /// The agenda, in order.
    pub agenda: Vec<Item>,
    /// Limits of a speech.
    pub speech: SpeechLimits,
    /// Floor mode at the start.
    pub floor_mode: FloorMode,
}

/// Video codec of a conference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VideoCodec {
    /// H.264 constrained baseline.
    H264,
    /// VP8.
    Vp8,
}

/// A site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Identity inside the conference.
    pub slug: SiteSlug,
    /// Code as written on tiles; not an identity.
    pub code: String,
    /// Short name.
    pub name: String,
    /// Full name.
    pub full_name: String,
    /// Region.
    pub region: String,
    /// Carrier of the line.
    pub carrier: String,
    /// Technical contact.
    pub contact: Contact,
    /// What each of its devices is sent at most, kbit/s of picture and sound; none: what its line carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receive_kbps: Option<u32>,
    /// Place on the tile-grid map.
    pub column: u32,
    /// Place on the tile-grid map.
    pub row: u32,
    /// True for the hall; exactly one site is it.
    pub hall: bool,
}

/// Whom to ring.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Name or office.
    pub name: String,
    /// Phone.
    pub phone: String,
}

/// An item of the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Id.
    pub id: ItemId,
    /// Title.
    pub title: String,
    /// Speaker, if one is named.
    pub speaker: Option<Speaker>,
    /// Site from which it is given.
    pub site: Option<SiteSlug>,
    /// Planned time, ms; 0: none planned.
    pub planned_ms: u64,
    /// Layout in which its start puts the site into preview; none: alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    /// Documents for those who take part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
}

/// A document of an item; its content is kept by the shell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Given by the shell; an id as items have them.
    pub id: String,
    /// Name of the file.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// What of a setup is neither site nor agenda, and may be edited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// Title.
    pub title: String,
    /// Phone number of the control room.
    pub support_phone: String,
    /// Floor mode at the start.
    pub floor_mode: FloorMode,
    /// Limits of a speech.
    pub speech: SpeechLimits,
}

/// A person of the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speaker {
    /// Name or office.
    pub name: String,
    /// Title.
    pub title: String,
    /// Organisation.
    pub organisation: String,
}

/// Limits of a speech, ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeechLimits {
    /// Time allowed unless the agenda plans another; 0: no limit.
    pub allowed_ms: u64,
    /// Remaining time at which a warning is shown.
    pub warning_ms: u64,
    /// How long the place of a holder who dropped out is held.
    pub grace_ms: u64,
}

impl Setup {
    /// What of it is neither site nor agenda.
    pub fn details(&self) -> Details {
        let Self { title, support_phone, floor_mode, speech, .. } = self.clone();
        Details { title, support_phone, floor_mode, speech }
    }

    /// The same with other details.
    pub(crate) fn with_details(self, details: Details) -> Self {
        let Details { title, support_phone, floor_mode, speech } = details;
        Self { title, support_phone, floor_mode, speech, ..self }
    }

    /// Slug of the hall.
    ///
    /// # Panics
    /// If the setup has no hall; [`Setup::validate`] refuses such a setup.
    pub fn hall(&self) -> &SiteSlug {
        &self.sites.iter().find(|site| site.hall).expect("a validated setup has a hall").slug
    }

    /// Sites that are marked as the hall.
    pub(crate) fn halls(&self) -> usize {
        self.sites.iter().filter(|site| site.hall).count()
    }

    /// The site of this slug.
    pub fn site(&self, slug: &SiteSlug) -> Option<&Site> {
        self.sites.iter().find(|site| site.slug == *slug)
    }

    /// The item of this id.
    pub fn item(&self, id: &ItemId) -> Option<&Item> {
        self.agenda.iter().find(|item| item.id == *id)
    }
}
