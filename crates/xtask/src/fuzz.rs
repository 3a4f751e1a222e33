//! `cargo xtask fuzz`: libFuzzer looks for inputs that break a target, led by coverage. Stable Rust has the flags that libFuzzer
//! needs, so neither a nightly compiler nor cargo-fuzz is asked for; a C++ compiler is, for libFuzzer itself.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::process::{command, run, shown};
use crate::workspace;

/// What `-Zsanitizer=…` of nightly compilers stands for, less the sanitizer: counters at every edge, and operands of
/// comparisons, so that the fuzzer finds magic numbers.
const INSTRUMENTED: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];
/// Optimised, with the assertions of a debug build.
const PROFILE: &str = "fuzz";
/// Seconds that one input may take before it counts as a find, and memory that a run may use: a target is quick and small. Inputs
/// are long from the start: a connected peer costs a millisecond, and a script of many steps shares it.
const LIMITS: &[&str] = &["-timeout=10", "-rss_limit_mb=1024", "-len_control=0", "-print_final_stats=1"];

/// Beginnings of lines that tell nothing to people: news of coverage, words for dictionaries, hooks of absent sanitizers.
const CHATTER: &[&str] = &["INFO:", "\"", "Done ", "Dictionary:", "NEW_FUNC", "WARNING: Failed to find function"];

/// What a run has told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Told {
    executions: u64,
    per_second: u64,
    edges: u64,
    features: u64,
    corpus: u64,
    find: Option<PathBuf>,
}

/// Runs the targets one after the other, each for its share of the time; all of them if none is named.
pub(crate) fn fuzz(root: &Path, named: &[String], minutes: u64) -> anyhow::Result<ExitCode> {
    let metadata = workspace::metadata(root)?;
    let known = targets(&metadata);
    for name in named {
        ensure!(known.contains(name), "there is no target {name}; there are {}", known.join(", "));
    }
    let chosen = if named.is_empty() { &known } else { named };
    let target_folder = workspace::target(root)?;
    let programs = build(root, &target_folder, chosen)?;
    let seconds = (minutes * 60 / chosen.len() as u64).max(1);
    let mut lines = Vec::new();
    let mut found = false;
    for name in chosen {
        println!("━━ {name}: {seconds} s ━━");
        let told = look(root, &target_folder, &programs.join(name), name, seconds)?;
        found |= told.find.is_some();
        lines.push(line(name, &told));
        println!("{}", lines[lines.len() - 1]);
    }
    println!("\n━━ summary ━━\n{}", lines.join("\n"));
    Ok(if found { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The binaries of the crate of targets.
fn targets(metadata: &Value) -> Vec<String> {
    let packages = workspace::packages(metadata).filter(|(name, _)| *name == "fuzz");
    let targets = packages.flat_map(|(_, package)| package["targets"].as_array().map_or(&[][..], Vec::as_slice));
    let binaries =
        targets.filter(|target| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "bin")));
    binaries.filter_map(|target| target["name"].as_str().map(str::to_owned)).collect()
}

/// Builds them into a folder of their own, since every dependency is built otherwise; gives the folder of the binaries.
fn build(root: &Path, target_folder: &Path, chosen: &[String]) -> anyhow::Result<PathBuf> {
    let folder = target_folder.join("fuzz");
    // With a target named, the flags are not used for what runs while building: build scripts have no fuzzer to report to.
    let host = host(root)?;
    let mut cargo = command(root, &workspace::cargo(), &["build", "--package", "fuzz", "--features", "libfuzzer"]);
    cargo.args(["--profile", PROFILE, "--target", &host, "--target-dir"]).arg(&folder);
    for name in chosen {
        cargo.args(["--bin", name]);
    }
    cargo.env("RUSTFLAGS", INSTRUMENTED.join(" "));
    run(cargo)?;
    Ok(folder.join(host).join(PROFILE))
}

fn host(root: &Path) -> anyhow::Result<String> {
    let output = command(root, "rustc", &["--version", "--verbose"]).output().context("rustc --version")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names its host")?.to_owned())
}

/// Lets one target run. What it found before stays in its corpus, so that the next run begins where this one ended.
fn look(root: &Path, target_folder: &Path, program: &Path, name: &str, seconds: u64) -> anyhow::Result<Told> {
    let corpus = target_folder.join("fuzz-corpus").join(name);
    let finds = target_folder.join("fuzz-finds").join(name);
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&finds)?;
    let package = root.join("crates/fuzz");
    let mut fuzzer = Command::new(program);
    fuzzer.arg(format!("-max_total_time={seconds}")).arg(format!("-artifact_prefix={}/", finds.display())).args(LIMITS);
    let words = package.join("words").join(format!("{name}.dict"));
    if words.is_file() {
        fuzzer.arg(format!("-dict={}", words.display()));
    }
    fuzzer.arg(&corpus);
    fuzzer.args(["seeds", "regressions"].map(|kind| package.join(kind).join(name)).iter().filter(|path| path.is_dir()));
    let what = shown(&fuzzer);
    let mut child = fuzzer.stderr(Stdio::piped()).spawn().with_context(|| what.clone())?;
    let mut told = Told::default();
    for line in BufReader::new(child.stderr.take().context("standard error is piped")?).split(b'\n') {
        let line = line.with_context(|| what.clone())?;
        let line = String::from_utf8_lossy(&line);
        if !told.read(&line) {
            println!("{line}");
        }
    }
    let status = child.wait().with_context(|| what.clone())?;
    ensure!(status.success() || told.find.is_some(), "{what}: {status}");
    Ok(told)
}

