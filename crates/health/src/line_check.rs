//! The line check of a site (kiểm tra đường truyền): what was measured for half a minute becomes a verdict per item, and one name
//! for what is wrong.
//!
//! Faults hide behind each other: a narrow line loses packets and is slow while it is full, a lossy one carries little of a
//! transfer, a line that comes and goes does all of it. So what the line does while nothing fills it is kept apart from what it does
//! during the transfers, and what explains the rest is named alone:
//!
//! ```text
//!  interruptions ─▶ (nothing of the line is blamed for what it did meanwhile)
//!  loss of the idle line ─▶ (the transfers are not blamed)
//!  narrow line ─▶ (loss and delay are not blamed)
//!  delay: the shortest of all round trips, which no queue makes longer; but a queue that is full all the time does, and so nothing is
//!         blamed on the delay of a narrow line that loses what is sent to it
//! ```

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::thresholds::Check;
use crate::units::{Kbps, Share};
use crate::{CandidatePath, ContentFault, EncoderLimit, LineSample, PageSample, ThresholdError, Thresholds};

/// A second without a packet is an interruption of the line; one may be a hand at a cable, two are a habit.
pub const INTERRUPTIONS: u32 = 2;
/// So many seconds in which nothing arrives are no blink any more, in however few pieces.
const SILENT_SECONDS: u32 = 5;
/// Seconds in which picture or sound must have been measured before either is called good.
const LEAST_JUDGED_SECONDS: u32 = 10;
/// Seconds of an idle line that must have been measured before its loss is believed.
const LEAST_SECONDS: u32 = 5;
/// Charge of a battery below which a conference of a morning is not safe.
const LOW_BATTERY: f32 = 0.3;

/// Bounds of the check that are not those of the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CheckBounds {
    /// From the site, kbit/s, below which it cannot go on air well: the middle layer (500) and sound, with a fifth to spare.
    pub up_weak_kbps: f32,
    /// From the site, kbit/s, below which it cannot go on air at all: the lowest layer (150) and sound.
    pub up_bad_kbps: f32,
    /// To the site, kbit/s: the programme in its middle layer and sound.
    pub down_weak_kbps: f32,
    /// To the site, kbit/s: the programme in its lowest layer and sound.
    pub down_bad_kbps: f32,
}

impl Default for CheckBounds {
    fn default() -> Self {
        Self { up_weak_kbps: 660.0, up_bad_kbps: 220.0, down_weak_kbps: 660.0, down_bad_kbps: 220.0 }
    }
}

/// More is no line of a site.
const MAX_KBPS: f32 = 100_000.0;

impl CheckBounds {
    /// Checks all of them.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first.
    pub fn validate(&self) -> Result<(), Vec<ThresholdError>> {
        let mut check = Check::default();
        let Self { up_weak_kbps, up_bad_kbps, down_weak_kbps, down_bad_kbps } = *self;
        for (field, value) in [
            ("up_weak_kbps", up_weak_kbps),
            ("up_bad_kbps", up_bad_kbps),
            ("down_weak_kbps", down_weak_kbps),
            ("down_bad_kbps", down_bad_kbps),
        ] {
            check.range(field, value, 1.0, MAX_KBPS);
        }
        check.less(("up_bad_kbps", up_bad_kbps), ("up_weak_kbps", up_weak_kbps));
        check.less(("down_bad_kbps", down_bad_kbps), ("down_weak_kbps", down_weak_kbps));
        check.done()
    }
}

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckItem {
    /// The camera.
    Camera,
    /// The microphone.
    Microphone,
    /// The loudspeaker, as far as it can be known without an ear: sound plays, without holes, and does not come back.
    Speaker,
    /// What the line carries from the site.
    Up,
    /// What it carries to the site.
    Down,
    /// Packets lost.
    Loss,
    /// Round trip.
    Delay,
    /// It does not come and go.
    Stability,
    /// The way that its media takes, and what limits its machine.
    Path,
}

/// All items, in the order of a report.
pub const ITEMS: [CheckItem; 9] = [
    CheckItem::Camera,
    CheckItem::Microphone,
    CheckItem::Speaker,
    CheckItem::Up,
    CheckItem::Down,
    CheckItem::Loss,
    CheckItem::Delay,
    CheckItem::Stability,
    CheckItem::Path,
];

/// How an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckVerdict {
    /// Good.
    Good,
    /// It could not be measured.
    Unknown,
    /// It works, with flaws.
    Weak,
    /// It does not do for a conference.
    Bad,
}

