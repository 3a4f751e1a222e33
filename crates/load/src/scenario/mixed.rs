//! *mixed*: the whole conference at once. The hall and one site are on air to all sites, two consoles watch the programme and
//! the wall, every camera sends its lowest layer and every microphone is on.

use std::time::Duration;

use serde::Serialize;

use super::{LOW, show};
use crate::{
    bed::Bed,
    crowd::Event,
    offer::{console, console_plan, site, site_plan},
    orders::{Route, Routes},
    quantile::quantile,
    subject::Subject,
    world::World,
};

/// Sites beside the hall.
const SITES: usize = 63;
/// Consoles.
const CONSOLES: usize = 2;
/// Lines of a programme slot: picture and sound.
const SLOT_LINES: u16 = 2;
/// Time for what was begun to flow.
const SETTLE: Duration = Duration::from_secs(3);

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mixed {
    /// CPU of the relay, % of its core.
    pub core_percent: f64,
    /// CPU of the relay for each forwarded packet, all its other work included.
    pub us_per_packet: f64,
    /// Packets that left the relay, a second.
    pub forwarded_per_second: f64,
    /// From stamp to stamp, over all lines, ms.
    pub latency_p99_ms: f64,
    /// Why it does not count.
    pub void: Option<String>,
}

/// Measures.
///
/// # Errors
///
/// A peer does not connect, or something of the load failed.
pub fn run(bed: &Bed, measure: Duration) -> anyhow::Result<Mixed> {
    let mut world = World::start(bed)?;
    let sites = world.join(SITES + 1, &site_plan(), true)?;
    let consoles = world.join(CONSOLES, &console_plan(SITES), false)?;
    world.route(&routes(&sites, &consoles))?;
    world.run_for(SETTLE)?;
    world.traffic.take_events();
    let window = world.measure(measure)?;
    let mut latencies: Vec<f64> = world.traffic.take_events().iter().filter_map(latency).collect();
    Ok(Mixed {
        core_percent: window.relay_share() * 100.0,
        us_per_packet: window.us_per_packet(),
        forwarded_per_second: window.packets as f64 / window.wall.as_secs_f64(),
        latency_p99_ms: quantile(&mut latencies, 0.99).unwrap_or(f64::INFINITY),
        void: window.void(),
    })
}

/// The hall is the first site, the second one is on air with it.
fn routes(sites: &[usize], consoles: &[usize]) -> Routes {
    let mut routes = Routes::default();
    let (hall, guest) = (sites[0], sites[1]);
    for &to in &sites[1..] {
        show(&mut routes, to, site::PROGRAM, hall);
    }
    for &to in sites.iter().filter(|site| **site != guest) {
        show(&mut routes, to, site::PROGRAM + SLOT_LINES, guest);
    }
    for &to in consoles {
        show(&mut routes, to, console::PROGRAM, hall);
        show(&mut routes, to, console::PROGRAM + SLOT_LINES, guest);
        for (slot, from) in (console::WALL..).zip(&sites[1..]) {
            let (to, from) = (to as u64, *from as u64);
            routes.slots.push(Route { to, slot, from, track: site::CAMERA, layer: LOW });
        }
    }
    routes
}

fn latency(event: &Event) -> Option<f64> {
    let Event::Opened(opened) = event else { return None };
    let stamp = opened.stamp.filter(|stamp| !stamp.key)?;
    Some(opened.at.saturating_sub(stamp.sent) as f64 / 1e6)
}
