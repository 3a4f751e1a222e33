//! Ten seconds of a line as one point, to be stored for long.

use serde::{Deserialize, Serialize};

use crate::{Point, Quality};

/// Seconds of a point that is stored.
pub const STORED_EVERY_S: u32 = 10;

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
        let next = self.points.first().is_some_and(|first| tens(first.second()) != tens(point.second()));
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
            second: tens(first.second()) * STORED_EVERY_S,
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
    use crate::Second;
    use crate::units::{DelayMs, Kbps};

    fn second(second: u32) -> Second {
        Second { kbps_up: Kbps::read(second as f32), ..Second::of(second, Quality::Good, None, None) }
    }

    #[test]
    fn ten_seconds_have_mean_least_and_most_and_the_worst_verdict() {
        let mut gathered = TenSecondsOf::default();
        let mut stored = Vec::new();
        for at in 10..35 {
            let quality = if at == 13 { Quality::Bad } else { Quality::Good };
            let rtt = if at == 11 { None } else { DelayMs::read(20.0) };
            stored.extend(gathered.push(Point::from(&Second { quality, rtt, ..second(at) })));
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