/// What is wrong with an item. The page has the words, and the advice how to mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckFault {
    /// No picture arrives.
    NoPicture,
    /// No sound packets arrive.
    NoSound,
    /// Found in pixels and samples.
    Content(ContentFault),
    /// The browser does not play sound: a key must be pressed there.
    SoundBlocked,
    /// The site hears concealed sound.
    ConcealedSound,
    /// The line carries too little from the site.
    NarrowUp,
    /// The line carries too little to the site.
    NarrowDown,
    /// Packets from the site are lost.
    Loss,
    /// Packets to the site are lost.
    ReceivingLoss,
    /// The line is slow.
    Delay,
    /// The line comes and goes.
    Flapping,
    /// The machine is too slow to encode.
    SlowMachine,
    /// The battery is low.
    LowBattery,
    /// A firewall keeps UDP out.
    OverTcp,
}

/// One item of a check.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CheckedItem {
    /// Which.
    pub item: CheckItem,
    /// How it is.
    pub verdict: CheckVerdict,
    /// What is wrong with it.
    pub fault: Option<CheckFault>,
    /// What was measured: kbit/s of up and down, a share of loss, ms of delay, a number of interruptions.
    pub value: Option<f32>,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// The worst of its items.
    pub verdict: CheckVerdict,
    /// The first of the worst faults: what to mend first.
    pub fault: Option<CheckFault>,
    /// All items, in the order of [`ITEMS`].
    pub items: Vec<CheckedItem>,
    /// Somebody spoke in the programme, so that an echo of it would have been found.
    pub echo_judged: bool,
}

/// A check that is under way.
#[derive(Debug, Clone, Default)]
pub struct LineCheck {
    /// Something has arrived since it began: what comes late has not been interrupted.
    arrived: bool,
    interruptions: u32,
    interrupted: bool,
    silent_seconds: u32,
    idle_seconds: u32,
    judged_pictures: u32,
    judged_sounds: u32,
    echo_judged: bool,
    expected: u32,
    lost: u32,
    down_expected: u32,
    down_lost: u32,
    shortest_rtt_ms: Option<f32>,
    pictures: u32,
    sounds: u32,
    faults: BTreeSet<ContentFault>,
    page: Option<PageSample>,
    concealed: Vec<f32>,
    slow_reports: u32,
    reports: u32,
    sound_playing: Option<bool>,
    up: Option<Kbps>,
    down: Option<Kbps>,
    unanswered: bool,
}

impl LineCheck {
    /// One second of the line. `idle`: no transfer filled it.
    pub fn second(&mut self, up: Option<&LineSample>, down: Option<&LineSample>, idle: bool) {
        let arrives = up.is_some_and(|up| up.expected > up.lost);
        self.arrived |= arrives;
        if !self.arrived {
            return;
        }
        if !arrives && !self.interrupted {
            self.interruptions += 1;
        }
        self.interrupted = !arrives;
        self.silent_seconds += u32::from(!arrives);
        let Some(up) = up.filter(|_| arrives) else { return };
        self.pictures += u32::from(up.fps.is_some_and(|fps| fps.get() > 0.0));
        self.sounds += u32::from(up.jitter.is_some() || up.level.is_some());
        if let Some(rtt) = up.rtt {
            let shortest = self.shortest_rtt_ms.map_or(rtt.get(), |known| known.min(rtt.get()));
            self.shortest_rtt_ms = Some(shortest);
        }
        if idle {
            self.idle_seconds += 1;
            self.expected += up.expected;
            self.lost += up.lost;
            if let Some(down) = down {
                self.down_expected += down.expected;
                self.down_lost += down.lost;
            }
        }
    }

    /// The last report of the site's page. `idle`: no transfer filled the line.
    pub fn page(&mut self, page: &PageSample, sound_playing: Option<bool>, idle: bool) {
        self.reports += 1;
        self.slow_reports += u32::from(page.limit == EncoderLimit::Cpu);
        if idle && let Some(concealed) = page.concealed {
            self.concealed.push(concealed.get());
        }
        self.page = Some(*page);
        self.sound_playing = sound_playing;
    }

    /// Whether picture and sound were measured in this second: what is switched off, muted or measured by nobody cannot be called good. And
    /// whether an echo could be told.
    pub fn judged(&mut self, picture: bool, sound: bool, echo: bool) {
        self.echo_judged |= sound && echo;
        self.judged_pictures += u32::from(picture);
        self.judged_sounds += u32::from(sound);
    }

    /// The faults of picture and sound that are told now.
    pub fn faults(&mut self, faults: impl IntoIterator<Item = ContentFault>) {
        self.faults.extend(faults);
    }

    /// What transfers measured.
    pub fn transferred(&mut self, up: Option<Kbps>, down: Option<Kbps>) {
        (self.up, self.down) = (up.or(self.up), down.or(self.down));
    }

    /// The transfers were asked for, and nothing was heard of them in time.
    pub fn unanswered(&mut self) {
        self.unanswered = true;
    }

