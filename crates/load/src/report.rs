//! Everything that was measured, in one JSON, and how it stands to the goals.

use serde::Serialize;

use crate::{
    figures::{Figure, Goal},
    limit::Limit,
    scenario::{
        join::{self, Join},
        mixed::Mixed,
        programme::{Programme, Row},
        take::{Take, Takes},
        wall::Wall,
    },
};

/// Goals, as the project set them from measurements of Janus before the relay was built.
mod goal {
    pub const COST_BY_LIMIT: f64 = 1.5;
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
    pub const WALL_PERCENT: f64 = 6.0;
    pub const TAKE_P50: f64 = 40.0;
    pub const TAKE_P95: f64 = 44.0;
    pub const GAP: f64 = 33.0;
    pub const REQUESTS: f64 = 1.0;
    pub const JOIN_ONE: f64 = 150.0;
    pub const JOIN_63: f64 = 2_000.0;
}

/// What was measured.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// CPU for sealing and sending one packet to each of 64 receivers, µs a packet.
    pub limit_us: Option<f64>,
    /// *programme* by number of receivers.
    pub programme: Vec<Row>,
    /// Keyframe bursts and memory of *programme*.
    pub programme_extra: Programme,
    /// *wall*.
    pub wall: Option<Wall>,
    /// *mixed*.
    pub mixed: Option<Mixed>,
    /// *take*.
    pub take: Option<Take>,
    /// *join* of 63 sites at once.
    pub join: Option<Join>,
    /// *join* of other numbers, too.
    pub joins: Vec<Join>,
    /// The limit in other circumstances, too.
    pub limits: Vec<Limit>,
    /// Scenarios that broke off, with the reason.
    pub failures: Vec<String>,
}

/// What was measured, with the verdicts.
#[derive(Debug, Serialize)]
pub struct Judged<'a> {
    /// What was measured.
    #[serde(flatten)]
    pub report: &'a Report,
    /// The table.
    pub figures: &'a [Figure],
}

impl Report {
    /// Figures in the order of the table.
    pub fn figures(&self) -> Vec<Figure> {
        let mut figures = Vec::new();
        for limit in &self.limits {
            let name = format!("limit: seal + sendmmsg, {} receivers, {} in one go", limit.receivers, limit.together);
            figures.push(Figure::plain(name, Some(limit.us_per_packet), "µs/packet"));
        }
        if !self.programme.is_empty() {
            self.programme_figures(&mut figures);
        }
        if let Some(wall) = &self.wall {
            let void = wall.void.as_ref();
            let value = Some(wall.core_percent);
            let goal = Goal::AtMost(goal::WALL_PERCENT);
            figures.push(Figure::judged("wall: 63 sites, 2 consoles", value, "% of a core", goal).unless(void));
            let value = Some(wall.core_percent_with_sound);
            figures.push(Figure::plain("wall: the same, 63 microphones on", value, "% of a core").unless(void));
        }
        if let Some(mixed) = &self.mixed {
            let mut plain = |name: &str, value, unit| {
                let figure = Figure::plain(format!("mixed: {name}"), Some(value), unit);
                figures.push(figure.unless(mixed.void.as_ref()));
            };
            plain("the whole conference of 63 sites", mixed.core_percent, "% of a core");
            plain("cost", mixed.us_per_packet, "µs/packet");
            plain("forwarded", mixed.forwarded_per_second, "packets/s");
            plain("latency p99", mixed.latency_p99_ms, "ms");
        }
        if let Some(take) = &self.take {
            takes_figures("previewed", &take.previewed, &mut figures);
            takes_figures("cold", &take.cold, &mut figures);
        }
        for join in &self.joins {
            let goal = match join.sites {
                1 => Some(goal::JOIN_ONE),
                join::SITES => Some(goal::JOIN_63),
                _ => None,
            };
            let name = format!("join: {} at once, media both ways", join.sites);
            let figure = match goal {
                Some(most) => Figure::judged(name, Some(join.ms), "ms", Goal::AtMost(most)),
                None => Figure::plain(name, Some(join.ms), "ms"),
            };
            figures.push(figure.unless(join.void.as_ref()));
        }
        figures
    }

    fn row(&self, receivers: usize) -> Option<&Row> {
        self.programme.iter().find(|row| row.receivers == receivers)
    }

