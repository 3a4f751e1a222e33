//! The load's own role: scenarios one after the other, the table, the JSON.

use std::{fs, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use clap::{Args, ValueEnum};

use crate::{
    cores, figures, plot,
    report::{Judged, Report},
    scenario::{
        join, limit, mixed,
        programme::{self, ProgrammeTerms},
        take, wall,
    },
};

/// Receivers of *programme*.
const RECEIVERS: [usize; 9] = [16, 64, 128, 256, 400, 512, 768, 1_024, 1_200];
/// Receivers of the limit, and packets that leave in one go: the first is what the relay is held against, at its own pace.
const LIMITS: [(usize, u32); 3] = [(64, 1), (64, 16), (512, 1)];
/// Where keyframe bursts are measured.
const BURSTS: [usize; 2] = [64, 400];
/// Between which memory is compared.
const MEMORY: [usize; 2] = [64, 512];
/// Sites that join at once.
const JOINS: [usize; 3] = [1, join::SITES, 500];

/// Adds what one scenario measures to the report.
type Measurement = fn(&RunTerms, &mut Report) -> anyhow::Result<()>;

/// A scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Sealing and sending alone.
    Limit,
    /// One source to many.
    Programme,
    /// Many sources to two consoles.
    Wall,
    /// The whole conference.
    Mixed,
    /// Changes of the source.
    Take,
    /// Many connections at once.
    Join,
}

/// How it is run.
#[derive(Debug, Clone, Args)]
pub struct RunTerms {
    /// The relay's core.
    #[arg(long, default_value_t = 0)]
    relay_core: usize,
    /// The load's core.
    #[arg(long, default_value_t = 1)]
    load_core: usize,
    /// Only these.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Scenario>,
    /// Receivers of the programme, instead of the usual numbers.
    #[arg(long, value_delimiter = ',')]
    receivers: Vec<usize>,
    /// How long each number of receivers, and the wall, is measured.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How long memory is given to settle.
    #[arg(long, default_value_t = 60)]
    hold: u64,
    /// Takes of each kind.
    #[arg(long, default_value_t = 40)]
    takes: usize,
    /// Writes what was measured here as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Writes a plot of cost against receivers here, as SVG.
    #[arg(long)]
    plot: Option<PathBuf>,
}

impl RunTerms {
    fn measure(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    fn wants(&self, scenario: Scenario) -> bool {
        self.only.is_empty() || self.only.contains(&scenario)
    }
}

/// Measures and judges.
///
/// # Errors
///
/// Something of the load failed: nothing was measured then.
pub fn run(terms: &RunTerms) -> anyhow::Result<ExitCode> {
    cores::pin(terms.load_core)?;
    cores::sleep_precisely()?;
    let mut report = Report::default();
    let all: [(Scenario, Measurement); 6] = [
        (Scenario::Limit, limit),
        (Scenario::Programme, programme),
        (Scenario::Wall, |terms, report| {
            report.wall = Some(wall::run(terms.relay_core, terms.measure())?);
            Ok(())
        }),
        (Scenario::Mixed, |terms, report| {
            report.mixed = Some(mixed::run(terms.relay_core, terms.measure())?);
            Ok(())
        }),
        (Scenario::Take, |terms, report| {
            report.take = Some(take::run(terms.relay_core, terms.takes)?);
            Ok(())
        }),
        (Scenario::Join, joins),
    ];
    for (scenario, run) in all.into_iter().filter(|(scenario, _)| terms.wants(*scenario)) {
        eprintln!("{scenario:?} …");
        // The others are worth having without it.
        if let Err(error) = run(terms, &mut report) {
            report.failures.push(format!("{scenario:?}: {error:#}"));
        }
    }
    let figures = report.figures();
    println!("{}", figures::table(&figures));
    for failure in &report.failures {
        println!("failed: {failure}");
    }
    if let Some(path) = &terms.json {
        let judged = Judged { report: &report, figures: &figures };
        fs::write(path, serde_json::to_string_pretty(&judged)? + "\n").with_context(|| path.display().to_string())?;
    }
    if let Some(path) = &terms.plot {
        let points = report.programme.iter().map(|row| (row.receivers, row.us_per_packet, row.void.is_none()));
        let plot = plot::svg(&points.collect::<Vec<_>>(), report.limit_us);
        fs::write(path, plot).with_context(|| path.display().to_string())?;
    }
    Ok(if figures::all_met(&figures) && report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn limit(terms: &RunTerms, report: &mut Report) -> anyhow::Result<()> {
    for (receivers, together) in LIMITS {
        report.limits.push(limit::run(terms.relay_core, receivers, together, terms.seconds)?);
    }
    report.limit_us = report.limits.first().map(|limit| limit.us_per_packet);
    Ok(())
}

fn programme(terms: &RunTerms, report: &mut Report) -> anyhow::Result<()> {
    let terms = ProgrammeTerms {
        core: terms.relay_core,
        receivers: if terms.receivers.is_empty() { RECEIVERS.to_vec() } else { terms.receivers.clone() },
        bursts: BURSTS.to_vec(),
        memory: MEMORY.to_vec(),
        measure: terms.measure(),
        hold: Duration::from_secs(terms.hold),
    };
    let mut programme = programme::run(&terms, tell)?;
    report.programme = std::mem::take(&mut programme.rows);
    report.programme_extra = programme;
    Ok(())
}

fn joins(terms: &RunTerms, report: &mut Report) -> anyhow::Result<()> {
    for sites in JOINS {
        report.joins.push(join::run(terms.relay_core, sites)?);
        report.join = report.joins.iter().find(|join| join.sites == join::SITES).cloned();
    }
    Ok(())
}

fn tell(row: &programme::Row) {
    eprintln!(
        "programme: {} receivers: {:.2} µs/packet, delivery {:.3} %, latency p50 {:.2} p99 {:.2} ms, relay {:.0} % of its \
         core, load {:.0} % ({:.2} µs/packet), {} KiB, {} NACKs{}",
        row.receivers,
        row.us_per_packet,
        row.delivery * 100.0,
        row.latency_ms.p50,
        row.latency_ms.p99,
        row.relay_core * 100.0,
        row.load_core * 100.0,
        row.load_us_per_packet,
        row.rss_kib,
        row.nacks,
        row.void.as_ref().map(|why| format!(", void: {why}")).unwrap_or_default(),
    );
}
