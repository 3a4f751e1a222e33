//! No file grows beyond what one can read in a sitting. Functions are measured by clippy (`clippy.toml`).

use std::fs;
use std::path::Path;

/// Lines of one file of source, comments and tests included.
const MAX_LINES: usize = 500;
const ENDINGS: &[&str] = &["rs", "ts", "svelte", "css"];
/// Folders that people write.
const WRITTEN: &[&str] = &["crates", "tests", "web"];
/// Folders below them that programs write.
const GENERATED: &[&str] = &["node_modules", "dist", "target", "paraglide", "web/src/lib/wire", "test-results"];

/// Each file above the limit, with its lines.
pub(crate) fn too_long(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for folder in WRITTEN.iter().map(|name| root.join(name)).filter(|folder| folder.is_dir()) {
        walk(root, &folder, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let relative = path.strip_prefix(root)?;
        if path.is_dir() {
            if !GENERATED.iter().any(|name| relative.ends_with(name)) {
                walk(root, &path, found)?;
            }
            continue;
        }
        if path.extension().is_none_or(|ending| !ENDINGS.iter().any(|known| ending == *known)) {
            continue;
        }
        let lines = fs::read_to_string(&path)?.lines().count();
        if lines > MAX_LINES {
            found.push(format!("{}: {lines} lines, at most {MAX_LINES}", relative.display()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_named_and_generated_ones_are_not() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, lines: usize| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x\n".repeat(lines)).unwrap();
        };
        write("crates/a/src/long.rs", 501);
        write("crates/a/src/fits.rs", 500);
        write("crates/a/long.toml", 900);
        write("web/src/lib/wire/long.ts", 900);
        write("web/node_modules/x/long.ts", 900);
        write("web/src/pages/long.svelte", 502);

        let found = too_long(root.path()).unwrap();

        assert_eq!(
            found,
            ["crates/a/src/long.rs: 501 lines, at most 500", "web/src/pages/long.svelte: 502 lines, at most 500"]
        );
    }
}
