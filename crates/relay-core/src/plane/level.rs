//! How loud a track is, from the header extension of RFC 6464.

/// Sums the levels of one second.
#[derive(Debug, Default)]
pub(super) struct LevelMeter {
    energy: f64,
    packets: u32,
}

/// Silence in RFC 6464, −dBov.
pub(super) const SILENCE: u8 = 127;

impl LevelMeter {
    /// `level` in −dBov, 0 to 127.
    pub(super) fn note(&mut self, level: u8) {
        let level = level & SILENCE;
        if level < SILENCE {
            self.energy += 10f64.powf(-f64::from(level) / 10.0);
        }
        self.packets += 1;
    }

    /// Mean since the last call, dBFS; none if nothing was noted.
    pub(super) fn take(&mut self) -> Option<f32> {
        let meter = std::mem::take(self);
        if meter.packets == 0 {
            return None;
        }
        let mean = meter.energy / f64::from(meter.packets);
        Some(if mean > 0.0 { (10.0 * mean.log10()).max(-f64::from(SILENCE)) as f32 } else { -f32::from(SILENCE) })
    }
}
