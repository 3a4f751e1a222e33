//! Tones: each site's sound is a sine whose pitch tells the site.

use std::sync::LazyLock;

/// Sampling rate of everything here, Hz (Opus runs at 48 kHz, RFC 7587).
pub const SAMPLE_RATE: u32 = 48_000;
/// Pitch of site 0 (the hall), Hz.
const FIRST_HZ: u32 = 500;
/// Distance between neighbours, Hz. More than the resolution of a 100 ms window (10 Hz) three times over, and small
/// enough that 64 sites stay below 2,400 Hz, where Opus codes a tone well at any bitrate.
const STEP_HZ: u32 = 30;
/// Peak of a tone: 0.1 of full scale, −20 dBFS.
pub const AMPLITUDE: f32 = 0.1;
/// A spectrum is judged silent below this level, dBFS.
pub const SILENCE_DBFS: f32 = -60.0;
/// Tones are looked for up to this site index.
pub const MAX_TONE_SITE: u16 = 511;

/// Pitch of a site, Hz: 500 + 30 × index.
pub fn tone_hz(site: u16) -> f32 {
    (FIRST_HZ + STEP_HZ * u32::from(site)) as f32
}

/// The site whose tone lies within half a step of a pitch.
pub fn site_of_hz(hz: f32) -> Option<u16> {
    let steps = ((hz - FIRST_HZ as f32) / STEP_HZ as f32).round();
    (0.0..=f32::from(MAX_TONE_SITE)).contains(&steps).then_some(steps as u16)
}

/// One second of a sine of 1 Hz: every tone of a whole number of hertz is a walk through it, without drift.
static SINE: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let step = std::f64::consts::TAU / f64::from(SAMPLE_RATE);
    (0..SAMPLE_RATE).map(|index| (f64::from(AMPLITUDE) * (step * f64::from(index)).sin()) as f32).collect()
});

/// An endless sine.
#[derive(Debug, Clone)]
pub struct Tone {
    /// Steps through [`SINE`] for each sample.
    hz: u32,
    at: u32,
}

impl Tone {
    /// The tone of a site.
    pub fn of_site(site: u16) -> Self {
        Self::new(tone_hz(site))
    }

    /// A tone of `hz`, rounded to whole hertz.
    pub fn new(hz: f32) -> Self {
        Self { hz: hz.round() as u32 % SAMPLE_RATE, at: 0 }
    }

    /// Fills mono samples.
    pub fn fill(&mut self, samples: &mut [f32]) {
        for sample in samples {
            *sample = SINE[self.at as usize];
            self.at = (self.at + self.hz) % SAMPLE_RATE;
        }
    }
}

/// Power of one frequency in a window, as the level of a sine in dBFS (Goertzel, Hann window).
pub fn level_dbfs(samples: &[f32], hz: f32) -> f32 {
    levels_dbfs(&hann(samples), SAMPLE_RATE as f32, &[hz])[0]
}

/// Samples that are averaged into one before 64 frequencies are looked for: the tones of 64 sites end at 2.4 kHz.
const THINNING: usize = 4;
const THINNED_RATE: f32 = SAMPLE_RATE as f32 / THINNING as f32;

/// A quarter of the samples, each the mean of four; the highest tone loses half a decibel.
fn thinned(samples: &[f32]) -> Vec<f32> {
    samples.chunks_exact(THINNING).map(|chunk| chunk.iter().sum::<f32>() / THINNING as f32).collect()
}

/// The samples under a Hann window.
fn hann(samples: &[f32]) -> Vec<f32> {
    let step = std::f32::consts::TAU / samples.len() as f32;
    samples.iter().enumerate().map(|(index, sample)| sample * (0.5 - 0.5 * (step * index as f32).cos())).collect()
}

