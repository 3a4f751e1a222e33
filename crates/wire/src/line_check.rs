//! The line check: what is looked at, what was found, and by whom it was started.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{ConferenceId, SiteSlug};

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CheckItem {
    /// The camera.
    Camera,
    /// The microphone.
    Microphone,
    /// The loudspeaker, as far as it can be known without an ear.
    Speaker,
    /// What the line carries from the site, kbit/s.
    Up,
    /// What it carries to the site, kbit/s.
    Down,
    /// Share of packets lost.
    Loss,
    /// Round trip, ms.
    Delay,
    /// How often it was interrupted.
    Stability,
    /// The way that its media takes, and what limits its machine.
    Path,
}

/// How an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
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

/// What is wrong with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CheckFault {
    /// No picture arrives.
    NoPicture,
    /// No sound packets arrive.
    NoSound,
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
    /// The browser does not play sound: a key must be pressed there.
    SoundBlocked,
    /// The site hears sound with holes that are filled.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct CheckedItem {
    /// Which.
    pub item: CheckItem,
    /// How it is.
    pub verdict: CheckVerdict,
    /// What is wrong with it.
    pub fault: Option<CheckFault>,
    /// What was measured, in the unit of the item.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub value: Option<f32>,
}

/// What was found of a site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct CheckReport {
    /// The worst of its items.
    pub verdict: CheckVerdict,
    /// What to mend first.
    pub fault: Option<CheckFault>,
    /// All items.
    pub items: Vec<CheckedItem>,
    /// Somebody spoke in the programme, so that an echo of it would have been found; without that none is ruled out.
    #[serde(default)]
    pub echo_judged: bool,
}

/// How far the check of a site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CheckState {
    /// Its line, picture and sound are watched; somebody should speak there.
    Observing,
    /// It waits for its turn to fill its line.
    Waiting,
    /// Its line is filled to see what it carries: the endpoint does so now, and says `transferred`.
    Transferring,
    /// Done.
    Done,
    /// It was not connected.
    Absent,
    /// It is on air: nobody disturbs it.
    OnAir,
}

/// The check of a site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct SiteCheck {
    /// How far it is.
    pub state: CheckState,
    /// When it began, ms since the epoch.
    pub started_at: u64,
    /// When it ended; none: it is under way.
    pub ended_at: Option<u64>,
    /// Who started it: an operator's name; none: the site itself.
    pub by: Option<String>,
    /// What was found until now; none before it ends, and of who was not there.
    pub report: Option<CheckReport>,
}

/// A check of several sites.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct CheckRun {
    /// Its number; grows.
    pub number: u64,
    /// The conference.
    pub conference: ConferenceId,
    /// When it began, ms since the epoch.
    pub started_at: u64,
    /// When it ended; none: it is under way.
    pub ended_at: Option<u64>,
    /// The sites.
    pub sites: BTreeMap<SiteSlug, SiteCheck>,
}

impl CheckRun {
    /// The site that has checked itself; none: the centre began it.
    pub fn own_site(&self) -> Option<&SiteSlug> {
        let (site, check) = self.sites.first_key_value().filter(|_| self.sites.len() == 1)?;
        check.by.is_none().then_some(site)
    }
}

/// Which sites are to be checked; of nothing: all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[ts(export)]
pub struct CheckRequest {
    /// These.
    pub sites: Option<Vec<SiteSlug>>,
    /// Those of this region.
    pub region: Option<String>,
}

/// A check as it is handed out: what was found, and that nobody changed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct SignedCheck {
    /// The `CheckRun` as JSON: exactly these bytes are signed.
    pub report: String,
    /// `Ed25519` (RFC 8032).
    pub algorithm: String,
    /// Base64.
    pub public_key: String,
    /// Base64.
    pub signature: String,
}

/// A check that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct CheckSummary {
    /// Its number.
    pub number: u64,
    /// When it began, ms since the epoch.
    pub started_at: u64,
    /// When it ended.
    pub ended_at: u64,
    /// Sites.
    pub sites: u32,
    /// Of them those that are good.
    pub good: u32,
    /// The site that checked itself; none: the centre began it.
    pub own: Option<SiteSlug>,
}
