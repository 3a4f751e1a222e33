//! What is wrong with a picture or a sound that arrives in good order: each fault is named, and told only when it has lasted.
//! A false alarm is worse than a late one: it teaches people to look away.
//!
//! - `microphone.rs`: silence, clipping, too low, too loud;
//! - `picture.rs`: black, frozen;
//! - `echo.rs`: the site sends the programme back;
//! - `bounds.rs`: every bound of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::units::Dbfs;
use crate::{ContentSample, Millis};

mod bounds;
mod echo;
mod microphone;
mod picture;

pub use bounds::ContentBounds;
pub use echo::{LEVELS_EVERY_MS, MAX_ECHO_DELAY_MS};

use echo::EchoWatch;
use microphone::MicrophoneWatch;
use picture::PictureWatch;

/// A fault of picture or sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentFault {
    /// The microphone is open and gives nothing at all.
    SilentMicrophone,
    /// The sound is cut off at full scale.
    Clipping,
    /// Speech is too low.
    TooLow,
    /// The sound is too loud.
    TooLoud,
    /// The picture is black.
    BlackPicture,
    /// Frames come, always the same one.
    FrozenPicture,
    /// The programme comes back from the site's microphone.
    Echo,
}

/// What the site is meant to do, as the conference knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Context {
    /// Its microphone is off or muted, by itself or by the centre.
    pub muted: bool,
    /// Its camera is off, or it covers its picture with purpose.
    pub camera_off: bool,
    /// It is on air: what it says and what it hears are one conversation, and follow each other anyway.
    pub on_air: bool,
    /// Somebody is expected to speak there: it has the floor.
    pub expected_to_speak: bool,
    /// Somebody there was asked to speak for a line check. If nobody does, that is a finding of the check and no alarm.
    pub checked: bool,
}

/// Watches picture and sound of one site.
#[derive(Debug, Clone, Default)]
pub struct ContentWatch {
    microphone: MicrophoneWatch,
    picture: PictureWatch,
    echo: EchoWatch,
}

impl ContentWatch {
    /// Takes what the site measured of itself, about every two seconds.
    pub fn observe(&mut self, now: Millis, sample: &ContentSample, context: Context, bounds: &ContentBounds) {
        self.microphone.observe(now, sample, context, bounds);
        self.picture.observe(now, sample, context, bounds);
    }

    /// Takes the levels of the site's microphone and of the programme that was sent to it, every [`LEVELS_EVERY_MS`].
    pub fn levels(&mut self, now: Millis, microphone: Dbfs, programme: Dbfs, context: Context, bounds: &ContentBounds) {
        self.echo.observe(now, microphone, programme, context, bounds);
    }

    /// Whether there was speech in the programme of late by which an echo could be told; without it none is neither found nor ruled out.
    pub fn echo_is_judged(&self) -> bool {
        self.echo.is_judged()
    }

    /// The faults to tell.
    pub fn faults(&self) -> BTreeSet<ContentFault> {
        let told = [
            (self.microphone.is_silent(), ContentFault::SilentMicrophone),
            (self.microphone.clips(), ContentFault::Clipping),
            (self.microphone.is_too_low(), ContentFault::TooLow),
            (self.microphone.is_too_loud(), ContentFault::TooLoud),
            (self.picture.is_black(), ContentFault::BlackPicture),
            (self.picture.is_frozen(), ContentFault::FrozenPicture),
            (self.echo.is_heard(), ContentFault::Echo),
        ];
        told.into_iter().filter(|(holds, _)| *holds).map(|(_, fault)| fault).collect()
    }

    /// Bytes that it holds beside itself.
    pub fn memory_bytes(&self) -> usize {
        self.microphone.memory_bytes() + self.echo.memory_bytes()
    }
}
