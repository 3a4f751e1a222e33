//! What is generated from the Rust types and committed: the pages' TypeScript and the OpenAPI description.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::process::run;
use crate::{rust, workspace};

/// The TypeScript of `crates/wire`.
const WIRE: &str = "web/src/lib/wire";
/// The HTTP API.
const OPENAPI: &str = "docs/openapi.json";
const INDEX: &str = "index.ts";
const INDEX_HEAD: &str = "// Generated from crates/wire by `cargo xtask codegen`. Do not edit.\n";

/// Generated files by their path in the project.
type Files = BTreeMap<String, Vec<u8>>;

/// Replaces all generated files and removes those of types that are gone.
pub(crate) fn write(root: &Path) -> anyhow::Result<()> {
    let generated = generate(root)?;
    for path in stale_of(&generated, &committed(root)?) {
        let file = root.join(&path);
        match generated.get(&path) {
            Some(content) => {
                fs::create_dir_all(file.parent().context("generated files lie in folders")?)?;
                fs::write(&file, content).with_context(|| path.clone())?;
                println!("written: {path}");
            }
            None => {
                fs::remove_file(&file).with_context(|| path.clone())?;
                println!("removed: {path}");
            }
        }
    }
    Ok(())
}

/// The paths of generated files that are not as they would be generated now.
pub(crate) fn stale(root: &Path) -> anyhow::Result<Vec<String>> {
    Ok(stale_of(&generate(root)?, &committed(root)?))
}

fn stale_of(generated: &Files, committed: &Files) -> Vec<String> {
    let paths: BTreeSet<&String> = generated.keys().chain(committed.keys()).collect();
    paths.into_iter().filter(|path| generated.get(*path) != committed.get(*path)).cloned().collect()
}

fn committed(root: &Path) -> anyhow::Result<Files> {
    let mut files = Files::new();
    if root.join(WIRE).is_dir() {
        read_folder(&root.join(WIRE), &mut files)?;
    }
    if let Ok(content) = fs::read(root.join(OPENAPI)) {
        files.insert(OPENAPI.into(), content);
    }
    Ok(files)
}

fn read_folder(folder: &Path, files: &mut Files) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        files.insert(format!("{WIRE}/{}", entry.file_name().to_string_lossy()), fs::read(entry.path())?);
    }
    Ok(())
}

fn generate(root: &Path) -> anyhow::Result<Files> {
    let folder = workspace::target(root)?.join("xtask/wire");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    run(rust::build(root))?;
    // The export of ts-rs is a test of each exported type.
    let mut export = rust::test(root, &["--quiet", "--lib", "export_bindings"]);
    export.env("TS_RS_EXPORT_DIR", &folder).env("TS_RS_LARGE_INT", "number");
    output(export)?;

    let mut files = Files::new();
    read_folder(&folder, &mut files)?;
    ensure!(!files.is_empty(), "crates/wire exported no type");
    files.insert(format!("{WIRE}/{INDEX}"), index(files.keys()).into_bytes());
    let mut openapi = Command::new(rust::program(root, "dienhong")?);
    openapi.arg("openapi").current_dir(root);
    files.insert(OPENAPI.into(), output(openapi)?);
    Ok(files)
}

fn output(mut command: Command) -> anyhow::Result<Vec<u8>> {
    let shown = crate::process::shown(&command);
    let output = command.output().with_context(|| shown.clone())?;
    let said = || [&output.stdout[..], &output.stderr[..]].concat();
    ensure!(output.status.success(), "{shown}:\n{}", String::from_utf8_lossy(&said()));
    Ok(output.stdout)
}

/// One place to import from.
fn index<'a>(paths: impl Iterator<Item = &'a String>) -> String {
    let names = paths.filter_map(|path| path.rsplit('/').next()?.strip_suffix(".ts"));
    let lines =
        names.filter(|name| *name != "index").map(|name| format!("export type {{ {name} }} from \"./{name}\";\n"));
    std::iter::once(INDEX_HEAD.to_owned()).chain(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(pairs: &[(&str, &str)]) -> Files {
        pairs.iter().map(|(path, content)| ((*path).to_owned(), content.as_bytes().to_vec())).collect()
    }

    #[test]
    fn a_file_is_stale_when_it_differs_or_is_missing_on_either_side() {
        let generated = files(&[("a", "1"), ("b", "2"), ("new", "3")]);
        let committed = files(&[("a", "1"), ("b", "old"), ("gone", "4")]);

        assert_eq!(stale_of(&generated, &committed), ["b", "gone", "new"]);
        assert!(stale_of(&generated, &generated).is_empty());
    }

    #[test]
    fn the_index_names_every_type_once() {
        let paths = ["x/Command.ts".to_owned(), "x/Role.ts".to_owned(), "x/index.ts".to_owned()];

        let text = index(paths.iter());

        assert_eq!(text.lines().count(), 3);
        assert!(text.contains("export type { Command } from \"./Command\";\nexport type { Role } from \"./Role\";\n"));
    }
}
