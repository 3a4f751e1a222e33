//! Figures of health on virtual time: how right incidents and faults are told, how soon, and what judging a country costs.
//!
//! `--figures FILE` writes them where `cargo xtask bench health` reads them; printed they are always.
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

#[path = "../tests/country/mod.rs"]
mod country;
#[path = "../tests/rooms/mod.rs"]
mod rooms;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use country::LOOK_MS;
use health::content::LEVELS_EVERY_MS;
use health::units::{Dbfs, DelayMs, Fps, Kbps, Luma, Share};
use health::{
    Arriving, ContentSample, Context, Health, HealthEvent, Millis, Place, Quality, Second, Settings, SiteSlug,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

/// Seeds of the outages.
const SEEDS: u64 = 50;
/// Seeds of the rooms with a fault.
const ROOM_SEEDS: u64 = 10;
/// Seeds of the clean runs.
const CLEAN_SEEDS: u64 = 3;
/// Endpoints whose judgement is measured, and for how long.
const ENDPOINTS: usize = 64;
const FOUR_HOURS_S: u64 = 4 * 3_600;
/// Between two reports of a page, ms.
const REPORT_MS: u64 = 2_000;
/// Inputs are made for so long and played again and again, ms: making them is not what is measured.
const INPUTS_MS: u64 = 60_000;

/// A figure as `cargo xtask bench` reads it.
#[derive(Serialize)]
struct Figure {
    figure: String,
    value: f64,
    unit: &'static str,
    /// Largest good value.
    goal: Option<f64>,
    /// Smallest good value.
    least: Option<f64>,
}

fn at_most(figure: &str, value: f64, unit: &'static str, goal: f64) -> Figure {
    Figure { figure: figure.to_owned(), value, unit, goal: Some(goal), least: None }
}

fn at_least(figure: &str, value: f64, unit: &'static str, least: f64) -> Figure {
    Figure { figure: figure.to_owned(), value, unit, goal: None, least: Some(least) }
}

fn main() {
    let figures: Vec<Figure> = [outages(), rooms(), costs()].into_iter().flatten().collect();
    for Figure { figure, value, unit, .. } in &figures {
        println!("{figure}: {value:.3} {unit}");
    }
    let mut arguments = std::env::args().skip_while(|argument| argument != "--figures");
    if let Some(file) = arguments.nth(1).map(PathBuf::from) {
        let text = serde_json::to_string_pretty(&figures).expect("figures are plain data");
        std::fs::write(&file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

fn outages() -> Vec<Figure> {
    let scripted = country::scripted_outages(SEEDS);
    let overlapping = country::overlapping_outages(SEEDS);
    let latest = |told_after: fn(u64) -> u64| (0..SEEDS).map(told_after).max().unwrap_or_default() as f64;
    let told: usize = (0..CLEAN_SEEDS).map(|seed| country::told_of_a_clean_run(seed).len()).sum();
    vec![
        at_least("virtual time: precision of incidents, 50 seeds", scripted.precision(), "", 0.95),
        at_least("virtual time: recall of incidents, 50 seeds", scripted.recall(), "", 0.95),
        at_least("virtual time: precision where outages overlap, 50 seeds", overlapping.precision(), "", 0.95),
        at_least("virtual time: recall where outages overlap, 50 seeds", overlapping.recall(), "", 0.95),
        at_most(
            "virtual time: one site drops → incident, latest",
            latest(country::single_drop_told_after),
            "ms",
            3_000.0,
        ),
        at_most(
            "virtual time: a region drops → incident, latest",
            latest(country::region_drop_told_after),
            "ms",
            3_000.0,
        ),
        at_most("virtual time: alarms and incidents of 3 × 15 clean minutes of lines", told as f64, "", 0.0),
    ]
}

fn rooms() -> Vec<Figure> {
    let (mut planted, mut named, mut false_ones) = (0, 0, 0);
    for seed in 0..ROOM_SEEDS {
        let [raised, expected] = rooms::planted_faults(seed);
        planted += expected.len();
        named += expected.iter().filter(|(site, faults)| raised.get(site) == Some(faults)).count();
        false_ones += raised.keys().filter(|site| !expected.contains_key(site)).count();
    }
    let clean: usize = (0..CLEAN_SEEDS).map(|seed| rooms::raised_of_a_clean_run(seed).len()).sum();
    vec![
        at_least("virtual time: faults of picture and sound named rightly, of 60", named as f64, "", planted as f64),
        at_most("virtual time: sites of which one was told and none planted", false_ones as f64, "", 0.0),
        at_most("virtual time: faults told of 3 × 15 clean minutes of rooms", clean as f64, "", 0.0),
    ]
}

/// What comes in of one endpoint.
enum Input {
    Arriving(Arriving),
    Levels(Dbfs, Dbfs),
    Content(ContentSample),
    Second(Second),
}

/// A minute of a good line and of a room in which people speak and move.
fn inputs(random: &mut StdRng) -> Vec<(u64, Input)> {
    let mut inputs = Vec::new();
    for at in (0..INPUTS_MS).step_by(50) {
        if at.is_multiple_of(LOOK_MS) {
            inputs.push((at, Input::Arriving(arriving(random))));
        }
        if at.is_multiple_of(LEVELS_EVERY_MS) {
            let level = |random: &mut StdRng| Dbfs::read(random.random_range(-70.0..-20.0)).expect("a level");
            inputs.push((at, Input::Levels(level(random), level(random))));
        }
        if at.is_multiple_of(REPORT_MS) {
            inputs.push((at, Input::Content(content(random))));
        }
        if at.is_multiple_of(1_000) {
            inputs.push((at, Input::Second(second(random))));
        }
    }
    inputs
}

fn arriving(random: &mut StdRng) -> Arriving {
    Arriving {
        control: true,
        picture: true,
        sound: true,
        loss: Share::read(random.random_range(0.0..0.01)),
        rtt: DelayMs::read(random.random_range(5.0..90.0)),
        fps: Fps::read(random.random_range(8.0..30.0)),
        receiving: None,
    }
}

fn content(random: &mut StdRng) -> ContentSample {
    ContentSample {
        frames: random.random_range(20..60),
        luma_mean: Luma::read(random.random_range(60.0..160.0)),
        luma_spread: Luma::read(random.random_range(20.0..60.0)),
        luma_change: Luma::read(random.random_range(0.1..8.0)),
        clipped: Share::read(0.0),
        rms: Dbfs::read(random.random_range(-50.0..-20.0)),
        peak: Dbfs::read(random.random_range(-30.0..-10.0)),
    }
}

fn second(random: &mut StdRng) -> Second {
    Second {
        second: 0,
        quality: Quality::Good,
        kbps_up: Kbps::read(random.random_range(150.0..2_500.0)),
        kbps_down: Kbps::read(random.random_range(150.0..2_500.0)),
        rtt: DelayMs::read(random.random_range(5.0..90.0)),
        loss: Share::read(random.random_range(0.0..0.01)),
        jitter: DelayMs::read(random.random_range(0.5..15.0)),
        fps: Fps::read(random.random_range(8.0..30.0)),
        level: Dbfs::read(random.random_range(-70.0..-20.0)),
    }
}

/// Four hours of 64 endpoints.
fn costs() -> Vec<Figure> {
    let random = &mut StdRng::seed_from_u64(1);
    let sites: Vec<SiteSlug> = (0..ENDPOINTS).map(|site| SiteSlug(format!("site-{site:02}"))).collect();
    let inputs: Vec<Vec<(u64, Input)>> = sites.iter().map(|_| inputs(random)).collect();
    let resident = resident_mib();
    let mut health = Health::new(Settings::default());
    health.set_places(Millis(0), sites.iter().map(|site| (site.clone(), Place::default())).collect::<BTreeMap<_, _>>());
    let mut busy = Duration::ZERO;
    let mut stored = 0_u64;
    for minute in 0..FOUR_HOURS_S * 1_000 / INPUTS_MS {
        let began = Instant::now();
        play(&mut health, minute * INPUTS_MS, &sites, &inputs);
        stored += std::iter::from_fn(|| health.poll_event())
            .filter(|event| matches!(event, HealthEvent::Stored(..)))
            .count() as u64;
        busy += began.elapsed();
    }
    assert!(stored >= ENDPOINTS as u64 * (FOUR_HOURS_S / 10 - 1), "points of ten seconds: {stored}");
    let share = busy.as_secs_f64() / FOUR_HOURS_S as f64;
    vec![
        at_most("virtual time: judging 64 endpoints for 4 h, of a core", share * 100.0, "%", 2.0),
        at_most(
            "virtual time: curves and windows of 64 endpoints after 4 h, counted",
            health.memory_bytes() as f64 / f64::from(1 << 20),
            "MiB",
            32.0,
        ),
        at_most("virtual time: the same, as the process grew", resident_mib() - resident, "MiB", 32.0),
    ]
}

fn play(health: &mut Health, began: u64, sites: &[SiteSlug], inputs: &[Vec<(u64, Input)>]) {
    for (site, inputs) in sites.iter().zip(inputs) {
        for (at, input) in inputs {
            let now = Millis(began + at);
            match input {
                Input::Arriving(arriving) => health.arriving(now, site, arriving, 0),
                Input::Levels(microphone, programme) => {
                    health.levels(now, site, *microphone, *programme, Context::default());
                }
                Input::Content(sample) => health.content(now, site, sample, Context::default()),
                Input::Second(second) => {
                    let second = Second { second: u32::try_from(now.0 / 1_000).unwrap_or(u32::MAX), ..*second };
                    health.second(site, &second);
                }
            }
        }
    }
    for at in (0..INPUTS_MS).step_by(LOOK_MS as usize) {
        health.handle_timeout(Millis(began + at));
    }
}

/// Memory of this process that is in use, MiB (`VmRSS` of proc(5)).
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|kib| kib.trim().parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1_024.0
}
