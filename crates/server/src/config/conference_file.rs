//! A conference: its hall, the file of its sites, its agenda and the limits of a speech.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use conference::setup::{MAX_GRACE_MS, MAX_SPEECH_MS};
use conference::{
    ConferenceId, Contact, FloorMode, Item, ItemId, RECEIVE_KBPS, Setup, SetupError, Site, SiteSlug, Speaker,
    SpeechLimits, VideoCodec,
};

use super::problem::{Collector, Place, SourceText};
use super::section::{Overrides, Reading, Section, parse};
use super::sites_file::{self, Defaults, ListedSite};

/// Speech without a limit of its own, s: the usual five minutes of a discussion.
const DEFAULT_ALLOWED_S: u64 = 5 * 60;
/// A warning that leaves time for a last sentence, s.
const DEFAULT_WARNING_S: u64 = 60;
/// Long enough for a router to restart, s.
const DEFAULT_GRACE_S: u64 = 60;
const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;

/// A conference as it was read from its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConferenceFile {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub setup: Setup,
}

/// Lines of what a setup names, for problems that only the whole setup shows.
struct Lines {
    file: PathBuf,
    sites: BTreeMap<SiteSlug, Vec<Place>>,
    items: BTreeMap<ItemId, Vec<Place>>,
    root: BTreeMap<&'static str, Place>,
}

/// Reads a conference file and its list of sites; names everything that is wrong.
pub(super) fn read(path: &Path, problems: &Collector) -> Option<ConferenceFile> {
    let source = SourceText::read(path, problems)?;
    let document = parse(&source, problems);
    // One conference among several has no name in the environment.
    let overrides = Overrides::new();
    let reading = Reading { source: &source, problems, overrides: &overrides };
    let root = Section::root(&reading, document.get_ref());

    let folder = path.parent().unwrap_or(Path::new("."));
    let mut lines =
        Lines { file: path.to_owned(), sites: BTreeMap::new(), items: BTreeMap::new(), root: BTreeMap::new() };
    let id = root.required("id");
    let title = root.required("title");
    lines.root.insert("id", root.place_of("id"));
    lines.root.insert("title", root.place_of("title"));
    lines.root.insert("support_phone", root.place_of("support_phone"));
    let codec = root.word("codec", &["h264", "vp8"]).unwrap_or(VideoCodec::H264);
    let support_phone = root.text("support_phone").unwrap_or_default();
    let floor_mode = root.word("floor_mode", &["closed", "operator", "queue", "open"]).unwrap_or(FloorMode::Operator);
    let sites = sites(&root, folder, &mut lines, problems);
    let agenda = agenda(&root, &mut lines);
    let speech = speech(root.section("speech"), &mut lines);
    root.finish();

    let setup =
        Setup { id: ConferenceId(id?), title: title?, codec, support_phone, sites: sites?, agenda, speech, floor_mode };
    if let Err(errors) = setup.validate() {
        for error in errors {
            problems.add(lines.place_of(&error), error.to_string());
        }
        return None;
    }
    Some(ConferenceFile { path: path.to_owned(), setup })
}

/// The hall and the sites of the list, the hall first. None: the list could not be named.
fn sites(root: &Section<'_>, folder: &Path, lines: &mut Lines, problems: &Collector) -> Option<Vec<Site>> {
    let defaults = root.section("site_defaults");
    let contact = Contact {
        name: defaults.text("contact_name").unwrap_or_default(),
        phone: defaults.text("contact_phone").unwrap_or_default(),
    };
    let carrier = defaults.text("carrier").unwrap_or_default();
    let receive_kbps = receive_limit(&defaults);
    defaults.finish();
    let defaults = Defaults { carrier, contact, receive_kbps };

    let hall = root.optional_section("hall");
    if hall.is_none() {
        root.problem(root.place(), "the table [hall] is missing");
    }
    let hall = hall.and_then(|hall| read_hall(hall, &defaults));
    let list = root.required("sites")?;
    let listed = sites_file::read(&folder.join(list), &defaults, problems);
    let mut sites = Vec::with_capacity(listed.len() + 1);
    for ListedSite { site, place } in hall.into_iter().chain(listed) {
        lines.sites.entry(site.slug.clone()).or_default().push(place);
        sites.push(site);
    }
    Some(sites)
}