impl Told {
    /// Reads a line of libFuzzer; false: it is for people.
    fn read(&mut self, line: &str) -> bool {
        if let Some(path) = line.split("Test unit written to ").nth(1) {
            self.find = Some(path.trim().into());
        } else if let Some((name, value)) = line.strip_prefix("stat::").and_then(|line| line.split_once(':')) {
            let value = value.trim().parse().unwrap_or(0);
            match name {
                "number_of_executed_units" => self.executions = value,
                "average_exec_per_sec" => self.per_second = value,
                _ => {}
            }
        } else if line.starts_with('#') {
            let after = |key: &str| {
                let rest = line.split_once(key)?.1.trim_start();
                rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
            };
            self.edges = after(" cov:").unwrap_or(self.edges);
            self.features = after(" ft:").unwrap_or(self.features);
            self.corpus = after(" corp:").unwrap_or(self.corpus);
        } else {
            return CHATTER.iter().any(|start| line.trim_start().starts_with(start));
        }
        true
    }
}

fn line(name: &str, told: &Told) -> String {
    let Told { executions, per_second, edges, features, corpus, find } = told;
    let verdict = match find {
        None => "nothing found".to_owned(),
        Some(path) => format!("FOUND {}", path.display()),
    };
    format!(
        "{name:<10} {executions:>10} executions {per_second:>7} a second {edges:>6} edges {features:>7} features \
         {corpus:>6} inputs kept   {verdict}"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_libfuzzer_says_is_counted_and_what_a_panic_says_is_shown() {
        let mut told = Told::default();
        let lines = [
            "INFO: Seed: 1",
            "#2\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 40Mb",
            "#4096\tpulse  cov: 812 ft: 2345 corp: 77/12Kb lim: 64 exec/s: 409 rss: 60Mb",
            "stat::number_of_executed_units: 5000",
            "stat::average_exec_per_sec:     410",
            "artifact_prefix='finds/'; Test unit written to finds/crash-1",
        ];

        assert!(lines.iter().all(|line| told.read(line)));
        assert!(!told.read("thread '<unnamed>' panicked at src/x.rs:1:1:"));

        let find = Some(PathBuf::from("finds/crash-1"));
        let expected = Told { executions: 5_000, per_second: 410, edges: 812, features: 2_345, corpus: 77, find };
        assert_eq!(told, expected);
        assert!(line("rtp", &told).ends_with("FOUND finds/crash-1"));
        assert!(line("rtp", &Told::default()).ends_with("nothing found"));
    }

    #[test]
    fn targets_are_the_binaries_of_the_crate() {
        let metadata = json!({ "packages": [
            { "name": "fuzz", "targets": [{ "name": "fuzz", "kind": ["lib"] }, { "name": "sdp", "kind": ["bin"] }] },
            { "name": "load", "targets": [{ "name": "load", "kind": ["bin"] }] },
        ]});

        assert_eq!(targets(&metadata), ["sdp"]);
    }
}
