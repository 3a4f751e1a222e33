//! Where the project is and what it consists of.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

/// The folder of the workspace.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(own.ancestors().nth(2).context("crates/xtask lies two folders below the root")?.to_owned())
}

/// `cargo metadata` without dependencies from registries.
pub(crate) fn metadata(root: &Path) -> anyhow::Result<Value> {
    let output = Command::new(cargo())
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()
        .context("cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("cargo metadata answers with JSON")
}

/// The build folder.
pub(crate) fn target(root: &Path) -> anyhow::Result<PathBuf> {
    Ok(metadata(root)?["target_directory"].as_str().context("cargo names its build folder")?.into())
}

/// The packages of a `cargo metadata` answer, each with its name.
pub(crate) fn packages(metadata: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    packages.iter().filter_map(|package| Some((package["name"].as_str()?, package)))
}

/// The cargo that started us, so that `cargo +toolchain xtask` stays with its toolchain.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".into())
}
