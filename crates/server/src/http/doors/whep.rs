//! WHEP (draft-ietf-wish-whep): a player receives the programme, one site, or all of them.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use conference::{Plays, SiteSlug};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{ConferenceId, Problem, Role};

use super::super::body::Query;
use super::super::identity::{Caller, From};
use super::super::problem::ApiError;
use super::caller::DoorUser;
use super::cors;
use super::sdp::{Fragment, Offer};
use super::session::Visitor;
use crate::app::App;
use crate::live::DoorKind;

/// What to play.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct WhatToPlay {
    /// `program` (the default), `site:<slug>` or `wall`; the latter two for operators.
    source: Option<String>,
    /// Conference, for operators; none: the first.
    conference: Option<ConferenceId>,
}

/// Plays the programme (one picture, one sound), a site, or the wall (as many sites as the offer has video m-lines).
#[utoipa::path(
    post, path = "/api/v1/whep", tag = "doors",
    params(WhatToPlay),
    request_body(content = String, content_type = "application/sdp", description = "The offer"),
    responses(
        (status = 201, body = String, content_type = "application/sdp", description = "The answer; `Location` is the session"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "No usable SDP, or no such kind of source"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "Only operators see what is not on air"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such site"),
        (status = 406, body = Problem, content_type = "application/problem+json", description = "The conference's codec is not offered"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The site's screen is alive"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The offer does not fit"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "No room, or the server stops")
    ),
    security(("operator" = []), ("site" = []))
)]
pub(in crate::http) async fn play(
    State(app): State<App>,
    user: DoorUser,
    From(address): From,
    Query(wanted): Query<WhatToPlay>,
    Offer(sdp): Offer,
) -> Result<Response, ApiError> {
    let visitor = Visitor { app: &app, user, address, door: super::WHEP };
    let plays = plays(wanted.source.as_deref())?;
    may_play(&visitor.user.0, &plays).map_err(|reason| visitor.forbid(&Method::POST, reason))?;
    let conference = visitor.conference(wanted.conference.as_ref())?;
    visitor.open(&conference, DoorKind::Plays(plays), sdp).await
}

/// What is off air is for the centre, as on consoles: everybody there sees the wall, listening to one site is a solo.
fn may_play(caller: &Caller, plays: &Plays) -> Result<(), &'static str> {
    match (caller, plays) {
        (_, Plays::Programme) | (Caller::Operator(_), Plays::Wall) => Ok(()),
        (Caller::Operator(operator), Plays::Site(_)) => match operator.role {
            Role::Lead | Role::Assistant => Ok(()),
            Role::Chair | Role::Secretary | Role::Technician | Role::Site | Role::Screen => {
                Err("a site off air is played to leads and assistants")
            }
        },
        (Caller::Endpoint(_), Plays::Site(_) | Plays::Wall) => {
            Err("a site's token plays the programme and nothing else")
        }
    }
}

fn plays(source: Option<&str>) -> Result<Plays, ApiError> {
    match source {
        None | Some("program") => Ok(Plays::Programme),
        Some("wall") => Ok(Plays::Wall),
        Some(other) => match other.strip_prefix("site:") {
            Some(slug) => Ok(Plays::Site(SiteSlug(slug.to_owned()))),
            None => Err(ApiError::BadRequest("source is program, site:<slug> or wall".to_owned())),
        },
    }
}

/// What may be sent here.
#[utoipa::path(options, path = "/api/v1/whep", tag = "doors", responses((status = 204)))]
pub(in crate::http) async fn options() -> Response {
    cors::door_options()
}

/// Candidates of the player, or an ICE restart.
#[utoipa::path(
    patch, path = "/api/v1/whep/{id}", tag = "doors",
    params(
        ("id" = String, Path, description = "The session"),
        ("If-Match" = String, Header, description = "Entity tag of the ICE session; `*` to restart ICE")
    ),
    request_body(content = String, content_type = "application/trickle-ice-sdpfrag"),
    responses(
        (status = 200, body = String, content_type = "application/trickle-ice-sdpfrag", description = "ICE is restarted"),
        (status = 204, description = "Candidates are noted"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "Another's session"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "An earlier ICE session"),
        (status = 428, body = Problem, content_type = "application/problem+json", description = "`If-Match` is missing")
    ),
    security(("operator" = []), ("site" = []))
)]
pub(in crate::http) async fn patch(
    State(app): State<App>,
    user: DoorUser,
    From(address): From,
    Path(id): Path<String>,
    headers: HeaderMap,
    Fragment(fragment): Fragment,
) -> Result<Response, ApiError> {
    Visitor { app: &app, user, address, door: super::WHEP }.patch(id, &headers, &fragment).await
}

/// Ends the session: the player leaves.
#[utoipa::path(
    delete, path = "/api/v1/whep/{id}", tag = "doors",
    params(("id" = String, Path, description = "The session")),
    responses(
        (status = 200),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "Another's session"),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []), ("site" = []))
)]
pub(in crate::http) async fn end(
    State(app): State<App>,
    user: DoorUser,
    From(address): From,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    Visitor { app: &app, user, address, door: super::WHEP }.end(id).await
}

/// What may be sent to a session.
#[utoipa::path(
    options, path = "/api/v1/whep/{id}", tag = "doors",
    params(("id" = String, Path, description = "The session")),
    responses((status = 204))
)]
pub(in crate::http) async fn session_options() -> Response {
    cors::session_options()
}
