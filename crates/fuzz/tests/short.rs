//! The short run: every seed, every input that failed once, and mutations of both, the same in each run.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may panic, and say what they run")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use fuzz::{TARGETS, Target};
use proptest::{
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, RngSeed, TestCaseError, TestRunner},
};

/// Mutated inputs of each target: a few seconds for all of them together.
const MUTATIONS: u32 = 400;

fn folder(kind: &str, target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(kind).join(target)
}

/// The files of a folder in the order of their names; none if it is not there.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn known(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    [files(&folder("seeds", target.name)), files(&folder("regressions", target.name))].concat()
}

#[derive(Debug, Clone)]
enum Mutation {
    Flip(Index, u8),
    Number(Index, u16),
    Cut(Index, Index),
    Insert(Index, Vec<u8>),
    Repeat(Index, Index, usize),
    /// What another input has from there on.
    Splice(Index, Index, Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    use Mutation::{Cut, Flip, Insert, Number, Repeat, Splice};
    let edges = select(vec![0, 1, 3, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff]);
    let index = any::<Index>;
    prop_oneof![
        (index(), 1_u8..).prop_map(|(at, with)| Flip(at, with)),
        (index(), edges).prop_map(|(at, number)| Number(at, number)),
        (index(), index()).prop_map(|(from, to)| Cut(from, to)),
        (index(), prop::collection::vec(any::<u8>(), 1..24)).prop_map(|(at, bytes)| Insert(at, bytes)),
        (index(), index(), 1..8_usize).prop_map(|(from, to, times)| Repeat(from, to, times)),
        (index(), index(), index()).prop_map(|(at, other, from)| Splice(at, other, from)),
    ]
}

/// Two places of an input, the smaller one first.
fn span(bytes: &[u8], from: &Index, to: &Index) -> std::ops::Range<usize> {
    let (from, to) = (from.index(bytes.len() + 1), to.index(bytes.len() + 1));
    from.min(to)..from.max(to)
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation, inputs: &[Vec<u8>]) {
    match mutation {
        Mutation::Flip(at, with) => {
            if let Some(place) = bytes.len().checked_sub(1) {
                bytes[at.index(place + 1)] ^= with;
            }
        }
        Mutation::Number(at, number) => {
            let at = at.index(bytes.len() + 1);
            let end = bytes.len().min(at + 2);
            bytes.splice(at..end, number.to_be_bytes());
        }
        Mutation::Cut(from, to) => drop(bytes.drain(span(bytes, from, to))),
        Mutation::Insert(at, inserted) => {
            let at = at.index(bytes.len() + 1);
            bytes.splice(at..at, inserted.iter().copied());
        }
        Mutation::Repeat(from, to, times) => {
            let span = span(bytes, from, to);
            let repeated = bytes[span.clone()].repeat(*times);
            bytes.splice(span.end..span.end, repeated);
        }
        Mutation::Splice(at, other, from) => {
            let other = other.get(inputs);
            bytes.truncate(at.index(bytes.len() + 1));
            bytes.extend_from_slice(&other[from.index(other.len() + 1)..]);
        }
    }
}

fn short_run(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let known = known(target);
    assert!(!known.is_empty(), "{name} has no seeds");
    for (path, input) in &known {
        println!("{}", path.display());
        (target.run)(input);
    }
    let inputs: Vec<Vec<u8>> = known.into_iter().map(|(_, input)| input).collect();
    let config =
        Config { cases: MUTATIONS, rng_seed: RngSeed::Fixed(0x5eed), failure_persistence: None, ..Config::default() };
    let strategy = (any::<Index>(), prop::collection::vec(mutation(), 1..6)).prop_map(move |(which, mutations)| {
        let mut bytes = which.get(&inputs).clone();
        mutations.iter().for_each(|mutation| mutate(&mut bytes, mutation, &inputs));
        bytes
    });
    // What failed, made as small as it goes, belongs into `regressions/`: see CONTRIBUTING.md.
    let outcome = TestRunner::new(config).run(&strategy, |input| {
        let run = std::panic::catch_unwind(|| (target.run)(&input));
        run.map_err(|_| TestCaseError::fail("the target panicked; its words stand above"))
    });
    if let Err(failure) = outcome {
        panic!("{name}: {failure}");
    }
}

#[test]
fn stun_holds() {
    short_run("stun");
}

#[test]
fn demux_holds() {
    short_run("demux");
}

#[test]
fn sdp_holds() {
    short_run("sdp");
}

#[test]
fn rtp_holds() {
    short_run("rtp");
}

#[test]
fn rtcp_holds() {
    short_run("rtcp");
}

#[test]
fn wire_json_holds() {
    short_run("wire_json");
}

#[test]
fn every_target_is_run_here_and_has_a_binary_of_its_name() {
    let (tests, manifest) = (include_str!("short.rs"), include_str!("../Cargo.toml"));
    for target in TARGETS {
        assert!(tests.contains(&format!("fn {}_holds", target.name)), "{}", target.name);
        assert!(manifest.contains(&format!("path = \"libfuzzer/{}.rs\"", target.name)), "{}", target.name);
    }
}

#[test]
fn committed_seeds_are_those_of_the_code() {
    for seed in fuzz::seeds() {
        let path = folder("seeds", seed.target).join(seed.name);
        let written = fs::read(&path).unwrap_or_default();
        assert!(written == seed.bytes, "{} is stale: cargo run -p fuzz --example write-seeds", path.display());
    }
}
