//! What a site sends, in numbers: how light its picture is and how much it changes, how loud its sound is and how much of it is cut
//! off. Measured as pages do (`web/src/lib/media/senderMeasures.ts`), from pixels and samples before the encoder; what the numbers
//! mean is the server's to judge.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::frame::{Frame, Size};
use crate::tone::SILENCE_DBFS;

/// Points of a picture that are measured, as many as the page's small copy has: columns…
const COLUMNS: usize = 64;
/// …and rows. A picture of any size costs this.
const ROWS: usize = 36;
/// Luma of black in video range (ITU-R BT.709-6, item 3.4).
const BLACK_LUMA: f64 = 16.0;
/// Steps of luma from black to white in video range (ibid.).
const LUMA_STEPS: f64 = 219.0;
/// Told for digital silence, dBFS; the lowest level of RFC 6464 §3.
const LOWEST_DBFS: f32 = -127.0;
/// A sample of at least this is at full scale: 16-bit converters end at 0.99997, and a little is lost to resampling.
const FULL_SCALE: f32 = 0.999;
/// Voice activity bit of the audio-level extension (RFC 6464 §3).
const VOICE: u8 = 0x80;

/// A picture, and what became of it since the one before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PictureMeasures {
    /// Mean luma, 0 (black) to 255.
    pub luma: f32,
    /// Standard deviation of luma: 0 is one colour all over.
    pub spread: f32,
    /// Mean difference of luma to the picture measured before, 0 to 255; none: there was none before, or of another size. Exactly 0:
    /// not one point differs.
    pub change: Option<f32>,
}

/// Sound of a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SoundMeasures {
    /// Effective value, dBFS, −127 to 0.
    pub rms_dbfs: f32,
    /// Largest sample, dBFS, −127 to 0.
    pub peak_dbfs: f32,
    /// Share of samples at full scale, 0 to 1.
    pub clipped: f32,
}

/// The meters of a site's camera and microphone.
#[derive(Debug, Default)]
pub struct SentMeters {
    picture: Mutex<PictureMeter>,
    sound: Mutex<SoundMeter>,
}

impl SentMeters {
    /// A picture goes to an encoder.
    pub fn see(&self, picture: &Frame) {
        lock(&self.picture).see(picture);
    }

    /// Samples go to the encoder.
    pub fn hear(&self, samples: &[f32]) {
        lock(&self.sound).hear(samples);
    }

    /// Measures since the last call; none: nothing was sent.
    pub fn take(&self) -> (Option<PictureMeasures>, Option<SoundMeasures>) {
        (lock(&self.picture).take(), lock(&self.sound).take())
    }
}

fn lock<T>(meter: &Mutex<T>) -> MutexGuard<'_, T> {
    // Sums that a panic left half done spoil one report.
    meter.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Measures the last picture of a period against the last one of the period before.
#[derive(Debug, Default)]
pub struct PictureMeter {
    latest: Option<Points>,
    before: Option<Points>,
}

/// Luma of the points of a picture, as the encoder gets it.
#[derive(Debug)]
struct Points {
    size: Size,
    luma: Vec<u8>,
}

impl PictureMeter {
    /// Takes a picture. Of the layers of a period the smallest counts: it is always sent, so that pictures can be compared.
    pub fn see(&mut self, picture: &Frame) {
        let size = picture.size();
        if self.latest.as_ref().is_some_and(|latest| latest.size < size) {
            return;
        }
        let mut luma = self.latest.take().map_or_else(|| Vec::with_capacity(COLUMNS * ROWS), |latest| latest.luma);
        luma.clear();
        for row in 0..ROWS {
            let line = (2 * row + 1) * size.height / (2 * ROWS) * size.width;
            luma.extend(
                (0..COLUMNS).map(|column| picture.luma()[line + (2 * column + 1) * size.width / (2 * COLUMNS)]),
            );
        }
        self.latest = Some(Points { size, luma });
    }

    /// Measures since the last call; none: there was no picture.
    pub fn take(&mut self) -> Option<PictureMeasures> {
        let latest = self.latest.take()?;
        let count = latest.luma.len() as f64;
        let luma = latest.full_range().sum::<f64>() / count;
        let variance = latest.full_range().map(|point| (point - luma).powi(2)).sum::<f64>() / count;
        let comparable = self.before.as_ref().filter(|before| before.size == latest.size);
        let change = comparable.map(|before| {
            let differences = latest.full_range().zip(before.full_range()).map(|(now, then)| (now - then).abs());
            (differences.sum::<f64>() / count) as f32
        });
        self.before = Some(latest);
        Some(PictureMeasures { luma: luma as f32, spread: variance.sqrt() as f32, change })
    }
}

impl Points {
    /// Luma as a screen shows it, 0 to 255: encoders get video range.
    fn full_range(&self) -> impl Iterator<Item = f64> {
        self.luma.iter().map(|luma| ((f64::from(*luma) - BLACK_LUMA) * 255.0 / LUMA_STEPS).clamp(0.0, 255.0))
    }
}

/// Measures the samples of a period.
#[derive(Debug, Default)]
pub struct SoundMeter {
    count: u64,
    power: f64,
    peak: f32,
    clipped: u64,
}

impl SoundMeter {
    /// Takes samples, −1 to 1.
    pub fn hear(&mut self, samples: &[f32]) {
        self.count += samples.len() as u64;
        self.power += power(samples);
        self.peak = samples.iter().fold(self.peak, |peak, sample| peak.max(sample.abs()));
        self.clipped += samples.iter().filter(|sample| sample.abs() >= FULL_SCALE).count() as u64;
    }

