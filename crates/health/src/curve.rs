//! The curve of a line over the conference: one point a second in memory, bounded, and points of ten seconds to be stored.
//!
//! A point is 16 bytes, so that four hours of 64 sites are 14.7 MB. What a point cannot hold exactly it rounds, as each
//! field says.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::Quality;
use crate::units::{Dbfs, DelayMs, Fps, Kbps, Share};

/// Points that a curve holds: four hours, the longest half of a day that is held without a break. Older ones are
/// forgotten here; what was stored of them stays.
pub const MAX_POINTS: usize = 4 * 60 * 60;
/// Seconds of a point that is stored.
pub const STORED_EVERY_S: u32 = 10;

/// What was not measured, in two bytes and in one.
const NONE_16: u16 = u16::MAX;
const NONE_8: u8 = u8::MAX;
/// Steps of a share of loss: a hundredth of a percent.
const LOSS_STEPS: f32 = 10_000.0;

/// One second of a line, packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    second: u32,
    kbps_up: u16,
    kbps_down: u16,
    rtt_ms: u16,
    loss: u16,
    jitter_ms: u8,
    fps: u8,
    level: u8,
    quality: u8,
}

/// One second of a line, as it is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Second {
    /// Seconds since the conference's health was first watched.
    pub second: u32,
    /// The verdict that was told.
    pub quality: Quality,
    /// From the site, rounded to 1 kbit/s, at most 65 Mbit/s.
    pub kbps_up: Option<Kbps>,
    /// To the site, likewise.
    pub kbps_down: Option<Kbps>,
    /// Round trip, rounded to 1 ms.
    pub rtt: Option<DelayMs>,
    /// Share of packets lost from the site, rounded to 0.01 %.
    pub loss: Option<Share>,
    /// Jitter, rounded to 1 ms, at most 254 ms.
    pub jitter: Option<DelayMs>,
    /// Frames, rounded, at most 254.
    pub fps: Option<Fps>,
    /// Level of the microphone, rounded to 1 dB.
    pub level: Option<Dbfs>,
}

impl From<&Second> for Point {
    fn from(second: &Second) -> Self {
        Self {
            second: second.second,
            kbps_up: pack_16(second.kbps_up.map(Kbps::get)),
            kbps_down: pack_16(second.kbps_down.map(Kbps::get)),
            rtt_ms: pack_16(second.rtt.map(DelayMs::get)),
            loss: pack_16(second.loss.map(|loss| loss.get() * LOSS_STEPS)),
            jitter_ms: pack_8(second.jitter.map(DelayMs::get)),
            fps: pack_8(second.fps.map(Fps::get)),
            level: pack_8(second.level.map(|level| -level.get())),
            quality: match second.quality {
                Quality::Good => 0,
                Quality::Weak => 1,
                Quality::Bad => 2,
                Quality::Lost => 3,
            },
        }
    }
}

impl Point {
    /// Seconds since the conference's health was first watched.
    pub fn second(&self) -> u32 {
        self.second
    }

    /// The verdict that was told.
    pub fn quality(&self) -> Quality {
        match self.quality {
            0 => Quality::Good,
            1 => Quality::Weak,
            2 => Quality::Bad,
            _ => Quality::Lost,
        }
    }

    /// From the site, kbit/s.
    pub fn kbps_up(&self) -> Option<f32> {
        unpack_16(self.kbps_up)
    }

    /// To the site, kbit/s.
    pub fn kbps_down(&self) -> Option<f32> {
        unpack_16(self.kbps_down)
    }

    /// Round trip, ms.
    pub fn rtt_ms(&self) -> Option<f32> {
        unpack_16(self.rtt_ms)
    }

    /// Share of packets lost from the site, 0 to 1.
    pub fn loss(&self) -> Option<f32> {
        unpack_16(self.loss).map(|steps| steps / LOSS_STEPS)
    }

    /// Jitter, ms.
    pub fn jitter_ms(&self) -> Option<f32> {
        unpack_8(self.jitter_ms)
    }

    /// Frames a second.
    pub fn fps(&self) -> Option<f32> {
        unpack_8(self.fps)
    }

    /// Level of the microphone, dBFS.
    pub fn level_dbfs(&self) -> Option<f32> {
        unpack_8(self.level).map(|level| -level)
    }
}

fn pack_16(value: Option<f32>) -> u16 {
    value.map_or(NONE_16, |value| value.round().clamp(0.0, f32::from(NONE_16 - 1)) as u16)
}

