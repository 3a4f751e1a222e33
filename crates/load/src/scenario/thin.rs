//! *thin*: the line of one screen of 64 becomes thin and lossy, and wide again. The screen reports and asks as a page does.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    time::{Duration, Instant},
};

use anyhow::ensure;
use serde::Serialize;

use super::{HIGH, programme, show};
use crate::{
    bed::Bed,
    crowd::{Event, Sampling},
    line::{Line, Shape},
    offer::{screen, screen_plan, site_plan},
    orders::Routes,
    peer::Opened,
    socket::{Nanos, wall_nanos},
    stamp::Stamp,
    stream::SOUND,
    subject::Subject,
    traffic::Way,
    world::World,
};

/// Screens on lines that stay wide.
const OTHERS: usize = 63;
/// Half of the round trip of 300 ms. It is there all the time: only the line's width changes.
const DELAY: Duration = Duration::from_millis(150);
/// A line that carries everything.
const WIDE: Shape = Shape { rate: 20_000_000, queue_bytes: 256_000, loss: 0.0, delay: DELAY };
/// To the screen, while it is thin. Its queue holds 400 ms, as a modem's does that is kept short on purpose.
const THIN: Shape = Shape { rate: 300_000, queue_bytes: 15_000, loss: 0.05, delay: DELAY };
/// From the screen, while it is thin: what it says is little, and gets lost as well.
const THIN_UP: Shape = Shape { loss: 0.05, ..WIDE };
/// The relay learns what the wide line is like: it remembers ten seconds of delays.
const SETTLE: Duration = Duration::from_secs(11);
/// The others are looked at before for so long.
const BEFORE: Duration = Duration::from_secs(5);
/// The line is thin for so long.
const NARROW: Duration = Duration::from_secs(20);
/// Nobody waits longer for the high layer.
const PATIENCE: Duration = Duration::from_secs(25);
/// Between two looks for it.
const LOOK: Duration = Duration::from_millis(100);

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Thin {
    /// From the narrowing to the last packet of the first whole keyframe of a lower layer; none: there was none.
    pub lower_layer_ms: Option<f64>,
    /// From the widening to the last packet of the first whole keyframe of the high layer; none: there was none.
    pub high_layer_ms: Option<f64>,
    /// Share of the sound's packets that never came while the line was thin, repetitions counted as come, %.
    pub sound_lost_percent: f64,
    /// Longest time without a packet of sound from the narrowing on, ms.
    pub sound_gap_ms_max: f64,
    /// Datagrams to the screen that the thin line's queue had no room for.
    pub overflowed: u64,
    /// Datagrams to the screen that were lost on the wire.
    pub lost: u64,
    /// Latency of the other screens before, p99, ms.
    pub others_p99_ms_before: f64,
    /// The same from the narrowing on.
    pub others_p99_ms: f64,
    /// What came to the screen in each second from the narrowing on.
    pub seconds: Vec<Second>,
    /// Why it does not count.
    pub void: Option<String>,
}

/// What came in one second, packets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Second {
    /// Of the high layer.
    pub high: usize,
    /// Of lower layers.
    pub lower: usize,
    /// Of sound.
    pub sound: usize,
    /// Repetitions, of whatever.
    pub repeated: usize,
}

