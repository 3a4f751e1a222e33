//! *take*: the programme of 64 screens changes from one site to another, whose high layer was off (cold) or kept flowing
//! (previewed). Every packet is opened, so that what each receiver could decode is known.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::bail;
use serde::Serialize;

use super::{HIGH, show};
use crate::{
    bed::Bed,
    crowd::{Event, Sampling},
    offer::{screen, screen_plan, site, site_plan},
    orders::{News, Order, Routes, Wish},
    peer::Opened,
    quantile::quantile,
    socket::{Nanos, wall_nanos},
    subject::Subject,
    world::World,
};

/// Receivers.
pub const RECEIVERS: usize = 64;
/// Time for what was begun to flow, between takes.
const SETTLE: Duration = Duration::from_millis(1_300);
/// After a take its packets are looked at for so long.
const AFTER: Duration = Duration::from_millis(400);
/// The relay gives a take up after a second.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Takes do not fall on one phase of the frames.
const PHASE: Duration = Duration::from_micros(7_300);

/// What was measured of one kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Takes {
    /// From the order to the last packet of the new keyframe at the last receiver.
    pub p50_ms: f64,
    /// 95 of 100.
    pub p95_ms: f64,
    /// From the last old packet to the first new one, longest of all receivers and takes.
    pub gap_ms_max: f64,
    /// Median of it.
    pub gap_ms_p50: f64,
    /// 95 of 100.
    pub gap_ms_p95: f64,
    /// Packets that could not be decoded, for each take and receiver.
    pub undecodable: f64,
    /// Keyframe requests to the new source's layers, for each take.
    pub requests: f64,
    /// Takes.
    pub takes: usize,
    /// Takes that were given up.
    pub failed: usize,
    /// Receivers that had no whole keyframe of the new source by then, over all takes.
    pub incomplete: usize,
    /// Why it does not count.
    pub void: Option<String>,
}

/// Both kinds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Take {
    /// The new source sent its lowest layer only.
    pub cold: Takes,
    /// The new source was on preview.
    pub previewed: Takes,
}

/// Measures.
///
/// # Errors
///
/// A peer does not connect, or something of the load failed.
pub fn run(bed: &Bed, takes: usize) -> anyhow::Result<Take> {
    let mut world = World::start(bed)?;
    let sites = world.join(3, &site_plan(), true)?;
    let screens = world.join(RECEIVERS, &screen_plan(), false)?;
    let mut stage = Stage { world, sites, screens, air: 0, take: 0 };
    stage.world.traffic.crowd.sampling = Sampling::All;
    stage.world.route(&stage.routes(0, None))?;
    let cold = stage.takes(takes, false)?;
    let previewed = stage.takes(takes, true)?;
    Ok(Take { cold, previewed })
}

struct Stage {
    world: World,
    sites: Vec<usize>,
    screens: Vec<usize>,
    /// Place of the source on air.
    air: usize,
    take: u64,
}

impl Stage {
    fn routes(&self, air: usize, preview: Option<usize>) -> Routes {
        let mut routes = Routes::default();
        self.screens.iter().for_each(|to| show(&mut routes, *to, screen::PROGRAM, self.sites[air]));
        let wish = |place: usize| Wish { from: self.sites[place] as u64, track: site::CAMERA, layer: HIGH };
        routes.wishes.extend(preview.map(wish));
        routes
    }

    fn takes(&mut self, count: usize, previewed: bool) -> anyhow::Result<Takes> {
        let (mut times, mut gaps) = (Vec::new(), Vec::new());
        let mut result = Takes { takes: count, ..Takes::default() };
        let before = self.world.snapshot()?;
        let (mut undecodable, mut requests) = (0, 0);
        for number in 0..count {
            let next = (self.air + 1) % self.sites.len();
            self.world.route(&self.routes(self.air, previewed.then_some(next)))?;
            self.world.run_for(SETTLE + PHASE * u32::try_from(number % 16)?)?;
            self.world.traffic.take_events();
            let ordered = wall_nanos();
            let done = self.order(next)?;
            self.world.run_for(AFTER)?;
            let events = self.world.traffic.take_events();
            if done {
                let source = self.sites[next];
                let views = views(&events, &self.screens, source);
                undecodable += views.iter().map(|view| view.undecodable).sum::<usize>();
                // Who never saw it counts as one who waited for ever.
                let took = |view: &View| view.complete.map(|last| last.saturating_sub(ordered) as f64 / 1e6);
                times.push(views.iter().map(|view| took(view).unwrap_or(f64::INFINITY)).fold(0.0, f64::max));
                gaps.extend(views.iter().map(|view| view.gap_ms.unwrap_or(f64::INFINITY)));
                result.incomplete += views.iter().filter(|view| view.complete.is_none()).count();
                requests += events.iter().filter(|event| is_request(event, source)).count();
                self.air = next;
            } else {
                result.failed += 1;
            }
        }
        // Nothing measured is nothing met.
        let of = |values: &mut Vec<f64>, share| quantile(values, share).unwrap_or(f64::INFINITY);
        (result.p50_ms, result.p95_ms) = (of(&mut times, 0.5), of(&mut times, 0.95));
        (result.gap_ms_p50, result.gap_ms_p95) = (of(&mut gaps, 0.5), of(&mut gaps, 0.95));
        result.gap_ms_max = of(&mut gaps, 1.0);
        result.void = self.world.snapshot()?.since(&before).void();
        let done = (count - result.failed).max(1) as f64;
        result.undecodable = undecodable as f64 / done / self.screens.len() as f64;
        result.requests = requests as f64 / done;
        Ok(result)
    }