    /// What was found until now.
    pub fn report(&self, line: &Thresholds, bounds: &CheckBounds) -> CheckReport {
        let items: Vec<CheckedItem> = ITEMS.into_iter().map(|item| self.item(item, line, bounds)).collect();
        // A loudspeaker to which nothing was sent is no flaw of the line: before the day there may be nobody in the hall.
        let counts = |item: &&CheckedItem| item.item != CheckItem::Speaker || item.verdict != CheckVerdict::Unknown;
        let worst = items.iter().filter(counts).map(|item| item.verdict).max().unwrap_or(CheckVerdict::Unknown);
        let fault = items.iter().filter(|item| item.verdict == worst).find_map(|item| item.fault);
        CheckReport { verdict: worst, fault, items, echo_judged: self.echo_judged }
    }

    fn item(&self, item: CheckItem, line: &Thresholds, bounds: &CheckBounds) -> CheckedItem {
        let (verdict, fault, value) = match item {
            CheckItem::Camera => self.camera(),
            CheckItem::Microphone => self.microphone(),
            CheckItem::Speaker => self.speaker(line),
            CheckItem::Up => self.capacity(self.up, bounds.up_weak_kbps, bounds.up_bad_kbps, CheckFault::NarrowUp),
            CheckItem::Down if self.overflows(line) => wrong(CheckVerdict::Bad, CheckFault::NarrowDown),
            CheckItem::Down => {
                self.capacity(self.down, bounds.down_weak_kbps, bounds.down_bad_kbps, CheckFault::NarrowDown)
            }
            CheckItem::Loss => self.lost(line, bounds),
            CheckItem::Delay => self.delay(line, bounds),
            CheckItem::Stability => self.stability(),
            CheckItem::Path => self.path(),
        };
        CheckedItem { item, verdict, fault, value }
    }

    fn camera(&self) -> Item {
        if self.pictures == 0 {
            return wrong(CheckVerdict::Bad, CheckFault::NoPicture);
        }
        self.content(&[ContentFault::BlackPicture, ContentFault::FrozenPicture], self.judged_pictures)
    }

    fn microphone(&self) -> Item {
        if self.sounds == 0 {
            return wrong(CheckVerdict::Bad, CheckFault::NoSound);
        }
        // A microphone that clips is too loud as well: the worse of the two is named.
        let faults = [
            ContentFault::SilentMicrophone,
            ContentFault::Clipping,
            ContentFault::Echo,
            ContentFault::TooLoud,
            ContentFault::TooLow,
        ];
        self.content(&faults, self.judged_sounds)
    }

    fn content(&self, faults: &[ContentFault], judged_seconds: u32) -> Item {
        let Some(fault) = faults.iter().find(|fault| self.faults.contains(fault)) else {
            return if judged_seconds >= LEAST_JUDGED_SECONDS {
                good(None)
            } else {
                (CheckVerdict::Unknown, None, None)
            };
        };
        let verdict = match fault {
            ContentFault::TooLow | ContentFault::TooLoud => CheckVerdict::Weak,
            ContentFault::SilentMicrophone
            | ContentFault::Clipping
            | ContentFault::BlackPicture
            | ContentFault::FrozenPicture
            | ContentFault::Echo => CheckVerdict::Bad,
        };
        wrong(verdict, CheckFault::Content(*fault))
    }

    fn speaker(&self, line: &Thresholds) -> Item {
        match self.sound_playing {
            None => return (CheckVerdict::Unknown, None, None),
            Some(false) => return wrong(CheckVerdict::Bad, CheckFault::SoundBlocked),
            Some(true) if self.down_expected == 0 => return (CheckVerdict::Unknown, None, None),
            Some(true) => {}
        }
        let concealed = mean(&self.concealed);
        let holes = concealed.is_some_and(|share| share >= line.concealed_weak);
        // Of a line that loses packets the holes are a consequence, and so they are of one that is full.
        let explained =
            self.flaps() || self.loses(line) || self.down_loss().is_some_and(|share| share >= line.loss_weak);
        if holes && !explained {
            return (CheckVerdict::Weak, Some(CheckFault::ConcealedSound), concealed);
        }
        good(concealed)
    }

    fn capacity(&self, measured: Option<Kbps>, weak: f32, bad: f32, fault: CheckFault) -> Item {
        let Some(kbps) = measured.map(Kbps::get) else { return (CheckVerdict::Unknown, None, None) };
        // A line that loses packets when it is idle, or comes and goes, says nothing of what it could carry.
        if kbps >= weak || self.flaps() || self.idle_up_loss().is_some_and(|share| share >= LOSS_SLOWS_TRANSFERS) {
            return good(Some(kbps));
        }
        let verdict = if kbps < bad { CheckVerdict::Bad } else { CheckVerdict::Weak };
        (verdict, Some(fault), Some(kbps))
    }

