//! An echo: what a site's loudspeaker plays comes back through its microphone, later and softer.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use opus::{Channels, Decoder};

use crate::sound::FRAME_SAMPLES;
use crate::tone::SAMPLE_RATE;

/// From the arrival of a packet to its echo in the microphone: 200 ms, as of a television set with its picture processing.
const DELAY_SAMPLES: usize = SAMPLE_RATE as usize / 5;
/// 10 dB of loss between loudspeaker and microphone.
const GAIN: f32 = 0.316_228;
/// Sound of one slot that waits to be heard: more than this came in a burst, or nobody listened, and goes back to the delay.
const MAX_WAITING: usize = DELAY_SAMPLES * 3 / 2;
/// A step of the sequence numbers beyond this is a new stream, not a loss: as much as waits.
const MAX_MISSING: u16 = (DELAY_SAMPLES / FRAME_SAMPLES) as u16;
/// Longest Opus packet, 120 ms (RFC 6716 §3.2.5).
const MAX_PACKET_SAMPLES: usize = FRAME_SAMPLES * 6;

/// The air between a site's loudspeaker and its microphone.
#[derive(Debug, Default)]
pub struct Echo {
    /// Samples of each slot that were played and not heard yet.
    waiting: Mutex<BTreeMap<String, VecDeque<f32>>>,
}

impl Echo {
    fn play(&self, slot: &str, samples: &[f32]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.contains_key(slot) {
            waiting.insert(slot.to_owned(), std::iter::repeat_n(0.0, DELAY_SAMPLES).collect());
        }
        let Some(queue) = waiting.get_mut(slot) else { return };
        queue.extend(samples);
        if queue.len() > MAX_WAITING {
            queue.drain(..queue.len() - DELAY_SAMPLES);
        }
    }

    /// Adds what is heard during the next samples of the microphone. Sums beyond full scale are cut off.
    pub fn mix_into(&self, samples: &mut [f32]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for queue in waiting.values_mut() {
            let heard = queue.len().min(samples.len());
            for (sample, echo) in samples.iter_mut().zip(queue.drain(..heard)) {
                *sample = (*sample + GAIN * echo).clamp(-1.0, 1.0);
            }
        }
        // A slot that fell silent begins with the delay again.
        waiting.retain(|_slot, queue| !queue.is_empty());
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
    use crate::sound::Microphone;
    use crate::tone::{AMPLITUDE, tones_heard};

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
        let waiting = echo.waiting.lock().unwrap()[SLOT].len();
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
        let waiting = echo.waiting.lock().unwrap()[SLOT].len();
        assert_eq!(waiting, DELAY_SAMPLES + 5 * FRAME_SAMPLES, "one, two missing, two; one was late");
    }

    #[test]
    fn the_echo_of_the_programme_is_heard_beside_the_own_tone() {
        let echo = Arc::new(Echo::default());
        let mut loudspeaker = Loudspeaker::new(Arc::clone(&echo), SLOT).unwrap();
        let mut speaker = Microphone::of_site(5).unwrap();
        let mut own = crate::tone::Tone::of_site(12);
        let mut samples = Vec::new();
        for sequence in 0..20 {
            loudspeaker.packet(sequence, &speaker.next_frame().unwrap()).unwrap();
            let mut frame = frame_of(0.0);
            own.fill(&mut frame);
            echo.mix_into(&mut frame);
            samples.extend(frame);
        }

        let heard = tones_heard(&samples[samples.len() - 4_800..], 64, 20.0);
        assert_eq!(heard.iter().map(|(site, _)| *site).collect::<Vec<_>>(), [12, 5]);
        let (own_dbfs, echo_dbfs) = (heard[0].1, heard[1].1);
        assert!((own_dbfs - 20.0 * AMPLITUDE.log10()).abs() < 1.0, "{own_dbfs}");
        assert!((own_dbfs - echo_dbfs - 10.0).abs() < 1.0, "{echo_dbfs}");
    }
}
