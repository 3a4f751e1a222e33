//! Echo: the level of a site's microphone follows the level of the programme that was sent to it, later by one and the same
//! delay.
//!
//! Two series of levels are compared by normalised cross-correlation for every delay up to a second. Levels rise and fall
//! together for other reasons too: a hall applauds, and so do the sites. So two things must hold at one delay: the levels
//! correlate, and so do their changes from step to step, which applause shares once, at its beginning, and an echo with every syllable.

use std::collections::VecDeque;

use super::{ContentBounds, Context};
use crate::Millis;
use crate::units::Dbfs;

/// Between two levels, ms: short enough for syllables (four to five a second), long enough to be steady.
pub const LEVELS_EVERY_MS: u64 = 100;
/// Longest way from the relay through a site's loudspeaker and microphone and back, ms.
pub const MAX_ECHO_DELAY_MS: u64 = 1_000;

const LAGS: usize = (MAX_ECHO_DELAY_MS / LEVELS_EVERY_MS) as usize + 1;
/// Levels in a window: 20 seconds hold some 80 syllables, by which chance stays below a correlation of 0.4.
const WINDOW: usize = 200;
/// Levels that are kept: the window, what was sent before it, and one more for changes.
const KEPT: usize = WINDOW + LAGS;
/// Between two looks, in levels: 5 seconds.
const LOOK_EVERY: usize = 50;
/// Levels further apart than this, ms, do not belong to one series.
const MAX_STEP_MS: u64 = 3 * LEVELS_EVERY_MS;
/// Softer than this, dBFS, is the noise of a room: what happens below it is nobody's echo.
const NOISE_DBFS: f32 = -60.0;
/// Standard deviation of the programme's level, dB, from which it has a pattern that can be found again: speech has 10, music
/// and applause 3.
const MIN_PROGRAMME_SPREAD_DB: f32 = 5.0;
/// The same of the microphone: less is a hum.
const MIN_MICROPHONE_SPREAD_DB: f32 = 2.0;
/// Changes correlate less than levels, because each has the errors of two: this share of the bound is asked of them.
const CHANGES_SHARE: f32 = 0.7;
/// Looks without an echo after which it is told no more: half a minute.
const ENDS_AFTER_LOOKS: u32 = 6;

/// Watches for echo.
#[derive(Debug, Clone, Default)]
pub(super) struct EchoWatch {
    /// Microphone and programme, dBFS, the oldest first.
    levels: VecDeque<(f32, f32)>,
    last: Option<Millis>,
    /// Levels since the last look.
    unseen: usize,
    /// Looks in a row that found the opposite of what is told.
    other_looks: u32,
    heard: bool,
    /// The last look had something to go by.
    judged: bool,
}

impl EchoWatch {
    pub(super) fn is_heard(&self) -> bool {
        self.heard
    }

    pub(super) fn is_judged(&self) -> bool {
        self.judged
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.levels.capacity() * size_of::<(f32, f32)>()
    }

    pub(super) fn observe(
        &mut self,
        now: Millis,
        microphone: Dbfs,
        programme: Dbfs,
        context: Context,
        bounds: &ContentBounds,
    ) {
        if context.on_air || context.muted {
            // On air the programme and the site are one conversation; muted it sends nothing back.
            *self = Self::default();
            return;
        }
        if self.last.is_some_and(|last| now.since(last) > MAX_STEP_MS) {
            self.levels.clear();
            self.unseen = 0;
        }
        self.last = Some(now);
        if self.levels.len() == KEPT {
            self.levels.pop_front();
        }
        self.levels.push_back((microphone.get().max(NOISE_DBFS), programme.get().max(NOISE_DBFS)));
        self.unseen += 1;
        if self.levels.len() == KEPT && self.unseen >= LOOK_EVERY {
            self.unseen = 0;
            self.look(bounds);
        }
    }

    fn look(&mut self, bounds: &ContentBounds) {
        let found = self.finds_echo(bounds);
        self.judged = found.is_some();
        let Some(found) = found else { return };
        if found == self.heard {
            self.other_looks = 0;
            return;
        }
        self.other_looks += 1;
        let enough = if self.heard { ENDS_AFTER_LOOKS } else { bounds.echo_windows };
        if self.other_looks >= enough {
            self.heard = found;
            self.other_looks = 0;
        }
    }

    /// None if the programme has no pattern by which an echo could be told.
    fn finds_echo(&self, bounds: &ContentBounds) -> Option<bool> {
        let microphone: Vec<f32> = self.levels.iter().map(|(microphone, _)| *microphone).collect();
        let programme: Vec<f32> = self.levels.iter().map(|(_, programme)| *programme).collect();
        if spread(&programme) < MIN_PROGRAMME_SPREAD_DB {
            return None;
        }
        if spread(&microphone) < MIN_MICROPHONE_SPREAD_DB {
            return Some(false);
        }
        let (heard_changes, sent_changes) = (changes(&microphone), changes(&programme));
        let at = |lag: &usize| {
            later(&microphone, &programme, *lag) >= bounds.echo_correlation
                && later(&heard_changes, &sent_changes, *lag) >= bounds.echo_correlation * CHANGES_SHARE
        };
        Some((0..LAGS).any(|lag| at(&lag)))
    }
}

fn changes(levels: &[f32]) -> Vec<f32> {
    levels.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Correlation of what is heard with what was sent `lag` steps before, over the last steps that both have.
fn later(heard: &[f32], sent: &[f32], lag: usize) -> f32 {
    let length = heard.len().saturating_sub(LAGS - 1);
    let heard_from = heard.len() - length;
    correlation(&heard[heard_from..], &sent[heard_from - lag..sent.len() - lag])
}

/// Pearson's correlation of two series of one length; 0 if one of them does not vary.
fn correlation(left: &[f32], right: &[f32]) -> f32 {
    let (left_mean, right_mean) = (mean(left), mean(right));
    let (mut product, mut left_square, mut right_square) = (0.0, 0.0, 0.0);
    for (l, r) in left.iter().zip(right) {
        let (l, r) = (l - left_mean, r - right_mean);
        product += l * r;
        left_square += l * l;
        right_square += r * r;
    }
    let scale = (left_square * right_square).sqrt();
    if scale > f32::EPSILON { product / scale } else { 0.0 }
}

fn mean(series: &[f32]) -> f32 {
    series.iter().sum::<f32>() / series.len().max(1) as f32
}

fn spread(series: &[f32]) -> f32 {
    let mean = mean(series);
    let squares: f32 = series.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / series.len().max(1) as f32).sqrt()
}

#[cfg(test)]
mod tests;
