//! The health of a conference: what is measured of every site, what is wrong with it, and what belongs together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{CandidatePath, CheckRun, EncoderLimit, Layer, NetworkType, Quality, QualityReason, Revision, SiteSlug};

/// Health of a conference at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct HealthView {
    /// Server's clock, ms since the epoch.
    pub at: u64,
    /// Entries of the health log until then.
    pub entry: u64,
    /// Every site of the conference, also those that are absent.
    pub sites: BTreeMap<SiteSlug, SiteHealth>,
    /// Alarms that are open, the oldest first.
    pub alarms: Vec<Alarm>,
    /// Incidents that are open, the oldest first.
    pub incidents: Vec<Incident>,
    /// The latest line check since the server started.
    pub check: Option<CheckRun>,
}

/// Health of a site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct SiteHealth {
    /// The verdict; none: it is absent, nothing of it ever arrived or it went on purpose.
    pub quality: Option<Quality>,
    /// First reason of the verdict.
    pub reason: Option<QualityReason>,
    /// Since when the verdict is told, ms since the epoch.
    pub since: Option<u64>,
    /// Faults of its picture and sound.
    pub faults: Vec<ContentFault>,
    /// What arrives of it, in the last second.
    pub up: Option<LineHealth>,
    /// What is sent to it, in the last second.
    pub down: Option<LineHealth>,
    /// What its page says of itself.
    pub page: Option<PageHealth>,
    /// How its sound is likely to be judged, 1 to 4.5 (mean opinion score by ITU-T G.107); none: not known.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub score: Option<f32>,
}

/// One second of one direction of a site's line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct LineHealth {
    /// kbit/s.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub kbps: Option<f32>,
    /// Share of packets lost, 0 to 1.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub loss: Option<f32>,
    /// Jitter of the sound, ms (RFC 3550, 6.4.1).
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub jitter_ms: Option<f32>,
    /// Round trip, ms.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub rtt_ms: Option<f32>,
    /// Frames of the best layer.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub fps: Option<f32>,
    /// Keyframes of the best layer, in this second.
    pub keyframes: u32,
    /// Freezes: of what arrives, 1 if the second had no new picture; of what is sent, as the page counted them in two seconds.
    pub freezes: u32,
    /// Best layer that arrives.
    pub layer: Option<Layer>,
    /// Level of the sound, dBFS.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub level_dbfs: Option<f32>,
}

/// The last two seconds of a site's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct PageHealth {
    /// Decoded frames of the programme, a second.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub fps: Option<f32>,
    /// Freezes of it.
    pub freezes: u32,
    /// Share of concealed sound, 0 to 1.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub concealed: Option<f32>,
    /// What limits its encoder.
    pub limit: EncoderLimit,
    /// The way that its media takes.
    pub path: CandidatePath,
    /// The network that it hangs on.
    pub network: NetworkType,
    /// Charge of its battery, 0 to 1; none: it has none, or tells nobody.
    #[serde(deserialize_with = "crate::finite::finite_or_none")]
    pub battery: Option<f32>,
    /// The page is in the foreground.
    pub visible: bool,
}

/// A fault of picture or sound, found in pixels and samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
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

/// What is wrong at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum AlarmKind {
    /// Nothing arrives of it.
    Lost,
    /// Its line hardly works.
    Bad,
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

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Alarm {
    /// Its number, never given twice by one start of the server.
    pub id: u64,
    /// The site.
    pub site: SiteSlug,
    /// What is wrong.
    pub kind: AlarmKind,
    /// Since when, ms since the epoch.
    pub raised_at: u64,
    /// How often the cause came, the first time included.
    pub count: u32,
    /// When the cause went; none while it is there.
    pub gone_at: Option<u64>,
    /// Who has seen it.
    pub acknowledged_by: Option<String>,
    /// When.
    pub acknowledged_at: Option<u64>,
    /// When it was over; none: it is open.
    pub cleared_at: Option<u64>,
    /// Who took it off the list; none: its cause was gone for long enough.
    pub cleared_by: Option<String>,
}

/// What the drops of an incident have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
#[ts(export)]
pub enum IncidentCause {
    /// The sites of this relay.
    Relay(String),
    /// The sites of this carrier.
    Carrier(String),
    /// The sites of this region.
    Region(String),
    /// All sites: the centre itself.
    Centre,
    /// This site alone: its own line, power or equipment.
    Site(SiteSlug),
}

/// A site of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct IncidentSite {
    /// When it first dropped, ms since the epoch.
    pub began: u64,
    /// When it was last back; none while it is down.
    pub back: Option<u64>,
    /// How often it dropped.
    pub times: u32,
}

