//! What was measured, held against the goals: the rows of the table, scenario by scenario. A scenario that broke off keeps its
//! rows, so that what is missing is seen.

use crate::{
    figures::{Figure, Goal},
    report::Report,
    run::{BURSTS, JOINS, MEMORY, Scenario},
    scenario::{
        join,
        programme::{Burst, Row},
        take::Takes,
    },
};

/// Goals, as the project set them from measurements of Janus before the relay was built.
mod goal {
    pub const COST_BY_LIMIT: f64 = 1.5;
    pub const COST_BY_JANUS: f64 = 0.25;
    pub const COST_AT: usize = 64;
    pub const FLATNESS: f64 = 1.25;
    pub const FLAT: std::ops::RangeInclusive<usize> = 16..=1_024;
    pub const RECEIVERS: f64 = 1_200.0;
    pub const DELIVERY: f64 = 0.999;
    pub const LATENCY_P50_AT_64: f64 = 0.3;
    pub const LATENCY_P99_AT_64: f64 = 2.0;
    pub const LATENCY_P99_AT_400: f64 = 10.0;
    pub const BURST: f64 = 1.2;
    pub const KIB_PER_RECEIVER: f64 = 128.0;
    /// Set after it was first measured (4.0 MiB): what a console more may grow by before somebody looks.
    pub const KIB_PER_CONSOLE: f64 = 6.0 * 1_024.0;
    pub const LOAD_COST: f64 = 2.3;
    pub const WALL_PERCENT: f64 = 6.0;
    pub const TAKE_P50: f64 = 40.0;
    pub const TAKE_P95: f64 = 44.0;
    pub const GAP: f64 = 33.0;
    pub const REQUESTS: f64 = 1.0;
    pub const JOIN_ONE: f64 = 150.0;
    pub const JOIN_63: f64 = 2_000.0;
    pub const JOIN_500: f64 = 10_000.0;
    pub const LOWER_LAYER: f64 = 3_000.0;
    pub const HIGH_LAYER: f64 = 10_000.0;
    /// The line's own 5 %, and one that nobody hears.
    pub const THIN_SOUND_LOST: f64 = 6.0;
}

impl Report {
    /// Figures in the order of the table.
    pub fn figures(&self) -> Vec<Figure> {
        let mut figures = Vec::new();
        for scenario in &self.wanted {
            let mut some = Vec::new();
            match scenario {
                Scenario::Limit => self.limit_figures(&mut some),
                Scenario::Programme => self.programme_figures(&mut some),
                Scenario::Wall => self.wall_figures(&mut some),
                Scenario::Mixed => self.mixed_figures(&mut some),
                Scenario::Take => self.take_figures(&mut some),
                Scenario::Join => self.join_figures(&mut some),
                Scenario::Thin => self.thin_figures(&mut some),
                Scenario::Janus => self.janus_figures(&mut some),
            }
            let failure = self.failures.iter().find(|failure| failure.scenario == *scenario);
            figures.extend(some.into_iter().map(|figure| match failure {
                Some(failure) => figure.because(&failure.why),
                None => figure,
            }));
        }
        figures
    }

    fn limit_figures(&self, figures: &mut Vec<Figure>) {
        let name = |receivers, together| format!("limit: seal + sendmmsg, {receivers} receivers, {together} in one go");
        for limit in &self.limits {
            let value = Some(limit.us_per_packet);
            figures.push(Figure::plain(name(limit.receivers, limit.together), value, "µs/packet"));
        }
        if self.limits.is_empty() {
            figures.push(Figure::plain("limit: seal + sendmmsg", None, "µs/packet"));
        }
    }

    fn row(&self, receivers: usize) -> Option<&Row> {
        self.programme.iter().find(|row| row.receivers == receivers)
    }

    fn janus_row(&self, receivers: usize) -> Option<&Row> {
        self.janus.as_ref()?.rows.iter().find(|row| row.receivers == receivers && row.void.is_none())
    }

