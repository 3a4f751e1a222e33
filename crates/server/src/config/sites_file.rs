//! The list of sites, a CSV file with a heading line.

use std::ops::RangeInclusive;
use std::path::Path;

use conference::{Contact, RECEIVE_KBPS, Site, SiteSlug};

use super::problem::{Collector, Place, SourceText};

/// Columns that must be there.
const REQUIRED: [&str; 7] = ["code", "slug", "name", "full_name", "region", "column", "row"];
/// Columns that may be there.
const OPTIONAL: [&str; 4] = ["carrier", "contact_name", "contact_phone", "receive_kbps"];
/// Last column and row of the tile grid.
const MAX_GRID: u32 = 63;

/// A site with its line.
pub(super) struct ListedSite {
    pub(super) site: Site,
    pub(super) place: Place,
}

/// What holds for sites whose line says nothing of its own.
pub(super) struct Defaults {
    pub(super) carrier: String,
    pub(super) contact: Contact,
    pub(super) receive_kbps: Option<u32>,
}

/// Reads the sites of a file; names each line that is wrong.
pub(super) fn read(path: &Path, defaults: &Defaults, problems: &Collector) -> Vec<ListedSite> {
    let Some(source) = SourceText::read(path, problems) else { return Vec::new() };
    let mut reader = csv::ReaderBuilder::new().flexible(false).trim(csv::Trim::All).from_reader(source.text.as_bytes());
    let line = |line: u64| Place::Line(path.to_owned(), usize::try_from(line).unwrap_or(usize::MAX));
    let heading = match reader.headers() {
        Ok(heading) => heading.clone(),
        Err(error) => {
            problems.add(line(1), error.to_string());
            return Vec::new();
        }
    };
    if !check_heading(&heading, &line(1), problems) {
        return Vec::new();
    }
    let mut sites = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let place = line(record.position().map_or(0, csv::Position::line));
                let row = Row { heading: &heading, record: &record, place: &place, problems };
                sites.extend(row.site(defaults).map(|site| ListedSite { site, place: place.clone() }));
            }
            Err(error) => {
                let at = error.position().map_or(0, csv::Position::line);
                problems.add(line(at), csv_error(&error));
            }
        }
    }
    sites
}

fn csv_error(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} columns, but the heading has {expected_len}")
        }
        _ => error.to_string(),
    }
}

fn check_heading(heading: &csv::StringRecord, place: &Place, problems: &Collector) -> bool {
    let missing: Vec<&str> = REQUIRED.into_iter().filter(|column| heading.iter().all(|name| name != *column)).collect();
    if !missing.is_empty() {
        problems.add(place.clone(), format!("columns are missing: {}", missing.join(", ")));
    }
    for name in heading.iter().filter(|name| !REQUIRED.contains(name) && !OPTIONAL.contains(name)) {
        problems.add(place.clone(), format!("unknown column `{name}`"));
    }
    missing.is_empty()
}

struct Row<'d> {
    heading: &'d csv::StringRecord,
    record: &'d csv::StringRecord,
    place: &'d Place,
    problems: &'d Collector,
}

impl Row<'_> {
    fn site(&self, defaults: &Defaults) -> Option<Site> {
        let or_default = |column: &str, default: &str| match self.column(column) {
            "" => default.to_owned(),
            text => text.to_owned(),
        };
        let (column, row) = (self.number("column", 0..=MAX_GRID), self.number("row", 0..=MAX_GRID));
        let receive_kbps = match self.column("receive_kbps") {
            "" => defaults.receive_kbps,
            _ => self.number("receive_kbps", RECEIVE_KBPS),
        };
        Some(Site {
            slug: SiteSlug(self.column("slug").to_owned()),
            code: self.column("code").to_owned(),
            name: self.column("name").to_owned(),
            full_name: or_default("full_name", self.column("name")),
            region: self.column("region").to_owned(),
            carrier: or_default("carrier", &defaults.carrier),
            contact: Contact {
                name: or_default("contact_name", &defaults.contact.name),
                phone: or_default("contact_phone", &defaults.contact.phone),
            },
            receive_kbps,
            column: column?,
            row: row?,
            hall: false,
        })
    }

    fn column(&self, name: &str) -> &str {
        let index = self.heading.iter().position(|heading| heading == name);
        index.and_then(|index| self.record.get(index)).unwrap_or("")
    }

    fn number(&self, name: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let text = self.column(name);
        let number = text.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let text = format!("`{name}` must be a number from {} to {}, not {text:?}", range.start(), range.end());
            self.problems.add(self.place.clone(), text);
        }
        number
    }
}
