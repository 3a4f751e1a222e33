//! What is known before the conference: sites, agenda, speech limits. Checked when it is read, then recorded in the log.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{ConferenceId, FloorMode, ItemId, Layout, SiteSlug};

/// Most sites: media lines of a console are bounded at 160, of which the wall may take 150.
pub const MAX_SITES: usize = 150;
/// What a site's devices may be limited to, kbit/s: sound and the lowest layer, up to more than anybody is sent.
pub const RECEIVE_KBPS: std::ops::RangeInclusive<u32> = 250..=100_000;
/// Most items of an agenda: a day of one-minute items does not reach it.
pub const MAX_ITEMS: usize = 500;
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
    /// Given by the shell.
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

/// What is wrong with a setup.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SetupError {
    /// A conference has exactly one hall.
    #[error("exactly one site must be the hall, found {found}")]
    HallCount {
        /// Halls found.
        found: usize,
    },
    /// Too many sites.
    #[error("{found} sites, at most {MAX_SITES}")]
    TooManySites {
        /// Sites found.
        found: usize,
    },
    /// Too many items.
    #[error("{found} agenda items, at most {MAX_ITEMS}")]
    TooManyItems {
        /// Items found.
        found: usize,
    },
    /// A limit with which nothing can be seen, or that is none.
    #[error("receive_kbps of {site} must be from {} to {}", RECEIVE_KBPS.start(), RECEIVE_KBPS.end())]
    BadReceiveLimit {
        /// The site.
        site: SiteSlug,
    },
    /// Two sites of one slug.
    #[error("site slug {site} is used twice")]
    DuplicateSite {
        /// The slug.
        site: SiteSlug,
    },
    /// Two items of one id.
    #[error("agenda item id {item} is used twice")]
    DuplicateItem {
        /// The id.
        item: ItemId,
    },
    /// An item names a site that is not there.
    #[error("agenda item {item} names the unknown site {site}")]
    UnknownSite {
        /// The item.
        item: ItemId,
        /// What it names.
        site: SiteSlug,
    },
    /// Ids are 1 to [`MAX_ID_CHARS`] of `a–z`, `0–9` and `-`: they stand in paths.
    #[error("{value:?} is no id: 1 to {MAX_ID_CHARS} of a–z, 0–9 and -")]
    BadId {
        /// The id.
        value: String,
    },
    /// A text is missing or too long.
    #[error("{field} of {of} must have 1 to {MAX_NAME_CHARS} characters")]
    BadText {
        /// Which text.
        field: &'static str,
        /// Of which site, item or conference.
        of: String,
    },
    /// A text is too long.
    #[error("{field} of {of} has {chars} characters, at most {MAX_NAME_CHARS}")]
    LongText {
        /// Which text.
        field: &'static str,
        /// Of which site, item or conference.
        of: String,
        /// Its length.
        chars: usize,
    },
    /// All texts together are too long.
    #[error("the whole setup has {bytes} bytes, at most {MAX_SETUP_BYTES}: shorten names and titles")]
    TooLarge {
        /// Its size in the log.
        bytes: usize,
    },
    /// A time is out of its bound.
    #[error("{field} is {value} ms, at most {max} ms")]
    OutOfRange {
        /// Which time.
        field: &'static str,
        /// What it is.
        value: u64,
        /// What it may be.
        max: u64,
    },
}

