//! Reads one table of a TOML file key by key, remembers which keys were asked for, and names the line of everything that does
//! not fit. Values of the environment stand before those of the file.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Collector, Place, SourceText};

/// Overrides of the environment: `section.key` → (variable, value).
pub(super) type Overrides = BTreeMap<String, (String, String)>;

/// What a file is read with.
pub(super) struct Reading<'d> {
    pub(super) source: &'d SourceText,
    pub(super) problems: &'d Collector,
    pub(super) overrides: &'d Overrides,
}

/// One table.
pub(super) struct Section<'d> {
    reading: &'d Reading<'d>,
    table: Option<&'d DeTable<'d>>,
    /// Dotted path with a dot at the end; empty for the root.
    path: String,
    place: Place,
    asked: RefCell<BTreeSet<String>>,
}

/// A value with where it stands.
enum Found<'d> {
    File(&'d DeValue<'d>, Place),
    Environment(&'d str, Place),
}

impl<'d> Section<'d> {
    /// The root of a document.
    pub(super) fn root(reading: &'d Reading<'d>, table: &'d DeTable<'d>) -> Self {
        let place = Place::File(reading.source.path.clone());
        Self { reading, table: Some(table), path: String::new(), place, asked: RefCell::default() }
    }

    /// Where the table begins.
    pub(super) fn place(&self) -> Place {
        self.place.clone()
    }

    /// Where a key stands, or else the table.
    pub(super) fn place_of(&self, key: &str) -> Place {
        match self.find(key) {
            Some(Found::File(_, place) | Found::Environment(_, place)) => place,
            None => self.place(),
        }
    }