    fn programme_figures(&self, figures: &mut Vec<Figure>) {
        for row in &self.programme {
            let name = format!("programme: cost at {}", row.receivers);
            let figure = Figure::plain(name, Some(row.us_per_packet), "µs/packet").unless(row.void.as_ref());
            figures.push(figure.beside(self.janus_row(row.receivers).map(|row| row.us_per_packet)));
        }
        let at_64 = self.row(goal::COST_AT);
        let ratio = at_64.zip(self.limit_us).map(|(row, limit)| row.us_per_packet / limit);
        let janus = self.janus_row(goal::COST_AT).zip(self.limit_us).map(|(row, limit)| row.us_per_packet / limit);
        let void = at_64.and_then(|row| row.void.as_ref());
        let goal = Goal::AtMost(goal::COST_BY_LIMIT);
        figures.push(Figure::judged("programme: cost at 64 / limit", ratio, "", goal).unless(void).beside(janus));
        let flat: Vec<&Row> = self.programme.iter().filter(|row| goal::FLAT.contains(&row.receivers)).collect();
        let costs = || flat.iter().filter(|row| row.void.is_none()).map(|row| row.us_per_packet);
        let spread = costs().fold(0.0, f64::max) / costs().fold(f64::INFINITY, f64::min);
        let void = flat.iter().find_map(|row| row.void.as_ref());
        let goal = Goal::AtMost(goal::FLATNESS);
        let spread = (costs().count() > 0).then_some(spread);
        figures.push(Figure::judged("programme: dearest / cheapest, 16 to 1,024", spread, "", goal).unless(void));
        let janus = self.janus.as_ref().and_then(|janus| most(&janus.rows));
        let goal = Goal::AtLeast(goal::RECEIVERS);
        let name = "programme: receivers at delivery ≥ 99.9 %";
        figures.push(Figure::judged(name, most(&self.programme), "", goal).beside(janus));
        self.latency_figures(figures);
        self.burst_figures(figures);
        let slope = |first: (usize, u64), last: (usize, u64)| {
            (last.0 > first.0).then(|| (last.1 as f64 - first.1 as f64) / (last.0 - first.0) as f64)
        };
        let at = |receivers| self.programme_extra.memory.iter().find(|memory| memory.receivers == receivers);
        let [first, last] = MEMORY.map(|receivers| at(receivers).map(|memory| (memory.receivers, memory.rss_kib)));
        let value = first.zip(last).and_then(|(first, last)| slope(first, last));
        let rows = self.janus.as_ref().map_or(&[][..], |janus| &janus.rows);
        let janus =
            rows.first().zip(rows.last()).map(|ends| <[_; 2]>::from(ends).map(|row| (row.receivers, row.rss_kib)));
        let janus = janus.and_then(|[first, last]| slope(first, last));
        let name = format!("memory: slope from {} to {} receivers", MEMORY[0], MEMORY[1]);
        let goal = Goal::AtMost(goal::KIB_PER_RECEIVER);
        figures.push(Figure::judged(name, value, "KiB", goal).beside(janus));
        let full = self.row(goal::RECEIVERS as usize);
        let (value, goal) = (full.map(|row| row.load_us_per_packet), Goal::AtMost(goal::LOAD_COST));
        figures.push(Figure::judged("the load's own cost at 1,200", value, "µs/packet", goal));
    }

    fn latency_figures(&self, figures: &mut Vec<Figure>) {
        let p50: fn(&Row) -> f64 = |row| row.latency_ms.p50;
        let p99: fn(&Row) -> f64 = |row| row.latency_ms.p99;
        for (receivers, share, value, most) in [
            (64, "p50", p50, goal::LATENCY_P50_AT_64),
            (64, "p99", p99, goal::LATENCY_P99_AT_64),
            (400, "p99", p99, goal::LATENCY_P99_AT_400),
        ] {
            let name = format!("latency at {receivers}, paced, {share}");
            let row = self.row(receivers);
            let figure = Figure::judged(name, row.map(value), "ms", Goal::AtMost(most));
            let figure = figure.unless(row.and_then(|row| row.void.as_ref()));
            figures.push(figure.beside(self.janus_row(receivers).map(value)));
        }
    }

    fn burst_figures(&self, figures: &mut Vec<Figure>) {
        let janus = self.janus.as_ref().map_or(&[][..], |janus| &janus.bursts);
        let find = |bursts: &[Burst], receivers| bursts.iter().find(|burst| burst.receivers == receivers).cloned();
        for receivers in BURSTS {
            let burst = find(&self.programme_extra.bursts, receivers);
            let own = |burst: &Burst| burst.packets as f64 * burst.receivers as f64 * burst.us_per_packet / 1e3;
            let ratio = burst.as_ref().map(|burst| burst.latency_ms.p99 / own(burst));
            let name = format!("keyframe bursts at {receivers}, p99 / (50 × receivers × own cost)");
            let figure = Figure::judged(name, ratio, "", Goal::AtMost(goal::BURST));
            let void = burst.as_ref().and_then(|burst| burst.void.as_ref());
            let theirs = find(janus, receivers);
            figures.push(figure.unless(void).beside(theirs.as_ref().map(|burst| burst.latency_ms.p99 / own(burst))));
            let name = format!("keyframe bursts at {receivers}, p99");
            let figure = Figure::plain(name, burst.as_ref().map(|burst| burst.latency_ms.p99), "ms");
            figures.push(figure.unless(void).beside(theirs.map(|burst| burst.latency_ms.p99)));
        }
    }

