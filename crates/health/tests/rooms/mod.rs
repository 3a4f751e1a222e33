//! Rooms with their cameras and microphones on virtual time.
//!
//! What a site measures of itself is made from a seed as rooms and cameras give it: noise, people who move, cough and clap,
//! dark rooms, cameras with noise reduction, microphones that are off.

use std::collections::{BTreeMap, BTreeSet};

use health::content::LEVELS_EVERY_MS;
use health::units::{Dbfs, Luma, Share};
use health::{
    AlarmEvent, AlarmKind, ContentFault, ContentSample, Context, Health, HealthEvent, Millis, Place, Settings, SiteSlug,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Sites of the country.
const SITES: usize = 63;
const REPORT_MS: u64 = 2_000;
/// A check of the whole country must be over then.
const CHECK_MS: u64 = 3 * 60_000;
/// A clean run lasts so long.
const CLEAN_MS: u64 = 15 * 60_000;

/// A room with its camera and microphone.
#[derive(Debug, Clone)]
struct Room {
    fault: Option<ContentFault>,
    context: Context,
    mean: f32,
    spread: f32,
    /// Noise of the camera, as mean change of a pixel.
    noise: f32,
    room_dbfs: f32,
    /// Median level of its speech; the effective level is 7 dB higher, about the −26 dBFS of ITU-T P.56.
    speech_dbfs: f32,
    /// Levels of speech of its own.
    speech: Speech,
    /// Levels that the programme had, the latest last.
    heard: Vec<f32>,
    echo_steps: usize,
    /// Levels since the last report, dBFS.
    levels: Vec<f32>,
}

/// Levels of somebody who speaks in sentences, in steps of [`LEVELS_EVERY_MS`].
#[derive(Debug, Clone, Default)]
struct Speech {
    left: u32,
    speaks: bool,
}

impl Speech {
    /// Level above the speaker's mean, dB; none in a pause. `rests`: pauses of a room that listens, and not of a speaker.
    fn next(&mut self, rests: bool, random: &mut StdRng) -> Option<f32> {
        if self.left == 0 {
            self.speaks = !self.speaks;
            let pause = if rests { 100..900 } else { 2..15 };
            let sentence = if rests { 3..20 } else { 10..50 };
            self.left = random.random_range(if self.speaks { sentence } else { pause });
        }
        self.left -= 1;
        self.speaks.then(|| (0..3).map(|_| random.random_range(-8.0..8.0)).sum())
    }
}

impl Room {
    fn of(random: &mut StdRng, fault: Option<ContentFault>) -> Self {
        let dark = random.random_bool(0.1);
        let is_fine = fault.is_none();
        let speaks = match fault {
            Some(ContentFault::Clipping | ContentFault::TooLow) => true,
            // Who speaks all the time drowns the echo.
            Some(ContentFault::Echo) => false,
            _ => random.random_bool(0.1),
        };
        let context = Context {
            muted: is_fine && !speaks && random.random_bool(0.2),
            camera_off: is_fine && random.random_bool(0.05),
            on_air: false,
            expected_to_speak: speaks,
            checked: false,
        };
        Self {
            fault,
            context,
            mean: if dark { random.random_range(20.0..30.0) } else { random.random_range(50.0..170.0) },
            spread: if dark { random.random_range(9.0..20.0) } else { random.random_range(20.0..60.0) },
            noise: random.random_range(0.06..2.0),
            room_dbfs: random.random_range(-78.0..-50.0),
            speech_dbfs: if fault == Some(ContentFault::TooLow) { -62.0 } else { random.random_range(-40.0..-30.0) },
            speech: Speech::default(),
            heard: Vec::new(),
            echo_steps: random.random_range(1..9),
            levels: Vec::new(),
        }
    }

    /// Level of its microphone in this step, dBFS.
    fn level(&mut self, programme: f32, random: &mut StdRng) -> f32 {
        self.heard.push(programme);
        if self.context.muted || self.fault == Some(ContentFault::SilentMicrophone) {
            return -127.0;
        }
        let rests = !self.context.expected_to_speak;
        let mut level = self.room_dbfs + random.random_range(-2.0..2.0);
        if let Some(above) = self.speech.next(rests, random) {
            level = level.max(self.speech_dbfs + above);
        }
        if self.fault == Some(ContentFault::Echo) && self.heard.len() > self.echo_steps {
            let sent = self.heard[self.heard.len() - 1 - self.echo_steps];
            level = level.max(sent - 12.0 + random.random_range(-1.0..1.0));
        }
        level
    }

    /// What it measured since the last report.
    fn report(&mut self, random: &mut StdRng) -> ContentSample {
        let levels = std::mem::take(&mut self.levels);
        let loudest = levels.iter().copied().fold(-127.0, f32::max);
        let power: f32 = levels.iter().map(|level| 10f32.powf(level / 10.0)).sum();
        let rms = 10.0 * (power / levels.len().max(1) as f32).log10();
        let silent = self.context.muted || self.fault == Some(ContentFault::SilentMicrophone);
        let clips = self.fault == Some(ContentFault::Clipping) && loudest > -45.0;
        // Something falls on the table every ten minutes.
        let knock = !silent && random.random_bool(0.003);
        let moves = if random.random_bool(0.3) { random.random_range(0.0..8.0) } else { 0.0 };
        let (mean, spread, change) = match self.fault {
            Some(ContentFault::BlackPicture) => (16.0, random.random_range(0.0..2.0), random.random_range(0.0..0.5)),
            Some(ContentFault::FrozenPicture) => (self.mean, self.spread, 0.0),
            _ if self.context.camera_off => (0.0, 0.0, 0.0),
            _ => (self.mean + random.random_range(-3.0..3.0), self.spread, self.noise + moves),
        };
        ContentSample {
            frames: random.random_range(20..60),
            luma_mean: Luma::read(mean),
            luma_spread: Luma::read(spread),
            luma_change: Luma::read(change),
            clipped: Share::read(if clips || knock { random.random_range(0.003..0.1) } else { 0.0 }),
            rms: Dbfs::read(rms),
            peak: Dbfs::read(if silent { -127.0 } else { loudest + 10.0 }),
        }
    }
}

/// Applause of six seconds, after a speech of a minute and a half, in the hall and in rooms that are not muted.
fn applauds(step: u64, late: u64) -> bool {
    let at = (step * LEVELS_EVERY_MS).saturating_sub(late) % 96_000;
    at >= 90_000
}

/// Plays the rooms and gives the faults that were raised, by site.
fn play(seed: u64, planted: &BTreeMap<usize, ContentFault>, until: u64) -> BTreeMap<usize, BTreeSet<ContentFault>> {
    let random = &mut StdRng::seed_from_u64(seed);
    let slug = |site: usize| SiteSlug(format!("site-{site:02}"));
    let mut health = Health::new(Settings::default());
    health.set_places(Millis(0), (0..SITES).map(|site| (slug(site), Place::default())).collect());
    let mut rooms: Vec<_> = (0..SITES).map(|site| Room::of(random, planted.get(&site).copied())).collect();
    let late: Vec<u64> = (0..SITES).map(|_| random.random_range(400..2_000)).collect();
    let mut hall = Speech::default();
    let mut raised: BTreeMap<usize, BTreeSet<ContentFault>> = BTreeMap::new();
    for step in 0..until / LEVELS_EVERY_MS {
        let now = Millis(step * LEVELS_EVERY_MS);
        let spoken = hall.next(false, random).map_or(-65.0, |above| -26.0 + above);
        let clapped = random.random_range(-24.0..-18.0);
        let programme = if applauds(step, 0) { clapped } else { spoken };
        for (site, room) in rooms.iter_mut().enumerate() {
            let mut level = room.level(programme, random);
            if applauds(step, late[site]) && level > -127.0 {
                level = level.max(random.random_range(-30.0..-22.0));
            }
            room.levels.push(level);
            if let (Some(microphone), Some(sent)) = (Dbfs::read(level), Dbfs::read(programme)) {
                health.levels(now, &slug(site), microphone, sent, room.context);
            }
            if now.0.is_multiple_of(REPORT_MS) && step > 0 {
                let sample = room.report(random);
                health.content(now, &slug(site), &sample, room.context);
            }
        }
        health.handle_timeout(now);
        for event in std::iter::from_fn(|| health.poll_event()) {
            let HealthEvent::Alarm(AlarmEvent::Raised(alarm)) = event else { continue };
            let AlarmKind::Content(fault) = alarm.kind else { panic!("{alarm:?}") };
            let site = (0..SITES).find(|site| slug(*site) == alarm.site).expect("a site of this country");
            raised.entry(site).or_default().insert(fault);
        }
    }
    raised
}

/// What was raised of a check of the country with one room of each fault, and what should have been.
pub fn planted_faults(seed: u64) -> [BTreeMap<usize, BTreeSet<ContentFault>>; 2] {
    let faults = [
        ContentFault::SilentMicrophone,
        ContentFault::Clipping,
        ContentFault::TooLow,
        ContentFault::BlackPicture,
        ContentFault::FrozenPicture,
        ContentFault::Echo,
    ];
    let planted: BTreeMap<usize, ContentFault> =
        faults.iter().enumerate().map(|(index, fault)| ((index * 11 + seed as usize * 7) % SITES, *fault)).collect();
    let expected = planted.iter().map(|(site, fault)| (*site, BTreeSet::from([*fault]))).collect();
    [play(seed, &planted, CHECK_MS), expected]
}

/// What is raised of fifteen minutes of rooms in which nothing is wrong.
pub fn raised_of_a_clean_run(seed: u64) -> BTreeMap<usize, BTreeSet<ContentFault>> {
    play(seed, &BTreeMap::new(), CLEAN_MS)
}
