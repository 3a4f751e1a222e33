//! `cargo xtask bench`: figures with their goals, measured on the real program and real browsers.
//!
//! The figures come from the browser tests, which leave them in `target/figures`; here they are asked for, put into one
//! table and judged.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use crate::process::{command, run, run_seen};
use crate::{doctor, rust, web, workspace};

const BROWSER_FOLDER: &str = "tests/browser";
/// Measurements of `bench end-to-end`, in their order: each is a browser test in `specs` and the file of its figures.
const END_TO_END: &[&str] = &["takes", "firefox", "layouts", "wall", "recovery", "cut", "sharp"];

/// Measurements of `bench network`, in `networks`: they make networks of namespaces, for which they must be root.
const NETWORK: &[&str] = &["lips", "link", "thin"];

/// Measurements of `bench console`, in `specs`.
const CONSOLE: &[&str] = &["effort", "console_load", "conflicts"];

/// Measurements of `bench health`, in `networks`: faults and outages on lines of namespaces, and a quarter of an hour of nothing.
const HEALTH: &[&str] = &["health_faults", "health_outages", "health_clean"];

/// Figures of `bench health` on virtual time, from the bench of the crate.
const HEALTH_VIRTUAL: &str = "target/figures/health_virtual.json";

/// Where the test of the console's load reads for how many minutes it watches; by itself it watches for two.
const CONSOLE_MINUTES: &str = "CONSOLE_MINUTES";

/// A page that grows a little with every message shows it in so long, and the bench still ends within an hour.
const MINUTES: &str = "30";

/// Browser tests that keep figures, and what they need.
struct Measurement<'a> {
    /// The tests, in their order.
    names: &'a [&'a str],
    /// Configuration of Playwright.
    playwright: &'a str,
    environment: &'a [(&'a str, &'a str)],
}

/// One figure, as a test wrote it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Figure {
    figure: String,
    value: f64,
    unit: String,
    /// Largest good value.
    goal: Option<f64>,
    /// Smallest good value; neither: for information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    least: Option<f64>,
}

impl Figure {
    fn met(&self) -> bool {
        self.goal.is_none_or(|goal| self.value <= goal) && self.least.is_none_or(|least| self.value >= least)
    }

    fn verdict(&self) -> &'static str {
        match (self.goal, self.least) {
            (None, None) => "",
            _ if self.met() => "met",
            _ => "MISSED",
        }
    }

    /// The goal in signs.
    fn bound(&self) -> String {
        match (self.goal, self.least) {
            (None, None) => "–".to_owned(),
            (Some(goal), None) => format!("≤ {goal}"),
            (None, Some(least)) => format!("≥ {least}"),
            (Some(goal), Some(least)) => format!("{least} to {goal}"),
        }
    }
}

/// Measures the whole system on this machine. See [`browsers`].
pub(crate) fn end_to_end(root: &Path, json: Option<&Path>) -> anyhow::Result<ExitCode> {
    doctor::provide(doctor::Purpose::Test)?;
    let measurement = Measurement { names: END_TO_END, playwright: "playwright.config.ts", environment: &[] };
    browsers(root, &measurement, json)
}

/// Measures what lines with delays and cuts do to it. See [`browsers`].
pub(crate) fn network(root: &Path, json: Option<&Path>) -> anyhow::Result<ExitCode> {
    doctor::provide(doctor::Purpose::Networks)?;
    let measurement = Measurement { names: NETWORK, playwright: "playwright.networks.config.ts", environment: &[] };
    browsers(root, &measurement, json)
}

/// Measures what the console asks of its operator and of its machine. See [`browsers`].
pub(crate) fn console(root: &Path, json: Option<&Path>) -> anyhow::Result<ExitCode> {
    doctor::provide(doctor::Purpose::Test)?;
    let measurement =
        Measurement { names: CONSOLE, playwright: "playwright.config.ts", environment: &[(CONSOLE_MINUTES, MINUTES)] };
    browsers(root, &measurement, json)
}

/// Measures how rightly and how soon trouble is told, and what that costs: on virtual time first, then on lines of namespaces. See
/// [`browsers`].
pub(crate) fn health(root: &Path, json: Option<&Path>) -> anyhow::Result<ExitCode> {
    doctor::provide(doctor::Purpose::Networks)?;
    fs::create_dir_all(root.join("target/figures"))?;
    let file = root.join(HEALTH_VIRTUAL);
    let _ = fs::remove_file(&file);
    let arguments = ["bench", "--package", "health", "--bench", "health", "--", "--figures"];
    let mut bench = command(root, &workspace::cargo(), &arguments);
    bench.arg(&file);
    run(bench)?;
    let measurement = Measurement { names: HEALTH, playwright: "playwright.networks.config.ts", environment: &[] };
    let figures = read_figures(&file)?;
    judge(figures, measure(root, &measurement)?, json)
}

