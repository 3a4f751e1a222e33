//! Figures with their goals and verdicts, as a table and as JSON.

use serde::Serialize;

/// What is good.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
}

impl Goal {
    fn is_met(self, value: f64) -> bool {
        match self {
            Goal::AtMost(most) => value <= most,
            Goal::AtLeast(least) => value >= least,
        }
    }

    fn text(self) -> String {
        match self {
            Goal::AtMost(most) => format!("≤ {}", number(most)),
            Goal::AtLeast(least) => format!("≥ {}", number(least)),
        }
    }
}

/// How a figure stands to its goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Good.
    Met,
    /// Not good.
    Missed,
    /// The run does not count.
    Void,
    /// Not measured, although there is a goal.
    Unmeasured,
    /// Its scenario broke off.
    Failed,
    /// For information.
    Plain,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// What it is.
    pub figure: String,
    /// What was measured.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: &'static str,
    /// What is good; none: for information.
    pub goal: Option<Goal>,
    /// Why the run does not count.
    pub void: Option<String>,
    /// What Janus has in its place.
    pub janus: Option<f64>,
    /// Why the scenario broke off before it was measured.
    pub failed: Option<String>,
}

impl Figure {
    /// A figure with a goal.
    pub fn judged(figure: impl Into<String>, value: Option<f64>, unit: &'static str, goal: Goal) -> Self {
        Self { figure: figure.into(), value, unit, goal: Some(goal), void: None, janus: None, failed: None }
    }

    /// A figure for information.
    pub fn plain(figure: impl Into<String>, value: Option<f64>, unit: &'static str) -> Self {
        Self { figure: figure.into(), value, unit, goal: None, void: None, janus: None, failed: None }
    }

    /// The same, void if there is a reason.
    pub fn unless(mut self, void: Option<&String>) -> Self {
        self.void = void.cloned();
        self
    }

    /// The same beside what Janus has.
    pub fn beside(self, janus: Option<f64>) -> Self {
        Self { janus, ..self }
    }

    /// The same; if it was not measured, this is why.
    pub fn because(mut self, why: &str) -> Self {
        if self.value.is_none() {
            self.failed = Some(why.to_owned());
        }
        self
    }

    /// How it stands to its goal.
    pub fn verdict(&self) -> Verdict {
        match (self.goal, self.value) {
            (_, None) if self.failed.is_some() => Verdict::Failed,
            _ if self.void.is_some() => Verdict::Void,
            (None, _) => Verdict::Plain,
            (Some(_), None) => Verdict::Unmeasured,
            (Some(goal), Some(value)) if goal.is_met(value) => Verdict::Met,
            (Some(_), Some(_)) => Verdict::Missed,
        }
    }
}

/// No goal is missed, and none is left open by a void run.
pub fn all_met(figures: &[Figure]) -> bool {
    figures.iter().all(|figure| match figure.verdict() {
        Verdict::Met | Verdict::Plain => true,
        Verdict::Void => figure.goal.is_none(),
        Verdict::Missed | Verdict::Unmeasured | Verdict::Failed => false,
    })
}

/// Heads of the columns.
const HEADS: [&str; COLUMNS] = ["figure", "value", "goal", "janus", "verdict"];
const COLUMNS: usize = 5;

