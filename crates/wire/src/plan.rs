//! What is planned before a conference: its details, sites and agenda, as the plan page sends them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{Contact, FloorMode, ItemId, Layout, SiteSlug, SpeakerView};

/// Details of a conference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct PlanDetails {
    /// Title.
    pub title: String,
    /// Phone number of the control room.
    pub support_phone: String,
    /// Floor mode at the start; `closed` closes the floor for the whole conference until an operator opens it.
    pub floor_mode: FloorMode,
    /// Limits of a speech.
    pub speech: SpeechLimits,
}

/// Limits of a speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct SpeechLimits {
    /// Time allowed unless the agenda plans another; 0: no limit.
    pub allowed_ms: u64,
    /// Remaining time at which a warning is shown.
    pub warning_ms: u64,
    /// How long the place of a holder who dropped out is held.
    pub grace_ms: u64,
}

/// A planned item of the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct ItemPlan {
    /// Id: 1 to 64 of `a–z`, `0–9` and `-`.
    pub id: ItemId,
    /// Title.
    pub title: String,
    /// Speaker, if one is named.
    pub speaker: Option<SpeakerView>,
    /// Site from which it is given.
    pub site: Option<SiteSlug>,
    /// Planned time; 0: none planned.
    pub planned_ms: u64,
    /// Layout in which its start puts the site into preview; none: alone.
    pub layout: Option<Layout>,
    /// Documents for those who take part.
    pub documents: Vec<Document>,
}

/// A document that was uploaded, `POST /api/v1/conferences/{id}/documents`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Document {
    /// Given by the server; part of its path, `GET /api/v1/conferences/{id}/documents/{document}`.
    pub id: String,
    /// Name of the file.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// A planned site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct SitePlan {
    /// Identity inside the conference: 1 to 64 of `a–z`, `0–9` and `-`.
    pub slug: SiteSlug,
    /// Code as written on tiles.
    pub code: String,
    /// Short name.
    pub name: String,
    /// Full name.
    pub full_name: String,
    /// Region.
    pub region: String,
    /// Carrier of the line.
    pub carrier: String,
    /// Technical contact.
    pub contact: Contact,
    /// What each of its devices is sent at most, kbit/s; none: what its line carries.
    pub receive_kbps: Option<u32>,
    /// Place on the tile-grid map.
    pub column: u32,
    /// Place on the tile-grid map.
    pub row: u32,
    /// True for the hall.
    pub hall: bool,
}

/// Somebody who takes part at a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Delegate {
    /// Name.
    pub name: String,
    /// Title; may be empty.
    pub title: String,
    /// Organisation; may be empty.
    pub organisation: String,
    /// There at the roll call.
    pub present: bool,
}

/// How many must be present; 0: no matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Quorum {
    /// Sites that are marked present, the hall not counted.
    pub sites: u32,
    /// Delegates that are marked present, of all sites.
    pub delegates: u32,
}

/// What is written under the picture.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(export)]
pub enum LowerThird {
    /// Name, title and organisation of whom the agenda names for the site on air, else the site's name.
    #[default]
    Automatic,
    /// Nothing.
    Hidden,
    /// These two lines, until another site comes on air.
    Text {
        /// Upper line: a name.
        name: String,
        /// Lower line: title, organisation; may be empty.
        description: String,
    },
}

/// The delegates of one site, `GET /api/v1/conferences/{id}/delegates`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct SiteDelegates {
    /// The site.
    pub site: SiteSlug,
    /// Its delegates.
    pub delegates: Vec<Delegate>,
}
