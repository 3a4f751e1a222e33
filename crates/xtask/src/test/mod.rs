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

/// Runs all stages, also after one failed, and prints `N passed, N failed` last. What could not run here is named just above,
/// where whoever looks at the end sees it.
pub(crate) fn run(root: &Path, only: Option<&str>) -> anyhow::Result<ExitCode> {
    doctor::provide(doctor::Purpose::Test)?;
    let mut total = Tally::default();
    let mut lines = Vec::new();
    let mut left_out = Vec::new();
    for stage in STAGES.iter().filter(|stage| only.is_none_or(|part| stage.name.contains(part))) {
        println!("\n━━ {} ━━", stage.name);
        if let Some(reason) = (stage.missing)(root) {
            left_out.push(format!("{}: {reason}", stage.name));
            lines.push(format!("{:<28} NOT RUN: {reason}", stage.name));
        } else {
            let start = Instant::now();
            let tally = (stage.run)(root).unwrap_or_else(|error| {
                println!("{error:#}");
                Tally::one(false)
            });
            let verdict = if tally.failed == 0 { "ok" } else { "FAILED" };
            let seconds = start.elapsed().as_secs_f64();
            lines.push(format!("{:<28} {:<6} {seconds:>7.1} s   {tally}", stage.name, verdict));
            total += tally;
        }
        println!("{}", lines[lines.len() - 1]);
    }
    print!("{}", summary(&lines, &left_out, total));
    Ok(if total.failed == 0 && total.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn summary(lines: &[String], left_out: &[String], total: Tally) -> String {
    let mut text = format!("\n━━ summary ━━\n{}\n", lines.join("\n"));
    if !left_out.is_empty() {
        text += &format!("\nNOT RUN on this machine, so neither passed nor failed:\n  {}\n", left_out.join("\n  "));
    }
    text + &format!("\n{total}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_run_is_named_at_the_end_just_above_the_totals() {
        let total = Tally { passed: 3, failed: 0 };

        let text = summary(&["format   ok".to_owned()], &["networks: tests: needs root".to_owned()], total);

        let last: Vec<&str> = text.lines().rev().take(4).collect();
        let left_out = "NOT RUN on this machine, so neither passed nor failed:";
        assert_eq!(last, ["3 passed, 0 failed", "", "  networks: tests: needs root", left_out]);
        assert!(!summary(&[], &[], total).contains("NOT RUN"));
    }
}
