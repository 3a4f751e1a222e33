//! The pages: packages of npm and their build.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::process;

/// A copy of the lock file that `node_modules` was made from.
const STAMP: &str = "node_modules/.made-from-package-lock.json";

/// `npm ci` in a folder, unless it was done for the same lock file.
pub(crate) fn install(folder: &Path) -> anyhow::Result<()> {
    let lock = folder.join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| lock.display().to_string())?;
    if is_installed(folder, &wanted) {
        return Ok(());
    }
    process::run(process::command(folder, "npm", &["ci", "--no-audit", "--no-fund"]))?;
    fs::write(folder.join(STAMP), wanted).context("noting what npm installed")
}

/// Builds the pages into `web/dist`, from where the server's binary takes them.
pub(crate) fn build(root: &Path) -> anyhow::Result<()> {
    let web = root.join("web");
    install(&web)?;
    process::run(process::command(&web, "npm", &["run", "build"]))
}

fn is_installed(folder: &Path, lock: &[u8]) -> bool {
    fs::read(folder.join(STAMP)).is_ok_and(|stamp| stamp == lock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_installed_again_when_the_lock_file_changed() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_installed(folder.path(), b"{}"));

        fs::create_dir(folder.path().join("node_modules")).unwrap();
        fs::write(folder.path().join(STAMP), "{}").unwrap();

        assert!(is_installed(folder.path(), b"{}"));
        assert!(!is_installed(folder.path(), b"{\"lockfileVersion\": 3}"));
    }
}