/// Levels of several frequencies, dBFS. All filters take a sample before any takes the next: none waits for its own last result.
fn levels_dbfs(windowed: &[f32], rate: f32, frequencies: &[f32]) -> Vec<f32> {
    let coefficients: Vec<f32> = frequencies.iter().map(|hz| 2.0 * (std::f32::consts::TAU * hz / rate).cos()).collect();
    let (mut previous, mut before) = (vec![0.0_f32; coefficients.len()], vec![0.0_f32; coefficients.len()]);
    for sample in windowed {
        for ((coefficient, previous), before) in coefficients.iter().zip(&mut previous).zip(&mut before) {
            let next = sample + coefficient * *previous - *before;
            (*before, *previous) = (*previous, next);
        }
    }
    // A Hann window halves the amplitude; a sine of amplitude 1 then gives length / 4.
    let whole = windowed.len() as f32 / 4.0;
    let level = |coefficient: f32, previous: f32, before: f32| {
        let power = previous * previous + before * before - coefficient * previous * before;
        20.0 * (power.max(0.0).sqrt() / whole).max(1e-7).log10()
    };
    coefficients.iter().zip(previous).zip(before).map(|((c, previous), before)| level(*c, previous, before)).collect()
}

/// Which sites' tones are in a window, strongest first: those within `within_db` of the strongest and above
/// [`SILENCE_DBFS`]. `sites` is the number of sites that could be heard. A window of at least 100 ms tells
/// neighbours apart.
pub fn tones_heard(samples: &[f32], sites: u16, within_db: f32) -> Vec<(u16, f32)> {
    let windowed = hann(&thinned(samples));
    let frequencies: Vec<f32> = (0..sites).map(tone_hz).collect();
    let levels = levels_dbfs(&windowed, THINNED_RATE, &frequencies);
    let loudest = levels.iter().copied().fold(f32::MIN, f32::max);
    if loudest < SILENCE_DBFS {
        return Vec::new();
    }
    let floor = (loudest - within_db).max(SILENCE_DBFS);
    let mut heard: Vec<(u16, f32)> = (0..sites)
        .zip(&levels)
        .filter(|(site, level)| **level >= floor && is_peak(&levels, *site))
        .map(|(site, level)| (site, *level))
        .collect();
    heard.sort_by(|a, b| b.1.total_cmp(&a.1));
    heard
}

/// Leakage into neighbours is not a tone of its own.
fn is_peak(levels: &[f32], site: u16) -> bool {
    let at = usize::from(site);
    let below = at.checked_sub(1).map_or(f32::MIN, |left| levels[left]);
    let above = levels.get(at + 1).copied().unwrap_or(f32::MIN);
    levels[at] >= below && levels[at] >= above
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(sites: &[u16]) -> Vec<f32> {
        let mut sum = vec![0.0; 4_800];
        for site in sites {
            let mut tone = vec![0.0; sum.len()];
            Tone::of_site(*site).fill(&mut tone);
            sum.iter_mut().zip(tone).for_each(|(sum, tone)| *sum += tone);
        }
        sum
    }

    #[test]
    fn every_site_is_told_from_its_neighbours() {
        for site in 0..64 {
            let heard = tones_heard(&mixed(&[site]), 64, 20.0);
            assert_eq!(heard.iter().map(|(site, _)| *site).collect::<Vec<_>>(), [site]);
            assert!((heard[0].1 + 20.0).abs() < 1.0, "level of {site}: {}", heard[0].1);
        }
    }

    #[test]
    fn two_sites_at_once_are_both_heard() {
        let mut heard: Vec<u16> = tones_heard(&mixed(&[0, 4]), 64, 10.0).into_iter().map(|(site, _)| site).collect();
        heard.sort_unstable();
        assert_eq!(heard, [0, 4]);
    }

    #[test]
    fn silence_is_nobody() {
        assert!(tones_heard(&[0.0; 4_800], 64, 20.0).is_empty());
    }

    #[test]
    fn pitch_and_site_agree() {
        for site in 0..=MAX_TONE_SITE {
            assert_eq!(site_of_hz(tone_hz(site)), Some(site));
        }
        assert_eq!(site_of_hz(100.0), None);
    }
}
