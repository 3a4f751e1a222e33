//! Whether a source would be good on air: told before it is taken.
//!
//! A source that is watched is looked at four times a second, from what the relay counts of it anyway; a packet costs
//! nothing more. The first thing that is wrong is the verdict, in the order of [`SourceFault`]. A verdict worsens only when
//! its cause lasts and improves only when the cure lasts, so that nobody sees it flicker.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::level::Levels;
use super::source::{LayerSource, StreamId};
use super::timers::Timer;
use super::track::Track;
use super::{Plane, PlaneEvent, keyframe, layer};
use crate::{EndpointId, Layer, LineId, TrackId};

/// Between two looks.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
/// A fault must be seen for so long: two looks, so that no single late packet is told.
const WORSE_AFTER: Duration = Duration::from_millis(500);
/// A cure must be seen for so long.
const BETTER_AFTER: Duration = Duration::from_secs(2);

/// A camera or microphone that was never heard may need so long to begin: an encoder starts, a camera warms up.
const BEGINS_WITHIN: Duration = Duration::from_secs(3);
/// Without a complete frame for so long a picture stands still. Idle cameras send five frames a second.
const STALE_AFTER: Duration = Duration::from_secs(1);
/// Without a packet for so long there is no picture any more, where one stood still before.
const GONE_AFTER: Duration = Duration::from_secs(5);
/// An encoder begins a layer with a keyframe; with a request and its repetition it is complete within this.
const KEYFRAME_WITHIN: Duration = Duration::from_secs(2);
/// A layer that is asked of a source flows within this: the request's way, an encoder's start and its first estimate.
const LAYER_WITHIN: Duration = Duration::from_secs(2);
/// Browsers report on pictures every second, give or take a half.
const PICTURE_REPORT_WITHIN: Duration = Duration::from_secs(3);
/// Browsers report on sound every five seconds, give or take a half.
const SOUND_REPORT_WITHIN: Duration = Duration::from_secs(8);

/// Nothing louder for so long is no pause of a speaker any more: those last two seconds, and gated microphones are
/// digitally silent in them.
const SILENT_AFTER: Duration = Duration::from_secs(5);

/// Loss and clipping are shares of what came in this time: long enough that one percent of loss never looks like four by
/// chance, short enough that an operator sees the cure while waiting for it.
const WINDOW: Duration = Duration::from_secs(5);
/// Share of packets lost: retransmission mends pictures, but of sound the upper one is heard.
const LOSS: Share = Share { begins: 0.04, ends: 0.02 };
/// Fewer lost packets than this are chance, whatever their share.
const MIN_LOST: i64 = 8;
/// Share of what is spoken that is overloaded (see [`Levels`]): an overdriven microphone is in its vowels, a good one never.
/// Pauses do not count.
const CLIPPING: Share = Share { begins: 0.10, ends: 0.03 };
/// Fewer overloaded packets than this, 0.3 s, are a knock on the microphone.
const MIN_OVERLOADED: i64 = 15;

/// Shares at which a fault begins and ends.
#[derive(Debug, Clone, Copy)]
struct Share {
    begins: f64,
    ends: f64,
}

/// A source to watch: one endpoint's camera and microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Watch {
    /// The sender.
    pub endpoint: EndpointId,
    /// Its picture.
    pub picture: LineId,
    /// Its sound.
    pub sound: LineId,
}

/// The verdict on a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Too little is known yet: it was asked for its high layer just now, or has not reported.
    Checking,
    /// It would be good on air.
    Ready,
    /// It can be taken, but something is wrong. The first thing.
    NotReady(SourceFault),
}

/// What is wrong with a source; the first of these is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceFault {
    /// No packet of its picture, for five seconds or ever.
    NoPicture,
    /// No complete frame for a second, or no keyframe to begin with.
    PictureStale,
    /// The best layer that is asked of it does not flow.
    LayerMissing,
    /// No packet of its sound.
    NoSound,
    /// No sender report for its sound or for the layer used: lips are not known.
    NoSync,
    /// Its sound is digital silence.
    Silent,
    /// Its sound is overloaded.
    Clipping,
    /// Packets are lost on the way to the relay.
    Loss,
}

impl Readiness {
    /// How bad; an earlier fault outweighs a later one.
    fn severity(self) -> u8 {
        match self {
            Readiness::Ready => 0,
            Readiness::Checking => 1,
            Readiness::NotReady(fault) => u8::MAX - fault as u8,
        }
    }
}