/// Runs browser tests that keep figures, prints the table, writes the JSON; fails if a goal is missed or a measurement gave no
/// figures.
fn browsers(root: &Path, measurement: &Measurement, json: Option<&Path>) -> anyhow::Result<ExitCode> {
    judge(Vec::new(), measure(root, measurement)?, json)
}

/// What browser tests measured.
struct Measured {
    figures: Vec<Figure>,
    /// Tests that failed: their figures are incomplete.
    failed: Vec<String>,
}

fn measure(root: &Path, measurement: &Measurement) -> anyhow::Result<Measured> {
    web::build(root)?;
    run(rust::build(root))?;
    let folder = root.join(BROWSER_FOLDER);
    web::install(&folder)?;

    let mut figures = Vec::new();
    let mut failed = Vec::new();
    for name in measurement.names {
        let file = root.join(format!("target/figures/{name}.json"));
        // An old file must not be taken for this run's.
        let _ = fs::remove_file(&file);
        let test = format!("{name}.spec");
        let mut playwright =
            command(&folder, "npx", &["playwright", "test", "--config", measurement.playwright, &test]);
        playwright.envs(measurement.environment.iter().copied());
        let status = run_seen(playwright, |_| {})?;
        if !status.success() {
            failed.push((*name).to_owned());
        }
        if file.exists() {
            figures.extend(read_figures(&file)?);
        }
    }
    Ok(Measured { figures, failed })
}

fn read_figures(file: &Path) -> anyhow::Result<Vec<Figure>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    serde_json::from_str(&text).with_context(|| file.display().to_string())
}

/// Prints the table, writes the JSON.
fn judge(mut figures: Vec<Figure>, measured: Measured, json: Option<&Path>) -> anyhow::Result<ExitCode> {
    figures.extend(measured.figures);
    ensure!(!figures.is_empty(), "nothing was measured");
    println!("\n{}", table(&figures));
    for name in &measured.failed {
        println!("the test `{name}` failed: its figures are incomplete");
    }
    if let Some(json) = json {
        fs::write(json, serde_json::to_string_pretty(&figures)? + "\n").with_context(|| json.display().to_string())?;
    }
    let good = measured.failed.is_empty() && figures.iter().all(Figure::met);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn table(figures: &[Figure]) -> String {
    let width = figures.iter().map(|figure| figure.figure.chars().count()).max().unwrap_or(0);
    let mut lines = vec![format!("{:<width$}  {:>12}  {:>12}  verdict", "figure", "value", "goal")];
    for figure in figures {
        // Shares are told apart in their third place.
        let places = if figure.value.abs() < 2.0 && figure.value.fract() != 0.0 { 3 } else { 1 };
        let value = format!("{:.places$} {}", figure.value, figure.unit);
        let goal = figure.bound();
        lines.push(format!("{:<width$}  {value:>12}  {goal:>12}  {}", figure.figure, figure.verdict()));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64, goal: Option<f64>) -> Figure {
        Figure { figure: "x".into(), value, unit: "ms".into(), goal, least: None }
    }

    #[test]
    fn a_figure_is_met_up_to_its_goal() {
        assert!(figure(400.0, Some(400.0)).met());
        assert!(!figure(400.1, Some(400.0)).met());
        assert!(figure(1e9, None).met());
    }

    #[test]
    fn a_figure_with_a_smallest_value_is_met_from_there_on() {
        let least = |value| Figure { least: Some(0.95), ..figure(value, None) };
        assert!(least(0.95).met());
        assert!(!least(0.94).met());
        assert_eq!((least(1.0).verdict(), least(1.0).bound().as_str()), ("met", "≥ 0.95"));
    }

    #[test]
    fn the_table_names_what_was_missed() {
        let text = table(&[figure(1.0, Some(2.0)), figure(3.0, Some(2.0)), figure(5.0, None)]);
        assert_eq!(text.lines().filter(|line| line.ends_with("met")).count(), 1);
        assert_eq!(text.lines().filter(|line| line.ends_with("MISSED")).count(), 1);
    }
}
