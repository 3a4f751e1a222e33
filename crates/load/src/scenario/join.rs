//! *join*: many sites connect at the same moment. A site is there when it has received the programme and a console has
//! received its picture.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::bail;
use serde::Serialize;

use super::{LOW, show};
use crate::{
    bed::Bed,
    crowd::Event,
    offer::{console, console_plan, site, site_plan},
    orders::{Route, Routes},
    quantile::quantile,
    socket::wall_nanos,
    subject::Subject,
    world::World,
};

/// Sites of the conference that was asked for.
pub const SITES: usize = 63;
/// Tiles of one console: the server allows 141.
const TILES: usize = 140;
/// Nobody waits longer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(1);
/// Time for the first connections to be as they will be.
const SETTLE: Duration = Duration::from_secs(1);

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Join {
    /// Sites that joined.
    pub sites: usize,
    /// From the first offer until media of the last site flowed both ways.
    pub ms: f64,
    /// The same for each site by itself, median.
    pub p50_ms: f64,
    /// CPU of the relay for each of them, ms.
    pub relay_ms_per_site: f64,
    /// CPU of the load for each of them, ms: it shares the time.
    pub load_ms_per_site: f64,
    /// Why it does not count.
    pub void: Option<String>,
}

/// Measures.
///
/// # Errors
///
/// A peer does not connect, or something of the load failed.
pub fn run(bed: &Bed, count: usize) -> anyhow::Result<Join> {
    let mut world = World::start(bed)?;
    let hall = world.join(1, &site_plan(), true)?[0];
    let tiles = TILES.min(count);
    let consoles = world.join(count.div_ceil(tiles), &console_plan(tiles), false)?;
    let first = world.traffic.crowd.peers.len();
    // Routes name who will join: what the server does when it learns of them would be in the way of the measurement.
    world.route(&routes(hall, &consoles, tiles, first..first + count))?;
    world.run_for(SETTLE)?;
    // Of every slot the first packet is opened, and that is all that counts here: opening what 500 sites receive would keep
    // the load's core busy for longer than the relay waits for a handshake.
    world.traffic.take_events();
    let before = world.snapshot()?;
    let start = (Instant::now(), wall_nanos());
    let sites: Vec<usize> = (0..count).map(|_| world.offer(site_plan(), true)).collect::<Result<_, _>>()?;
    let (mut down, mut up) = (BTreeMap::new(), BTreeMap::new());
    while down.len() < count || up.len() < count {
        world.run_for(LOOK)?;
        for event in world.traffic.take_events() {
            let Event::Opened(opened) = event else { continue };
            let Some(stamp) = opened.stamp else { continue };
            if opened.peer >= first {
                down.entry(opened.peer).or_insert(opened.at);
            } else if usize::from(stamp.source) >= first {
                up.entry(usize::from(stamp.source)).or_insert(opened.at);
            }
        }
        if start.0.elapsed() > PATIENCE {
            bail!("{} of {count} sites receive and {} are received after {PATIENCE:?}", down.len(), up.len());
        }
    }
    let window = world.snapshot()?.since(&before);
    let took = |peer: &usize| {
        let both = *down.get(peer)?.max(up.get(peer)?);
        let offered = world.traffic.crowd.peers[*peer].offered.saturating_duration_since(start.0);
        Some((both.saturating_sub(start.1) as f64 / 1e6, offered.as_secs_f64() * 1e3))
    };
    let times: Vec<(f64, f64)> = sites.iter().filter_map(took).collect();
    let mut each: Vec<f64> = times.iter().map(|(both, offered)| both - offered).collect();
    Ok(Join {
        sites: count,
        ms: times.iter().map(|(both, _)| *both).fold(0.0, f64::max),
        p50_ms: quantile(&mut each, 0.5).unwrap_or_default(),
        relay_ms_per_site: window.relay.cpu_us as f64 / 1e3 / count as f64,
        load_ms_per_site: window.load.cpu_us as f64 / 1e3 / count as f64,
        // The load is busy by nature while it shakes hands; only losses count.
        void: (window.dropped + window.kernel_dropped + window.unsent > 0).then(|| window.void()).flatten(),
    })
}

fn routes(hall: usize, consoles: &[usize], tiles: usize, sites: std::ops::Range<usize>) -> Routes {
    let mut routes = Routes::default();
    for (index, from) in sites.enumerate() {
        show(&mut routes, from, site::PROGRAM, hall);
        let slot = console::WALL + u16::try_from(index % tiles).unwrap_or(u16::MAX);
        let (to, from) = (consoles[index / tiles] as u64, from as u64);
        routes.slots.push(Route { to, slot, from, track: site::CAMERA, layer: LOW });
    }
    routes
}
