//! What a setup must be, and what is wrong with one that is not so.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::{
    Item, ItemId, Layout, Setup, Site, SiteSlug, Speaker, is_unreadable,
    setup::{
        MAX_DOCUMENTS, MAX_GRACE_MS, MAX_ID_CHARS, MAX_ITEMS, MAX_NAME_CHARS, MAX_SETUP_BYTES, MAX_SITES,
        MAX_SPEECH_MS, RECEIVE_KBPS,
    },
};

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
    /// A text holds characters that readers would not see as they were written.
    #[error("{field} of {of} holds unreadable characters (control characters, or those that turn the direction)")]
    Unreadable {
        /// Which text.
        field: &'static str,
        /// Of which site, item or conference.
        of: String,
    },
    /// A layout that needs a site beside the hall.
    #[error("layout {layout:?} of agenda item {item} needs a site that is not the hall")]
    BadLayout {
        /// The item.
        item: ItemId,
        /// Its layout.
        layout: Layout,
    },
    /// Too many documents of one item.
    #[error("agenda item {item} has {found} documents, at most {MAX_DOCUMENTS}")]
    TooManyDocuments {
        /// The item.
        item: ItemId,
        /// Documents found.
        found: usize,
    },
    /// A document twice at one item.
    #[error("agenda item {item} has the document {document} twice")]
    DuplicateDocument {
        /// The item.
        item: ItemId,
        /// The document.
        document: String,
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

    /// Texts that readers would not see as they were written. Those of files are taken as they are: an old one must not keep the
    /// server from starting. Those that are entered by hand are not.
    pub(crate) fn unreadable_texts(&self) -> Vec<SetupError> {
        let unreadable = |(_, text, _): &(&str, &str, &str)| text.chars().any(is_unreadable);
        let error = |(field, _, of): (&'static str, &str, &str)| SetupError::Unreadable { field, of: of.to_owned() };
        self.texts().into_iter().filter(unreadable).map(error).collect()
    }

    /// All texts that people read: field, text, and whose it is.
    fn texts(&self) -> Vec<(&'static str, &str, &str)> {
        let id = self.id.as_str();
        let mut texts = vec![("title", self.title.as_str(), id), ("support_phone", &self.support_phone, id)];
        for site in &self.sites {
            texts.push(("name", &site.name, site.slug.as_str()));
            texts.extend(optional_texts(site).map(|(field, text)| (field, text, site.slug.as_str())));
        }
        for item in &self.agenda {
            let of = item.id.as_str();
            texts.push(("title", &item.title, of));
            let speaker = item.speaker.iter().flat_map(speaker_texts);
            texts.extend(speaker.map(|(field, text)| (field, text, of)));
            texts.extend(item.documents.iter().map(|document| ("document", document.name.as_str(), of)));
        }
        texts
    }

    fn bytes_in_the_log(&self) -> usize {
        let body = serde_json::json!({ "setup": self });
        body.to_string().len()
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
            for (field, text) in optional_texts(site) {
                check_length(field, text, site.slug.as_str(), errors);
            }
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
                for (field, text) in speaker_texts(speaker) {
                    check_length(field, text, item.id.as_str(), errors);
                }
            }
            check_time("planned_ms", item.planned_ms, MAX_SPEECH_MS, errors);
            if !seen.insert(&item.id) {
                errors.push(SetupError::DuplicateItem { item: item.id.clone() });
            }
            if let Some(site) = item.site.as_ref().filter(|site| self.site(site).is_none()) {
                errors.push(SetupError::UnknownSite { item: item.id.clone(), site: site.clone() });
            }
            self.check_layout(item, errors);
            check_documents(item, errors);
        }
    }

    /// All layouts but one show the site beside the hall, or the site's content beside its camera.
    fn check_layout(&self, item: &Item, errors: &mut Vec<SetupError>) {
        let Some(layout) = item.layout.filter(|layout| *layout != Layout::Single) else { return };
        let is_hall = |slug: &SiteSlug| self.site(slug).is_some_and(|site| site.hall);
        if item.site.as_ref().is_none_or(is_hall) {
            errors.push(SetupError::BadLayout { item: item.id.clone(), layout });
        }
    }
}

fn optional_texts(site: &Site) -> impl Iterator<Item = (&'static str, &str)> {
    let Site { code, full_name, region, carrier, contact, .. } = site;
    let texts: [(&str, &str); 6] = [
        ("code", code),
        ("full_name", full_name),
        ("region", region),
        ("carrier", carrier),
        ("contact_name", &contact.name),
        ("contact_phone", &contact.phone),
    ];
    texts.into_iter()
}

fn speaker_texts(speaker: &Speaker) -> [(&'static str, &str); 3] {
    let Speaker { name, title, organisation } = speaker;
    [("speaker.name", name), ("speaker.title", title), ("speaker.organisation", organisation)]
}

fn check_documents(item: &Item, errors: &mut Vec<SetupError>) {
    if item.documents.len() > MAX_DOCUMENTS {
        errors.push(SetupError::TooManyDocuments { item: item.id.clone(), found: item.documents.len() });
    }
    let mut seen = BTreeSet::new();
    for document in &item.documents {
        check_id(&document.id, errors);
        check_text("document", &document.name, item.id.as_str(), errors);
        if !seen.insert(&document.id) {
            errors.push(SetupError::DuplicateDocument { item: item.id.clone(), document: document.id.clone() });
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
