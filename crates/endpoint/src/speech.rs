//! Speech, as far as meters and gates can tell: syllables of changing length and loudness, pauses between them, and the noise of a
//! quiet room under it all. It shapes a tone, whose pitch still says whose it is.

use std::num::ParseIntError;
use std::ops::RangeInclusive;
use std::str::FromStr;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::tone::SAMPLE_RATE;

const SAMPLES_A_MS: usize = SAMPLE_RATE as usize / 1_000;
/// Length of a syllable, ms.
const SYLLABLE_MS: RangeInclusive<usize> = 100..=300;
/// Level of a syllable below the steady tone, dB: −20 to −50 dBFS.
const SOFTER_DB: RangeInclusive<f32> = 0.0..=30.0;
/// Silence between two syllables of a phrase, ms.
const GAP_MS: RangeInclusive<usize> = 20..=80;
/// Silence between two phrases, ms.
const PAUSE_MS: RangeInclusive<usize> = 200..=1_000;
/// One of how many silences ends a phrase.
const SYLLABLES_A_PHRASE: u32 = 5;
/// A syllable swells and fades for this long, so that it neither clicks nor sounds of other pitches.
const EDGE_SAMPLES: usize = 20 * SAMPLES_A_MS;
/// Largest sample of the room's noise: an effective value of −70 dBFS, and a uniform distribution peaks √3 above that. No tone is heard
/// in it ([`crate::tone::SILENCE_DBFS`]).
const ROOM_NOISE: f32 = 0.000_548;
/// Keeps the sites of neighbouring seeds apart (2^64 divided by the golden ratio).
const SEED_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Decides what is said; each site says something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

impl FromStr for Seed {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

/// The envelope of one site's speech.
#[derive(Debug, Clone)]
pub struct Speech {
    random: SmallRng,
    part: Part,
    /// Samples of the part that are over.
    at: usize,
}

/// Lengths are in samples.
#[derive(Debug, Clone, Copy)]
enum Part {
    Syllable { length: usize, gain: f32 },
    Silence { length: usize },
}

impl Speech {
    /// The speech of a site, from a silence on.
    pub fn of_site(site: u16, seed: Seed) -> Self {
        let mut random = SmallRng::seed_from_u64(seed.0.wrapping_mul(SEED_STEP).wrapping_add(u64::from(site)));
        let part = Part::Silence { length: random.random_range(PAUSE_MS) * SAMPLES_A_MS };
        Self { random, part, at: 0 }
    }

    /// Makes speech of the next samples of a steady tone.
    pub fn shape(&mut self, samples: &mut [f32]) {
        for sample in samples {
            *sample = *sample * self.next_gain() + self.random.random_range(-ROOM_NOISE..=ROOM_NOISE);
        }
    }

    fn next_gain(&mut self) -> f32 {
        let gain = match self.part {
            Part::Syllable { length, gain } => gain * edge(self.at.min(length - self.at)),
            Part::Silence { .. } => 0.0,
        };
        self.at += 1;
        if self.at >= self.part.length() {
            self.part = self.next_part();
            self.at = 0;
        }
        gain
    }

    fn next_part(&mut self) -> Part {
        match self.part {
            Part::Syllable { .. } if self.random.random_ratio(1, SYLLABLES_A_PHRASE) => {
                Part::Silence { length: self.random.random_range(PAUSE_MS) * SAMPLES_A_MS }
            }
            Part::Syllable { .. } => Part::Silence { length: self.random.random_range(GAP_MS) * SAMPLES_A_MS },
            Part::Silence { .. } => Part::Syllable {
                length: self.random.random_range(SYLLABLE_MS) * SAMPLES_A_MS,
                gain: 10_f32.powf(-self.random.random_range(SOFTER_DB) / 20.0),
            },
        }
    }
}

impl Part {
    fn length(self) -> usize {
        match self {
            Part::Syllable { length, .. } | Part::Silence { length } => length,
        }
    }
}

/// Half a cosine: 0 at the end of a syllable, 1 from [`EDGE_SAMPLES`] on.
fn edge(from_end: usize) -> f32 {
    if from_end >= EDGE_SAMPLES {
        return 1.0;
    }
    0.5 - 0.5 * (std::f32::consts::PI * from_end as f32 / EDGE_SAMPLES as f32).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::{SoundMeasures, SoundMeter};
    use crate::tone::{Tone, tones_heard};

    const SITE: u16 = 12;
    const WINDOW: usize = 100 * SAMPLES_A_MS;

    fn spoken(site: u16, seed: u64, seconds: usize) -> Vec<f32> {
        let mut samples = vec![0.0; seconds * SAMPLE_RATE as usize];
        Tone::of_site(site).fill(&mut samples);
        Speech::of_site(site, Seed(seed)).shape(&mut samples);
        samples
    }

    fn measured(samples: &[f32]) -> SoundMeasures {
        let mut meter = SoundMeter::default();
        meter.hear(samples);
        meter.take().unwrap()
    }

    #[test]
    fn a_seed_and_a_site_decide_what_is_said() {
        assert_eq!(spoken(SITE, 1, 2), spoken(SITE, 1, 2));
        let envelope = |site, seed| {
            let samples = spoken(site, seed, 4);
            samples.chunks(960).map(|chunk| measured(chunk).rms_dbfs).collect::<Vec<f32>>()
        };
        assert_ne!(envelope(SITE, 1), envelope(SITE, 2));
        assert_ne!(envelope(SITE, 1), envelope(SITE + 1, 1));
    }

    #[test]
    fn levels_lie_between_a_steady_tone_and_a_quiet_room_and_pauses_end() {
        let samples = spoken(SITE, 3, 60);
        let levels: Vec<f32> = samples.chunks(960).map(|chunk| measured(chunk).rms_dbfs).collect();
        assert!(measured(&samples).peak_dbfs < -19.9);
        assert!(levels.iter().all(|level| (-72.0..-22.9).contains(level)), "{levels:?}");
        let share = |of: fn(&f32) -> bool| levels.iter().filter(|level| of(level)).count() as f32 / levels.len() as f32;
        assert!(share(|level| *level > -54.0) > 0.4, "syllables: {}", share(|level| *level > -54.0));
        assert!(share(|level| *level < -65.0) > 0.1, "pauses: {}", share(|level| *level < -65.0));
        let longest = levels.split(|level| *level > -60.0).map(<[f32]>::len).max().unwrap();
        assert!((20..=53).contains(&longest), "a second at most, in frames of 20 ms: {longest}");
    }

    #[test]
    fn who_speaks_is_told_by_the_pitch() {
        for site in [0, SITE, 63] {
            let samples = spoken(site, 4, 30);
            let mut syllables = 0;
            // A syllable that ends at the edge of a window hardly counts under its Hann weights.
            let middle = |window: &[f32]| measured(&window[WINDOW / 4..WINDOW * 3 / 4]).rms_dbfs;
            for window in samples.chunks_exact(WINDOW).filter(|window| middle(window) > -54.0) {
                syllables += 1;
                assert_eq!(tones_heard(window, 64, 20.0)[0].0, site, "{:?}", measured(window));
            }
            assert!(syllables > 150, "{syllables} windows of 300 with syllables");
        }
    }

    #[test]
    fn nobody_is_heard_in_a_pause() {
        let samples = spoken(SITE, 5, 30);
        let mut pauses = samples.chunks_exact(WINDOW).filter(|window| measured(window).peak_dbfs < -60.0).peekable();
        assert!(pauses.peek().is_some());
        pauses.for_each(|window| assert_eq!(tones_heard(window, 64, 20.0), []));
    }
}
