//! Packages of Python for tests, in an environment of their own below the build folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::process;

/// A copy of the requirements that the environment was made from.
const STAMP: &str = "made-from-requirements.txt";
/// Seconds that one answer of the package index may take, and how often it is asked again.
const PATIENCE: [&str; 4] = ["--timeout", "60", "--retries", "2"];

/// Makes the environment `environment` with exactly the packages of `requirements`, unless it was made from the same file. Wheels
/// only: nothing of a package is run at its installation.
pub(crate) fn install(environment: &Path, requirements: &Path) -> anyhow::Result<()> {
    let wanted = fs::read(requirements).with_context(|| requirements.display().to_string())?;
    let stamp = environment.join(STAMP);
    if fs::read(&stamp).is_ok_and(|stamp| stamp == wanted) {
        return Ok(());
    }
    let folder = requirements.parent().context("a file is in a folder")?;
    let path = environment.to_str().context("the build folder's name is UTF-8")?;
    process::run(process::command(folder, "python3", &["-m", "venv", "--clear", path]))?;
    let file = requirements.to_str().context("the project's folder is UTF-8")?;
    let pip =
        ["-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "-r", file];
    let python = program(environment);
    let python = python.to_str().context("the build folder's name is UTF-8")?;
    process::run(process::command(folder, python, &[&pip[..], &PATIENCE[..]].concat()))?;
    fs::write(stamp, wanted).context("noting what pip installed")
}

/// Python of an environment.
pub(crate) fn program(environment: &Path) -> PathBuf {
    environment.join("bin/python")
}
