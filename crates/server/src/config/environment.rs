//! Values of the environment that stand before those of the file: `DIENHONG__HTTP__LISTEN` for `http.listen`.

use std::collections::BTreeMap;

use super::problem::{Collector, Place};
use super::section::Overrides;

/// How such variables begin.
pub const PREFIX: &str = "DIENHONG__";

/// The variables of this process that override the configuration.
pub fn variables() -> BTreeMap<String, String> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).filter(|(name, _)| name.starts_with(PREFIX)).collect()
}

/// By dotted path.
pub(super) fn overrides(variables: &BTreeMap<String, String>) -> Overrides {
    let path = |variable: &str| Some(variable.strip_prefix(PREFIX)?.to_lowercase().replace("__", "."));
    variables
        .iter()
        .filter_map(|(variable, value)| Some((path(variable)?, (variable.clone(), value.clone()))))
        .collect()
}

/// Names variables of sections that do not exist; keys of known sections are checked where they are read.
pub(super) fn unknown_sections(overrides: &Overrides, sections: &[&str], problems: &Collector) {
    whole_tables(overrides, sections, problems);
    for (path, (variable, _)) in overrides {
        let mut parts = path.split('.');
        let (section, key, more) = (parts.next(), parts.next(), parts.next());
        let known = section.is_some_and(|section| sections.contains(&section));
        if key.is_some() && !(known && more.is_none()) {
            let known = sections.join(", ").to_uppercase();
            problems.add(Place::Environment(variable.clone()), format!("names no section; sections are {known}"));
        }
    }
}

/// Names variables that would replace a whole table, or a list of tables: that would be ignored in silence otherwise.
pub(super) fn whole_tables(overrides: &Overrides, tables: &[&str], problems: &Collector) {
    for (path, (variable, _)) in overrides.iter().filter(|(path, _)| tables.contains(&path.as_str())) {
        let text = format!("`{path}` is a table and no single value; write it into the file");
        problems.add(Place::Environment(variable.clone()), text);
    }
}
