//! How loud a track is, from the header extension of RFC 6464.

use std::time::Instant;

/// Sums the levels of one report.
#[derive(Debug, Default)]
pub(super) struct LevelMeter {
    energy: f64,
    packets: u32,
}

/// Silence in RFC 6464, −dBov.
pub(super) const SILENCE: u8 = 127;

/// Quieter than this, −dBov, is no microphone: the last bit of 16-bit sound alone is as loud. It is off, muted or unplugged.
const QUIETEST_SOUND: u8 = 90;

/// As loud as this, −dBov, is an overloaded packet: the level is an effective value, and that of a sine at full scale. Speech
/// whose peaks just reach full scale stays 6 dB and more below; to come here its waves must have been cut off.
const OVERLOAD: u8 = 3;

/// As loud as this, −dBov, is somebody who speaks: rooms are quieter (the range in which ITU-T P.56 finds active speech).
const SPEECH: u8 = 50;

/// What the levels of a track said since it began. Never set back: who looks compares two looks.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Levels {
    /// First packet with a level.
    pub(super) first: Option<Instant>,
    /// Last packet that was not digital silence.
    pub(super) sounded: Option<Instant>,
    /// Packets of speech.
    pub(super) spoken: u64,
    /// Overloaded ones among them.
    pub(super) overloaded: u64,
}

impl Levels {
    /// `level` in −dBov, 0 to 127.
    pub(super) fn note(&mut self, now: Instant, level: u8) {
        let level = level & SILENCE;
        self.first.get_or_insert(now);
        if level < QUIETEST_SOUND {
            self.sounded = Some(now);
        }
        if level <= SPEECH {
            self.spoken += 1;
        }
        if level <= OVERLOAD {
            self.overloaded += 1;
        }
    }
}

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
