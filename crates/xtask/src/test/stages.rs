//! The stages, cheapest first: a mistake in the format is told in a second and not after the browsers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use serde_json::Value;

use super::tally::{self, Tally};
use super::{arrows, sizes};
use crate::process::{command, run_seen};
use crate::{codegen, doctor, python, rust, web, workspace};

/// One stage.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Path) -> anyhow::Result<Tally>,
    /// What is missing here without which the stage cannot run; none: it can.
    pub(crate) missing: fn(&Path) -> Option<&'static str>,
}

impl Stage {
    /// A stage that runs wherever `cargo xtask doctor` is content.
    const fn new(name: &'static str, run: fn(&Path) -> anyhow::Result<Tally>) -> Self {
        Self { name, run, missing: |_| None }
    }

    /// A stage that needs more than can be asked of everybody.
    const fn unless(self, missing: fn(&Path) -> Option<&'static str>) -> Self {
        Self { missing, ..self }
    }
}

/// All of them, in their order.
pub(crate) const STAGES: &[Stage] = &[
    Stage::new("format", format),
    Stage::new("arrows between crates", check_arrows),
    Stage::new("sizes of files", check_sizes),
    Stage::new("dependencies", check_dependencies).unless(no_cargo_deny),
    Stage::new("lints", lints),
    Stage::new("pages: packages", page_packages),
    Stage::new("pages: format", page_format),
    Stage::new("pages: types", page_types),
    Stage::new("pages: tests", page_tests),
    Stage::new("pages: build", page_build),
    Stage::new("crates: build", crate_build),
    Stage::new("generated files", check_generated),
    Stage::new("crates: tests", crate_tests),
    Stage::new("networks: tests", network_tests).unless(no_networks),
    Stage::new("system: tests", system_tests),
    Stage::new("doors: packages", door_packages),
    Stage::new("doors: tests with aiortc", door_tests),
    Stage::new("browsers: packages", browser_packages),
    Stage::new("browsers: types", browser_types),
    Stage::new("networks: line check", line_check).unless(no_networks),
    Stage::new("browsers: tests", browser_tests),
];

/// The crate of the system tests: they need the built program and have a stage of their own.
const ACCEPTANCE: &str = "acceptance";
/// The crate of the networks that tests make: it needs rights.
const NETWORK_BED: &str = "network-bed";
const BROWSER_FOLDER: &str = "tests/browser";

fn format(root: &Path) -> anyhow::Result<Tally> {
    succeeds(root, &workspace::cargo(), &["fmt", "--all", "--check"])
}

fn check_arrows(root: &Path) -> anyhow::Result<Tally> {
    Ok(none_of(&arrows::forbidden(&workspace::metadata(root)?)))
}

fn check_sizes(root: &Path) -> anyhow::Result<Tally> {
    Ok(none_of(&sizes::too_long(root)?))
}

fn no_cargo_deny(root: &Path) -> Option<&'static str> {
    let installed = command(root, "cargo-deny", &["--version"]).output().is_ok_and(|output| output.status.success());
    (!installed).then_some("cargo-deny is not installed")
}

/// Licences, banned crates and sources, by `deny.toml`. Known holes are not asked for: their list comes from the network, and a
/// check that depends on the day would fail changes that have nothing to do with it. `cargo deny check advisories` asks.
fn check_dependencies(root: &Path) -> anyhow::Result<Tally> {
    succeeds(root, "cargo-deny", &["--offline", "check", "bans", "licenses", "sources"])
}

fn lints(root: &Path) -> anyhow::Result<Tally> {
    // What is behind a feature is read here; the builds and tests are without it.
    let features = ["--features", "dienhong/telemetry"];
    let clippy = [&["clippy", "--workspace", "--all-targets"], &features[..], &["--", "-D", "warnings"]].concat();
    succeeds(root, &workspace::cargo(), &clippy)
}

fn check_generated(root: &Path) -> anyhow::Result<Tally> {
    let stale = codegen::stale(root)?;
    if !stale.is_empty() {
        println!("stale; `cargo xtask codegen` brings them up to date:");
    }
    Ok(none_of(&stale))
}

fn page_packages(root: &Path) -> anyhow::Result<Tally> {
    web::install(&root.join("web")).map(|()| Tally::one(true))
}

fn page_format(root: &Path) -> anyhow::Result<Tally> {
    succeeds(&root.join("web"), "npm", &["run", "lint"])
}

fn page_types(root: &Path) -> anyhow::Result<Tally> {
    succeeds(&root.join("web"), "npm", &["run", "check"])
}

fn page_tests(root: &Path) -> anyhow::Result<Tally> {
    let report = workspace::target(root)?.join("vitest.json");
    forget(&report)?;
    let file = format!("--outputFile.json={}", report.display());
    let arguments = ["run", "test", "--", "--reporter=default", "--reporter=json", &file];
    let status = run_seen(command(&root.join("web"), "npm", &arguments), |_| {})?;
    Ok(tally::of_vitest(&read(&report)?)?.with_status(status))
}

