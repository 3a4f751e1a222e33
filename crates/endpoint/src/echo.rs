//! An echo: what a site's loudspeaker plays comes back through its microphone, later and softer.
//!
//! Who hears the programme listens: the own voice is a murmur meanwhile. Two voices that are equally loud all the time would hide the
//! echo from everybody, and nobody holds a meeting so.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opus::{Channels, Decoder};

use crate::sound::FRAME_SAMPLES;
use crate::tone::SAMPLE_RATE;

/// From the arrival of a packet to its echo in the microphone: 200 ms, as of a television set with its picture processing.
const DELAY_SAMPLES: usize = SAMPLE_RATE as usize / 5;
/// 10 dB of loss between loudspeaker and microphone.
const GAIN: f32 = 0.316_228;
/// A louder sample of the programme is somebody's voice, not the noise of a room: −60 dBFS.
const VOICE: f32 = 0.001;
/// People listen for so long after the last voice: longer than any pause of somebody who speaks.
const LISTENING_SAMPLES: usize = 2 * SAMPLE_RATE as usize;
/// The own voice of who listens: 30 dB softer.
const MURMUR: f32 = 0.031_623;
/// Sound of one slot that waits to be heard: more than this came in a burst, or nobody listened, and goes back to the delay.
const MAX_WAITING: usize = DELAY_SAMPLES * 3 / 2;
/// A step of the sequence numbers beyond this is a new stream, not a loss: as much as waits.
const MAX_MISSING: u16 = (DELAY_SAMPLES / FRAME_SAMPLES) as u16;
/// Longest Opus packet, 120 ms (RFC 6716 §3.2.5).
const MAX_PACKET_SAMPLES: usize = FRAME_SAMPLES * 6;

/// A room with a loudspeaker and a microphone.
#[derive(Debug, Default)]
pub struct Echo {
    room: Mutex<Room>,
}

#[derive(Debug, Default)]
struct Room {
    /// Samples of each slot that were played and not heard yet.
    waiting: BTreeMap<String, VecDeque<f32>>,
    /// Samples for which people will go on listening.
    listening: usize,
    /// The programme as it is heard now.
    heard: Vec<f32>,
}

impl Echo {
    fn play(&self, slot: &str, samples: &[f32]) {
        let waiting = &mut self.lock().waiting;
        if !waiting.contains_key(slot) {
            waiting.insert(slot.to_owned(), std::iter::repeat_n(0.0, DELAY_SAMPLES).collect());
        }
        let Some(queue) = waiting.get_mut(slot) else { return };
        queue.extend(samples);
        if queue.len() > MAX_WAITING {
            queue.drain(..queue.len() - DELAY_SAMPLES);
        }
    }

    /// Adds what is heard of the programme to the next samples of the own voice. Sums beyond full scale are cut off.
    pub fn mix_into(&self, samples: &mut [f32]) {
        self.lock().mix_into(samples);
    }

    fn lock(&self) -> MutexGuard<'_, Room> {
        // Sound that a panic left half played is heard so.
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    fn mix_into(&mut self, samples: &mut [f32]) {
        self.heard.clear();
        self.heard.resize(samples.len(), 0.0);
        for queue in self.waiting.values_mut() {
            let length = queue.len().min(samples.len());
            self.heard.iter_mut().zip(queue.drain(..length)).for_each(|(sum, sample)| *sum += sample);
        }
        // A slot that fell silent begins with the delay again.
        self.waiting.retain(|_slot, queue| !queue.is_empty());

        let voice = self.heard.iter().any(|sample| sample.abs() > VOICE);
        self.listening = if voice { LISTENING_SAMPLES } else { self.listening.saturating_sub(samples.len()) };
        let own = if self.listening > 0 { MURMUR } else { 1.0 };
        for (sample, heard) in samples.iter_mut().zip(&self.heard) {
            *sample = (own * *sample + GAIN * heard).clamp(-1.0, 1.0);
        }
    }
}

/// Plays one slot of the programme, all of it.
pub struct Loudspeaker {
    echo: Arc<Echo>,
    slot: String,
    decoder: Decoder,
    decoded: Vec<f32>,
    next_sequence: Option<u16>,
}