/// Measures.
///
/// # Errors
///
/// A peer does not connect, the screen gets no high layer to begin with, or something of the load failed.
pub fn run(bed: &Bed) -> anyhow::Result<Thin> {
    let mut world = World::start(bed)?;
    let hall = world.join(1, &site_plan(), true)?[0];
    let mut screens = world.join(OTHERS, &screen_plan(), false)?;
    let peer = world.offer(screen_plan(), false)?;
    // It has its line from its first datagram on.
    world.traffic.way = Some(Way { peer, down: Line::new(WIDE), up: Line::new(WIDE) });
    world.await_open(&[peer])?;
    screens.push(peer);
    let mut routes = Routes::default();
    screens.iter().for_each(|to| show(&mut routes, *to, screen::PROGRAM, hall));
    world.route(&routes)?;
    world.traffic.crowd.sampling = Sampling::Peer(peer);
    world.run_for(SETTLE)?;
    let start = world.traffic.take_events();
    ensure!(keyframe(&start, peer, is_high, 0).is_some(), "the screen gets no high layer through its wide line");

    let begin = world.snapshot()?;
    world.run_for(BEFORE)?;
    let before = others(&world.traffic.take_events(), peer);
    let narrowed = reshape(&mut world, THIN, THIN_UP);
    world.run_for(NARROW)?;
    let widened = reshape(&mut world, WIDE, WIDE);
    let mut events = world.traffic.take_events();
    let patience = Instant::now() + PATIENCE;
    let mut high = None;
    while high.is_none() && Instant::now() < patience {
        world.run_for(LOOK)?;
        events.extend(world.traffic.take_events());
        high = keyframe(&events, peer, is_high, widened);
    }
    let window = world.snapshot()?.since(&begin);
    let (lost, gap) = sound(&events, peer, narrowed..widened);
    let since = |then: Nanos| move |at: Nanos| at.saturating_sub(then) as f64 / 1e6;
    let (overflowed, lost_on_wire) = world.traffic.way.map_or((0, 0), |way| (way.down.overflowed, way.down.lost));
    Ok(Thin {
        lower_layer_ms: keyframe(&events, peer, |layer| layer < HIGH, narrowed).map(since(narrowed)),
        high_layer_ms: high.map(since(widened)),
        sound_lost_percent: lost * 100.0,
        sound_gap_ms_max: gap,
        overflowed,
        lost: lost_on_wire,
        others_p99_ms_before: before,
        others_p99_ms: others(&events, peer),
        seconds: seconds(&events, peer, narrowed),
        void: window.void(),
    })
}

fn is_high(layer: u8) -> bool {
    layer == HIGH
}

/// The line changes now.
fn reshape(world: &mut World, down: Shape, up: Shape) -> Nanos {
    if let Some(way) = &mut world.traffic.way {
        way.down.reshape(down);
        way.up.reshape(up);
    }
    wall_nanos()
}

fn others(events: &[Event], peer: usize) -> f64 {
    let theirs = |event: &&Event| matches!(event, Event::Opened(opened) if opened.peer != peer);
    programme::latency(events.iter().filter(theirs).copied().collect(), false).p99
}

fn seconds(events: &[Event], peer: usize, since: Nanos) -> Vec<Second> {
    let mut seconds: Vec<Second> = Vec::new();
    for event in events {
        let (Event::Opened(opened) | Event::Repaired(opened)) = event else { continue };
        let (true, Some(after), Some(stamp)) = (opened.peer == peer, opened.at.checked_sub(since), opened.stamp) else {
            continue;
        };
        let place = (after / 1_000_000_000) as usize;
        if seconds.len() <= place {
            seconds.resize(place + 1, Second::default());
        }
        let second = &mut seconds[place];
        let count = match (event, stamp.layer) {
            (Event::Repaired(_), _) => &mut second.repeated,
            (_, SOUND) => &mut second.sound,
            (_, HIGH) => &mut second.high,
            _ => &mut second.lower,
        };
        *count += 1;
    }
    seconds
}

/// Packets of one line of the screen, repetitions too, with their stamps.
fn packets(events: &[Event], peer: usize, line: u16) -> impl Iterator<Item = (Nanos, Stamp)> {
    let of = move |opened: &Opened| {
        let stamp = opened.stamp.filter(|_| opened.peer == peer && opened.line == line)?;
        Some((opened.at, stamp))
    };
    events.iter().filter_map(move |event| match event {
        Event::Opened(opened) | Event::Repaired(opened) => of(opened),
        Event::Asked { .. } => None,
    })
}

