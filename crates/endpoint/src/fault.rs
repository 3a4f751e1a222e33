//! Faults that a site can be given, in pixels and samples: what a camera or a microphone that is out of order would send. Nobody is
//! told of them but by the picture and the sound.
//!
//! What a line does to packets (loss, delay, a narrow or a flapping line) is not made here but by the network below.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::ValueEnum;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use wire::SiteSlug;

use crate::echo::Echo;
use crate::frame::{Colour, Frame, Size};
use crate::links::SiteLink;

/// Luma of black in video range, and least luma of a covered lens.
const BLACK: u8 = 16;
/// A covered lens is at most this much lighter than black: the sensor's noise.
const DARK_NOISE: u8 = 1;
/// A step, in samples, by which the noise of a frame lies after that of the frame before: nothing of that predicts this one.
const NOISE_STEP: usize = 7_919;
/// An input that is far too sensitive: 40 dB. A steady tone of −20 dBFS is cut off for nine tenths of its time, speech in all
/// syllables above −40 dBFS.
const CLIPPING_GAIN: f32 = 100.0;
/// Smallest step of a 16-bit converter.
const LSB: f32 = 1.0 / 32_768.0;

/// What is out of order at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Fault {
    /// The microphone gives silence: digital at sites of an even index, ±1 step of a 16-bit converter at others.
    SilentMicrophone,
    /// The microphone's gain is 40 dB too high: loud samples are cut off.
    Clipping,
    /// The lens is covered: a black picture, without a marker.
    Black,
    /// The camera gives one picture again and again; frames keep coming.
    Frozen,
    /// The microphone hears the programme from the loudspeaker, 200 ms later and 10 dB softer; meanwhile people there murmur.
    Echo,
}

impl Fault {
    fn of_name(name: &str) -> anyhow::Result<Self> {
        let names = || {
            let values = Self::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            values.map(|value| value.get_name().to_owned()).collect::<Vec<_>>().join(", ")
        };
        Self::from_str(name, false).map_err(|_unknown| anyhow::anyhow!("no fault `{name}`; there are {}", names()))
    }
}

/// A fault of one site of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlantedFault {
    /// The site.
    pub site: SiteSlug,
    /// What is out of order there.
    pub fault: Fault,
}

impl PlantedFault {
    /// Parses `SITE=KIND`.
    ///
    /// # Errors
    /// It is of another form, or there is no such fault.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let Some((site, kind)) = text.split_once('=').filter(|(site, _)| !site.is_empty()) else {
            bail!("`{text}`: a fault is planted by SITE=KIND");
        };
        Ok(Self { site: SiteSlug(site.to_owned()), fault: Fault::of_name(kind)? })
    }
}

/// The fault of each site.
///
/// # Errors
/// A site has two, or is not among those that are simulated.
pub fn by_site(planted: &[PlantedFault], simulated: &[SiteLink]) -> anyhow::Result<BTreeMap<SiteSlug, Fault>> {
    let mut faults = BTreeMap::new();
    for PlantedFault { site, fault } in planted {
        simulated
            .iter()
            .find(|link| link.site == *site)
            .with_context(|| format!("no site `{}` is simulated here, so it cannot have a fault", site.0))?;
        if let Some(other) = faults.insert(site.clone(), *fault) {
            bail!("the site `{}` has two faults, {other:?} and {fault:?}; one can be found", site.0);
        }
    }
    Ok(faults)
}

/// A fault of a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFault {
    /// The lens is covered.
    Black,
    /// The picture of one instant, ms since the Unix epoch, is shown for ever.
    Frozen {
        /// The instant.
        at_ms: u64,
    },
}

impl PictureFault {
    /// What a fault that begins now does to the picture.
    pub fn of(fault: Fault, now_ms: u64) -> Option<Self> {
        match fault {
            Fault::Black => Some(Self::Black),
            Fault::Frozen => Some(Self::Frozen { at_ms: now_ms }),
            Fault::SilentMicrophone | Fault::Clipping | Fault::Echo => None,
        }
    }
}

/// A fault of a microphone.
#[derive(Debug, Clone)]
pub enum SoundFault {
    /// Not one sample differs from zero.
    Silent,
    /// Samples differ from zero by a step of the converter.
    Hiss(SmallRng),
    /// Far too loud.
    Clipping,
    /// It hears the loudspeaker.
    Echo(Arc<Echo>),
}

impl SoundFault {
    /// What a fault does to the sound of a site.
    pub fn of(fault: Fault, site: u16) -> Option<Self> {
        match fault {
            Fault::SilentMicrophone if site.is_multiple_of(2) => Some(Self::Silent),
            Fault::SilentMicrophone => Some(Self::Hiss(SmallRng::seed_from_u64(u64::from(site)))),
            Fault::Clipping => Some(Self::Clipping),
            Fault::Echo => Some(Self::Echo(Arc::default())),
            Fault::Black | Fault::Frozen => None,
        }
    }

    /// Does it to the next samples, −1 to 1.
    pub fn spoil(&mut self, samples: &mut [f32]) {
        match self {
            Self::Silent => samples.fill(0.0),
            Self::Hiss(random) => samples.fill_with(|| LSB * f32::from(random.random_range(-1..=1_i8))),
            Self::Clipping => {
                samples.iter_mut().for_each(|sample| *sample = (*sample * CLIPPING_GAIN).clamp(-1.0, 1.0));
            }
            Self::Echo(echo) => echo.mix_into(samples),
        }
    }
}

/// The picture behind a covered lens.
#[derive(Debug, Clone)]
pub struct Darkness {
    canvas: Frame,
    /// Luma of two pictures, of which one is shown from a moving place.
    noise: Vec<u8>,
}