/// The table that is printed.
pub fn table(figures: &[Figure]) -> String {
    let rows: Vec<[String; COLUMNS]> =
        std::iter::once(HEADS.map(str::to_owned)).chain(figures.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [first, second, third, fourth] = [0, 1, 2, 3].map(width);
    let line = |row: &[String; COLUMNS]| {
        let [figure, value, goal, janus, verdict] = row;
        let line = format!("{figure:<first$}  {value:>second$}  {goal:>third$}  {janus:>fourth$}  {verdict}");
        line.trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The table for a document.
pub fn markdown(figures: &[Figure]) -> String {
    let line = |cells: [String; COLUMNS]| format!("| {} |", cells.join(" | "));
    let heads = [line(HEADS.map(str::to_owned)), "|---|--:|--:|--:|---|".to_owned()];
    heads.into_iter().chain(figures.iter().map(|figure| line(row(figure)))).collect::<Vec<_>>().join("\n") + "\n"
}

fn row(figure: &Figure) -> [String; COLUMNS] {
    let value = figure.value.map_or_else(|| "–".to_owned(), |value| format!("{} {}", number(value), figure.unit));
    let verdict = match figure.verdict() {
        Verdict::Met => "met".to_owned(),
        Verdict::Missed => "MISSED".to_owned(),
        Verdict::Unmeasured => "MISSED (not measured)".to_owned(),
        Verdict::Failed => format!("failed: {}", figure.failed.as_deref().unwrap_or_default()),
        Verdict::Void => format!("void: {}", figure.void.as_deref().unwrap_or_default()),
        Verdict::Plain => String::new(),
    };
    let goal = figure.goal.map_or_else(|| "–".to_owned(), Goal::text);
    let janus = figure.janus.map_or_else(|| "–".to_owned(), number);
    [figure.figure.clone(), value.trim_end().to_owned(), goal, janus, verdict]
}

/// As many digits as matter.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        large if large >= 100.0 => 0,
        middle if middle >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    // Whole goals are written as such.
    if value.fract() == 0.0 { format!("{value:.0}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_follow_value_goal_and_void() {
        let figure = Figure::judged("x", Some(1.6), "µs", Goal::AtMost(1.6));
        assert_eq!(figure.verdict(), Verdict::Met);
        assert_eq!(Figure { value: Some(1.7), ..figure.clone() }.verdict(), Verdict::Missed);
        assert_eq!(Figure { value: None, ..figure.clone() }.verdict(), Verdict::Unmeasured);
        assert_eq!(figure.clone().unless(Some(&"busy".to_owned())).verdict(), Verdict::Void);
        assert_eq!(Figure::judged("x", Some(2.0), "", Goal::AtLeast(3.0)).verdict(), Verdict::Missed);
        assert_eq!(Figure::plain("x", None, "").verdict(), Verdict::Plain);
    }

    #[test]
    fn a_void_run_does_not_pass() {
        let figure = Figure::judged("x", Some(1.0), "µs", Goal::AtMost(2.0));
        assert!(all_met(std::slice::from_ref(&figure)));
        assert!(!all_met(&[figure.unless(Some(&"busy".to_owned()))]));
    }

    #[test]
    fn what_a_broken_scenario_did_not_measure_is_missed_and_says_why() {
        let goal = Goal::AtMost(2.0);
        let lost = Figure::judged("x", None, "ms", goal).because("no peers");
        let kept = Figure::judged("y", Some(1.0), "ms", goal).because("no peers");

        assert_eq!((lost.verdict(), kept.verdict()), (Verdict::Failed, Verdict::Met));
        assert!(table(std::slice::from_ref(&lost)).ends_with("failed: no peers"));
        assert!(!all_met(&[lost]));
    }

    #[test]
    fn a_document_gets_the_same_cells() {
        let text = markdown(&[Figure::judged("cost", Some(1.0), "µs", Goal::AtMost(2.0)).beside(Some(7.5))]);

        assert_eq!(text.lines().last(), Some("| cost | 1 µs | ≤ 2 | 7.50 | met |"));
        assert_eq!(text.lines().count(), 3);
    }

    #[test]
    fn the_table_has_a_line_each_and_names_what_was_missed() {
        let text = table(&[
            Figure::judged("cost", Some(1.234), "µs", Goal::AtMost(1.0)),
            Figure::plain("receivers", Some(1200.0), ""),
        ]);

        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[1].contains("1.23 µs") && lines[1].contains("≤ 1") && lines[1].ends_with("MISSED"));
        assert!(lines[2].contains("1200"));
    }
}