    fn programme_figures(&self, figures: &mut Vec<Figure>) {
        for row in &self.programme {
            let name = format!("programme: cost at {}", row.receivers);
            figures.push(Figure::plain(name, Some(row.us_per_packet), "µs/packet").unless(row.void.as_ref()));
        }
        let at_64 = self.row(goal::COST_AT);
        let ratio = at_64.zip(self.limit_us).map(|(row, limit)| row.us_per_packet / limit);
        let void = at_64.and_then(|row| row.void.as_ref());
        let goal = Goal::AtMost(goal::COST_BY_LIMIT);
        figures.push(Figure::judged("programme: cost at 64 / limit", ratio, "", goal).unless(void));
        let flat: Vec<&Row> = self.programme.iter().filter(|row| goal::FLAT.contains(&row.receivers)).collect();
        let costs = || flat.iter().filter(|row| row.void.is_none()).map(|row| row.us_per_packet);
        let spread = costs().fold(0.0, f64::max) / costs().fold(f64::INFINITY, f64::min);
        let void = flat.iter().find_map(|row| row.void.as_ref());
        let goal = Goal::AtMost(goal::FLATNESS);
        let figure = Figure::judged("programme: dearest / cheapest, 16 to 1,024", Some(spread), "", goal);
        figures.push(figure.unless(void));
        let enough = self.programme.iter().filter(|row| row.void.is_none() && row.delivery >= goal::DELIVERY);
        let most = enough.map(|row| row.receivers as f64).fold(0.0, f64::max);
        let goal = Goal::AtLeast(goal::RECEIVERS);
        figures.push(Figure::judged("programme: receivers at delivery ≥ 99.9 %", Some(most), "", goal));
        self.latency_figures(figures);
        let memory = &self.programme_extra.memory;
        if let [first, .., last] = memory.as_slice() {
            let slope = (last.rss_kib as f64 - first.rss_kib as f64) / (last.receivers - first.receivers) as f64;
            let name = format!("memory: slope from {} to {} receivers", first.receivers, last.receivers);
            figures.push(Figure::judged(name, Some(slope), "KiB", Goal::AtMost(goal::KIB_PER_RECEIVER)));
        }
    }

    fn latency_figures(&self, figures: &mut Vec<Figure>) {
        let p50 = |row: &Row| row.latency_ms.p50;
        let p99 = |row: &Row| row.latency_ms.p99;
        for (receivers, share, value, most) in [
            (64, "p50", self.row(64).map(p50), goal::LATENCY_P50_AT_64),
            (64, "p99", self.row(64).map(p99), goal::LATENCY_P99_AT_64),
            (400, "p99", self.row(400).map(p99), goal::LATENCY_P99_AT_400),
        ] {
            let name = format!("latency at {receivers}, paced, {share}");
            let figure = Figure::judged(name, value, "ms", Goal::AtMost(most));
            figures.push(figure.unless(self.row(receivers).and_then(|row| row.void.as_ref())));
        }
        for burst in &self.programme_extra.bursts {
            let own = burst.packets as f64 * burst.receivers as f64 * burst.us_per_packet / 1e3;
            let name = format!("keyframe bursts at {}, p99 / (50 × receivers × own cost)", burst.receivers);
            let figure = Figure::judged(name, Some(burst.latency_ms.p99 / own), "", Goal::AtMost(goal::BURST));
            figures.push(figure.unless(burst.void.as_ref()));
        }
    }
}

fn takes_figures(kind: &str, takes: &Takes, figures: &mut Vec<Figure>) {
    // The goals are for sources that were prepared; a cold one must first switch its layer on.
    let mut push = |name: &str, value: f64, unit, most: f64| {
        let name = format!("take, {kind}: {name}");
        figures.push(Figure::judged(name, Some(value), unit, Goal::AtMost(most)));
    };
    push("last packet of the keyframe, p50", takes.p50_ms, "ms", goal::TAKE_P50);
    push("last packet of the keyframe, p95", takes.p95_ms, "ms", goal::TAKE_P95);
    push("gap p50", takes.gap_ms_p50, "ms", goal::GAP);
    push("gap p95", takes.gap_ms_p95, "ms", goal::GAP);
    push("gap of the worst receiver", takes.gap_ms_max, "ms", goal::GAP);
    push("undecodable packets", takes.undecodable, "", 0.0);
    push("keyframe requests", takes.requests, "", goal::REQUESTS);
    push("given up", takes.failed as f64, "", 0.0);
}
