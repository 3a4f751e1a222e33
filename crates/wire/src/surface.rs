//! Control surfaces: what a panel of buttons (Bitfocus Companion, a page of buttons) reads and holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{ItemId, Phase, PreviewId, Revision, SiteSlug};

/// State of a conference as lamps show it: `GET /api/v1/conferences/{id}/tally`, and each text of the WebSocket
/// `/api/v1/conferences/{id}/tally/ws`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct TallyView {
    /// Revision that it shows.
    pub revision: Revision,
    /// Where the conference stands.
    pub phase: Phase,
    /// What is in preview; a take names it.
    pub preview: Option<PreviewId>,
    /// A take is under way.
    pub taking: bool,
    /// True if the last change can be undone.
    pub can_undo: bool,
    /// A holding slide is on air.
    pub holding: bool,
    /// A tour is under way.
    pub touring: bool,
    /// By site; every site is named.
    pub sites: BTreeMap<SiteSlug, SiteTally>,
    /// Who has the floor.
    pub holder: Option<SiteSlug>,
    /// The speech clock runs.
    pub clock_running: bool,
    /// In speaking order.
    pub queue: Vec<SiteSlug>,
    /// The current item.
    pub item: Option<ItemId>,
    /// Name of the lease holder.
    pub lease: Option<String>,
}

/// Lamp of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct SiteTally {
    /// The lamp.
    pub lamp: Lamp,
    /// Muted by an operator.
    pub muted: bool,
    /// Its microphone is routed.
    pub heard: bool,
    /// It sends picture or sound.
    pub online: bool,
}

/// Tally of a site; the first that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Lamp {
    /// On air, or until a take is shown: red.
    Program,
    /// In preview: green.
    Preview,
    /// Told that it is next: green, dashed.
    Cued,
    /// In the queue: amber.
    Requested,
    /// None of these.
    Idle,
}

/// `POST /api/v1/conferences/{id}/surfaces`: a new control surface, which acts for the operator who makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct NewSurface {
    /// What it is called, for example "Stream Deck bàn 1".
    pub label: String,
}

/// A control surface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Surface {
    /// Number.
    pub id: u64,
    /// What it is called.
    pub label: String,
    /// For whom it acts.
    pub operator: String,
    /// Made at.
    pub made_at: u64,
    /// Used last at.
    pub last_used_at: Option<u64>,
}

/// A control surface that was just made; its token is told this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct SurfaceMade {
    /// The surface.
    pub surface: Surface,
    /// To be sent as `Authorization: Bearer …`.
    pub token: String,
}
