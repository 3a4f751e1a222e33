//! The curve of a line over the conference: one point a second in memory, bounded. What is stored is in `ten_seconds.rs`.
//!
//! A point is 16 bytes, so that four hours of 64 sites are 14.7 MB. What a point cannot hold exactly it rounds, as each
//! field says.

use std::collections::VecDeque;

use crate::units::{Dbfs, DelayMs, Fps, Kbps, Share};
use crate::{LineSample, Quality};

/// Points that a curve holds: four hours, the longest half of a day that is held without a break. Older ones are
/// forgotten here; what was stored of them stays.
pub const MAX_POINTS: usize = 4 * 60 * 60;

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

impl Second {
    /// From what the relay measured of both directions of a line.
    pub fn of(second: u32, quality: Quality, up: Option<&LineSample>, down: Option<&LineSample>) -> Self {
        Self {
            second,
            quality,
            kbps_up: up.and_then(|up| up.kbps),
            kbps_down: down.and_then(|down| down.kbps),
            rtt: up.and_then(|up| up.rtt).or(down.and_then(|down| down.rtt)),
            loss: up.and_then(LineSample::loss),
            jitter: up.and_then(|up| up.jitter),
            fps: up.and_then(|up| up.fps),
            level: up.and_then(|up| up.level),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Direction;

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
    fn a_second_is_made_of_both_directions() {
        let up = LineSample {
            direction: Direction::Up,
            kbps: Kbps::read(500.0),
            expected: 200,
            lost: 10,
            jitter: DelayMs::read(3.0),
            rtt: None,
            fps: Fps::read(25.0),
            keyframes: 0,
            freezes: 0,
            height: Some(180),
            level: Dbfs::read(-30.0),
        };
        let down = LineSample { direction: Direction::Down, kbps: Kbps::read(3_000.0), rtt: DelayMs::read(40.0), ..up };

        let point = Point::from(&Second::of(1, Quality::Weak, Some(&up), Some(&down)));

        assert_eq!((point.kbps_up(), point.kbps_down()), (Some(500.0), Some(3_000.0)));
        assert_eq!((point.loss(), point.rtt_ms(), point.quality()), (Some(0.05), Some(40.0), Quality::Weak));
        assert_eq!(Second::of(1, Quality::Lost, None, None).kbps_up, None);
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
}