fn pack_8(value: Option<f32>) -> u8 {
    value.map_or(NONE_8, |value| value.round().clamp(0.0, f32::from(NONE_8 - 1)) as u8)
}

fn unpack_16(value: u16) -> Option<f32> {
    (value != NONE_16).then(|| f32::from(value))
}

fn unpack_8(value: u8) -> Option<f32> {
    (value != NONE_8).then(|| f32::from(value))
}

/// The points of one line, in their order.
#[derive(Debug, Clone, Default)]
pub struct Curve {
    points: VecDeque<Point>,
}

impl Curve {
    /// Adds a second. One that is not later than the last one is refused: false.
    pub fn push(&mut self, point: Point) -> bool {
        if self.points.back().is_some_and(|last| last.second >= point.second) {
            return false;
        }
        if self.points.len() == MAX_POINTS {
            self.points.pop_front();
        }
        self.points.push_back(point);
        true
    }

    /// All points that are kept, the oldest first. Seconds in which nothing was measured have none.
    pub fn points(&self) -> impl ExactSizeIterator<Item = &Point> {
        self.points.iter()
    }

    /// The points from `second` on, the oldest first.
    pub fn since(&self, second: u32) -> impl Iterator<Item = &Point> {
        let start = self.points.partition_point(|point| point.second < second);
        self.points.range(start..)
    }

    /// Bytes that it holds beside itself.
    pub fn memory_bytes(&self) -> usize {
        self.points.capacity() * size_of::<Point>()
    }
}

/// Mean, least and most of what was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Mean of the seconds in which it was measured.
    pub mean: f32,
    /// Least.
    pub min: f32,
    /// Most.
    pub max: f32,
}

/// Ten seconds of a line, to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TenSeconds {
    /// First of the ten; a multiple of ten.
    pub second: u32,
    /// Points in them: fewer than ten if some seconds were not measured.
    pub points: u32,
    /// The worst verdict of them.
    pub worst: Quality,
    /// From the site, kbit/s.
    pub kbps_up: Option<Spread>,
    /// To the site, kbit/s.
    pub kbps_down: Option<Spread>,
    /// Round trip, ms.
    pub rtt_ms: Option<Spread>,
    /// Share of packets lost from the site, 0 to 1.
    pub loss: Option<Spread>,
    /// Jitter, ms.
    pub jitter_ms: Option<Spread>,
    /// Frames a second.
    pub fps: Option<Spread>,
    /// Level of the microphone, dBFS.
    pub level_dbfs: Option<Spread>,
}

/// Gathers points into [`TenSeconds`].
#[derive(Debug, Clone, Default)]
pub struct TenSecondsOf {
    points: Vec<Point>,
}

impl TenSecondsOf {
    /// Adds a point; the ten seconds before it, if it begins the next ones. Points come in their order.
    pub fn push(&mut self, point: Point) -> Option<TenSeconds> {
        let next = self.points.first().is_some_and(|first| tens(first.second) != tens(point.second));
        let done = if next { self.take() } else { None };
        // Ten seconds have ten points; what came twice is dropped.
        if self.points.len() < STORED_EVERY_S as usize {
            self.points.push(point);
        }
        done
    }

    /// What was gathered until now, at the end of a conference or of a line; none if nothing was.
    pub fn take(&mut self) -> Option<TenSeconds> {
        let points = std::mem::take(&mut self.points);
        let first = points.first()?;
        let of = |value: fn(&Point) -> Option<f32>| spread_of(points.iter().filter_map(value));
        Some(TenSeconds {
            second: tens(first.second) * STORED_EVERY_S,
            points: points.len() as u32,
            worst: points.iter().map(Point::quality).max().unwrap_or(first.quality()),
            kbps_up: of(Point::kbps_up),
            kbps_down: of(Point::kbps_down),
            rtt_ms: of(Point::rtt_ms),
            loss: of(Point::loss),
            jitter_ms: of(Point::jitter_ms),
            fps: of(Point::fps),
            level_dbfs: of(Point::level_dbfs),
        })
    }
}

fn tens(second: u32) -> u32 {
    second / STORED_EVERY_S
}

