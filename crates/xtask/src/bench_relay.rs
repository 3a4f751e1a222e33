//! `cargo xtask bench relay`: the load, built for speed, against the relay. It measures, prints and judges by itself.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use crate::process::{command, run};
use crate::{doctor, workspace};

/// The bench with its files; `more` goes to the load as it is.
pub(crate) fn relay(
    root: &Path,
    json: Option<&Path>,
    plot: Option<&Path>,
    more: &[String],
) -> anyhow::Result<ExitCode> {
    run_load(root, &arguments(json, plot, more))
}

/// Builds the load with optimisation and runs it beside Janus, if it can be had; fails if a goal is missed.
fn run_load(root: &Path, arguments: &[String]) -> anyhow::Result<ExitCode> {
    if let Err(error) = doctor::provide(doctor::Purpose::Comparison) {
        // Our relay is worth measuring without it; the figures that need it count as missed, and say why.
        println!("{error:#}");
    }
    run(command(root, &workspace::cargo(), &["build", "--release", "--package", "load"]))?;
    let program = workspace::target(root)?.join("release/load");
    let status = std::process::Command::new(&program)
        .arg("run")
        .args(arguments)
        .status()
        .with_context(|| program.display().to_string())?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn arguments(json: Option<&Path>, plot: Option<&Path>, more: &[String]) -> Vec<String> {
    let files = [("--json", json), ("--plot", plot)];
    let named = files.into_iter().filter_map(|(name, path)| Some([name.to_owned(), path?.display().to_string()]));
    named.flatten().chain(more.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_only_if_they_are_wanted() {
        let more = ["--only".to_owned(), "take".to_owned()];

        assert_eq!(arguments(None, None, &more), more);
        assert_eq!(arguments(Some(Path::new("a.json")), None, &[]), ["--json", "a.json"]);
    }
}
