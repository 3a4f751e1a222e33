//! *programme*: one site's picture and sound to ever more screens, its frames paced and its keyframes in bursts.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::{HIGH, show};
use crate::{
    bed::Bed,
    crowd::{Crowd, Event},
    offer::{screen, screen_plan, site_plan},
    orders::Routes,
    peer::Slot,
    quantile::quantile,
    stream::SOUND,
    subject::Subject,
    window::Window,
    world::World,
};

/// How it is measured.
#[derive(Debug, Clone)]
pub struct ProgrammeTerms {
    /// Numbers of receivers, ascending.
    pub receivers: Vec<usize>,
    /// Numbers of receivers at which keyframe bursts are measured too.
    pub bursts: Vec<usize>,
    /// Numbers of receivers at which memory is looked at after [`Self::hold`].
    pub memory: Vec<usize>,
    /// How long each number is measured.
    pub measure: Duration,
    /// How long memory is given to settle; measuring is part of it.
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
    /// By number of receivers; in the JSON they stand by themselves.
    #[serde(skip)]
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
pub const OVERRUN: f64 = 0.95;
/// The hall is the first peer.
const HALL: usize = 0;

/// Measures.
///
/// # Errors
///
/// A peer does not connect, or something of the load failed.
pub fn run(bed: &Bed, terms: &ProgrammeTerms, mut progress: impl FnMut(&Row)) -> anyhow::Result<Programme> {
    let mut world = World::start(bed)?;
    world.join(1, &site_plan(), true)?;
    let empty = world.usage()?.rss_kib;
    let mut screens: Vec<usize> = Vec::new();
    let mut programme = Programme::default();
    for &receivers in &terms.receivers {
        screens.extend(world.join(receivers.saturating_sub(screens.len()), &screen_plan(), false)?);
        let mut routes = Routes::default();
        screens.iter().for_each(|to| show(&mut routes, *to, screen::PROGRAM, HALL));
        world.route(&routes)?;
        let routed = Instant::now();
        world.run_for(SETTLE)?;
        let row = row(&mut world, HALL, &screens, terms.measure, empty)?;
        progress(&row);
        let overrun = row.delivery < OVERRUN;
        programme.rows.push(row);
        if overrun {
            // More receivers would tell nothing, and could hardly connect.
            break;
        }
        if terms.bursts.contains(&receivers) {
            programme.bursts.push(burst(&mut world, HALL, receivers)?);
        }
        if terms.memory.contains(&receivers) {
            world.run_for(terms.hold.saturating_sub(routed.elapsed()))?;
            world.traffic.take_events();
            programme.memory.push(Memory { receivers, rss_kib: world.usage()?.rss_kib });
        }
    }
    Ok(programme)
}

/// Measures what flows from one peer to the others now. `empty`: resident memory of the server without receivers.
///
/// # Errors
///
/// Something of the load failed.
pub fn row(
    subject: &mut impl Subject,
    from: usize,
    screens: &[usize],
    measure: Duration,
    empty: u64,
) -> anyhow::Result<Row> {
    subject.traffic().take_events();
    let nacks = subject.traffic().crowd.nacks;
    let starts = numbers(&subject.traffic().crowd, from);
    for slot in slots(&mut subject.traffic().crowd, screens) {
        let start = if slot.video { starts.0 } else { starts.1 };
        slot.delivery.open_window(start..u64::MAX);
    }
    let window = subject.measure(measure)?;
    let ends = numbers(&subject.traffic().crowd, from);
    for slot in slots(&mut subject.traffic().crowd, screens) {
        slot.delivery.close_window(if slot.video { ends.0 } else { ends.1 });
    }
    let latency_ms = latency(subject.traffic().take_events(), false);
    subject.run_for(LINGER)?;
    let counted: u64 = slots(&mut subject.traffic().crowd, screens).map(|slot| slot.delivery.counted()).sum();
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
        nacks: subject.traffic().crowd.nacks - nacks,
        void: window.void(),
    })
}

fn slots<'a>(crowd: &'a mut Crowd, screens: &[usize]) -> impl Iterator<Item = &'a mut Slot> {
    let (first, last) = (screens.first().copied().unwrap_or(0), screens.last().map_or(0, |last| last + 1));
    crowd.peers[first..last].iter_mut().flat_map(|peer| &mut peer.slots)
}

/// Next numbers of a peer's picture and sound.
fn numbers(crowd: &Crowd, from: usize) -> (u64, u64) {
    let next = |layer| crowd.peers[from].stream(layer).map_or(0, |stream| u64::from(stream.next_number()));
    (next(HIGH), next(SOUND))
}

/// Measures keyframe bursts of one peer.
///
/// # Errors
///
/// Something of the load failed.
pub fn burst(subject: &mut impl Subject, from: usize, receivers: usize) -> anyhow::Result<Burst> {
    subject.traffic().take_events();
    let before = subject.snapshot()?;
    for _ in 0..BURSTS {
        for stream in &mut subject.traffic().crowd.peers[from].streams {
            if stream.terms().layer == HIGH {
                stream.ask(Instant::now());
            }
        }
        subject.run_for(BURST_INTERVAL)?;
    }
    let window: Window = subject.snapshot()?.since(&before);
    Ok(Burst {
        receivers,
        latency_ms: latency(subject.traffic().take_events(), true),
        us_per_packet: window.us_per_packet(),
        packets: BURST_PACKETS,
        void: window.void(),
    })
}

/// Latency of what was opened: the packets of keyframes, or all others.
pub fn latency(events: Vec<Event>, keyframes: bool) -> Latency {
    let stamps = events.into_iter().filter_map(|event| match event {
        Event::Opened(opened) => opened.stamp.map(|stamp| (opened.at, stamp)),
        Event::Asked { .. } | Event::Repaired(_) => None,
    });
    let wanted = stamps.filter(|(_, stamp)| stamp.key == keyframes);
    let mut millis: Vec<f64> = wanted.map(|(at, stamp)| at.saturating_sub(stamp.sent) as f64 / 1e6).collect();
    let samples = millis.len();
    let mut of = |share| quantile(&mut millis, share).unwrap_or(f64::INFINITY);
    Latency { p50: of(0.5), p99: of(0.99), samples }
}