    /// True: the take was carried out.
    fn order(&mut self, next: usize) -> anyhow::Result<bool> {
        self.take += 1;
        let order = Order::Take { take: self.take, routes: self.routes(next, None) };
        self.world.relay.order(&order)?;
        let patience = Instant::now() + PATIENCE;
        while Instant::now() < patience {
            self.world.run_for(Duration::from_millis(1))?;
            while let Some((_, news)) = self.world.news.pop_front() {
                match news {
                    News::TakeDone { take, .. } if take == self.take => return Ok(true),
                    News::TakeFailed { take, .. } if take == self.take => return Ok(false),
                    _ => {}
                }
            }
        }
        bail!("the relay tells nothing of a take")
    }
}

fn is_request(event: &Event, source: usize) -> bool {
    matches!(event, Event::Asked { peer } if *peer == source)
}

/// One receiver's view of a take.
#[derive(Debug, Default, PartialEq)]
struct View {
    /// The new keyframe's last packet.
    complete: Option<Nanos>,
    gap_ms: Option<f64>,
    undecodable: usize,
}

fn views(events: &[Event], screens: &[usize], source: usize) -> Vec<View> {
    let mut pictures: BTreeMap<usize, Vec<Opened>> = screens.iter().map(|screen| (*screen, Vec::new())).collect();
    for event in events {
        if let Event::Opened(opened) = event
            && opened.line == screen::PROGRAM
            && let Some(packets) = pictures.get_mut(&opened.peer)
        {
            packets.push(*opened);
        }
    }
    pictures.into_values().map(|packets| view(packets, source)).collect()
}

/// What one slot received, in its order: old frames, then a keyframe of the new source and what follows it.
fn view(mut packets: Vec<Opened>, source: usize) -> View {
    packets.sort_by_key(|packet| packet.sequence);
    let stamped: Vec<_> = packets.iter().filter_map(|packet| Some((packet.at, packet.stamp?))).collect();
    let is_new = |at: usize| usize::from(stamped[at].1.source) == source;
    let Some(cut) = (0..stamped.len()).find(|at| is_new(*at)) else { return View::default() };
    let mut view = View::default();
    if cut > 0 {
        view.gap_ms = Some((stamped[cut].0 as f64 - stamped[cut - 1].0 as f64).max(0.0) / 1e6);
        // What was sent of an old frame that was cut off.
        let torn = (0..cut).rev().take_while(|at| !stamped[*at].1.last).count();
        view.undecodable += torn;
    }
    let key = (cut..stamped.len()).find(|at| stamped[*at].1.key && stamped[*at].1.first);
    view.undecodable += key.unwrap_or(stamped.len()) - cut;
    view.complete = key.and_then(|key| (key..stamped.len()).find(|at| stamped[*at].1.last)).map(|last| stamped[last].0);
    view
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::Stamp;

    fn packet(sequence: u64, source: u16, key: bool, first: bool, last: bool) -> Opened {
        let stamp = Stamp { source, key, first, last, ..Stamp::default() };
        Opened { peer: 9, line: 0, at: sequence * 1_000_000, sequence, stamp: Some(stamp) }
    }

    #[test]
    fn a_clean_take_shows_its_keyframe_and_its_gap() {
        let packets = vec![
            packet(1, 1, false, true, true),
            packet(4, 2, true, true, false),
            packet(5, 2, true, false, true),
            packet(6, 2, false, true, true),
        ];

        let view = view(packets, 2);

        assert_eq!(view, View { complete: Some(5_000_000), gap_ms: Some(3.0), undecodable: 0 });
    }

    #[test]
    fn a_torn_frame_and_frames_before_the_keyframe_are_undecodable() {
        let packets = vec![
            packet(1, 1, false, true, true),
            packet(2, 1, false, true, false),
            packet(3, 2, false, true, true),
            packet(4, 2, true, true, false),
            packet(5, 2, true, false, true),
        ];

        assert_eq!(view(packets, 2).undecodable, 2);
    }
}