    fn wall_figures(&self, figures: &mut Vec<Figure>) {
        let wall = self.wall.as_ref();
        let void = wall.and_then(|wall| wall.void.as_ref());
        let value = wall.map(|wall| wall.core_percent);
        let goal = Goal::AtMost(goal::WALL_PERCENT);
        figures.push(Figure::judged("wall: 63 sites, 2 consoles", value, "% of a core", goal).unless(void));
        let value = wall.map(|wall| wall.core_percent_with_sound);
        figures.push(Figure::plain("wall: the same, 63 microphones on", value, "% of a core").unless(void));
        let value = wall.map(|wall| wall.kib_per_console);
        let goal = Goal::AtMost(goal::KIB_PER_CONSOLE);
        figures.push(Figure::judged("memory: a console of 63 tiles", value, "KiB", goal));
    }

    fn mixed_figures(&self, figures: &mut Vec<Figure>) {
        let mixed = self.mixed.as_ref();
        let mut plain = |name: &str, value, unit| {
            let figure = Figure::plain(format!("mixed: {name}"), value, unit);
            figures.push(figure.unless(mixed.and_then(|mixed| mixed.void.as_ref())));
        };
        plain("the whole conference of 63 sites", mixed.map(|mixed| mixed.core_percent), "% of a core");
        plain("cost", mixed.map(|mixed| mixed.us_per_packet), "µs/packet");
        plain("forwarded", mixed.map(|mixed| mixed.forwarded_per_second), "packets/s");
        plain("latency p99", mixed.map(|mixed| mixed.latency_p99_ms), "ms");
    }

    fn take_figures(&self, figures: &mut Vec<Figure>) {
        let take = self.take.as_ref();
        takes_figures("previewed", take.map(|take| &take.previewed), figures);
        takes_figures("cold", take.map(|take| &take.cold), figures);
    }

    fn join_figures(&self, figures: &mut Vec<Figure>) {
        for sites in JOINS {
            let join = self.joins.iter().find(|join| join.sites == sites);
            let most = match sites {
                1 => goal::JOIN_ONE,
                join::SITES => goal::JOIN_63,
                _ => goal::JOIN_500,
            };
            let name = format!("join: {sites} at once, media both ways");
            let figure = Figure::judged(name, join.map(|join| join.ms), "ms", Goal::AtMost(most));
            figures.push(figure.unless(join.and_then(|join| join.void.as_ref())));
        }
    }

    fn thin_figures(&self, figures: &mut Vec<Figure>) {
        let thin = self.thin.as_ref();
        let void = thin.and_then(|thin| thin.void.as_ref());
        let mut push = |name: &str, value, unit, goal: Option<f64>| {
            let name = format!("thin: {name}");
            let figure = match goal {
                Some(most) => Figure::judged(name, value, unit, Goal::AtMost(most)),
                None => Figure::plain(name, value, unit),
            };
            figures.push(figure.unless(void));
        };
        let lower = thin.and_then(|thin| thin.lower_layer_ms);
        push("narrowed to 300 kbit/s → lower layer flows", lower, "ms", Some(goal::LOWER_LAYER));
        let high = thin.and_then(|thin| thin.high_layer_ms);
        push("wide again → high layer is back", high, "ms", Some(goal::HIGH_LAYER));
        let lost = thin.map(|thin| thin.sound_lost_percent);
        push("sound lost, 5 % of it by the line itself", lost, "%", Some(goal::THIN_SOUND_LOST));
        push("longest gap of sound", thin.map(|thin| thin.sound_gap_ms_max), "ms", None);
        push("63 others, latency p99 before", thin.map(|thin| thin.others_p99_ms_before), "ms", None);
        let others = thin.map(|thin| thin.others_p99_ms);
        push("63 others, latency p99 meanwhile", others, "ms", Some(goal::LATENCY_P99_AT_64));
    }