/// Drops that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Incident {
    /// Its number, never given twice by one start of the server.
    pub id: u64,
    /// When its first drop began, ms since the epoch.
    pub began: u64,
    /// When all its sites were back; none while one is down.
    pub ended: Option<u64>,
    /// The likely cause.
    pub cause: IncidentCause,
    /// Share of the cause's sites that dropped, 0 to 1.
    #[serde(deserialize_with = "crate::finite::finite")]
    pub inside: f32,
    /// Share of all other sites that dropped at the same time.
    #[serde(deserialize_with = "crate::finite::finite")]
    pub outside: f32,
    /// Its sites.
    pub sites: BTreeMap<SiteSlug, IncidentSite>,
    /// When it was closed; none while it is open.
    pub closed_at: Option<u64>,
    /// The incident of which it turned out to be a part.
    pub merged_into: Option<u64>,
}

/// One entry of the health log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct HealthEntry {
    /// Its number; grows by one.
    pub entry: u64,
    /// When, ms since the epoch.
    pub at: u64,
    /// What.
    pub what: HealthChange,
}

/// What happened to the health of a conference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(export)]
pub enum HealthChange {
    /// The server started: what was open is open no more.
    Started,
    /// Another verdict on a site; none: it is absent.
    Verdict {
        /// The site.
        site: SiteSlug,
        /// The verdict.
        quality: Option<Quality>,
        /// Its first reason.
        reason: Option<QualityReason>,
    },
    /// An alarm was raised.
    Raised {
        /// The alarm.
        alarm: Alarm,
    },
    /// An alarm was acknowledged.
    Acknowledged {
        /// The alarm.
        alarm: Alarm,
    },
    /// The cause of an alarm has gone; it stays for a minute.
    Gone {
        /// The alarm.
        alarm: Alarm,
    },
    /// The cause of an alarm came back within the minute.
    Returned {
        /// The alarm.
        alarm: Alarm,
    },
    /// An alarm that a person had cleared is open again.
    Reopened {
        /// The alarm.
        alarm: Alarm,
    },
    /// An alarm is over.
    Cleared {
        /// The alarm.
        alarm: Alarm,
    },
    /// An incident began.
    Opened {
        /// The incident.
        incident: Incident,
    },
    /// Sites of an incident came, went or returned, or its cause is known better.
    Changed {
        /// The incident.
        incident: Incident,
    },
    /// An incident is over.
    Closed {
        /// The incident.
        incident: Incident,
    },
}

/// The curve of a site: columns of equal length, one number for each point; none: not measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct SiteCurve {
    /// The site.
    pub site: Option<SiteSlug>,
    /// Seconds since the epoch at which each point begins. A point is a second, of older times ten.
    pub at: Vec<u32>,
    /// The worst verdict of each point: 0 good, 1 weak, 2 bad, 3 lost.
    pub quality: Vec<u8>,
    /// From the site, kbit/s.
    pub kbps_up: Vec<Option<f32>>,
    /// To the site, kbit/s.
    pub kbps_down: Vec<Option<f32>>,
    /// Round trip, ms.
    pub rtt_ms: Vec<Option<f32>>,
    /// Share of packets lost from the site, 0 to 1.
    pub loss: Vec<Option<f32>>,
    /// Jitter, ms.
    pub jitter_ms: Vec<Option<f32>>,
    /// Frames a second.
    pub fps: Vec<Option<f32>>,
    /// Level of the microphone, dBFS.
    pub level_dbfs: Vec<Option<f32>>,
}

/// A conference as it was at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Moment {
    /// The moment, ms since the epoch.
    pub at: u64,
    /// The latest revision that was there by then.
    pub revision: Revision,
    /// The latest entry of the health log by then.
    pub entry: u64,
    /// The state of the conference.
    pub state: Box<crate::ConferenceView>,
    /// Verdicts on the sites that were here.
    pub verdicts: BTreeMap<SiteSlug, SiteVerdict>,
    /// Alarms that were open.
    pub alarms: Vec<Alarm>,
    /// Incidents that were open.
    pub incidents: Vec<Incident>,
    /// SHA-256 of all that, in hexadecimal: two moments with one hash are the same.
    pub hash: String,
}

/// A verdict, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct SiteVerdict {
    /// The verdict.
    pub quality: Quality,
    /// Its first reason.
    pub reason: Option<QualityReason>,
}

/// What there is to replay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct TimeLine {
    /// First moment, ms since the epoch.
    pub from: u64,
    /// Last moment: now.
    pub to: u64,
    /// What is worth a mark, in order; bounded.
    pub marks: Vec<TimeMark>,
    /// So many more are not among them: each is close to one of its kind that is.
    pub left_out: u32,
}

/// A mark on the time line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct TimeMark {
    /// When, ms since the epoch.
    pub at: u64,
    /// Kind of the event in the log, or of the entry in the health log.
    pub kind: String,
    /// Who did it; none: the system.
    pub actor: Option<String>,
    /// The site that it was about.
    pub site: Option<SiteSlug>,
}
