//! The load's own role: scenarios one after the other, the table, the JSON.

use std::{
    fs,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::{
    bed::Bed,
    cores, document, figures, plot,
    report::{Failure, Judged, Report},
    scenario::{
        janus::{self, JanusTerms},
        join, limit, mixed,
        programme::{self, ProgrammeTerms},
        take, thin, wall,
    },
};

/// Receivers of *programme*.
const RECEIVERS: [usize; 9] = [16, 64, 128, 256, 400, 512, 768, 1_024, 1_200];
/// Receivers of the limit, and packets that leave in one go: the first is what the relay is held against, at its own pace.
const LIMITS: [(usize, u32); 3] = [(64, 1), (64, 16), (512, 1)];
/// Where keyframe bursts are measured.
pub const BURSTS: [usize; 2] = [64, 400];
/// Between which memory is compared.
pub const MEMORY: [usize; 2] = [64, 512];
/// Sites that join at once.
pub const JOINS: [usize; 3] = [1, join::SITES, 500];

/// Receivers of Janus, up to what it was seen to bear on one core.
const JANUS_RECEIVERS: [usize; 3] = [64, 256, 400];

/// Adds what one scenario measures to the report.
type Measurement = fn(&Bed, &RunTerms, &mut Report) -> anyhow::Result<()>;

/// A scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
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
    /// A line that becomes thin.
    Thin,
    /// *programme* against Janus.
    Janus,
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
    /// Writes the table here as Markdown; in a file that has the marks of a table, between them.
    #[arg(long)]
    markdown: Option<PathBuf>,
}

impl RunTerms {
    fn measure(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    fn wants(&self, scenario: Scenario) -> bool {
        self.only.is_empty() || self.only.contains(&scenario)
    }
}

/// In their order. Janus is last: what it does to the machine disturbs nobody.
const ALL: [(Scenario, Measurement); 8] = [
    (Scenario::Limit, limit),
    (Scenario::Programme, programme),
    (Scenario::Wall, |bed, terms, report| {
        report.wall = Some(wall::run(bed, terms.measure())?);
        Ok(())
    }),
    (Scenario::Mixed, |bed, terms, report| {
        report.mixed = Some(mixed::run(bed, terms.measure())?);
        Ok(())
    }),
    (Scenario::Take, |bed, terms, report| {
        report.take = Some(take::run(bed, terms.takes)?);
        Ok(())
    }),
    (Scenario::Join, joins),
    (Scenario::Thin, |bed, _, report| {
        report.thin = Some(thin::run(bed)?);
        Ok(())
    }),
    (Scenario::Janus, janus),
];

/// Measures and judges.
///
/// # Errors
///
/// Something of the load failed: nothing was measured then.
pub fn run(terms: &RunTerms) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    cores::pin(terms.load_core)?;
    cores::sleep_precisely()?;
    let bed = Bed::make(terms.relay_core, terms.load_core);
    let mut report = Report::default();
    for (scenario, run) in ALL.into_iter().filter(|(scenario, _)| terms.wants(*scenario)) {
        eprintln!("{scenario:?} …");
        report.wanted.push(scenario);
        // The others are worth having without it.
        if let Err(error) = run(&bed, terms, &mut report) {
            report.failures.push(Failure { scenario, why: format!("{error:#}") });
        }
    }
    let figures = report.figures();
    println!("{}", figures::table(&figures));
    for Failure { scenario, why } in &report.failures {
        println!("failed: {scenario:?}: {why}");
    }
    eprintln!("{} s", start.elapsed().as_secs());
    if let Some(path) = &terms.json {
        let judged = Judged { report: &report, figures: &figures };
        fs::write(path, serde_json::to_string_pretty(&judged)? + "\n").with_context(|| path.display().to_string())?;
    }
    if let Some(path) = &terms.plot {
        let points = report.programme.iter().map(|row| (row.receivers, row.us_per_packet, row.void.is_none()));
        let plot = plot::svg(&points.collect::<Vec<_>>(), report.limit_us);
        fs::write(path, plot).with_context(|| path.display().to_string())?;
    }
    if let Some(path) = &terms.markdown {
        document::write(path, &figures::markdown(&figures))?;
    }
    Ok(if figures::all_met(&figures) && report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn limit(bed: &Bed, terms: &RunTerms, report: &mut Report) -> anyhow::Result<()> {
    for (receivers, together) in LIMITS {
        report.limits.push(limit::run(bed, receivers, together, terms.seconds)?);
        report.limit_us = report.limits.first().map(|limit| limit.us_per_packet);
    }
    Ok(())
}

fn programme(bed: &Bed, terms: &RunTerms, report: &mut Report) -> anyhow::Result<()> {
    let terms = ProgrammeTerms {
        receivers: if terms.receivers.is_empty() { RECEIVERS.to_vec() } else { terms.receivers.clone() },
        bursts: BURSTS.to_vec(),
        memory: MEMORY.to_vec(),
        measure: terms.measure(),
        hold: Duration::from_secs(terms.hold),
    };
    let mut rows = Vec::new();
    let measured = programme::run(bed, &terms, |row| {
        tell("programme", row);
        rows.push(row.clone());
    });
    // What was measured before it broke off counts.
    report.programme = rows;
    report.programme_extra = measured?;
    Ok(())
}

fn joins(bed: &Bed, _: &RunTerms, report: &mut Report) -> anyhow::Result<()> {
    for sites in JOINS {
        report.joins.push(join::run(bed, sites)?);
        report.join = report.joins.iter().find(|join| join.sites == join::SITES).cloned();
    }
    Ok(())
}

fn janus(bed: &Bed, terms: &RunTerms, report: &mut Report) -> anyhow::Result<()> {
    let terms = JanusTerms { receivers: JANUS_RECEIVERS.to_vec(), bursts: BURSTS.to_vec(), measure: terms.measure() };
    let mut janus = janus::Janus::default();
    let measured = janus::run(bed, &terms, |row| {
        tell("janus", row);
        janus.rows.push(row.clone());
    });
    // Numbers that it could not bear do not take those away that it could.
    report.janus = measured.as_ref().ok().cloned().or((!janus.rows.is_empty()).then_some(janus));
    measured.map(|_| ())
}

fn tell(who: &str, row: &programme::Row) {
    eprintln!(
        "{who}: {} receivers: {:.2} µs/packet, delivery {:.3} %, latency p50 {:.2} p99 {:.2} ms, {:.0} % of its \
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