fn read_hall(hall: Section<'_>, defaults: &Defaults) -> Option<ListedSite> {
    let (slug, name) = (hall.required("slug"), hall.required("name"));
    let site = (|| {
        let name = name?;
        Some(Site {
            slug: SiteSlug(slug?),
            code: hall.text("code").unwrap_or_else(|| "00".to_owned()),
            full_name: hall.text("full_name").unwrap_or_else(|| name.clone()),
            name,
            region: hall.text("region").unwrap_or_default(),
            carrier: hall.text("carrier").unwrap_or_else(|| defaults.carrier.clone()),
            contact: Contact {
                name: hall.text("contact_name").unwrap_or_else(|| defaults.contact.name.clone()),
                phone: hall.text("contact_phone").unwrap_or_else(|| defaults.contact.phone.clone()),
            },
            receive_kbps: receive_limit(&hall).or(defaults.receive_kbps),
            column: grid(&hall, "column"),
            row: grid(&hall, "row"),
            hall: true,
        })
    })();
    let place = hall.place();
    hall.finish();
    site.map(|site| ListedSite { site, place })
}

fn receive_limit(section: &Section<'_>) -> Option<u32> {
    let range = u64::from(*RECEIVE_KBPS.start())..=u64::from(*RECEIVE_KBPS.end());
    section.number("receive_kbps", range).and_then(|kbps| u32::try_from(kbps).ok())
}

fn grid(hall: &Section<'_>, key: &str) -> u32 {
    hall.number(key, 0..=63).and_then(|number| u32::try_from(number).ok()).unwrap_or(0)
}

fn agenda(root: &Section<'_>, lines: &mut Lines) -> Vec<Item> {
    let mut items = Vec::new();
    for entry in root.sections("agenda") {
        let (id, title) = (entry.required("id"), entry.required("title"));
        let minutes = entry.number("planned_minutes", 0..=MAX_SPEECH_MS / MINUTE_MS).unwrap_or(0);
        let site = entry.text("site").map(SiteSlug);
        let layout = entry.word("layout", &["single", "side_by_side", "speaker_hall", "grid", "content_speaker"]);
        let speaker = entry.optional_section("speaker").and_then(read_speaker);
        if let (Some(id), Some(title)) = (id, title) {
            let id = ItemId(id);
            lines.items.entry(id.clone()).or_default().push(entry.place());
            // Documents are uploaded, not configured.
            let (planned_ms, documents) = (minutes * MINUTE_MS, Vec::new());
            items.push(Item { id, title, speaker, site, planned_ms, layout, documents });
        }
        entry.finish();
    }
    items
}

fn read_speaker(speaker: Section<'_>) -> Option<Speaker> {
    let name = speaker.required("name");
    let title = speaker.text("title").unwrap_or_default();
    let organisation = speaker.text("organisation").unwrap_or_default();
    speaker.finish();
    Some(Speaker { name: name?, title, organisation })
}

fn speech(speech: Section<'_>, lines: &mut Lines) -> SpeechLimits {
    let seconds = |key: &'static str, default: u64, most_ms: u64| {
        speech.number(key, 0..=most_ms / SECOND_MS).unwrap_or(default) * SECOND_MS
    };
    let limits = SpeechLimits {
        allowed_ms: seconds("allowed_seconds", DEFAULT_ALLOWED_S, MAX_SPEECH_MS),
        warning_ms: seconds("warning_seconds", DEFAULT_WARNING_S, MAX_SPEECH_MS),
        grace_ms: seconds("grace_seconds", DEFAULT_GRACE_S, MAX_GRACE_MS),
    };
    lines.root.insert("speech", speech.place());
    speech.finish();
    limits
}

impl Lines {
    fn place_of(&self, error: &SetupError) -> Place {
        let file = || Place::File(self.file.clone());
        // Of two that are the same the second is the one to change.
        let site = |slug: &str| self.sites.get(&SiteSlug::from(slug)).and_then(|places| places.last());
        let item = |id: &str| self.items.get(&ItemId::from(id)).and_then(|places| places.last());
        let root = |key: &str| self.root.get(key);
        let found = match error {
            SetupError::HallCount { .. }
            | SetupError::TooManySites { .. }
            | SetupError::TooManyItems { .. }
            | SetupError::TooLarge { .. } => None,
            SetupError::DuplicateSite { site: slug } | SetupError::BadReceiveLimit { site: slug } => {
                site(slug.as_str())
            }
            SetupError::DuplicateItem { item: id }
            | SetupError::UnknownSite { item: id, .. }
            | SetupError::BadLayout { item: id, .. }
            | SetupError::TooManyDocuments { item: id, .. }
            | SetupError::DuplicateDocument { item: id, .. } => item(id.as_str()),
            SetupError::BadId { value } => site(value).or_else(|| item(value)).or_else(|| root("id")),
            SetupError::BadText { of, .. } | SetupError::Unreadable { of, .. } => {
                site(of).or_else(|| item(of)).or_else(|| root("title"))
            }
            SetupError::LongText { of, .. } => site(of).or_else(|| item(of)).or_else(|| root("support_phone")),
            SetupError::OutOfRange { .. } => root("speech"),
        };
        found.cloned().unwrap_or_else(file)
    }
}