/// What is known of a source that is watched.
#[derive(Debug)]
pub(super) struct Watched {
    /// Since when it could be looked at.
    since: Instant,
    /// Best layer that is asked of it, and since when.
    wished: (Layer, Instant),
    totals: BTreeMap<StreamId, Arrived>,
    levels: Levels,
    window: VecDeque<(Instant, Counts)>,
    verdict: Verdict,
}

/// Packets of a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Arrived {
    pub(super) expected: u64,
    pub(super) received: u64,
}

/// What was counted between two looks, or in the whole window. Signed: a late packet takes back that it was lost.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    expected: i64,
    lost: i64,
    spoken: i64,
    overloaded: i64,
}

impl Plane {
    /// Watches these sources and no others.
    pub(super) fn change_watches(&mut self, now: Instant, watches: &BTreeSet<Watch>) {
        self.watches.retain(|watch, _| watches.contains(watch));
        for &watch in watches {
            if !self.watches.contains_key(&watch) {
                self.look_at(now, watch);
            }
        }
        if self.watches.is_empty() {
            self.timers.cancel(Timer::Readiness);
        } else {
            self.timers.arm(Timer::Readiness, now + LOOK_INTERVAL);
        }
    }

    /// Looks at all sources that are watched.
    pub(super) fn look_at_watches(&mut self, now: Instant) {
        for watch in self.watches.keys().copied().collect::<Vec<_>>() {
            self.look_at(now, watch);
        }
        if !self.watches.is_empty() {
            self.timers.set(Timer::Readiness, now + LOOK_INTERVAL);
        }
    }

    fn look_at(&mut self, now: Instant, watch: Watch) {
        let known = self.watches.insert(watch, None).flatten();
        let connected = self.endpoint_keys.get(&watch.endpoint).is_some_and(|&key| self.endpoints[key].connected);
        if !connected {
            return;
        }
        let begins = known.is_none();
        let track = |line| {
            let key = self.track_keys.get(&TrackId { endpoint: watch.endpoint, line })?;
            Some((*key, &self.tracks[*key]))
        };
        let (picture, sound) = (track(watch.picture), track(watch.sound));
        let sight = Sight { now, picture: picture.map(|(_, track)| track), sound: sound.map(|(_, track)| track) };
        let mut watched = known.unwrap_or_else(|| Watched::new(now, sight.wished()));
        watched.count(&sight);
        if watched.verdict.observe(now, sight.verdict(&watched)) || begins {
            let readiness = watched.verdict.told;
            self.events.push_back(PlaneEvent::Readiness { watch, readiness });
        }
        let keyless = sight.needs_keyframe(&watched).zip(picture.map(|(key, _)| key));
        self.watches.insert(watch, Some(watched));
        if let Some((layer, track)) = keyless
            && let Some(source) = self.tracks[track].source_mut(layer)
        {
            source.requests.want();
            self.arm_requests(now, track);
        }
    }
}

impl Watched {
    fn new(now: Instant, wished: Layer) -> Self {
        Self {
            since: now,
            wished: (wished, now),
            totals: BTreeMap::new(),
            levels: Levels::default(),
            window: VecDeque::new(),
            verdict: Verdict::new(),
        }
    }

    /// Counts what came since the last look; what came before the first one is not counted.
    fn count(&mut self, sight: &Sight<'_>) {
        let (wished, since) = self.wished;
        self.wished = (sight.wished(), if sight.wished() > wished { sight.now } else { since });
        let mut counts = Counts::default();
        let mut totals = BTreeMap::new();
        for (_, source) in sight.picture.into_iter().chain(sight.sound).flat_map(Track::present) {
            let arrived = source.reception.arrived();
            if let Some(before) = self.totals.get(&source.stream) {
                let (expected, received) = (arrived.expected - before.expected, arrived.received - before.received);
                counts.expected += expected as i64;
                counts.lost += expected as i64 - received as i64;
            }
            totals.insert(source.stream, arrived);
        }
        if let Some(sound) = sight.sound {
            if self.levels.first.is_some() {
                counts.spoken = (sound.levels.spoken - self.levels.spoken) as i64;
                counts.overloaded = (sound.levels.overloaded - self.levels.overloaded) as i64;
            }
            self.levels = sound.levels;
        }
        self.totals = totals;
        self.window.push_back((sight.now, counts));
        while self.window.front().is_some_and(|(at, _)| sight.now.saturating_duration_since(*at) >= WINDOW) {
            self.window.pop_front();
        }
    }