    /// Measures since the last call; none: there was no sound.
    pub fn take(&mut self) -> Option<SoundMeasures> {
        let Self { count, power, peak, clipped } = std::mem::take(self);
        (count > 0).then(|| SoundMeasures {
            rms_dbfs: dbfs((power / count as f64).sqrt() as f32),
            peak_dbfs: dbfs(peak),
            clipped: (clipped as f64 / count as f64) as f32,
        })
    }
}

/// The audio-level extension of a packet with these samples: voice activity bit, then −dBov of their effective value, 127 for digital
/// silence (RFC 6464 §3).
pub fn audio_level(samples: &[f32]) -> u8 {
    let level = dbfs((power(samples) / samples.len().max(1) as f64).sqrt() as f32);
    let voice = if level > SILENCE_DBFS { VOICE } else { 0 };
    voice | (-level).round() as u8
}

/// Sum of squares.
fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|sample| f64::from(sample * sample)).sum()
}

fn dbfs(size: f32) -> f32 {
    (20.0 * size.log10()).clamp(LOWEST_DBFS, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Area, Colour};
    use crate::tone::Tone;

    const SIZE: Size = Size { width: 320, height: 180 };

    fn grey(y: u8) -> Frame {
        Frame::new(SIZE, Colour { y, u: 128, v: 128 })
    }

    fn measured(meter: &mut PictureMeter, picture: &Frame) -> PictureMeasures {
        meter.see(picture);
        meter.take().unwrap()
    }

    #[test]
    fn video_range_becomes_0_to_255() {
        let mut meter = PictureMeter::default();
        assert_eq!(measured(&mut meter, &grey(16)), PictureMeasures { luma: 0.0, spread: 0.0, change: None });
        assert_eq!(measured(&mut meter, &grey(235)), PictureMeasures { luma: 255.0, spread: 0.0, change: Some(255.0) });
        assert_eq!(measured(&mut meter, &grey(255)).luma, 255.0, "what is whiter than white");
    }

    #[test]
    fn half_black_half_white_spreads_most() {
        let mut picture = grey(16);
        picture.fill(Area { left: 0, top: 0, right: 160, bottom: 180 }, Colour { y: 235, u: 128, v: 128 });
        let measures = measured(&mut PictureMeter::default(), &picture);
        assert_eq!((measures.luma, measures.spread), (127.5, 127.5));
    }

    #[test]
    fn the_last_picture_of_a_period_is_compared_with_that_of_the_period_before() {
        let mut meter = PictureMeter::default();
        measured(&mut meter, &grey(100));
        meter.see(&grey(200));
        assert_eq!(measured(&mut meter, &grey(100)).change, Some(0.0), "what was in between is forgotten");
        assert_eq!(meter.take(), None, "nothing was sent");
        assert!((measured(&mut meter, &grey(101)).change.unwrap() - 255.0 / 219.0).abs() < 1e-3);
    }

    #[test]
    fn layers_of_one_period_do_not_mix_and_other_sizes_are_not_compared() {
        let large = Frame::new(Size { width: 1280, height: 720 }, Colour { y: 235, u: 128, v: 128 });
        let mut meter = PictureMeter::default();
        meter.see(&grey(16));
        assert_eq!(measured(&mut meter, &large).luma, 0.0, "the small one counts, whatever comes last");
        meter.see(&large);
        assert_eq!(measured(&mut meter, &grey(16)).change, Some(0.0));
        assert_eq!(measured(&mut meter, &large), PictureMeasures { luma: 255.0, spread: 0.0, change: None });
    }

    #[test]
    fn a_sine_is_three_decibels_below_its_peak() {
        let mut samples = vec![0.0; 4_800];
        Tone::of_site(0).fill(&mut samples);
        let mut meter = SoundMeter::default();
        samples.chunks(960).for_each(|chunk| meter.hear(chunk));
        let measures = meter.take().unwrap();
        assert!((measures.rms_dbfs + 23.01).abs() < 0.01, "{measures:?}");
        assert!((measures.peak_dbfs + 20.0).abs() < 0.01, "{measures:?}");
        assert_eq!(measures.clipped, 0.0);
        assert_eq!(meter.take(), None, "a period begins anew");
    }

    #[test]
    fn samples_at_full_scale_are_counted_at_both_ends() {
        let mut meter = SoundMeter::default();
        meter.hear(&[1.0, -1.0, 0.9991, 0.99, -0.5, 0.0, 0.0, 0.0]);
        assert_eq!(meter.take().unwrap().clipped, 3.0 / 8.0);
    }

    #[test]
    fn digital_silence_has_the_lowest_level() {
        let mut meter = SoundMeter::default();
        meter.hear(&[0.0; 960]);
        assert_eq!(meter.take(), Some(SoundMeasures { rms_dbfs: -127.0, peak_dbfs: -127.0, clipped: 0.0 }));
    }

    #[test]
    fn the_level_of_a_packet_is_that_of_its_samples() {
        let mut tone = vec![0.0; 960];
        Tone::of_site(0).fill(&mut tone);
        assert_eq!(audio_level(&tone), VOICE | 23);
        assert_eq!(audio_level(&[1.0; 960]), VOICE, "as loud as can be");
        assert_eq!(audio_level(&[1.0 / 32_768.0; 960]), 90, "nobody speaks");
        assert_eq!(audio_level(&[0.0; 960]), 127);
    }
}
