//! `cargo xtask test`: every check there is, one after the other, and one line at the end.

mod arrows;
mod sizes;
mod stages;
mod tally;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use crate::doctor;
use stages::STAGES;
use tally::Tally;

/// Runs all stages, also after one failed, and prints `N passed, N failed` last.
pub(crate) fn run(root: &Path, only: Option<&str>) -> anyhow::Result<ExitCode> {
    doctor::provide(doctor::Purpose::Test)?;
    let mut total = Tally::default();
    let mut lines = Vec::new();
    for stage in STAGES.iter().filter(|stage| only.is_none_or(|part| stage.name.contains(part))) {
        println!("\n━━ {} ━━", stage.name);
        let start = Instant::now();
        let tally = (stage.run)(root).unwrap_or_else(|error| {
            println!("{error:#}");
            Tally::one(false)
        });
        let verdict = if tally.failed == 0 { "ok" } else { "FAILED" };
        let seconds = start.elapsed().as_secs_f64();
        lines.push(format!("{:<28} {:<6} {seconds:>7.1} s   {tally}", stage.name, verdict));
        println!("{}", lines[lines.len() - 1]);
        total += tally;
    }
    println!("\n━━ summary ━━");
    for line in &lines {
        println!("{line}");
    }
    println!("\n{total}");
    Ok(if total.failed == 0 && total.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
