//! Silent, clipped, too low and too loud microphones, by what the sender measures before its encoder.

use std::collections::VecDeque;

use super::bounds::CLIPPING_REPORTS;
use super::{ContentBounds, Context};
use crate::held::{Held, MAX_GAP_MS};
use crate::units::{Dbfs, Share};
use crate::{ContentSample, Millis};

/// Reports by which the level is judged: 30 seconds, in which somebody who speaks is heard for a quarter of the time at least.
const LEVEL_REPORTS: usize = 15;
/// A level that was wrong must be better than its bound by so much, dB, to be right again.
const LEVEL_MARGIN_DB: f32 = 3.0;

/// Watches the microphone.
#[derive(Debug, Clone, Default)]
pub(super) struct MicrophoneWatch {
    silent: Held,
    seen: Option<Millis>,
    /// Whether each of the last reports was clipped.
    clipped: VecDeque<bool>,
    /// Effective levels of the last reports, dBFS.
    levels: VecDeque<f32>,
    /// The same of those in which somebody was expected to speak.
    speech: VecDeque<f32>,
    clips: bool,
    too_low: bool,
    too_loud: bool,
}

impl MicrophoneWatch {
    pub(super) fn is_silent(&self) -> bool {
        self.silent.told()
    }

    pub(super) fn clips(&self) -> bool {
        self.clips
    }

    pub(super) fn is_too_low(&self) -> bool {
        self.too_low
    }

    pub(super) fn is_too_loud(&self) -> bool {
        self.too_loud
    }

    pub(super) fn memory_bytes(&self) -> usize {
        (self.levels.capacity() + self.speech.capacity()) * size_of::<f32>() + self.clipped.capacity()
    }

    pub(super) fn observe(&mut self, now: Millis, sample: &ContentSample, context: Context, bounds: &ContentBounds) {
        let gap = self.seen.is_some_and(|seen| now.since(seen) > MAX_GAP_MS);
        self.seen = Some(now);
        if context.muted || gap {
            // What was heard before says nothing of what comes after it.
            *self = Self { silent: self.silent, seen: self.seen, ..Self::default() };
        }
        let quiet = sample.peak.is_some_and(|peak| peak.get() <= bounds.silent_peak_dbfs);
        self.silent.observe(now, quiet && !context.muted, bounds.silence());
        if context.muted {
            return;
        }
        self.observe_clipping(sample.clipped, bounds);
        self.observe_levels(sample.rms, context, bounds);
    }

    fn observe_clipping(&mut self, clipped: Option<Share>, bounds: &ContentBounds) {
        let Some(clipped) = clipped else { return };
        keep(&mut self.clipped, clipped.get() >= bounds.clipped_share, CLIPPING_REPORTS);
        let count = self.clipped.iter().filter(|clipped| **clipped).count();
        self.clips = if self.clips { count > 0 } else { count >= bounds.clipped_reports as usize };
    }

    fn observe_levels(&mut self, rms: Option<Dbfs>, context: Context, bounds: &ContentBounds) {
        let expected = context.expected_to_speak || context.checked;
        if !expected {
            // A room in which nobody speaks is low, and right so.
            self.speech.clear();
            self.too_low = false;
        }
        let Some(rms) = rms.map(Dbfs::get) else { return };
        keep(&mut self.levels, rms, LEVEL_REPORTS);
        if let Some(loud) = loud_level(&self.levels) {
            let margin = if self.too_loud { LEVEL_MARGIN_DB } else { 0.0 };
            self.too_loud = loud >= bounds.too_loud_dbfs - margin;
        }
        if expected {
            keep(&mut self.speech, rms, LEVEL_REPORTS);
        }
        if let Some(loud) = loud_level(&self.speech) {
            let margin = if self.too_low { LEVEL_MARGIN_DB } else { 0.0 };
            // Silence has its own name.
            self.too_low = loud <= bounds.too_low_dbfs + margin && !self.silent.told();
        }
    }
}

fn keep<T>(window: &mut VecDeque<T>, value: T, length: usize) {
    if window.len() == length {
        window.pop_front();
    }
    window.push_back(value);
}