    fn janus_figures(&self, figures: &mut Vec<Figure>) {
        let own = self.row(goal::COST_AT).filter(|row| row.void.is_none());
        let theirs = self.janus_row(goal::COST_AT);
        let ratio = own.zip(theirs).map(|(own, theirs)| own.us_per_packet / theirs.us_per_packet);
        let goal = Goal::AtMost(goal::COST_BY_JANUS);
        figures.push(Figure::judged("cost at 64 / Janus's", ratio, "", goal));
        for row in self.janus.iter().flat_map(|janus| &janus.rows) {
            let name = |what: &str| format!("janus: {what} at {}", row.receivers);
            let delivery = Some(row.delivery * 100.0);
            figures.push(Figure::plain(name("delivery"), delivery, "%").unless(row.void.as_ref()));
            figures.push(Figure::plain(name("memory for each"), Some(row.kib_per_endpoint), "KiB"));
        }
    }
}

/// The most receivers with a good delivery; none: nothing was measured.
fn most(rows: &[Row]) -> Option<f64> {
    let enough = rows.iter().filter(|row| row.void.is_none() && row.delivery >= goal::DELIVERY);
    (!rows.is_empty()).then(|| enough.map(|row| row.receivers as f64).fold(0.0, f64::max))
}

fn takes_figures(kind: &str, takes: Option<&Takes>, figures: &mut Vec<Figure>) {
    // The goals are for sources that were prepared; a cold one must first switch its layer on.
    let mut push = |name: &str, value: fn(&Takes) -> f64, unit, most: f64| {
        let name = format!("take, {kind}: {name}");
        let void = takes.and_then(|takes| takes.void.as_ref());
        figures.push(Figure::judged(name, takes.map(value), unit, Goal::AtMost(most)).unless(void));
    };
    push("last packet of the keyframe, p50", |takes| takes.p50_ms, "ms", goal::TAKE_P50);
    push("last packet of the keyframe, p95", |takes| takes.p95_ms, "ms", goal::TAKE_P95);
    push("gap p50", |takes| takes.gap_ms_p50, "ms", goal::GAP);
    push("gap p95", |takes| takes.gap_ms_p95, "ms", goal::GAP);
    push("gap of the worst receiver", |takes| takes.gap_ms_max, "ms", goal::GAP);
    push("undecodable packets", |takes| takes.undecodable, "", 0.0);
    push("keyframe requests", |takes| takes.requests, "", goal::REQUESTS);
    push("given up", |takes| takes.failed as f64, "", 0.0);
    push("receivers without a whole keyframe", |takes| takes.incomplete as f64, "", 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        figures::{Verdict, all_met},
        report::Failure,
        scenario::{janus::Janus, programme::Latency},
    };

    fn row(receivers: usize, us_per_packet: f64) -> Row {
        Row {
            receivers,
            us_per_packet,
            delivery: 1.0,
            latency_ms: Latency::default(),
            kib_per_endpoint: 40.0,
            relay_core: 0.1,
            load_core: 0.1,
            load_us_per_packet: 1.0,
            rss_kib: 10_000,
            nacks: 0,
            void: None,
        }
    }

    #[test]
    fn without_janus_its_ratio_is_missed_and_says_why() {
        let failure = Failure { scenario: Scenario::Janus, why: "Janus is not installed".into() };
        let report = Report {
            programme: vec![row(64, 1.5)],
            wanted: vec![Scenario::Janus],
            failures: vec![failure],
            ..Report::default()
        };

        let figures = report.figures();

        assert_eq!(figures[0].verdict(), Verdict::Failed);
        assert!(!all_met(&figures));
    }

    #[test]
    fn janus_stands_beside_the_relay() {
        let janus = Janus { rows: vec![row(64, 7.5)], ..Janus::default() };
        let report = Report {
            programme: vec![row(64, 1.5)],
            janus: Some(janus),
            wanted: vec![Scenario::Programme, Scenario::Janus],
            ..Report::default()
        };

        let figures = report.figures();

        let cost = figures.iter().find(|figure| figure.figure == "programme: cost at 64").unwrap();
        assert_eq!(cost.janus, Some(7.5));
        let ratio = figures.iter().find(|figure| figure.figure == "cost at 64 / Janus's").unwrap();
        assert_eq!((ratio.value, ratio.verdict()), (Some(0.2), Verdict::Met));
    }

    #[test]
    fn a_scenario_that_broke_off_keeps_its_rows() {
        for scenario in [Scenario::Programme, Scenario::Wall, Scenario::Take, Scenario::Join, Scenario::Thin] {
            let failures = vec![Failure { scenario, why: "broken".into() }];
            let report = Report { wanted: vec![scenario], failures, ..Report::default() };

            let figures = report.figures();

            let goals = figures.iter().filter(|figure| figure.goal.is_some());
            assert!(goals.clone().count() > 0, "{scenario:?}");
            assert!(goals.clone().all(|figure| figure.verdict() == Verdict::Failed), "{scenario:?}");
        }
    }
}
