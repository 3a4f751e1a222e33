//! *programme*: one site's picture and sound to ever more screens, its frames paced and its keyframes in bursts.

use std::time::Duration;

use serde::Serialize;

use super::{HIGH, show};
use crate::{
    crowd::Event,
    offer::{screen, screen_plan, site_plan},
    orders::Routes,
    quantile::quantile,
    stream::SOUND,
    window::Window,
    world::World,
};

/// How it is measured.
#[derive(Debug, Clone)]
pub struct ProgrammeTerms {
    /// The relay's core.
    pub core: usize,
    /// Numbers of receivers, ascending.
    pub receivers: Vec<usize>,
    /// Numbers of receivers at which keyframe bursts are measured too.
    pub bursts: Vec<usize>,
    /// Numbers of receivers at which memory is looked at after [`Self::hold`].
    pub memory: Vec<usize>,
    /// How long each number is measured.
    pub measure: Duration,
    /// How long memory is given to settle.
    pub hold: Duration,
}

/// One number of receivers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Receivers.
    pub receivers: usize,
    /// CPU of the relay for each forwarded packet.
    pub us_per_packet: f64,
    /// Share of the packets that arrived, without repetitions.
    pub delivery: f64,
    /// From the sender's stamp to the kernel's.
    pub latency_ms: Latency,
    /// Resident memory of the relay above that without receivers, for each of them.
    pub kib_per_endpoint: f64,
    /// Share of its core that the relay used.
    pub relay_core: f64,
    /// Share of its core that the load used.
    pub load_core: f64,
    /// CPU of the load for each packet.
    pub load_us_per_packet: f64,
    /// Resident memory of the relay.
    pub rss_kib: u64,
    /// Packets that were asked for again.
    pub nacks: u64,
    /// Why it does not count.
    pub void: Option<String>,
}

/// Quantiles of a latency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Median.
    pub p50: f64,
    /// 99 of 100.
    pub p99: f64,
    /// Packets that were looked at.
    pub samples: usize,
}

/// Keyframe bursts at one number of receivers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Burst {
    /// Receivers.
    pub receivers: usize,
    /// Latency of the keyframes' packets.
    pub latency_ms: Latency,
    /// CPU of the relay for each forwarded packet in the same window.
    pub us_per_packet: f64,
    /// Packets of a keyframe.
    pub packets: usize,
    /// Why it does not count.
    pub void: Option<String>,
}

/// Resident memory after a while.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Memory {
    /// Receivers.
    pub receivers: usize,
    /// KiB.
    pub rss_kib: u64,
}

/// What was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Programme {
    /// By number of receivers.
    pub rows: Vec<Row>,
    /// Keyframe bursts.
    pub bursts: Vec<Burst>,
    /// Memory.
    pub memory: Vec<Memory>,
}

/// Time for what was begun to flow.
const SETTLE: Duration = Duration::from_secs(2);
/// What was sent has arrived after this, or never will.
const LINGER: Duration = Duration::from_millis(400);
/// Between keyframes where bursts are measured.
const BURST_INTERVAL: Duration = Duration::from_millis(500);
/// Bursts of one measurement.
const BURSTS: u32 = 20;
/// Parameter sets and picture.
const BURST_PACKETS: usize = 50;
/// A relay that delivers less than this cannot keep up at all.
const OVERRUN: f64 = 0.95;
/// The hall is the first peer.
const HALL: usize = 0;

