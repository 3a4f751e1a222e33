//! Live Opus of a site's tone, and listening to what is received.

use bytes::Bytes;
use opus::{Application, Bitrate, Channels, Decoder, Encoder};

use crate::clapper;
use crate::fault::SoundFault;
use crate::speech::{Seed, Speech};
use crate::tone::{self, SAMPLE_RATE, Tone};

/// Length of an Opus frame, ms.
pub const FRAME_MS: u64 = 20;
/// Samples in a frame.
pub const FRAME_SAMPLES: usize = (SAMPLE_RATE as usize / 1_000) * FRAME_MS as usize;
/// Enough for a clean tone, and a third of what a browser uses for speech.
const BITRATE: i32 = 24_000;
/// Search effort for beeps, the most: their onsets must be kept, which the cheapest search smears over a frame.
const BEEP_COMPLEXITY: i32 = 10;
/// Largest Opus frame that is written: 24 kbit/s is 60 bytes of 20 ms; VBR peaks stay far below this.
const MAX_PACKET_BYTES: usize = 400;
/// Window in which tones are told apart: five frames, 10 Hz resolution.
const WINDOW_SAMPLES: usize = FRAME_SAMPLES * 5;
/// The first frames after opening a decoder are still fading in.
const WARM_UP_SAMPLES: usize = FRAME_SAMPLES;
/// A second tone within this of the strongest counts as heard.
const WITHIN_DB: f32 = 20.0;

/// A microphone that plays a tone into a live Opus encoder.
pub struct Microphone {
    voice: Voice,
    fault: Option<SoundFault>,
    tone: Tone,
    encoder: Encoder,
    samples: Vec<f32>,
    packet: Vec<u8>,
}

/// What is made of the tone.
enum Voice {
    /// It goes on.
    Steady,
    /// The clapper of a site: silent but for its beeps.
    Beeps {
        /// The site.
        site: u16,
    },
    /// Syllables and pauses.
    Speech(Speech),
}

impl Microphone {
    /// The microphone of a site.
    pub fn of_site(site: u16) -> Result<Self, opus::Error> {
        // CELT only, cheapest search: a tone needs neither speech model nor effort.
        let mut encoder = Encoder::new(SAMPLE_RATE, Channels::Mono, Application::LowDelay)?;
        encoder.set_bitrate(Bitrate::Bits(BITRATE))?;
        encoder.set_complexity(0)?;
        encoder.set_dtx(false)?;
        Ok(Self {
            voice: Voice::Steady,
            fault: None,
            tone: Tone::of_site(site),
            encoder,
            samples: vec![0.0; FRAME_SAMPLES],
            packet: vec![0; MAX_PACKET_BYTES],
        })
    }

    /// The microphone of a site with a clapper: beeps of its tone, and silence in between.
    pub fn beeping(site: u16) -> Result<Self, opus::Error> {
        let mut microphone = Self::of_site(site)?;
        microphone.encoder.set_complexity(BEEP_COMPLEXITY)?;
        microphone.voice = Voice::Beeps { site };
        Ok(microphone)
    }

    /// The microphone of a site where somebody speaks.
    pub fn speaking(site: u16, seed: Seed) -> Result<Self, opus::Error> {
        let mut microphone = Self::of_site(site)?;
        microphone.voice = Voice::Speech(Speech::of_site(site, seed));
        Ok(microphone)
    }

    /// The same, out of order from now on, or not.
    pub fn with_fault(self, fault: Option<SoundFault>) -> Self {
        Self { fault, ..self }
    }

    /// The next 20 ms of a steady tone.
    pub fn next_frame(&mut self) -> Result<Bytes, opus::Error> {
        self.tone.fill(&mut self.samples);
        self.encode()
    }

    /// The next 20 ms, of which the first sample is heard at a wall-clock time, µs.
    pub fn frame_at(&mut self, unix_us: u64) -> Result<Bytes, opus::Error> {
        self.tone.fill(&mut self.samples);
        match &mut self.voice {
            Voice::Steady => {}
            Voice::Beeps { site } => {
                for (at, sample) in self.samples.iter_mut().enumerate() {
                    if !clapper::is_beep(*site, unix_us + at as u64 * 1_000_000 / u64::from(SAMPLE_RATE)) {
                        *sample = 0.0;
                    }
                }
            }
            Voice::Speech(speech) => speech.shape(&mut self.samples),
        }
        if let Some(fault) = &mut self.fault {
            fault.spoil(&mut self.samples);
        }
        self.encode()
    }

    /// The samples of the last frame, as they were encoded, −1 to 1.
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    fn encode(&mut self) -> Result<Bytes, opus::Error> {
        let length = self.encoder.encode_float(&self.samples, &mut self.packet)?;
        Ok(Bytes::copy_from_slice(&self.packet[..length]))
    }
}

/// What one window of sound held.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Sites whose tones were in it, strongest first, each with its level in dBFS.
    pub tones: Vec<(u16, f32)>,
    /// Mean level of everything, dBFS.
    pub level_dbfs: f32,
}

/// Listens to one incoming sound, a window at a time: decodes at least 120 ms in a row, then judges.
pub struct Ear {
    decoder: Decoder,
    samples: Vec<f32>,
    sites: u16,
}

impl Ear {
    /// An ear that knows `sites` tones.
    pub fn new(sites: u16) -> Result<Self, opus::Error> {
        Ok(Self { decoder: Decoder::new(SAMPLE_RATE, Channels::Mono)?, samples: Vec::new(), sites })
    }