impl Setup {
    /// Checks the whole setup.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first.
    pub fn validate(&self) -> Result<(), Vec<SetupError>> {
        let mut errors = Vec::new();
        check_id(self.id.as_str(), &mut errors);
        check_text("title", &self.title, self.id.as_str(), &mut errors);
        check_length("support_phone", &self.support_phone, self.id.as_str(), &mut errors);
        self.check_sites(&mut errors);
        self.check_agenda(&mut errors);
        check_time("speech.allowed_ms", self.speech.allowed_ms, MAX_SPEECH_MS, &mut errors);
        check_time("speech.warning_ms", self.speech.warning_ms, MAX_SPEECH_MS, &mut errors);
        check_time("speech.grace_ms", self.speech.grace_ms, MAX_GRACE_MS, &mut errors);
        let bytes = self.bytes_in_the_log();
        if bytes > MAX_SETUP_BYTES {
            errors.push(SetupError::TooLarge { bytes });
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
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

    fn bytes_in_the_log(&self) -> usize {
        let body = serde_json::json!({ "setup": self });
        body.to_string().len()
    }

    /// The site of this slug.
    pub fn site(&self, slug: &SiteSlug) -> Option<&Site> {
        self.sites.iter().find(|site| site.slug == *slug)
    }

    /// The item of this id.
    pub fn item(&self, id: &ItemId) -> Option<&Item> {
        self.agenda.iter().find(|item| item.id == *id)
    }

    fn check_sites(&self, errors: &mut Vec<SetupError>) {
        let found = self.halls();
        if found != 1 {
            errors.push(SetupError::HallCount { found });
        }
        if self.sites.len() > MAX_SITES {
            errors.push(SetupError::TooManySites { found: self.sites.len() });
        }
        let mut seen = BTreeSet::new();
        for site in &self.sites {
            check_id(site.slug.as_str(), errors);
            check_text("name", &site.name, site.slug.as_str(), errors);
            let optional = [
                ("code", &site.code),
                ("full_name", &site.full_name),
                ("region", &site.region),
                ("carrier", &site.carrier),
                ("contact_name", &site.contact.name),
                ("contact_phone", &site.contact.phone),
            ];
            optional.into_iter().for_each(|(field, text)| check_length(field, text, site.slug.as_str(), errors));
            if site.receive_kbps.is_some_and(|kbps| !RECEIVE_KBPS.contains(&kbps)) {
                errors.push(SetupError::BadReceiveLimit { site: site.slug.clone() });
            }
            if !seen.insert(&site.slug) {
                errors.push(SetupError::DuplicateSite { site: site.slug.clone() });
            }
        }
    }

    fn check_agenda(&self, errors: &mut Vec<SetupError>) {
        if self.agenda.len() > MAX_ITEMS {
            errors.push(SetupError::TooManyItems { found: self.agenda.len() });
        }
        let mut seen = BTreeSet::new();
        for item in &self.agenda {
            check_id(item.id.as_str(), errors);
            check_text("title", &item.title, item.id.as_str(), errors);
            if let Some(speaker) = &item.speaker {
                check_length("speaker.name", &speaker.name, item.id.as_str(), errors);
                check_length("speaker.title", &speaker.title, item.id.as_str(), errors);
                check_length("speaker.organisation", &speaker.organisation, item.id.as_str(), errors);
            }
            check_time("planned_ms", item.planned_ms, MAX_SPEECH_MS, errors);
            if !seen.insert(&item.id) {
                errors.push(SetupError::DuplicateItem { item: item.id.clone() });
            }
            if let Some(site) = item.site.as_ref().filter(|site| self.site(site).is_none()) {
                errors.push(SetupError::UnknownSite { item: item.id.clone(), site: site.clone() });
            }
        }
    }
}

fn check_id(value: &str, errors: &mut Vec<SetupError>) {
    let fits = (1..=MAX_ID_CHARS).contains(&value.len());
    let plain = value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !fits || !plain {
        errors.push(SetupError::BadId { value: value.to_owned() });
    }
}

fn check_text(field: &'static str, value: &str, of: &str, errors: &mut Vec<SetupError>) {
    if !(1..=MAX_NAME_CHARS).contains(&value.chars().count()) {
        errors.push(SetupError::BadText { field, of: of.to_owned() });
    }
}

fn check_length(field: &'static str, value: &str, of: &str, errors: &mut Vec<SetupError>) {
    let chars = value.chars().count();
    if chars > MAX_NAME_CHARS {
        errors.push(SetupError::LongText { field, of: of.to_owned(), chars });
    }
}

fn check_time(field: &'static str, value: u64, max: u64, errors: &mut Vec<SetupError>) {
    if value > max {
        errors.push(SetupError::OutOfRange { field, value, max });
    }
}
