//! Standard doors for programs that are no pages: WHIP (RFC 9725) for encoders, WHEP (draft-ietf-wish-whep) for players.
//!
//! ```text
//!  POST offer ─▶ 201 answer, Location: session ─▶ media ─▶ DELETE session
//!                                   └─ PATCH session: candidates (204), ICE restart (200)
//! ```
//!
//! One address for all: the bearer token says which conference, which site and which of its endpoints.

mod caller;
mod cors;
mod sdp;
mod session;
pub(super) mod whep;
pub(super) mod whip;

use axum::extract::DefaultBodyLimit;
use axum::middleware;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// Path of the encoders' door.
pub(super) const WHIP: &str = "/api/v1/whip";
/// Path of the players' door.
pub(super) const WHEP: &str = "/api/v1/whep";

/// Both doors. Their bodies are as large as the relay's offers, and pages of everywhere may use them: a token is meant.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(whip::publish, whip::options))
        .routes(routes!(whip::patch, whip::end, whip::session_options))
        .routes(routes!(whep::play, whep::options))
        .routes(routes!(whep::patch, whep::end, whep::session_options))
        .layer(DefaultBodyLimit::max(relay_core::MAX_SDP_BYTES))
        .layer(middleware::from_fn(cors::allow))
}

/// True for a path of the doors.
pub(super) fn is_door(path: &str) -> bool {
    [WHIP, WHEP].iter().any(|door| path.strip_prefix(door).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}