/// The level that a quarter of the reports exceeds: that of speech, if anybody speaks. None until the window is full.
fn loud_level(window: &VecDeque<f32>) -> Option<f32> {
    if window.len() < LEVEL_REPORTS {
        return None;
    }
    let mut sorted: Vec<f32> = window.iter().copied().collect();
    sorted.sort_by(f32::total_cmp);
    sorted.get(LEVEL_REPORTS * 3 / 4).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEAKS: Context =
        Context { muted: false, camera_off: false, on_air: false, expected_to_speak: true, checked: false };

    fn sound(rms: f32, peak: f32, clipped: f32) -> ContentSample {
        ContentSample {
            rms: Dbfs::read(rms),
            peak: Dbfs::read(peak),
            clipped: Share::read(clipped),
            ..ContentSample::NOTHING
        }
    }

    fn told(watch: &MicrophoneWatch) -> [bool; 4] {
        [watch.is_silent(), watch.clips(), watch.is_too_low(), watch.is_too_loud()]
    }

    /// Reports every two seconds of what `sample` gives for their number.
    fn after(reports: u64, context: Context, sample: impl Fn(u64) -> ContentSample) -> [bool; 4] {
        let mut watch = MicrophoneWatch::default();
        for report in 0..reports {
            watch.observe(Millis(report * 2_000), &sample(report), context, &ContentBounds::default());
        }
        told(&watch)
    }

    const NOTHING: [bool; 4] = [false; 4];

    #[test]
    fn digital_silence_is_named_and_a_quiet_room_or_a_muted_microphone_is_not() {
        let silence = |_| sound(-127.0, -127.0, 0.0);
        assert_eq!(after(10, Context::default(), silence), NOTHING);
        assert_eq!(after(12, Context::default(), silence), [true, false, false, false]);
        assert_eq!(after(600, Context { muted: true, ..Context::default() }, silence), NOTHING);
        assert_eq!(after(600, Context::default(), |_| sound(-78.0, -66.0, 0.0)), NOTHING);
    }

    #[test]
    fn a_gate_that_opens_now_and_then_is_not_silent() {
        let gated = |report| if report % 8 == 0 { sound(-30.0, -12.0, 0.0) } else { sound(-127.0, -127.0, 0.0) };
        assert_eq!(after(600, Context::default(), gated), NOTHING);
    }

    #[test]
    fn clipping_in_speech_is_named_and_a_knock_is_not() {
        let speech = |report| if report % 2 == 0 { sound(-14.0, 0.0, 0.02) } else { sound(-40.0, -20.0, 0.0) };
        assert_eq!(after(8, SPEAKS, speech), [false, true, false, false]);
        let knocks = |report| if report % 9 == 0 { sound(-30.0, 0.0, 0.01) } else { sound(-40.0, -20.0, 0.0) };
        assert_eq!(after(600, SPEAKS, knocks), NOTHING);
    }

    #[test]
    fn low_speech_is_named_only_where_somebody_is_to_speak() {
        let low = |report| if report % 3 == 0 { sound(-62.0, -50.0, 0.0) } else { sound(-52.0, -38.0, 0.0) };
        assert_eq!(after(15, SPEAKS, low), [false, false, true, false]);
        assert_eq!(after(600, Context::default(), low), NOTHING);
        let right = |report| if report % 3 == 0 { sound(-60.0, -50.0, 0.0) } else { sound(-27.0, -10.0, 0.0) };
        assert_eq!(after(600, SPEAKS, right), NOTHING);
    }

    #[test]
    fn a_loud_microphone_is_named() {
        assert_eq!(after(15, Context::default(), |_| sound(-9.0, -1.0, 0.0)), [false, false, false, true]);
    }

    #[test]
    fn a_mute_ends_what_was_told() {
        let mut watch = MicrophoneWatch::default();
        let bounds = ContentBounds::default();
        for report in 0..20 {
            watch.observe(Millis(report * 2_000), &sound(-9.0, 0.0, 0.05), SPEAKS, &bounds);
        }
        assert_eq!(told(&watch), [false, true, false, true]);

        let muted = Context { muted: true, ..SPEAKS };
        watch.observe(Millis(40_000), &sound(-127.0, -127.0, 0.0), muted, &bounds);

        assert_eq!(told(&watch), NOTHING);
    }
}