    fn whole_window(&self) -> Counts {
        self.window.iter().fold(Counts::default(), |sum, (_, counts)| Counts {
            expected: sum.expected + counts.expected,
            lost: sum.lost + counts.lost,
            spoken: sum.spoken + counts.spoken,
            overloaded: sum.overloaded + counts.overloaded,
        })
    }

    /// Share and number of packets that make a fault, or keep it while it is the one that is told.
    fn limits(&self, fault: SourceFault, share: Share, least: i64) -> (f64, i64) {
        if self.verdict.told == Readiness::NotReady(fault) { (share.ends, 1) } else { (share.begins, least) }
    }
}

/// Is so much of a whole a fault?
fn check_share(fault: SourceFault, part: i64, whole: i64, (share, least): (f64, i64)) -> Check {
    if part >= least && part as f64 >= share * whole as f64 { Check::Wrong(fault) } else { Check::Fine }
}

/// What one condition says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    Fine,
    /// It may still come.
    Waits,
    Wrong(SourceFault),
}

/// A source as one look sees it.
#[derive(Debug, Clone, Copy)]
struct Sight<'a> {
    now: Instant,
    picture: Option<&'a Track>,
    sound: Option<&'a Track>,
}

impl<'a> Sight<'a> {
    fn verdict(&self, watched: &Watched) -> Readiness {
        let checks = [
            self.check_picture(watched),
            self.check_layer(watched),
            self.check_sound(watched),
            self.check_sync(watched),
            self.check_level(watched),
            Self::check_clipping(watched),
            Self::check_loss(watched),
        ];
        let fault = checks.iter().find_map(|check| match check {
            Check::Wrong(fault) => Some(*fault),
            Check::Fine | Check::Waits => None,
        });
        match fault {
            Some(fault) => Readiness::NotReady(fault),
            None if checks.contains(&Check::Waits) => Readiness::Checking,
            None => Readiness::Ready,
        }
    }

    /// Best layer that the relay asks of the source.
    fn wished(&self) -> Layer {
        let wanted = self.picture.and_then(|track| track.announced.as_ref()?.iter().max());
        wanted.copied().unwrap_or(Layer::Low)
    }

    /// The layer that a take would show.
    fn used(&self, watched: &Watched) -> Option<(Layer, &'a LayerSource)> {
        let track = self.picture?;
        let layer = layer::target(track, watched.wished.0)?;
        Some((layer, track.source(layer)?))
    }