    /// A text, if it is there.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        match self.find(key)? {
            Found::Environment(text, _) => Some(text.to_owned()),
            Found::File(DeValue::String(text), _) => Some(text.to_string()),
            Found::File(other, place) => self.wrong_kind(key, "a text", other, place),
        }
    }

    /// A text that must be there.
    pub(super) fn required(&self, key: &str) -> Option<String> {
        if self.find(key).is_none() {
            self.problem(self.place(), format!("`{}{key}` is missing", self.path));
        }
        self.text(key)
    }

    /// A whole number in a range.
    pub(super) fn number(&self, key: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let (text, radix, place) = match self.find(key)? {
            Found::Environment(text, place) => (text, 10, place),
            Found::File(DeValue::Integer(number), place) => (number.as_str(), number.radix(), place),
            Found::File(other, place) => return self.wrong_kind(key, "a whole number", other, place),
        };
        match u64::from_str_radix(text, radix) {
            Ok(number) if range.contains(&number) => Some(number),
            Ok(_) | Err(_) => {
                let (from, to) = (range.start(), range.end());
                self.problem(place, format!("`{}{key}` must be a number from {from} to {to}, not {text}", self.path));
                None
            }
        }
    }

    /// A number, which may have a point.
    pub(super) fn decimal(&self, key: &str) -> Option<f32> {
        let (text, place) = match self.find(key)? {
            Found::Environment(text, place) => (text.to_owned(), place),
            Found::File(DeValue::Integer(number), place) => (number.to_string(), place),
            Found::File(DeValue::Float(number), place) => (number.to_string(), place),
            Found::File(other, place) => return self.wrong_kind(key, "a number", other, place),
        };
        let number = text.parse().ok().filter(|number: &f32| number.is_finite());
        if number.is_none() {
            self.problem(place, format!("`{}{key}` must be a number, not {text}", self.path));
        }
        number
    }

    /// True or false.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        match self.find(key)? {
            Found::File(DeValue::Boolean(flag), _) => Some(*flag),
            Found::Environment("true", _) => Some(true),
            Found::Environment("false", _) => Some(false),
            Found::Environment(text, place) => {
                self.problem(place, format!("`{}{key}` must be true or false, not {text:?}", self.path));
                None
            }
            Found::File(other, place) => self.wrong_kind(key, "true or false", other, place),
        }
    }

    /// A text that is parsed; what it should be is said in words.
    pub(super) fn parsed<T: FromStr>(&self, key: &str, what: &str) -> Option<T> {
        let text = self.text(key)?;
        text.parse().ok().or_else(|| {
            self.problem(self.place_of(key), format!("`{}{key}` must be {what}, not {text:?}", self.path));
            None
        })
    }

    /// One of a few words.
    pub(super) fn word<T: DeserializeOwned>(&self, key: &str, words: &[&str]) -> Option<T> {
        let text = self.text(key)?;
        let value = serde_json::from_value(serde_json::Value::String(text.clone())).ok();
        if value.is_none() || !words.contains(&text.as_str()) {
            let words = words.join(", ");
            self.problem(self.place_of(key), format!("`{}{key}` must be one of {words}, not {text:?}", self.path));
            return None;
        }
        value
    }

    /// A list of texts, each with its place. In the environment they are separated by commas.
    pub(super) fn texts(&self, key: &str) -> Option<Vec<(String, Place)>> {
        let array = match self.find(key)? {
            Found::Environment(text, place) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                return Some(parts.map(|part| (part.to_owned(), place.clone())).collect());
            }
            Found::File(DeValue::Array(array), _) => array,
            Found::File(other, place) => return self.wrong_kind(key, "a list of texts", other, place),
        };
        let text = |item: &Spanned<DeValue<'d>>| {
            let place = self.reading.source.line_of(item.span().start);
            match item.get_ref() {
                DeValue::String(text) => Some((text.to_string(), place)),
                other => self.wrong_kind(key, "a list of texts", other, place),
            }
        };
        Some(array.iter().filter_map(text).collect())
    }

    /// A table; an empty one if it is not there.
    pub(super) fn section(&self, key: &str) -> Section<'d> {
        self.asked.borrow_mut().insert(key.to_owned());
        let path = format!("{}{key}.", self.path);
        let (table, place) = match self.entry(key) {
            None => (None, self.place()),
            Some((DeValue::Table(table), place)) => (Some(table), place),
            Some((other, place)) => {
                self.problem(
                    place.clone(),
                    format!("`{}{key}` must be a table, not a {}", self.path, other.type_str()),
                );
                (None, place)
            }
        };
        Section { reading: self.reading, table, path, place, asked: RefCell::default() }
    }

    /// A table, if it is there.
    pub(super) fn optional_section(&self, key: &str) -> Option<Section<'d>> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.entry(key).map(|_| self.section(key))
    }

    /// A list of tables.
    pub(super) fn sections(&self, key: &str) -> Vec<Section<'d>> {
        self.asked.borrow_mut().insert(key.to_owned());
        let Some((value, place)) = self.entry(key) else { return Vec::new() };
        let DeValue::Array(array) = value else {
            self.problem(place, format!("`{}{key}` must be a list of tables, written [[{key}]]", self.path));
            return Vec::new();
        };
        let section = |item: &'d Spanned<DeValue<'d>>| {
            let place = self.reading.source.line_of(item.span().start);
            let DeValue::Table(table) = item.get_ref() else {
                self.problem(place, format!("`{}{key}` must be a list of tables, written [[{key}]]", self.path));
                return None;
            };
            let path = format!("{}{key}.", self.path);
            Some(Section { reading: self.reading, table: Some(table), path, place, asked: RefCell::default() })
        };
        array.iter().filter_map(section).collect()
    }

    /// Says that something is wrong.
    pub(super) fn problem(&self, place: Place, text: impl Into<String>) {
        self.reading.problems.add(place, text);
    }

    /// Names the keys that nobody asked for. Call it when everything was read.
    pub(super) fn finish(self) {
        let asked = self.asked.into_inner();
        for (key, _) in self.table.into_iter().flat_map(DeTable::iter) {
            if !asked.contains(key.get_ref().as_ref()) {
                let known: Vec<&str> = asked.iter().map(String::as_str).collect();
                let place = self.reading.source.line_of(key.span().start);
                let (path, key, known) = (&self.path, key.get_ref(), known.join(", "));
                self.reading.problems.add(place, format!("unknown key `{path}{key}`; known here: {known}"));
            }
        }
        let inside = self.reading.overrides.iter().filter_map(|(path, (variable, _))| {
            let key = path.strip_prefix(&self.path)?;
            (!key.contains('.') && !asked.contains(key)).then_some(variable)
        });
        for variable in inside {
            let known: Vec<String> = asked.iter().map(|key| key.to_uppercase()).collect();
            let text = format!("names no key of the configuration; known here: {}", known.join(", "));
            self.reading.problems.add(Place::Environment(variable.clone()), text);
        }
    }

    fn find(&self, key: &str) -> Option<Found<'d>> {
        self.asked.borrow_mut().insert(key.to_owned());
        if let Some((variable, value)) = self.reading.overrides.get(&format!("{}{key}", self.path)) {
            return Some(Found::Environment(value, Place::Environment(variable.clone())));
        }
        self.entry(key).map(|(value, place)| Found::File(value, place))
    }

    fn entry(&self, key: &str) -> Option<(&'d DeValue<'d>, Place)> {
        let (key, value) = self.table?.get_key_value(key)?;
        Some((value.get_ref(), self.reading.source.line_of(key.span().start)))
    }

    fn wrong_kind<T>(&self, key: &str, wanted: &str, found: &DeValue<'_>, place: Place) -> Option<T> {
        self.problem(place, format!("`{}{key}` must be {wanted}, not a {}", self.path, found.type_str()));
        None
    }
}

/// Parses a document; names every line that is no TOML.
pub(super) fn parse<'d>(source: &'d SourceText, problems: &Collector) -> Spanned<DeTable<'d>> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in errors {
        let place = match error.span() {
            Some(span) => source.line_of(span.start),
            None => Place::File(source.path.clone()),
        };
        problems.add(place, format!("no valid TOML: {}", error.message().lines().next().unwrap_or("unreadable")));
    }
    table
}

/// A value, or what to say why not.
pub(super) fn or_problem<T, E: Display>(result: Result<T, E>, place: Place, problems: &Collector) -> Option<T> {
    result.map_err(|error| problems.add(place, error.to_string())).ok()
}
