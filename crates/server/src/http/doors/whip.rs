//! WHIP (RFC 9725): an encoder publishes as the site of its token.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use wire::{EndpointRole, Problem};

use super::super::identity::{Caller, From};
use super::super::problem::ApiError;
use super::caller::DoorUser;
use super::cors;
use super::sdp::{Fragment, Offer};
use super::session::Visitor;
use crate::app::App;
use crate::live::DoorKind;

/// Publishes as the site of the join token: one video with or without simulcast, one audio, or one of them.
#[utoipa::path(
    post, path = "/api/v1/whip", tag = "doors",
    request_body(content = String, content_type = "application/sdp", description = "The offer"),
    responses(
        (status = 201, body = String, content_type = "application/sdp", description = "The answer; `Location` is the session"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "No usable SDP"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "Not a token of a main or backup line"),
        (status = 406, body = Problem, content_type = "application/problem+json", description = "The conference's codec is not offered"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Another device of this endpoint is alive"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The offer does not fit"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "No room, or the server stops")
    ),
    security(("site" = []))
)]
pub(in crate::http) async fn publish(
    State(app): State<App>,
    user: DoorUser,
    From(address): From,
    Offer(sdp): Offer,
) -> Result<Response, ApiError> {
    let visitor = Visitor { app: &app, user, address, door: super::WHIP };
    match &visitor.user.0 {
        Caller::Endpoint(join) if join.endpoint != EndpointRole::Screen => {}
        Caller::Endpoint(_) | Caller::Operator(_) => {
            return Err(
                visitor.forbid(&Method::POST, "publishing needs the join token of a site's main or backup line")
            );
        }
    }
    let conference = visitor.conference(None)?;
    visitor.open(&conference, DoorKind::Publishes, sdp).await
}

/// What may be sent here.
#[utoipa::path(options, path = "/api/v1/whip", tag = "doors", responses((status = 204)))]
pub(in crate::http) async fn options() -> Response {
    cors::door_options()
}

/// Candidates of the encoder, or an ICE restart.
#[utoipa::path(
    patch, path = "/api/v1/whip/{id}", tag = "doors",
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
    security(("site" = []))
)]
pub(in crate::http) async fn patch(
    State(app): State<App>,
    user: DoorUser,
    From(address): From,
    Path(id): Path<String>,
    headers: HeaderMap,
    Fragment(fragment): Fragment,
) -> Result<Response, ApiError> {
    Visitor { app: &app, user, address, door: super::WHIP }.patch(id, &headers, &fragment).await
}

/// Ends the session: the endpoint leaves.
#[utoipa::path(
    delete, path = "/api/v1/whip/{id}", tag = "doors",
    params(("id" = String, Path, description = "The session")),
    responses(
        (status = 200),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "Another's session"),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("site" = []))
)]
pub(in crate::http) async fn end(
    State(app): State<App>,
    user: DoorUser,
    From(address): From,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    Visitor { app: &app, user, address, door: super::WHIP }.end(id).await
}

/// What may be sent to a session.
#[utoipa::path(
    options, path = "/api/v1/whip/{id}", tag = "doors",
    params(("id" = String, Path, description = "The session")),
    responses((status = 204))
)]
pub(in crate::http) async fn session_options() -> Response {
    cors::session_options()
}
