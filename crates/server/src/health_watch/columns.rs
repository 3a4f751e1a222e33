//! The columns of a curve, in one order for everybody who fills, joins or prints them.

use wire::SiteCurve;

/// Names of the measures, in the order of [`measures`].
pub const MEASURES: [&str; 7] = ["kbps_up", "kbps_down", "rtt_ms", "loss", "jitter_ms", "fps", "level_dbfs"];

/// The columns of the measures.
pub fn measures(curve: &SiteCurve) -> [&Vec<Option<f32>>; 7] {
    let SiteCurve { kbps_up, kbps_down, rtt_ms, loss, jitter_ms, fps, level_dbfs, .. } = curve;
    [kbps_up, kbps_down, rtt_ms, loss, jitter_ms, fps, level_dbfs]
}

fn measures_mut(curve: &mut SiteCurve) -> [&mut Vec<Option<f32>>; 7] {
    let SiteCurve { kbps_up, kbps_down, rtt_ms, loss, jitter_ms, fps, level_dbfs, .. } = curve;
    [kbps_up, kbps_down, rtt_ms, loss, jitter_ms, fps, level_dbfs]
}

/// Adds a point; `values` in the order of [`MEASURES`].
pub fn push(curve: &mut SiteCurve, at: u32, quality: u8, values: [Option<f32>; 7]) {
    curve.at.push(at);
    curve.quality.push(quality);
    for (column, value) in measures_mut(curve).into_iter().zip(values) {
        column.push(value);
    }
}

/// Adds the first `count` points of a later curve.
pub fn append(curve: &mut SiteCurve, later: &SiteCurve, count: usize) {
    curve.at.extend(&later.at[..count]);
    curve.quality.extend(&later.quality[..count]);
    for (column, more) in measures_mut(curve).into_iter().zip(measures(later)) {
        column.extend(&more[..count]);
    }
}