fn page_build(root: &Path) -> anyhow::Result<Tally> {
    succeeds(&root.join("web"), "npm", &["run", "build"])
}

fn crate_build(root: &Path) -> anyhow::Result<Tally> {
    Ok(Tally::one(run_seen(rust::build(root), |_| {})?.success()))
}

fn crate_tests(root: &Path) -> anyhow::Result<Tally> {
    let integration = tests_of(root, |package| ![ACCEPTANCE, NETWORK_BED].contains(&package))?;
    cargo_test(root, &[vec!["--lib".to_owned(), "--bins".to_owned()], integration].concat())
}

/// Networks of namespaces: only root can make them, and only where the kernel has tunnels.
fn no_networks(_root: &Path) -> Option<&'static str> {
    match (nix::unistd::geteuid().is_root(), Path::new("/dev/net/tun").exists()) {
        (false, _) => Some("making network namespaces needs root"),
        (true, false) => Some("there is no /dev/net/tun"),
        (true, true) => None,
    }
}

fn network_tests(root: &Path) -> anyhow::Result<Tally> {
    doctor::provide(doctor::Purpose::Networks)?;
    cargo_test(root, &tests_of(root, |package| package == NETWORK_BED)?)
}

fn system_tests(root: &Path) -> anyhow::Result<Tally> {
    cargo_test(root, &tests_of(root, |package| package == ACCEPTANCE)?)
}

fn tests_of(root: &Path, package: impl Fn(&str) -> bool) -> anyhow::Result<Vec<String>> {
    rust::integration_tests(&workspace::metadata(root)?, package)
}

/// Python's aiortc, another implementation of WebRTC: below the build folder, pinned.
fn door_packages(root: &Path) -> anyhow::Result<Tally> {
    python::install(&aiortc(root)?, &root.join("tests/aiortc/requirements.txt")).map(|()| Tally::one(true))
}

fn door_tests(root: &Path) -> anyhow::Result<Tally> {
    let python = python::program(&aiortc(root)?);
    let python = python.to_str().context("the build folder's name is UTF-8")?;
    let mut tests = command(root, python, &["tests/aiortc/doors.py"]);
    if std::env::var_os("DIENHONG_BIN").is_none() {
        tests.env("DIENHONG_BIN", rust::program(root, "dienhong")?);
    }
    let mut tally = Tally::default();
    let status = run_seen(tests, |line| {
        if let Some(counts) = tally::of_cargo_line(line) {
            tally += counts;
        }
    })?;
    Ok(tally.with_status(status))
}

fn aiortc(root: &Path) -> anyhow::Result<PathBuf> {
    Ok(workspace::target(root)?.join("aiortc"))
}

fn browser_packages(root: &Path) -> anyhow::Result<Tally> {
    web::install(&root.join(BROWSER_FOLDER)).map(|()| Tally::one(true))
}

fn browser_types(root: &Path) -> anyhow::Result<Tally> {
    succeeds(&root.join(BROWSER_FOLDER), "npm", &["run", "check"])
}

fn browser_tests(root: &Path) -> anyhow::Result<Tally> {
    playwright(root, |folder| command(folder, "npm", &["test"]))
}

/// The measurement of the line check that `cargo xtask bench health` makes with the whole country, with a few sites: four of its faults are on
/// lines that only a network of namespaces has.
fn line_check(root: &Path) -> anyhow::Result<Tally> {
    playwright(root, |folder| {
        let arguments = ["playwright", "test", "--config", "playwright.networks.config.ts", "health_faults.spec"];
        let mut test = command(folder, "npx", &arguments);
        test.envs([("HEALTH_SITES", "12"), ("HEALTH_SEEDS", "1")]);
        test
    })
}

fn playwright(root: &Path, tests: impl FnOnce(&Path) -> Command) -> anyhow::Result<Tally> {
    let folder = root.join(BROWSER_FOLDER);
    let report = folder.join("test-results/report.json");
    forget(&report)?;
    let status = run_seen(tests(&folder), |_| {})?;
    Ok(tally::of_playwright(&read(&report)?)?.with_status(status))
}

fn cargo_test(root: &Path, which: &[String]) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let status = run_seen(rust::test(root, which), |line| {
        if let Some(counts) = tally::of_cargo_line(line) {
            tally += counts;
        }
    })?;
    Ok(tally.with_status(status))
}

fn succeeds(folder: &Path, program: &str, arguments: &[&str]) -> anyhow::Result<Tally> {
    Ok(Tally::one(run_seen(command(folder, program, arguments), |_| {})?.success()))
}

fn none_of(sentences: &[String]) -> Tally {
    for sentence in sentences {
        println!("{sentence}");
    }
    Tally::one(sentences.is_empty())
}

/// So that an old report is not taken for the new one.
fn forget(report: &Path) -> anyhow::Result<()> {
    match fs::remove_file(report) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn read(report: &Path) -> anyhow::Result<Value> {
    let bytes = fs::read(report).with_context(|| format!("no report in {}", report.display()))?;
    serde_json::from_slice(&bytes).with_context(|| report.display().to_string())
}