fn spread_of(values: impl Iterator<Item = f32>) -> Option<Spread> {
    let (mut sum, mut count, mut min, mut max) = (0.0_f32, 0_u32, f32::INFINITY, f32::NEG_INFINITY);
    for value in values {
        sum += value;
        count += 1;
        min = min.min(value);
        max = max.max(value);
    }
    (count > 0).then(|| Spread { mean: sum / count as f32, min, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: u32, kbps: f32) -> Second {
        Second {
            second,
            quality: Quality::Good,
            kbps_up: Kbps::read(kbps),
            kbps_down: Kbps::read(3_000.0),
            rtt: DelayMs::read(23.4),
            loss: Share::read(0.034_56),
            jitter: DelayMs::read(4.2),
            fps: Fps::read(25.0),
            level: Dbfs::read(-31.4),
        }
    }

    #[test]
    fn a_point_has_16_bytes_and_keeps_what_was_measured() {
        assert_eq!(size_of::<Point>(), 16);
        let point = Point::from(&Second { kbps_down: None, level: None, ..second(7, 1_234.4) });

        assert_eq!((point.second(), point.quality()), (7, Quality::Good));
        assert_eq!((point.kbps_up(), point.kbps_down()), (Some(1_234.0), None));
        assert_eq!((point.rtt_ms(), point.jitter_ms(), point.fps()), (Some(23.0), Some(4.0), Some(25.0)));
        assert!((point.loss().unwrap() - 0.034_6).abs() < 1e-6);
        assert_eq!(point.level_dbfs(), None);
        assert_eq!(Point::from(&second(7, 0.0)).level_dbfs(), Some(-31.0));
    }

    #[test]
    fn extremes_are_held_by_the_fields() {
        let most = Second {
            kbps_up: Some(Kbps::HIGHEST),
            rtt: Some(DelayMs::HIGHEST),
            loss: Some(Share::HIGHEST),
            jitter: Some(DelayMs::HIGHEST),
            fps: Some(Fps::HIGHEST),
            level: Some(Dbfs::LOWEST),
            ..second(0, 0.0)
        };
        let point = Point::from(&most);

        assert_eq!((point.kbps_up(), point.rtt_ms()), (Some(65_534.0), Some(60_000.0)));
        assert_eq!((point.loss(), point.jitter_ms()), (Some(1.0), Some(254.0)));
        assert_eq!((point.fps(), point.level_dbfs()), (Some(254.0), Some(-127.0)));
    }

    #[test]
    fn four_hours_of_64_sites_stay_well_below_32_mib() {
        let mut curves = vec![Curve::default(); 64];
        for at in 0..(MAX_POINTS as u32 + 600) {
            for curve in &mut curves {
                assert!(curve.push(Point::from(&second(at, 500.0))));
            }
        }
        let bytes: usize = curves.iter().map(Curve::memory_bytes).sum();

        assert!(bytes < 20 * 1024 * 1024, "{bytes}");
        assert!(curves.iter().all(|curve| curve.points().len() == MAX_POINTS));
        assert_eq!(curves[0].points().next().map(Point::second), Some(600));
    }

    #[test]
    fn time_does_not_go_back_and_a_part_can_be_read() {
        let mut curve = Curve::default();
        for at in [1, 2, 5, 5, 3, 9] {
            curve.push(Point::from(&second(at, 1.0)));
        }

        assert_eq!(curve.points().map(Point::second).collect::<Vec<_>>(), [1, 2, 5, 9]);
        assert_eq!(curve.since(3).map(Point::second).collect::<Vec<_>>(), [5, 9]);
    }

    #[test]
    fn ten_seconds_have_mean_least_and_most_and_the_worst_verdict() {
        let mut gathered = TenSecondsOf::default();
        let mut stored = Vec::new();
        for at in 10..35 {
            let quality = if at == 13 { Quality::Bad } else { Quality::Good };
            let rtt = if at == 11 { None } else { DelayMs::read(20.0) };
            stored.extend(gathered.push(Point::from(&Second { quality, rtt, ..second(at, at as f32) })));
        }
        stored.extend(gathered.take());

        assert_eq!(
            stored.iter().map(|ten| (ten.second, ten.points)).collect::<Vec<_>>(),
            [(10, 10), (20, 10), (30, 5)]
        );
        assert_eq!(stored[0].worst, Quality::Bad);
        assert_eq!(stored[0].kbps_up, Some(Spread { mean: 14.5, min: 10.0, max: 19.0 }));
        assert_eq!(stored[0].rtt_ms, Some(Spread { mean: 20.0, min: 20.0, max: 20.0 }));
        assert_eq!(gathered.take(), None);
    }
}
