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
}

impl Figure {
    /// A figure with a goal.
    pub fn judged(figure: impl Into<String>, value: Option<f64>, unit: &'static str, goal: Goal) -> Self {
        Self { figure: figure.into(), value, unit, goal: Some(goal), void: None }
    }

    /// A figure for information.
    pub fn plain(figure: impl Into<String>, value: Option<f64>, unit: &'static str) -> Self {
        Self { figure: figure.into(), value, unit, goal: None, void: None }
    }

    /// The same, void if there is a reason.
    pub fn unless(mut self, void: Option<&String>) -> Self {
        self.void = void.cloned();
        self
    }

    /// How it stands to its goal.
    pub fn verdict(&self) -> Verdict {
        match (self.goal, self.value) {
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
        Verdict::Missed | Verdict::Unmeasured => false,
    })
}

/// The table that is printed.
pub fn table(figures: &[Figure]) -> String {
    let rows: Vec<[String; 4]> = figures.iter().map(row).collect();
    let heads = ["figure", "value", "goal", "verdict"].map(str::to_owned);
    let width = |column: usize| rows.iter().chain([&heads]).map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [first, second, third] = [0, 1, 2].map(width);
    let line = |row: &[String; 4]| {
        let [figure, value, goal, verdict] = row;
        format!("{figure:<first$}  {value:>second$}  {goal:>third$}  {verdict}").trim_end().to_owned()
    };
    std::iter::once(line(&heads)).chain(rows.iter().map(line)).collect::<Vec<_>>().join("\n")
}

fn row(figure: &Figure) -> [String; 4] {
    let value = figure.value.map_or_else(|| "–".to_owned(), |value| format!("{} {}", number(value), figure.unit));
    let verdict = match figure.verdict() {
        Verdict::Met => "met".to_owned(),
        Verdict::Missed => "MISSED".to_owned(),
        Verdict::Unmeasured => "MISSED (not measured)".to_owned(),
        Verdict::Void => format!("void: {}", figure.void.as_deref().unwrap_or_default()),
        Verdict::Plain => String::new(),
    };
    let goal = figure.goal.map_or_else(|| "–".to_owned(), Goal::text);
    [figure.figure.clone(), value.trim_end().to_owned(), goal, verdict]
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
