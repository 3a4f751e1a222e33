//! *janus*: what *programme* measures, against Debian's Janus on the same core.

use std::time::Duration;

use anyhow::bail;
use serde::Serialize;

use super::programme::{self, Burst, Row};
use crate::{
    bed::Bed,
    janus::{self, JanusWorld, PUBLISHER},
    subject::Subject,
};

/// Time for what was begun to flow.
const SETTLE: Duration = Duration::from_secs(2);

/// How it is measured.
#[derive(Debug, Clone)]
pub struct JanusTerms {
    /// Numbers of receivers, ascending.
    pub receivers: Vec<usize>,
    /// Numbers of receivers at which keyframe bursts are measured too.
    pub bursts: Vec<usize>,
    /// How long each number is measured.
    pub measure: Duration,
}

/// What was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Janus {
    /// By number of receivers. The columns of "the relay" are those of Janus.
    pub rows: Vec<Row>,
    /// Keyframe bursts.
    pub bursts: Vec<Burst>,
}

/// Measures, until Janus cannot keep up.
///
/// # Errors
///
/// Janus is missing or cannot be reached from a network namespace, a peer does not connect, or something of the load failed.
pub fn run(bed: &Bed, terms: &JanusTerms, mut progress: impl FnMut(&Row)) -> anyhow::Result<Janus> {
    if let Some(why) = &bed.shared {
        bail!("Janus needs a network namespace: {why}");
    }
    if !janus::is_installed() {
        bail!("Janus is not installed");
    }
    let mut world = JanusWorld::start(bed)?;
    let empty = world.usage()?.rss_kib;
    let mut subscribers: Vec<usize> = Vec::new();
    let mut janus = Janus::default();
    for &receivers in &terms.receivers {
        subscribers.extend(world.subscribe(receivers.saturating_sub(subscribers.len()))?);
        world.run_for(SETTLE)?;
        let row = programme::row(&mut world, PUBLISHER, &subscribers, terms.measure, empty)?;
        progress(&row);
        let overrun = row.delivery < programme::OVERRUN;
        janus.rows.push(row);
        if terms.bursts.contains(&receivers) && !overrun {
            janus.bursts.push(programme::burst(&mut world, PUBLISHER, receivers)?);
        }
        if overrun {
            break;
        }
    }
    Ok(janus)
}
