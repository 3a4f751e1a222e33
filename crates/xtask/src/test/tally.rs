//! Counting passed and failed tests in what the test programs print.

use std::fmt;
use std::ops::AddAssign;
use std::process::ExitStatus;

use anyhow::Context;
use serde_json::Value;

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// A check that is one test by itself.
    pub(crate) fn one(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed) }
    }

    /// A program that failed without a failed test (it did not compile, it crashed) counts as one.
    #[must_use]
    pub(crate) fn with_status(mut self, status: ExitStatus) -> Self {
        if !status.success() && self.failed == 0 {
            self.failed = 1;
        }
        self
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The counts of a line like `test result: ok. 3 passed; 1 failed; 0 ignored; …`; none for any other line.
pub(crate) fn of_cargo_line(line: &str) -> Option<Tally> {
    let (_verdict, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let count = |name: &str| {
        let mut parts = counts.split(';').map(str::trim);
        parts.find_map(|part| part.strip_suffix(name)?.trim().parse().ok())
    };
    Some(Tally { passed: count("passed")?, failed: count("failed")? })
}

/// The counts of vitest's JSON report. A file that could not be loaded has no tests but failed.
pub(crate) fn of_vitest(report: &Value) -> anyhow::Result<Tally> {
    let count = |name: &str| report[name].as_u64().with_context(|| format!("vitest's report has no {name}"));
    let files = report["testResults"].as_array().context("vitest's report has no testResults")?;
    let broken = files
        .iter()
        .filter(|file| file["status"] == "failed" && file["assertionResults"].as_array().is_none_or(Vec::is_empty));
    Ok(Tally { passed: count("numPassedTests")?, failed: count("numFailedTests")? + broken.count() as u64 })
}

/// The counts of Playwright's JSON report. A test that passed only when repeated is not trusted; errors outside of tests
/// count as well.
pub(crate) fn of_playwright(report: &Value) -> anyhow::Result<Tally> {
    let count =
        |name: &str| report["stats"][name].as_u64().with_context(|| format!("Playwright's report has no {name}"));
    let errors = report["errors"].as_array().map_or(0, Vec::len) as u64;
    Ok(Tally { passed: count("expected")?, failed: count("unexpected")? + count("flaky")? + errors })
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use serde_json::json;

    use super::*;

    #[test]
    fn cargo_lines_are_counted_and_others_are_not() {
        let ok = "test result: ok. 26 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.53s";
        let bad = "test result: FAILED. 2 passed; 11 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.09s";

        assert_eq!(of_cargo_line(ok), Some(Tally { passed: 26, failed: 0 }));
        assert_eq!(of_cargo_line(bad), Some(Tally { passed: 2, failed: 11 }));
        assert_eq!(of_cargo_line("test chain::tests::x ... ok"), None);
        assert_eq!(of_cargo_line("test result: ok. many passed"), None);
    }

    #[test]
    fn vitest_counts_files_that_could_not_be_loaded() {
        let report = json!({
            "numPassedTests": 7,
            "numFailedTests": 1,
            "testResults": [
                { "status": "passed", "assertionResults": [{}] },
                { "status": "failed", "assertionResults": [{}] },
                { "status": "failed", "assertionResults": [] },
            ],
        });

        assert_eq!(of_vitest(&report).unwrap(), Tally { passed: 7, failed: 2 });
        assert!(of_vitest(&json!({})).is_err());
    }

    #[test]
    fn playwright_does_not_trust_flaky_tests() {
        let report = json!({
            "stats": { "expected": 5, "unexpected": 1, "flaky": 2, "skipped": 0 },
            "errors": [{ "message": "a spec could not be loaded" }],
        });

        assert_eq!(of_playwright(&report).unwrap(), Tally { passed: 5, failed: 4 });
        assert!(of_playwright(&json!({ "stats": {} })).is_err());
    }

    #[test]
    fn a_program_that_fails_without_a_failed_test_counts_as_one() {
        let failed = ExitStatus::from_raw(101 << 8);

        assert_eq!(Tally::default().with_status(failed), Tally { passed: 0, failed: 1 });
        assert_eq!(Tally { passed: 1, failed: 2 }.with_status(failed), Tally { passed: 1, failed: 2 });
        assert_eq!(Tally::default().with_status(ExitStatus::from_raw(0)), Tally::default());
    }

    #[test]
    fn the_last_line_has_its_fixed_form() {
        assert_eq!(Tally { passed: 12, failed: 0 }.to_string(), "12 passed, 0 failed");
    }
}