impl Darkness {
    /// Pictures of this size.
    pub fn new(size: Size) -> Self {
        let canvas = Frame::new(size, Colour { y: BLACK, u: 128, v: 128 });
        let mut random = SmallRng::seed_from_u64(0);
        let noise = (0..2 * canvas.luma().len()).map(|_| random.random_range(BLACK..=BLACK + DARK_NOISE)).collect();
        Self { canvas, noise }
    }

    /// Draws the picture of a frame.
    pub fn draw(&mut self, frame: u32) -> &Frame {
        let luma = self.canvas.luma_mut();
        let at = frame as usize * NOISE_STEP % luma.len();
        luma.copy_from_slice(&self.noise[at..at + luma.len()]);
        &self.canvas
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::{PictureMeter, SoundMeasures, SoundMeter};
    use crate::speech::{Seed, Speech};
    use crate::tone::{SAMPLE_RATE, Tone};

    const SITE: u16 = 12;

    fn spoiled(fault: Fault, site: u16, mut samples: Vec<f32>) -> Vec<f32> {
        let mut fault = SoundFault::of(fault, site).unwrap();
        samples.chunks_mut(960).for_each(|frame| fault.spoil(frame));
        samples
    }

    fn tone(seconds: u32) -> Vec<f32> {
        let mut samples = vec![0.0; (SAMPLE_RATE * seconds) as usize];
        Tone::of_site(SITE).fill(&mut samples);
        samples
    }

    fn measured(samples: &[f32]) -> SoundMeasures {
        let mut meter = SoundMeter::default();
        meter.hear(samples);
        meter.take().unwrap()
    }

    #[test]
    fn a_silent_microphone_gives_no_sample_above_a_step_of_the_converter() {
        assert_eq!(measured(&spoiled(Fault::SilentMicrophone, 12, tone(1))).peak_dbfs, -127.0);
        let hiss = measured(&spoiled(Fault::SilentMicrophone, 13, tone(1)));
        assert!((-90.4..-90.2).contains(&hiss.peak_dbfs) && hiss.rms_dbfs < -91.0, "{hiss:?}");
    }

    #[test]
    fn a_twentieth_of_the_samples_at_least_is_cut_off() {
        let steady = measured(&spoiled(Fault::Clipping, SITE, tone(1)));
        assert!(steady.clipped > 0.9 && steady.peak_dbfs == 0.0, "{steady:?}");
        for site in 0..64 {
            let mut speech = tone(10);
            Speech::of_site(site, Seed(1)).shape(&mut speech);
            let speech = measured(&spoiled(Fault::Clipping, site, speech));
            assert!(speech.clipped > 0.05, "site {site}: {speech:?}");
        }
    }

    #[test]
    fn a_covered_lens_is_black_and_not_frozen() {
        let mut darkness = Darkness::new(Size { width: 320, height: 180 });
        let mut meter = PictureMeter::default();
        meter.see(darkness.draw(100));
        meter.take();
        let picture = darkness.draw(150);
        assert!(picture.luma().iter().all(|luma| (16..=17).contains(luma)));
        meter.see(picture);
        let measures = meter.take().unwrap();
        assert!(measures.luma < 1.0 && measures.spread < 1.0 && measures.change.unwrap() > 0.0, "{measures:?}");
    }

    #[test]
    fn each_fault_is_of_the_picture_or_of_the_sound() {
        for fault in Fault::value_variants() {
            let (picture, sound) = (PictureFault::of(*fault, 5), SoundFault::of(*fault, SITE));
            assert_ne!(picture.is_some(), sound.is_some(), "{fault:?}");
        }
        assert_eq!(PictureFault::of(Fault::Frozen, 5), Some(PictureFault::Frozen { at_ms: 5 }));
    }

    fn told<T: std::fmt::Debug>(result: anyhow::Result<T>) -> String {
        format!("{:#}", result.unwrap_err())
    }

    #[test]
    fn faults_are_named_with_their_sites() {
        let planted = PlantedFault::parse("cao-bang=silent-microphone").unwrap();
        assert_eq!(planted, PlantedFault { site: SiteSlug("cao-bang".into()), fault: Fault::SilentMicrophone });
        assert_eq!(
            told(PlantedFault::parse("cao-bang=deaf")),
            "no fault `deaf`; there are silent-microphone, clipping, black, frozen, echo"
        );
        assert_eq!(told(PlantedFault::parse("black")), "`black`: a fault is planted by SITE=KIND");
        assert_eq!(told(PlantedFault::parse("=black")), "`=black`: a fault is planted by SITE=KIND");
    }

    #[test]
    fn only_sites_that_are_simulated_have_a_fault_and_one_each() {
        let links = r#"[{"site":"cao-bang","endpoint":"main","token":"t","index":12,"name":"Cao Bằng"}]"#;
        let links: Vec<SiteLink> = serde_json::from_str(links).unwrap();
        let planted = |texts: &[&str]| {
            let planted: Vec<_> = texts.iter().map(|text| PlantedFault::parse(text).unwrap()).collect();
            by_site(&planted, &links)
        };
        assert_eq!(planted(&["cao-bang=echo"]).unwrap(), BTreeMap::from([(SiteSlug("cao-bang".into()), Fault::Echo)]));
        assert_eq!(told(planted(&["ha-noi=echo"])), "no site `ha-noi` is simulated here, so it cannot have a fault");
        assert!(told(planted(&["cao-bang=echo", "cao-bang=black"])).contains("two faults"));
    }
}