    /// Takes the next packet (in order); a judgement when a window is full. The window then begins anew.
    pub fn hear(&mut self, packet: &[u8]) -> Result<Option<Heard>, opus::Error> {
        let before = self.samples.len();
        // 120 ms is the longest Opus packet (RFC 6716 §3.2.5).
        self.samples.resize(before + FRAME_SAMPLES * 6, 0.0);
        let decoded = self.decoder.decode_float(packet, &mut self.samples[before..], false)?;
        self.samples.truncate(before + decoded);
        if self.samples.len() < WARM_UP_SAMPLES + WINDOW_SAMPLES {
            return Ok(None);
        }
        let window = &self.samples[self.samples.len() - WINDOW_SAMPLES..];
        let heard = Heard { tones: tone::tones_heard(window, self.sites, WITHIN_DB), level_dbfs: mean_dbfs(window) };
        self.samples.clear();
        Ok(Some(heard))
    }

    /// Forgets a half-filled window and the decoder's memory, before a pause in listening.
    pub fn rest(&mut self) -> Result<(), opus::Error> {
        self.samples.clear();
        self.decoder.reset_state()
    }
}

fn mean_dbfs(samples: &[f32]) -> f32 {
    let power = samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32;
    10.0 * power.max(1e-12).log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    fn listen(packets: impl Iterator<Item = Bytes>) -> Vec<Heard> {
        let mut ear = Ear::new(64).unwrap();
        packets.filter_map(|packet| ear.hear(&packet).unwrap()).collect()
    }

    #[test]
    fn each_site_is_heard_through_opus() {
        for site in [0, 1, 31, 62, 63] {
            let mut microphone = Microphone::of_site(site).unwrap();
            let heard = listen((0..24).map(|_| microphone.next_frame().unwrap()));
            assert_eq!(heard.len(), 4);
            for heard in heard {
                let sites: Vec<u16> = heard.tones.iter().map(|(site, _)| *site).collect();
                assert_eq!(sites, [site]);
                assert!((heard.level_dbfs + 23.0).abs() < 2.0, "{} dBFS", heard.level_dbfs);
            }
        }
    }

    #[test]
    fn a_beep_comes_out_of_opus_where_it_was_put() {
        const SITE: u16 = 3;
        // Claps fall into the middle of frames.
        let start_us = 1_795_000_000_007_000;
        let mut microphone = Microphone::beeping(SITE).unwrap();
        let mut decoder = Decoder::new(SAMPLE_RATE, Channels::Mono).unwrap();
        let mut heard = Vec::new();
        for frame in 0..200 {
            let packet = microphone.frame_at(start_us + frame * FRAME_MS * 1_000).unwrap();
            let mut samples = [0.0; FRAME_SAMPLES];
            decoder.decode_float(&packet, &mut samples, false).unwrap();
            heard.extend(samples);
        }

        let loud = |sample: &f32| sample.abs() > tone::AMPLITUDE / 2.0;
        let time_us = |at: usize| start_us + at as u64 * 1_000_000 / u64::from(SAMPLE_RATE);
        let mut onsets = Vec::new();
        let mut quiet_since = 0;
        for (at, sample) in heard.iter().enumerate() {
            if loud(sample) {
                if at - quiet_since > FRAME_SAMPLES {
                    onsets.push(clapper::since_clap_us(SITE, time_us(at)));
                }
                quiet_since = at;
            }
        }
        assert_eq!(onsets.len(), 3, "four seconds of claps every 1.28 s: {onsets:?}");
        // The encoder looks 2.5 ms ahead.
        assert!(onsets.iter().all(|late| (1_500..5_000).contains(late)), "{onsets:?} µs");
    }

    #[test]
    fn silence_is_heard_as_nobody() {
        let mut encoder = Encoder::new(SAMPLE_RATE, Channels::Mono, Application::LowDelay).unwrap();
        let heard = listen((0..6).map(|_| Bytes::from(encoder.encode_vec_float(&[0.0; FRAME_SAMPLES], 400).unwrap())));
        assert_eq!(heard[0].tones, []);
        assert!(heard[0].level_dbfs < -60.0);
    }

    #[test]
    fn a_change_of_site_is_heard_in_the_next_window() {
        let (mut first, mut second) = (Microphone::of_site(3).unwrap(), Microphone::of_site(40).unwrap());
        let packets = (0..12).map(|at| if at < 6 { &mut first } else { &mut second }.next_frame().unwrap());
        let strongest: Vec<u16> = listen(packets).iter().map(|heard| heard.tones[0].0).collect();
        assert_eq!(strongest, [3, 40]);
    }

    #[test]
    fn who_speaks_in_syllables_is_told_by_the_pitch_after_opus() {
        const SITE: u16 = 40;
        let mut microphone = Microphone::speaking(SITE, Seed(1)).unwrap();
        let heard = listen((0..1_500).map(|_| microphone.frame_at(0).unwrap()));
        let syllables: Vec<&Heard> = heard.iter().filter(|heard| !heard.tones.is_empty()).collect();
        assert!(syllables.len() > heard.len() / 2, "{} of {}", syllables.len(), heard.len());
        assert!(syllables.len() < heard.len(), "pauses");
        assert!(syllables.iter().all(|heard| heard.tones[0].0 == SITE), "{syllables:?}");
    }

    #[test]
    fn a_fault_comes_after_the_voice_and_before_the_encoder() {
        let fault = SoundFault::of(Fault::SilentMicrophone, 2);
        let mut microphone = Microphone::speaking(2, Seed(1)).unwrap().with_fault(fault);
        let heard = listen((0..12).map(|_| microphone.frame_at(0).unwrap()));
        assert!(microphone.samples().iter().all(|sample| *sample == 0.0));
        assert!(heard.iter().all(|heard| heard.tones.is_empty() && heard.level_dbfs < -80.0), "{heard:?}");
    }
}
