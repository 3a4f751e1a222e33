//! Everything that was measured, in one JSON.

use serde::Serialize;

use crate::{
    figures::Figure,
    limit::Limit,
    run::Scenario,
    scenario::{
        janus::Janus,
        join::Join,
        mixed::Mixed,
        programme::{Programme, Row},
        take::Take,
        thin::Thin,
        wall::Wall,
    },
};

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
    /// *thin*.
    pub thin: Option<Thin>,
    /// *programme* against Janus.
    pub janus: Option<Janus>,
    /// Scenarios that were asked for.
    pub wanted: Vec<Scenario>,
    /// Scenarios that broke off, with the reason.
    pub failures: Vec<Failure>,
}

/// A scenario that broke off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Which.
    pub scenario: Scenario,
    /// Why.
    pub why: String,
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
