//! *wall*: the low layers of 63 sites to two consoles.

use std::time::Duration;

use serde::Serialize;

use super::LOW;
use crate::{
    bed::Bed,
    offer::{console, console_plan, site, site_plan},
    orders::{Route, Routes},
    subject::Subject,
    window::Window,
    world::World,
};

/// Sites of the largest conference that was asked for, without the hall.
pub const SITES: usize = 63;
/// Consoles.
const CONSOLES: usize = 2;
/// Time for what was begun to flow.
const SETTLE: Duration = Duration::from_secs(3);

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wall {
    /// CPU of the relay, % of its core; pictures alone.
    pub core_percent: f64,
    /// The same while every site's microphone is on as well, which the relay receives and passes to nobody.
    pub core_percent_with_sound: f64,
    /// Packets that came to the relay and left it, a second, pictures alone.
    pub forwarded_per_second: f64,
    /// Resident memory of the relay for each console of 63 tiles, at the end of the measurement, KiB.
    pub kib_per_console: f64,
    /// Why it does not count.
    pub void: Option<String>,
}

/// Measures.
///
/// # Errors
///
/// A peer does not connect, or something of the load failed.
pub fn run(bed: &Bed, measure: Duration) -> anyhow::Result<Wall> {
    let (pictures, kib_per_console) = window(bed, false, measure)?;
    let (with_sound, _) = window(bed, true, measure)?;
    Ok(Wall {
        core_percent: pictures.relay_share() * 100.0,
        core_percent_with_sound: with_sound.relay_share() * 100.0,
        forwarded_per_second: pictures.packets as f64 / pictures.wall.as_secs_f64(),
        kib_per_console,
        void: pictures.void().or(with_sound.void()),
    })
}

fn window(bed: &Bed, sounds: bool, measure: Duration) -> anyhow::Result<(Window, f64)> {
    let mut world = World::start(bed)?;
    let sites = world.join(SITES, &site_plan(), sounds)?;
    let without = world.usage()?.rss_kib;
    let consoles = world.join(CONSOLES, &console_plan(SITES), false)?;
    let mut routes = Routes::default();
    for console in &consoles {
        for (slot, from) in (console::WALL..).zip(&sites) {
            let (to, from) = (*console as u64, *from as u64);
            routes.slots.push(Route { to, slot, from, track: site::CAMERA, layer: LOW });
        }
    }
    world.route(&routes)?;
    world.run_for(SETTLE)?;
    let window = world.measure(measure)?;
    let more = window.relay.rss_kib.saturating_sub(without);
    Ok((window, more as f64 / CONSOLES as f64))
}