    fn microphone(&self) -> Option<&'a LayerSource> {
        self.sound?.source(Layer::High)
    }

    fn passed(&self, since: Instant) -> Duration {
        self.now.saturating_duration_since(since)
    }

    /// Waits until `patience` has passed.
    fn overdue(&self, since: Instant, patience: Duration, fault: SourceFault) -> Check {
        if self.passed(since) < patience { Check::Waits } else { Check::Wrong(fault) }
    }

    fn check_picture(&self, watched: &Watched) -> Check {
        let Some(track) = self.picture else { return Check::Wrong(SourceFault::NoPicture) };
        let Some(heard) = track.present().map(|(_, source)| source.heard).max() else {
            return self.overdue(watched.since, BEGINS_WITHIN, SourceFault::NoPicture);
        };
        let Some((_, source)) = self.used(watched) else {
            let gone = self.passed(heard) >= GONE_AFTER;
            return Check::Wrong(if gone { SourceFault::NoPicture } else { SourceFault::PictureStale });
        };
        if source.keyframe.is_none() {
            return self.overdue(source.began, KEYFRAME_WITHIN, SourceFault::PictureStale);
        }
        if self.passed(source.fresh) >= STALE_AFTER { Check::Wrong(SourceFault::PictureStale) } else { Check::Fine }
    }

    fn check_layer(&self, watched: &Watched) -> Check {
        let (wished, since) = watched.wished;
        match self.used(watched) {
            Some((used, _)) if used >= wished => Check::Fine,
            Some(_) => self.overdue(since, LAYER_WITHIN, SourceFault::LayerMissing),
            // That is the picture's own fault.
            None => Check::Waits,
        }
    }

    fn check_sound(&self, watched: &Watched) -> Check {
        match (self.sound, self.microphone()) {
            (None, _) => Check::Wrong(SourceFault::NoSound),
            (Some(_), None) => self.overdue(watched.since, BEGINS_WITHIN, SourceFault::NoSound),
            (Some(_), Some(source)) if source.flowing => Check::Fine,
            (Some(_), Some(_)) => Check::Wrong(SourceFault::NoSound),
        }
    }

    /// Layers of one camera have time bases of their own: a report of another layer says nothing.
    fn check_sync(&self, watched: &Watched) -> Check {
        let sound = self.microphone().map(|source| (source, SOUND_REPORT_WITHIN));
        let picture = self.used(watched).map(|(_, source)| (source, PICTURE_REPORT_WITHIN));
        let checks = [sound, picture].map(|source| match source {
            Some((source, _)) if source.clock.synced() => Check::Fine,
            Some((source, patience)) => self.overdue(source.began, patience, SourceFault::NoSync),
            None => Check::Waits,
        });
        let wrong = checks.into_iter().find(|check| matches!(check, Check::Wrong(_)));
        wrong.unwrap_or(if checks.contains(&Check::Waits) { Check::Waits } else { Check::Fine })
    }

    fn check_level(&self, watched: &Watched) -> Check {
        let Levels { first, sounded, .. } = watched.levels;
        match (first, sounded) {
            // Packets without a level (RFC 6464 was not negotiated) cannot be judged.
            (None, _) => Check::Fine,
            (Some(first), None) => self.overdue(first, SILENT_AFTER, SourceFault::Silent),
            (Some(_), Some(sounded)) if self.passed(sounded) < SILENT_AFTER => Check::Fine,
            (Some(_), Some(_)) => Check::Wrong(SourceFault::Silent),
        }
    }

    fn check_clipping(watched: &Watched) -> Check {
        let counts = watched.whole_window();
        let limits = watched.limits(SourceFault::Clipping, CLIPPING, MIN_OVERLOADED);
        check_share(SourceFault::Clipping, counts.overloaded, counts.spoken, limits)
    }

    /// Of picture and sound together: they travel one way, and more packets say it sooner.
    fn check_loss(watched: &Watched) -> Check {
        let counts = watched.whole_window();
        let limits = watched.limits(SourceFault::Loss, LOSS, MIN_LOST);
        check_share(SourceFault::Loss, counts.lost, counts.expected, limits)
    }

    /// The layer used has no keyframe, and nobody else may be asking for one.
    fn needs_keyframe(&self, watched: &Watched) -> Option<Layer> {
        let (layer, source) = self.used(watched)?;
        let begun = self.passed(source.began) >= keyframe::REQUEST_INTERVAL;
        (begun && source.keyframe.is_none()).then_some(layer)
    }
}

/// What is told, and how long it has not been so.
#[derive(Debug)]
struct Verdict {
    told: Readiness,
    worse_since: Option<Instant>,
    better_since: Option<Instant>,
}

impl Verdict {
    fn new() -> Self {
        Self { told: Readiness::Checking, worse_since: None, better_since: None }
    }

    /// Takes what was found now; true if another verdict is to be told.
    ///
    /// What counts is how long something worse, or something better, than the verdict was found, whatever it was: two
    /// causes that take turns do not hold each other back.
    fn observe(&mut self, now: Instant, found: Readiness) -> bool {
        let (found_severity, told_severity) = (found.severity(), self.told.severity());
        if found_severity <= told_severity {
            self.worse_since = None;
        }
        if found_severity >= told_severity {
            self.better_since = None;
        }
        if found == self.told {
            return false;
        }
        let (since, patience) = if found_severity > told_severity {
            (self.worse_since.get_or_insert(now), WORSE_AFTER)
        } else {
            (self.better_since.get_or_insert(now), BETTER_AFTER)
        };
        // "Checking" is no fault: nothing must be proved before it is told, or left.
        let harmless = |readiness| matches!(readiness, Readiness::Ready | Readiness::Checking);
        let at_once = harmless(found) && harmless(self.told);
        if !at_once && now.saturating_duration_since(*since) < patience {
            return false;
        }
        *self = Self { told: found, worse_since: None, better_since: None };
        true
    }
}