impl Loudspeaker {
    /// A loudspeaker for a slot.
    ///
    /// # Errors
    /// There is no decoder.
    pub fn new(echo: Arc<Echo>, slot: &str) -> Result<Self, opus::Error> {
        Ok(Self {
            echo,
            slot: slot.to_owned(),
            decoder: Decoder::new(SAMPLE_RATE, Channels::Mono)?,
            decoded: vec![0.0; MAX_PACKET_SAMPLES],
            next_sequence: None,
        })
    }

    /// Plays the next packet; silence for those that are missing before it.
    ///
    /// # Errors
    /// The decoder's.
    pub fn packet(&mut self, sequence: u16, payload: &[u8]) -> Result<(), opus::Error> {
        let missing = self.next_sequence.map_or(0, |next| sequence.wrapping_sub(next));
        if missing > u16::MAX / 2 {
            return Ok(()); // late: its place has been passed
        }
        self.next_sequence = Some(sequence.wrapping_add(1));
        if missing <= MAX_MISSING {
            (0..missing).for_each(|_| self.echo.play(&self.slot, &[0.0; FRAME_SAMPLES]));
        }
        let length = self.decoder.decode_float(payload, &mut self.decoded, false)?;
        self.echo.play(&self.slot, &self.decoded[..length]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::SoundMeter;
    use crate::sound::Microphone;
    use crate::speech::{Seed, Speech};
    use crate::tone::{Tone, tones_heard};

    const SLOT: &str = "program/0";

    fn frame_of(value: f32) -> [f32; FRAME_SAMPLES] {
        [value; FRAME_SAMPLES]
    }

    /// Frames that a microphone in a silent room hears.
    fn heard(echo: &Echo, frames: usize) -> Vec<f32> {
        let mut samples = vec![0.0; frames * FRAME_SAMPLES];
        samples.chunks_mut(FRAME_SAMPLES).for_each(|frame| echo.mix_into(frame));
        samples
    }

    #[test]
    fn sound_comes_back_a_fifth_of_a_second_later_and_ten_decibels_softer() {
        let echo = Echo::default();
        echo.play(SLOT, &frame_of(0.5));
        let heard = heard(&echo, 12);
        assert!(heard[..9_600].iter().all(|sample| *sample == 0.0));
        assert!(heard[9_600..10_560].iter().all(|sample| (sample - 0.158_114).abs() < 1e-6));
        assert!(heard[10_560..].iter().all(|sample| *sample == 0.0));
    }

    #[test]
    fn slots_are_heard_together_within_full_scale() {
        let echo = Echo::default();
        (0..5).for_each(|index| echo.play(&format!("program/{index}"), &frame_of(1.0)));
        assert_eq!(heard(&echo, 11)[9_600..], frame_of(1.0));
    }

    #[test]
    fn sound_that_nobody_hears_does_not_pile_up() {
        let echo = Echo::default();
        (0..1_000).for_each(|_| echo.play(SLOT, &frame_of(0.5)));
        let waiting = echo.lock().waiting[SLOT].len();
        assert!((DELAY_SAMPLES..=MAX_WAITING).contains(&waiting), "{waiting}");
    }

    #[test]
    fn a_slot_that_falls_silent_begins_with_the_delay_again() {
        let echo = Echo::default();
        echo.play(SLOT, &frame_of(0.5));
        heard(&echo, 20);
        echo.play(SLOT, &frame_of(0.5));
        assert_eq!(heard(&echo, 10), vec![0.0; 9_600]);
        assert!(heard(&echo, 1)[0] > 0.1);
    }

    #[test]
    fn packets_that_are_missing_keep_the_delay() {
        let (echo, mut speaker) = (Arc::new(Echo::default()), Microphone::of_site(5).unwrap());
        let mut loudspeaker = Loudspeaker::new(Arc::clone(&echo), SLOT).unwrap();
        for sequence in [u16::MAX, 2, 1, 3] {
            loudspeaker.packet(sequence, &speaker.next_frame().unwrap()).unwrap();
        }
        let waiting = echo.lock().waiting[SLOT].len();
        assert_eq!(waiting, DELAY_SAMPLES + 5 * FRAME_SAMPLES, "one, two missing, two; one was late");
    }

    #[test]
    fn the_echo_of_the_programme_is_heard_beside_the_own_tone() {
        let echo = Arc::new(Echo::default());
        let mut loudspeaker = Loudspeaker::new(Arc::clone(&echo), SLOT).unwrap();
        let mut speaker = Microphone::of_site(5).unwrap();
        let mut own = Tone::of_site(12);
        let mut samples = Vec::new();
        for sequence in 0..20 {
            loudspeaker.packet(sequence, &speaker.next_frame().unwrap()).unwrap();
            let mut frame = frame_of(0.0);
            own.fill(&mut frame);
            echo.mix_into(&mut frame);
            samples.extend(frame);
        }

        let heard = |window: &[f32]| tones_heard(window, 64, 20.0);
        let [(12, alone_dbfs)] = heard(&samples[..4_800])[..] else { panic!("{:?}", heard(&samples[..4_800])) };
        assert!((alone_dbfs + 20.0).abs() < 1.0, "{alone_dbfs}");
        let both = tones_heard(&samples[samples.len() - 4_800..], 64, 25.0);
        let [(5, echo_dbfs), (12, own_dbfs)] = both[..] else { panic!("{both:?}") };
        assert!((echo_dbfs + 30.0).abs() < 1.0 && (own_dbfs + 50.0).abs() < 1.0, "{both:?}");
    }

    #[test]
    fn who_listened_speaks_again_when_the_programme_has_been_silent_for_two_seconds() {
        let echo = Echo::default();
        echo.play(SLOT, &frame_of(0.5));
        heard(&echo, 11);
        let murmurs = |frames: usize| {
            let mut own = frame_of(0.5);
            for _ in 0..frames {
                own = frame_of(0.5);
                echo.mix_into(&mut own);
            }
            own[0] < 0.4
        };
        assert!(murmurs(99));
        assert!(!murmurs(1));
    }

    /// Levels of each 100 ms, dBFS.
    fn levels(samples: &[f32]) -> Vec<f32> {
        let level = |window: &[f32]| {
            let mut meter = SoundMeter::default();
            meter.hear(window);
            meter.take().unwrap().rms_dbfs
        };
        samples.chunks(4_800).map(level).collect()
    }

    fn correlation(a: &[f32], b: &[f32]) -> f32 {
        let mean = |of: &[f32]| of.iter().sum::<f32>() / of.len() as f32;
        let (mean_a, mean_b) = (mean(a), mean(b));
        let product = |a: &[f32], mean_a: f32, b: &[f32], mean_b: f32| -> f32 {
            a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum()
        };
        product(a, mean_a, b, mean_b) / (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt()
    }

    #[test]
    fn the_level_of_the_microphone_follows_that_of_the_programme_a_fifth_of_a_second_later() {
        const SECONDS: usize = 22;
        /// Windows until people have noticed that somebody speaks.
        const BEGINNING: usize = 20;
        for seed in 1..=10 {
            let speech = |site: u16| {
                let mut samples = vec![0.0; SECONDS * SAMPLE_RATE as usize];
                Tone::of_site(site).fill(&mut samples);
                Speech::of_site(site, Seed(seed)).shape(&mut samples);
                samples
            };
            let (programme, own, echo) = (speech(0), speech(12), Echo::default());
            let mut microphone = own.clone();
            for (played, heard) in programme.chunks(FRAME_SAMPLES).zip(microphone.chunks_mut(FRAME_SAMPLES)) {
                echo.play(SLOT, played);
                echo.mix_into(heard);
            }

            let (programme, own, microphone) = (levels(&programme), levels(&own), levels(&microphone));
            let earlier = &programme[BEGINNING - 2..programme.len() - 2];
            let with_echo = correlation(&microphone[BEGINNING..], earlier);
            assert!(with_echo > 0.75, "seed {seed}: {with_echo}");
            let without = correlation(&own[BEGINNING..], earlier);
            assert!(without < 0.4, "seed {seed}: {without}");
        }
    }
}