    fn lost(&self, line: &Thresholds, bounds: &CheckBounds) -> Item {
        let up = self.idle_up_loss();
        let down = self.down_loss();
        if up.is_none() && down.is_none() {
            return (CheckVerdict::Unknown, None, None);
        }
        let value = up.into_iter().chain(down).reduce(f32::max);
        if self.flaps() {
            return good(value);
        }
        let narrow = self.narrow_down(line, bounds);
        for (share, fault, blamed) in [(up, CheckFault::Loss, true), (down, CheckFault::ReceivingLoss, !narrow)] {
            let Some(share) = share.filter(|share| blamed && *share >= line.loss_weak) else { continue };
            let verdict = if share >= line.loss_bad { CheckVerdict::Bad } else { CheckVerdict::Weak };
            return (verdict, Some(fault), Some(share));
        }
        good(value)
    }

    fn delay(&self, line: &Thresholds, bounds: &CheckBounds) -> Item {
        let Some(rtt_ms) = self.shortest_rtt_ms else { return (CheckVerdict::Unknown, None, None) };
        let lost = self.down_loss().is_some_and(|share| share >= line.loss_weak);
        if rtt_ms < line.delay_weak_ms || (lost && self.narrow_down(line, bounds)) {
            return good(Some(rtt_ms));
        }
        let verdict = if rtt_ms >= line.delay_bad_ms { CheckVerdict::Bad } else { CheckVerdict::Weak };
        (verdict, Some(CheckFault::Delay), Some(rtt_ms))
    }

    fn stability(&self) -> Item {
        if !self.arrived {
            return (CheckVerdict::Unknown, None, None);
        }
        let value = Some(self.interruptions as f32);
        if self.flaps() { (CheckVerdict::Bad, Some(CheckFault::Flapping), value) } else { good(value) }
    }

    fn path(&self) -> Item {
        let Some(page) = self.page else { return (CheckVerdict::Unknown, None, None) };
        if self.slow_reports * 2 > self.reports {
            return wrong(CheckVerdict::Weak, CheckFault::SlowMachine);
        }
        if page.battery.is_some_and(|battery| battery.get() < LOW_BATTERY) {
            return (CheckVerdict::Weak, Some(CheckFault::LowBattery), page.battery.map(Share::get));
        }
        match page.path {
            CandidatePath::Tcp => wrong(CheckVerdict::Weak, CheckFault::OverTcp),
            CandidatePath::Unknown | CandidatePath::Udp | CandidatePath::Relayed => good(None),
        }
    }

    /// It carries too little to the site. What arrives of an idle site is little: it fits through a line that is too narrow for the
    /// programme.
    fn narrow_down(&self, line: &Thresholds, bounds: &CheckBounds) -> bool {
        let measured = self.down.is_some_and(|down| down.get() < bounds.down_weak_kbps) && !self.loses(line);
        measured || self.overflows(line)
    }

    /// The programme alone is more than it carries to the site: packets are lost on this way alone, and nothing gets through beside them, not
    /// even the answer how much did.
    fn overflows(&self, line: &Thresholds) -> bool {
        let lost = self.down_loss().is_some_and(|share| share >= line.loss_weak);
        self.unanswered && self.down.is_none() && lost && !self.loses(line) && !self.flaps()
    }

    /// It comes and goes, or went and did not come back.
    fn flaps(&self) -> bool {
        self.interruptions >= INTERRUPTIONS || self.interrupted || self.silent_seconds >= SILENT_SECONDS
    }

    fn loses(&self, line: &Thresholds) -> bool {
        self.idle_up_loss().is_some_and(|share| share >= line.loss_weak)
    }

    fn idle_up_loss(&self) -> Option<f32> {
        share(self.lost, self.expected).filter(|_| self.idle_seconds >= LEAST_SECONDS)
    }

    fn down_loss(&self) -> Option<f32> {
        share(self.down_lost, self.down_expected).filter(|_| self.idle_seconds >= LEAST_SECONDS)
    }
}

/// Share of packets lost from which a transfer over TCP is a measure of the loss and no more of the line: a few in a hundred halve its
/// window again and again.
const LOSS_SLOWS_TRANSFERS: f32 = 0.02;

type Item = (CheckVerdict, Option<CheckFault>, Option<f32>);

fn good(value: Option<f32>) -> Item {
    (CheckVerdict::Good, None, value)
}

fn wrong(verdict: CheckVerdict, fault: CheckFault) -> Item {
    (verdict, Some(fault), None)
}

fn share(part: u32, whole: u32) -> Option<f32> {
    (whole > 0).then(|| part as f32 / whole as f32)
}

fn mean(values: &[f32]) -> Option<f32> {
    (!values.is_empty()).then(|| values.iter().sum::<f32>() / values.len() as f32)
}

#[cfg(test)]
mod tests;
