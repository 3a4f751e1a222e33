//! Builds and tests of the Rust code.
//!
//! Cargo chooses the features of the dependencies by the packages that it is asked for. Every build here asks for all of them with their
//! tests, so that there is one set of features: a build of a single package would compile the codecs and ciphers below it once more.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::process::command;
use crate::workspace;

/// Builds every program and every test, in the profile of development.
pub(crate) fn build(root: &Path) -> Command {
    command(root, &workspace::cargo(), &["build", "--workspace", "--bins", "--tests"])
}

/// Tests, some of them.
pub(crate) fn test(root: &Path, which: &[impl AsRef<OsStr>]) -> Command {
    let mut test = command(root, &workspace::cargo(), &["test", "--workspace", "--no-fail-fast"]);
    test.args(which);
    test
}

/// Where [`build`] leaves a program.
pub(crate) fn program(root: &Path, name: &str) -> anyhow::Result<PathBuf> {
    Ok(workspace::target(root)?.join("debug").join(name))
}

/// Arguments of `cargo test` for the integration tests of those packages. Fails if another package has a test of the same name, which cargo
/// would run as well.
pub(crate) fn integration_tests(metadata: &Value, of: impl Fn(&str) -> bool) -> anyhow::Result<Vec<String>> {
    let (mut chosen, mut others) = (Vec::new(), Vec::new());
    for (package, description) in workspace::packages(metadata) {
        let side = if of(package) { &mut chosen } else { &mut others };
        let targets = description["targets"].as_array().context("a package has targets")?;
        let tests = targets.iter().filter(|target| target["kind"][0] == "test");
        side.extend(tests.filter_map(|target| target["name"].as_str()));
    }
    chosen.sort_unstable();
    chosen.dedup();
    if let Some(twice) = chosen.iter().find(|name| others.contains(name)) {
        anyhow::bail!("two packages have a test `{twice}`, and one of them does not belong here");
    }
    ensure!(!chosen.is_empty(), "no such test");
    Ok(chosen.into_iter().flat_map(|name| ["--test".to_owned(), name.to_owned()]).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, tests: &[&str]) -> Value {
        let tests = tests.iter().map(|test| json!({"name": test, "kind": ["test"]}));
        let targets: Vec<Value> = tests.chain([json!({"name": name, "kind": ["lib"]})]).collect();
        json!({"name": name, "targets": targets})
    }

    #[test]
    fn tests_are_named_once_whichever_of_the_packages_has_them() {
        let metadata =
            json!({"packages": [package("a", &["one", "both"]), package("b", &["both"]), package("c", &["other"])]});

        let arguments = integration_tests(&metadata, |package| package != "c").unwrap();

        assert_eq!(arguments, ["--test", "both", "--test", "one"]);
    }

    #[test]
    fn a_name_that_would_run_a_test_of_another_package_is_refused() {
        let metadata = json!({"packages": [package("a", &["same"]), package("b", &["same"])]});

        let error = integration_tests(&metadata, |package| package == "a").unwrap_err();

        assert!(error.to_string().contains("`same`"), "{error}");
    }

    #[test]
    fn nothing_to_run_is_an_error_and_not_a_success() {
        assert!(integration_tests(&json!({"packages": [package("a", &[])]}), |_| true).is_err());
    }
}