/// When the first whole keyframe of a layer was there whose first packet came after `since`.
fn keyframe(events: &[Event], peer: usize, wanted: impl Fn(u8) -> bool, since: Nanos) -> Option<Nanos> {
    #[derive(Default)]
    struct Frame {
        numbers: BTreeSet<u32>,
        first: Option<u32>,
        last: Option<u32>,
    }
    let mut frames: BTreeMap<(u8, u16), Frame> = BTreeMap::new();
    let mut all: Vec<(Nanos, Stamp)> = packets(events, peer, screen::PROGRAM).filter(|(at, _)| *at > since).collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().find_map(|(at, stamp)| {
        if !stamp.key || !wanted(stamp.layer) {
            return None;
        }
        let frame = frames.entry((stamp.layer, stamp.frame)).or_default();
        frame.numbers.insert(stamp.number);
        frame.first = frame.first.or(stamp.first.then_some(stamp.number));
        frame.last = frame.last.or(stamp.last.then_some(stamp.number));
        let size = frame.last? - frame.first? + 1;
        (frame.numbers.len() == size as usize).then_some(at)
    })
}

/// Share of the sound that was sent and did not come, among what came in `span`, and the longest time between two packets from
/// its beginning on, ms.
fn sound(events: &[Event], peer: usize, span: Range<Nanos>) -> (f64, f64) {
    let heard = packets(events, peer, screen::PROGRAM + 1).filter(|(_, stamp)| stamp.layer == SOUND);
    let mut times: Vec<(Nanos, u32)> = heard.map(|(at, stamp)| (at, stamp.number)).collect();
    times.sort_unstable();
    times.retain(|(at, _)| *at >= span.start);
    let gap = times.windows(2).map(|pair| pair[1].0 - pair[0].0).max().unwrap_or(Nanos::MAX);
    let numbers: BTreeSet<u32> = times.iter().filter(|(at, _)| span.contains(at)).map(|(_, number)| *number).collect();
    let sent = numbers.last().zip(numbers.first()).map_or(0, |(last, first)| last - first + 1);
    (1.0 - numbers.len() as f64 / f64::from(sent.max(1)), gap as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Nanos = 1_000_000;

    fn packet(at: Nanos, line: u16, stamp: Stamp) -> Opened {
        Opened { peer: 9, line, at: at * MILLI, sequence: 0, stamp: Some(stamp) }
    }

    fn piece(at: Nanos, layer: u8, number: u32) -> Opened {
        let stamp = Stamp { layer, number, key: true, first: number == 10, last: number == 12, ..Stamp::default() };
        packet(at, screen::PROGRAM, stamp)
    }

    #[test]
    fn a_keyframe_is_there_when_its_last_missing_packet_is() {
        let mut events: Vec<Event> = [piece(1, 0, 10), piece(2, 0, 12)].into_iter().map(Event::Opened).collect();
        assert_eq!(keyframe(&events, 9, |layer| layer < HIGH, 0), None);

        events.push(Event::Repaired(piece(300, 0, 11)));
        assert_eq!(keyframe(&events, 9, |layer| layer < HIGH, 0), Some(300 * MILLI));
        assert_eq!(keyframe(&events, 9, is_high, 0), None);
        assert_eq!(keyframe(&events, 8, |layer| layer < HIGH, 0), None);
    }

    #[test]
    fn lost_sound_and_the_longest_silence_are_found() {
        let heard = (0..100u32).filter(|number| !(40..45).contains(number));
        let event = |number: u32| {
            let stamp = Stamp { layer: SOUND, number, ..Stamp::default() };
            Event::Opened(packet(1_000 + u64::from(number) * 20, screen::PROGRAM + 1, stamp))
        };
        let events: Vec<Event> = heard.map(event).collect();

        let (lost, gap) = sound(&events, 9, 1_000 * MILLI..9_000 * MILLI);

        assert!((lost - 0.05).abs() < 1e-9, "{lost}");
        assert!((gap - 120.0).abs() < 1e-9, "{gap}");
    }
}
