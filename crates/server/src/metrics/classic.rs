//! The older text format, for tools that do not know OpenMetrics.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Rewrites OpenMetrics 1.0 as the text format 0.0.4 of Prometheus: there a counter is described by the name of its samples, `…_total`,
/// and neither units nor the end are marked.
pub fn classic(open: &str) -> String {
    let counters: BTreeSet<&str> =
        open.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut text = String::with_capacity(open.len());
    for line in open.lines().filter(|line| !line.starts_with("# UNIT ") && *line != "# EOF") {
        let described = ["# HELP ", "# TYPE "].into_iter().find_map(|kind| Some((kind, line.strip_prefix(kind)?)));
        // Writing into a String cannot fail.
        let _ = match described.and_then(|(kind, rest)| Some((kind, rest.split_once(' ')?))) {
            Some((kind, (name, rest))) if counters.contains(name) => writeln!(text, "{kind}{name}_total {rest}"),
            _ => writeln!(text, "{line}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_described_by_the_name_of_its_samples() {
        let open = "# HELP d_takes Takes.\n# TYPE d_takes counter\nd_takes_total{c=\"x\"} 3\n# HELP d_takes_open Open.\n# TYPE d_takes_open gauge\nd_takes_open 1\n# EOF\n";

        assert_eq!(
            classic(open),
            "# HELP d_takes_total Takes.\n# TYPE d_takes_total counter\nd_takes_total{c=\"x\"} 3\n# HELP d_takes_open Open.\n# TYPE d_takes_open gauge\nd_takes_open 1\n"
        );
    }
}
