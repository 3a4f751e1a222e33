//! Which crate of ours may know which: the table of ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::workspace;

/// Whoever is not named on the left may depend on no crate of ours; whoever is not named at all may not exist.
const ALLOWED: &[(&str, &[&str])] = &[
    ("acceptance", &["wire"]),
    ("conference", &[]),
    ("dienhong", &["endpoint", "journal", "server"]),
    ("endpoint", &["wire"]),
    ("fuzz", &["relay-core", "wire"]),
    ("health", &[]),
    ("journal", &[]),
    ("load", &["relay", "relay-core"]),
    ("network-bed", &[]),
    ("relay", &["relay-core"]),
    ("relay-core", &[]),
    ("server", &["conference", "health", "journal", "relay", "relay-core", "wire"]),
    ("wire", &[]),
    ("xtask", &[]),
];

/// Each arrow of a `cargo metadata` answer that the table does not have, as a sentence. Dependencies of tests and
/// builds count as well; a crate that depends on itself for its tests does not.
pub(crate) fn forbidden(metadata: &Value) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let ours: BTreeSet<&str> = workspace::packages(metadata).map(|(name, _)| name).collect();
    let mut sentences = Vec::new();
    for (name, package) in workspace::packages(metadata) {
        let Some(targets) = allowed.get(name) else {
            sentences.push(format!("{name} is not in the table of arrows"));
            continue;
        };
        let dependencies = package["dependencies"].as_array().map_or(&[][..], Vec::as_slice);
        let names: BTreeSet<&str> = dependencies.iter().filter_map(|dependency| dependency["name"].as_str()).collect();
        for target in names {
            if ours.contains(target) && target != name && !targets.contains(&target) {
                sentences.push(format!("{name} → {target} is not an arrow of ARCHITECTURE.md"));
            }
        }
    }
    sentences
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, dependencies: &[&str]) -> Value {
        let dependencies: Vec<_> = dependencies.iter().map(|name| json!({ "name": name })).collect();
        json!({ "name": name, "dependencies": dependencies })
    }

    #[test]
    fn allowed_arrows_and_foreign_crates_pass() {
        let metadata = json!({ "packages": [
            package("server", &["wire", "tokio"]),
            package("wire", &["serde"]),
            package("journal", &["journal", "sqlx"]),
        ]});

        assert!(forbidden(&metadata).is_empty());
    }

    #[test]
    fn other_arrows_and_unknown_crates_are_named() {
        let metadata = json!({ "packages": [
            package("wire", &["server"]),
            package("server", &[]),
            package("drawer", &["wire"]),
        ]});

        assert_eq!(
            forbidden(&metadata),
            ["wire → server is not an arrow of ARCHITECTURE.md", "drawer is not in the table of arrows"]
        );
    }
}