/// Measures.
///
/// # Errors
///
/// A peer does not connect, or something of the load failed.
pub fn run(terms: &ProgrammeTerms, mut progress: impl FnMut(&Row)) -> anyhow::Result<Programme> {
    let mut world = World::start(terms.core)?;
    world.join(1, &site_plan(), true)?;
    let empty = world.relay_usage()?.rss_kib;
    let mut screens: Vec<usize> = Vec::new();
    let mut programme = Programme::default();
    for &receivers in &terms.receivers {
        screens.extend(world.join(receivers.saturating_sub(screens.len()), &screen_plan(), false)?);
        let mut routes = Routes::default();
        screens.iter().for_each(|to| show(&mut routes, *to, screen::PROGRAM, HALL));
        world.route(&routes)?;
        world.run_for(SETTLE)?;
        let row = row(&mut world, &screens, terms.measure, empty)?;
        progress(&row);
        let overrun = row.delivery < OVERRUN;
        programme.rows.push(row);
        if overrun {
            // More receivers would tell nothing, and could hardly connect.
            break;
        }
        if terms.bursts.contains(&receivers) {
            programme.bursts.push(burst(&mut world, receivers)?);
        }
        if terms.memory.contains(&receivers) {
            world.run_for(terms.hold)?;
            world.take_events();
            programme.memory.push(Memory { receivers, rss_kib: world.relay_usage()?.rss_kib });
        }
    }
    Ok(programme)
}

fn row(world: &mut World, screens: &[usize], measure: Duration, empty: u64) -> anyhow::Result<Row> {
    world.take_events();
    let nacks = world.crowd.nacks;
    let starts = numbers(world);
    for &peer in screens {
        for slot in &mut world.crowd.peers[peer].slots {
            let start = if slot.video { starts.0 } else { starts.1 };
            slot.delivery.open_window(start..u64::MAX);
        }
    }
    let window = world.measure(measure)?;
    let ends = numbers(world);
    for &peer in screens {
        for slot in &mut world.crowd.peers[peer].slots {
            slot.delivery.close_window(if slot.video { ends.0 } else { ends.1 });
        }
    }
    let latency_ms = latency(world.take_events(), false);
    world.run_for(LINGER)?;
    let counted: u64 =
        screens.iter().flat_map(|peer| &world.crowd.peers[*peer].slots).map(|slot| slot.delivery.counted()).sum();
    let sent = (ends.0 - starts.0 + ends.1 - starts.1) * screens.len() as u64;
    Ok(Row {
        receivers: screens.len(),
        us_per_packet: window.us_per_packet(),
        delivery: counted as f64 / sent.max(1) as f64,
        latency_ms,
        kib_per_endpoint: window.relay.rss_kib.saturating_sub(empty) as f64 / screens.len() as f64,
        relay_core: window.relay_share(),
        load_core: window.load_share(),
        load_us_per_packet: window.load_us_per_packet(),
        rss_kib: window.relay.rss_kib,
        nacks: world.crowd.nacks - nacks,
        void: window.void(),
    })
}

/// Next numbers of the hall's picture and sound.
fn numbers(world: &World) -> (u64, u64) {
    let next = |layer| world.crowd.peers[HALL].stream(layer).map_or(0, |stream| u64::from(stream.next_number()));
    (next(HIGH), next(SOUND))
}

fn burst(world: &mut World, receivers: usize) -> anyhow::Result<Burst> {
    world.take_events();
    let before = world.snapshot()?;
    for _ in 0..BURSTS {
        for stream in &mut world.crowd.peers[HALL].streams {
            if stream.terms().layer == HIGH {
                stream.ask(std::time::Instant::now());
            }
        }
        world.run_for(BURST_INTERVAL)?;
    }
    let window: Window = world.snapshot()?.since(&before);
    Ok(Burst {
        receivers,
        latency_ms: latency(world.take_events(), true),
        us_per_packet: window.us_per_packet(),
        packets: BURST_PACKETS,
        void: window.void(),
    })
}

fn latency(events: Vec<Event>, keyframes: bool) -> Latency {
    let stamps = events.into_iter().filter_map(|event| match event {
        Event::Opened(opened) => opened.stamp.map(|stamp| (opened.at, stamp)),
        Event::Asked { .. } => None,
    });
    let wanted = stamps.filter(|(_, stamp)| stamp.key == keyframes);
    let mut millis: Vec<f64> = wanted.map(|(at, stamp)| at.saturating_sub(stamp.sent) as f64 / 1e6).collect();
    let samples = millis.len();
    let mut of = |share| quantile(&mut millis, share).unwrap_or_default();
    Latency { p50: of(0.5), p99: of(0.99), samples }
}
